"""gdb tests: pt, ptdump and mmu on the booted kernel, from the live registers."""

import re
import subprocess

import shortdesc
from harness import expect, expect_equal, expect_text, test
from machines import Tables
from session import gdb, live


def at_work(bench, commands, **how):
    """Runs to the end of paging_init's caller (the tables are final) and gives the commands."""
    answers, machine = live(bench, ["break bootmem_init", "continue", *commands], **how)
    expect_text(answers[1], "bootmem_init", "continue to bootmem_init")
    return answers[2:], machine


@test
def mmu_tells_the_live_registers_in_words(bench):
    (text,), _ = at_work(bench, ["mmu"])
    table = bench.physical("swapper_pg_dir")
    for wanted in ("bank: secure", "M=1  MMU on", "V=1  vectors at 0xffff0000", "TRE=1", "AFE=0",
                   "N=0  TTBR0 serves every address", f"table at {table:#010x}",
                   "client: domain 0, 3", "PRRR       0xff0a81a8", "NMRR       0x40e040e0",
                   "TEX[0]CB=111  normal, write-back, write-allocate", "ASID 0"):
        expect_text(text, wanted, "mmu")


@test
def mmu_before_the_mmu_is_on(bench):
    answers, _ = live(bench, ["mmu", "pt 0xc0000000"])
    expect_text(answers[0], "M=0  MMU off", "mmu at reset")
    expect_text(answers[1], "the MMU is off", "pt at reset")


@test
def pt_walks_a_section(bench):
    (text, words), _ = at_work(bench, ["pt _stext", "pt --raw 0xd0000123"])
    va, pa = bench.symbol("_stext"), bench.physical("_stext")
    index = va >> 20
    expect_text(text, f"VA {va:#010x}: TTBR0 is used (TTBCR.N=0)")
    expect_text(text, f"first level  [{index:#x}] at {bench.physical('swapper_pg_dir') + 4 * index:#010x}")
    expect_text(text, f"-> PA {pa:#010x}  section of 1 MB")
    expect_text(text, "kernel r-x  user ---  normal, write-back")
    expect_text(text, "domain 0 (client)")
    expect_text(words, "-> PA 0x70000123  section of 1 MB")
    expect_text(words, "kernel rw-")


@test
def pt_shows_linuxs_pte_beside_the_hardwares(bench):
    (text, raw), _ = at_work(bench, ["pt 0xffff0000", "pt --raw 0xffff0000"])
    pa = bench.physical("__vectors_start")
    expect_text(text, re.compile(rf"second level \[0xf0\] at 0x\w+ = {pa | 0x21e:#010x}  small page"))
    expect_text(text, re.compile(rf"Linux's PTE +at 0x\w+ = 0x{pa >> 12:05x}\w\w\w  frame {pa >> 12:#x}, valid"))
    expect_text(text, f"-> PA {pa:#010x}  small page of 4 KB")
    expect("Linux" not in raw, f"pt --raw shows Linux's PTE\n{raw}")


@test
def pt_says_why_there_is_no_translation(bench):
    answers, _ = at_work(bench, ["pt 0", "pt 0xffff1000", "pt", "pt no_such_symbol"])
    expect_text(answers[0], "-> section translation fault")
    expect_text(answers[1], "-> page translation fault")
    expect_text(answers[2], "pt wants an address")
    expect_text(answers[3], "no_such_symbol")


@test
def ptdump_lists_the_whole_address_space(bench):
    """The same runs as the tables read through QEMU's monitor at the prompt of another machine."""
    (text, part), _ = at_work(bench, ["ptdump", "ptdump 0xffff0000 0xffff1000"])
    runs = re.findall(r"^0x(\w{8})-0x(\w{8,9}) .*-> 0x(\w{8})", text, re.M)
    expect_text(text, re.compile(rf"^{len(runs)} runs$", re.M))
    expect_text(text, re.compile(r"^0xc0000000-0xc0100000 +1 MB  -> 0x60000000  section +kernel rw-", re.M))
    stext = bench.symbol("_stext")
    expect_text(text, re.compile(rf"^{stext:#010x}-0x\w+ +\d+ MB  -> {bench.physical('_stext'):#010x}  section +kernel r-x", re.M))
    expect_text(part, re.compile(r"^0xffff0000-0xffff1000 +4 KB  -> 0x\w+  small page +kernel r-x", re.M))
    expect_text(part, re.compile(r"^1 runs$", re.M))
    machine = bench.boot(monitor=True)
    tables = Tables(bench, machine)
    wanted = [(f"{r.va:08x}", f"{r.va + r.size:08x}", f"{r.pa:08x}") for r in shortdesc.runs(tables.mappings())]
    expect_equal([r for r in runs if r not in wanted], [], f"runs that are not in the tables at the prompt\n{text}")


@test
def commands_work_without_symbols(bench):
    """On any kernel: gdb has no file here."""
    import debug
    import qemu
    machine = bench.start(stopped=True, gdb=True)
    qemu.wait_for_socket(machine.gdb_path)
    words = debug.gdb_words(bench.kernel, machine.gdb_path)
    kept = [words[i:i + 2] for i in range(2, len(words), 2)
            if not re.match("file |add-symbol-file ", words[i + 1])]
    start = bench.symbol("bootmem_init")
    text = gdb(words[:1] + ["-nx", "-batch"] + [w for pair in kept for w in pair],
               [f"break *{start:#x}", "continue", "pt 0xc0000000", "mmu", "lowmem-help"])
    expect_text(text[2], "-> PA 0x60000000  section of 1 MB")
    expect_text(text[3], "M=1  MMU on")
    for name in ("pt", "ptdump", "mmu", "uart", "lowmem-help"):
        expect_text(text[4], re.compile(rf"^{name}\b", re.M))


@test
def four_cores_show_shareable_memory(bench):
    (text,), _ = at_work(bench, ["pt 0xd0000000"], smp=4)
    expect_text(text, "normal, write-back, write-allocate, shareable")
