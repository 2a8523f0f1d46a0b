"""Tests of scripts/gdb/shortdesc.py itself, on tables made by hand: no machine, no gdb.

The words are put together here bit by bit as the manual draws them, not with the module's tables.
"""

import shortdesc
from harness import expect_equal, test
from shortdesc import Registers


class Memory:
    """Physical memory as a dictionary of words; what is not there is 0."""

    def __init__(self, words):
        self.words = words

    def __call__(self, pa, size):
        return b"".join(self.words.get(at, 0).to_bytes(4, "little") for at in range(pa, pa + size, 4))


V7 = Registers(sctlr=0x10C5387D, ttbr0=0x4000 | 0x6A, dacr=0x41, prrr=0xFF0A81A8, nmrr=0x40E040E0)
# SCTLR with M, XP clear: the format of ARMv5.
V5 = Registers(sctlr=0x00053079, ttbr0=0x4000, dacr=0x41)


def seen(va, regs, words):
    walk = shortdesc.walk(va, regs, Memory(words))
    return walk.fault or (walk.pa, walk.mapping.kind, walk.mapping.kernel, walk.mapping.user, walk.mapping.execute)


@test
def decodes_a_section(bench):
    word = 0x60100000 | 1 << 16 | 1 << 15 | 1 << 12 | 1 << 10 | 1 << 3 | 1 << 2 | 2  # Linux's kernel text
    expect_equal(word, 0x6011940E, "the word itself")
    expect_equal(seen(0xC0100ABC, V7, {0x4000 + 4 * 0xC01: word}),
                 (0x60100ABC, "section", "r-", "--", True), "section")


@test
def decodes_a_supersection(bench):
    words = {0x4000 + 4 * i: 0x61000000 | 1 << 18 | 1 << 10 | 1 << 4 | 2 for i in range(0xD00, 0xD10)}
    expect_equal(seen(0xD0523456, V7, words), (0x61523456, "supersection", "rw", "--", False), "supersection")
    found = list(shortdesc.runs(shortdesc.mappings(V7, Memory(words))))
    expect_equal([(m.va, m.pa, m.size) for m in found], [(0xD0000000, 0x61000000, 1 << 24)], "its run")


@test
def decodes_large_and_small_pages(bench):
    words = {0x4000: 0x8000 | 1}
    words |= {0x8000 + 4 * i: 0x62340000 | 1 << 15 | 3 << 4 | 1 for i in range(16)}
    words[0x8000 + 4 * 0x20] = 0x62355000 | 1 << 9 | 3 << 4 | 2
    words[0x8000 + 4 * 0x21] = 0x62356000 | 1 << 4 | 3
    expect_equal(seen(0x0000F123, V7, words), (0x6234F123, "large page", "rw", "rw", False), "large page")
    expect_equal(seen(0x00020123, V7, words), (0x62355123, "small page", "r-", "r-", True), "small page")
    expect_equal(seen(0x00021123, V7, words), (0x62356123, "small page", "rw", "--", False), "XN page")
    expect_equal(seen(0x00022000, V7, words), "page translation fault", "nothing there")
    expect_equal(seen(0x00100000, V7, words), "section translation fault", "no table")
    found = list(shortdesc.runs(shortdesc.mappings(V7, Memory(words))))
    expect_equal([(m.va, m.pa, m.size) for m in found],
                 [(0, 0x62340000, 1 << 16), (0x20000, 0x62355000, 4096), (0x21000, 0x62356000, 4096)], "runs")


@test
def domains_and_access_flag_fault(bench):
    section = {0x4000: 0x60000000 | 1 << 10 | 2}
    expect_equal(seen(0, Registers(**{**vars(V7), "dacr": 0}), section),
                 "section domain fault: domain 0 is no access in DACR", "domain 0 closed")
    with_flag = Registers(**{**vars(V7), "sctlr": V7.sctlr | 1 << 29})
    expect_equal(seen(0, with_flag, {0x4000: 0x60000000 | 2}), "section access flag fault", "AF=0")
    expect_equal(seen(0, with_flag, section), (0x60000000, "section", "rw", "--", True), "AF=1")


@test
def ttbcr_splits_the_tables(bench):
    regs = Registers(**{**vars(V7), "ttbcr": 1, "ttbr0": 0x2000, "ttbr1": 0x4000})
    words = {0x2000: 0x60000000 | 1 << 10 | 2, 0x4000 + 4 * 0x800: 0x61000000 | 1 << 10 | 2}
    expect_equal(seen(0, regs, words)[0], 0x60000000, "below the border")
    expect_equal(seen(0x80000000, regs, words)[0], 0x61000000, "above the border")
    closed = Registers(**{**vars(regs), "ttbcr": 1 | 1 << 4})
    expect_equal(seen(0, closed, words), "translation fault: walks of TTBR0 are disabled in TTBCR", "PD0")


@test
def old_format_has_four_permissions_a_page(bench):
    words = {0x4000: 0x8000 | 1 << 4 | 1, 0x8000: 0x60000000 | 0b11100100 << 4 | 2}  # AP3..AP0 = 3 2 1 0
    wanted = [("--", "--"), ("rw", "--"), ("rw", "r-"), ("rw", "rw")]
    for quarter in range(4):
        kernel, user = wanted[quarter]
        expect_equal(seen(quarter * 1024, V5, words), (0x60000000 + quarter * 1024, "small page", kernel, user, True),
                     f"quarter {quarter}")
    system = Registers(**{**vars(V5), "sctlr": V5.sctlr | 1 << 8})
    expect_equal(seen(0, system, words)[2:4], ("r-", "--"), "AP = 0 with SCTLR.S")
    # A fine table with a tiny page.
    words = {0x4000: 0x9000 | 1 << 4 | 3, 0x9000 + 4 * 5: 0x60000C00 | 1 << 4 | 3}
    expect_equal(seen(5 * 1024 + 8, V5, words), (0x60000C08, "tiny page", "rw", "--", True), "tiny page")


@test
def memory_types_are_named(bench):
    plain = Registers(sctlr=0x00C5387D)
    for tex, cb, s, regs, words in [
            (1, 3, 1, V7, "normal, write-back, write-allocate, shareable"),
            (0, 3, 0, V7, "normal, write-back"), (1, 0, 1, V7, "device, shareable"),
            (0, 0, 0, V7, "strongly-ordered"), (0, 1, 1, V7, "normal, not cached, shareable"),
            (1, 3, 0, plain, "normal, write-back, write-allocate"), (2, 0, 0, plain, "device, not shareable"),
            (5, 2, 1, plain, "normal, inner write-through, outer write-back, write-allocate, shareable"),
            (0, 2, 0, V5, "normal, write-through")]:
        expect_equal(shortdesc.memory_type(tex, cb, s, regs), words, f"TEX={tex} CB={cb} S={s}")


@test
def bit_0_of_a_section_is_reserved_without_pxn(bench):
    words = {0x4000: 0x60000000 | 1 << 10 | 3}
    expect_equal(seen(0, V7, words), "section translation fault", "without PXN")
    expect_equal(seen(0, Registers(**{**vars(V7), "has_pxn": True}), words)[1], "section", "with PXN")
