"""Boot tests: what the loader tells, by ATAGs, device tree, or not at all; and bad data of each kind.

Whatever is handed over, the machine boots, and what was wrong is said in one line that names it.
"""

import re
import struct

from harness import cases, expect, expect_equal, expect_no_text, expect_text, test
from loader import atag, cmdline, core, device_tree, end, mem, tree
from machines import boot_by_stub, layout

MB = 1 << 20
ALL_RAM = (0xC0000000, 0xF8000000, 896, "MB")


def lowmem(machine):
    return layout(machine.boot_text)["lowmem"]


def banks(machine):
    """(start, size) of RAM by `iomem`; a bank that the border of lowmem cuts is one again."""
    found = []
    for a, b in re.findall(r"^([0-9a-f]{8})-([0-9a-f]{8}) : System RAM$", machine.command("iomem"), re.M):
        start, size = int(a, 16), int(b, 16) + 1 - int(a, 16)
        if found and sum(found[-1]) == start:
            found[-1] = (found[-1][0], found[-1][1] + size)
        else:
            found.append((start, size))
    return found


def fine(machine):
    """The rest of a good run."""
    expect_equal(machine.end(), 0, "exit status")


# ------------------------------------------------------------------ good data

@test
def qemus_atags(bench):
    machine = bench.boot(memory="768M", append="first second=2")
    expect_equal(banks(machine), [(0x60000000, 768 * MB)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^first second=2$", re.M), "cmdline")
    fine(machine)


@test
def atags_with_two_banks_and_a_command_line(bench):
    tags = core() + mem(64 * MB, 0x70000000) + mem(128 * MB, 0x60000000) + cmdline("hello=world") + end()
    machine = boot_by_stub(bench, atags=tags)
    expect_equal(banks(machine), [(0x60000000, 128 * MB), (0x70000000, 64 * MB)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^hello=world$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_with_the_image(bench):
    machine = bench.boot(dtb=device_tree(bench, tree()), memory="512M", append="from=dtb")
    expect_equal(banks(machine), [(0x60000000, 512 * MB)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^from=dtb$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_at_the_base_of_ram_with_an_elf(bench):
    """QEMU leaves r2 at 0 and the tree at the first byte of RAM."""
    machine = bench.boot(image=bench.kernel, dtb=device_tree(bench, tree()), memory="512M", append="from=elf")
    expect_equal(banks(machine), [(0x60000000, 512 * MB)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^from=elf$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_with_reservations_and_two_banks(bench):
    more = """reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges;
        secret@70000000 { reg = <0x70000000 0x100000>; }; };"""
    blob = device_tree(bench, tree(memory="<0x60000000 0x10000000>, <0x70000000 0x8000000>, <0x90000000 0x1000000>", more=more))
    machine = boot_by_stub(bench, dtb=blob)
    expect_equal(banks(machine), [(0x60000000, 0x18000000), (0x90000000, 0x1000000)], "banks")
    fine(machine)


@test
def nothing_at_all(bench):
    """An ELF without -dtb: no loader data anywhere; the board's bank is probed for its end."""
    machine = bench.boot(image=bench.kernel)
    expect_text(machine.boot_text, "no memory told by the loader: 0x60000000-0x9fffffff", "the boot")
    expect_equal(lowmem(machine), ALL_RAM, "lowmem")
    fine(machine)


@test
def nothing_at_all_with_less_memory(bench):
    machine = bench.boot(image=bench.kernel, memory="256M")
    expect_equal(banks(machine), [(0x60000000, 256 * MB)], "banks")
    fine(machine)


# ------------------------------------------------------------------ bad data

GOOD = core() + mem(1024 * MB, 0x60000000)

BAD_ATAGS = [
    ("no_memory", core() + end(), "no memory told by the loader"),
    ("memory_outside_ram", core() + mem(64 * MB, 0x10000000) + mem(1024 * MB, 0x60000000) + end(),
     "atags: \"ATAG_MEM\" ignored: outside the RAM window"),
    ("memory_of_no_bytes", core() + mem(0, 0x60000000) + mem(1024 * MB, 0x60000000) + end(),
     "atags: \"ATAG_MEM\" ignored: its size is 0"),
    ("memory_that_wraps", core() + mem(0xFFFFFFFF, 0x60000000) + end(), "atags: \"ATAG_MEM\" cut to the RAM window"),
    ("memory_twice", core() + mem(512 * MB, 0x60000000) + mem(768 * MB, 0x70000000) + end(),
     "atags: \"ATAG_MEM\" overlaps banks told before"),
    ("memory_tag_too_short", core() + atag(0x54410002, 1) + mem(1024 * MB, 0x60000000) + end(),
     "atags: ATAG_MEM ignored: 3 words long, 4 wanted"),
    ("a_loop", GOOD + struct.pack("<II", 1, 0x54410009), "would never end"),
    ("a_tag_of_no_size", GOOD + struct.pack("<II", 0, 0x54410002) + end(), "of size 0 would never end"),
    ("a_tag_that_claims_too_much", GOOD + struct.pack("<II", 0x7FFFFFFF, 0x54410009),
     "atags: rest ignored from byte"),
    ("no_end", GOOD + atag(0x12345678, *range(62)) * 300, "atags: rest ignored from byte"),
    # 64 KB can be saved: here a tag ends with the last of them.
    ("no_end_in_64_kb", GOOD + atag(0x12345678, *range(53)) + atag(0x12345678, *range(62)) * 300,
     "atags: list is cut off after 65536 bytes: no ATAG_NONE"),
    ("an_unknown_tag", GOOD + atag(0x12345678, 1, 2, 3) + end(), None),
    ("a_first_tag_that_is_not_core", mem(1024 * MB, 0x60000000) + end(), "r2 = 0x60000100 ignored"),
    ("garbage", bytes(range(1, 256)) * 4, "r2 = 0x60000100 ignored"),
    ("a_command_line_over_the_limit", GOOD + cmdline("word=1 " * 400) + end(), "is over the limit"),
    ("a_command_line_without_nul", GOOD + struct.pack("<II8s", 4, 0x54410009, b"mem=512M") + end(), "has no NUL"),
    ("strange_characters", GOOD + cmdline("a=\x01\x7f b") + end(), "strange characters"),
]


@cases("atags_with_{}", BAD_ATAGS)
def bad_atags(bench, case):
    _, tags, words = case
    machine = boot_by_stub(bench, atags=tags)
    if words:
        expect_equal(machine.boot_text.count(words), 1, f"lines with: {words}")
    expect(lowmem(machine)[2] >= 512, f"lowmem {lowmem(machine)}")
    fine(machine)


@cases("r2_is_{}", [("unaligned", 0x60000102), ("in_flash", 0x00000100), ("beyond_ram", 0xA0000000),
                    ("at_the_last_word", 0x9FFFFFFC), ("ffffffff", 0xFFFFFFFF)])
def bad_pointer(bench, case):
    machine = boot_by_stub(bench, r2=case[1])
    expect_equal(machine.boot_text.count(f"r2 = {case[1]:#010x} ignored"), 1, "lines about r2")
    expect_equal(lowmem(machine), ALL_RAM, "lowmem")
    fine(machine)


def bad_trees(bench):
    with open(device_tree(bench, tree()), "rb") as file:
        good = file.read()

    def word(at, value):
        return good[:at] + struct.pack(">I", value) + good[at + 4:]

    return {"truncated": (good[:64] + bytes(len(good) - 64), "fdt: "),
            "a_claim_of_100_mb": (word(4, 100 * MB), "claims 104857600 bytes, 65536 can be saved"),
            "a_claim_of_0": (word(4, 0), "fdt: ignored"),
            "an_old_version": (word(20, 3) [:24] + struct.pack(">I", 3) + good[28:], "version is not understood"),
            "structure_outside": (word(8, 0xFFFFFF00), "points outside"),
            "a_token_unknown": (good.replace(struct.pack(">I", 3), struct.pack(">I", 7), 1), "no such token")}


@cases("device_tree_with_{}", ["truncated", "a_claim_of_100_mb", "a_claim_of_0", "an_old_version",
                               "structure_outside", "a_token_unknown"])
def bad_tree(bench, name):
    blob, words = bad_trees(bench)[name]
    machine = boot_by_stub(bench, dtb=bench.file("bad.dtb", blob))
    expect_text(machine.boot_text, words, "the boot")
    expect(lowmem(machine)[2] >= 512, f"lowmem {lowmem(machine)}")
    fine(machine)


BAD_PARAMETERS = [
    ("mem=12Q@0x60000000", "early_mem: \"mem=12Q@0x60000000\" ignored: 'Q' is no unit (use K, M or G)"),
    ("mem=", "early_mem: \"mem=\" ignored"),
    ("mem=0", "early_mem: \"mem=0\" ignored"),
    ("mem=64M@0x10000000", "early_mem: \"mem=64M@0x10000000\" ignored: outside the RAM window"),
    ("mem=8G", "early_mem: \"mem=8G\" cut to the RAM window"),
    ("vmalloc=nonsense", "early_vmalloc: \"vmalloc=nonsense\" ignored"),
    ("vmalloc=1M", "vmalloc: 1024K is too little"),
    ("vmalloc=2G", "would leave lowmem less than"),
]


@cases("parameter_{}", BAD_PARAMETERS)
def bad_parameter(bench, case):
    parameter, words = case
    machine = bench.boot(append=parameter)
    expect_equal(machine.boot_text.count(words), 1, f"lines with: {words}")
    expect(lowmem(machine)[2] >= 32, f"lowmem {lowmem(machine)}")
    fine(machine)


@test
def a_good_line_says_nothing_of_ignoring(bench):
    machine = bench.boot(append="mem=512M vmalloc=256M")
    expect_no_text(machine.boot_text, "ignored", "the boot")
    fine(machine)


@test
def a_bank_without_the_kernel_still_boots(bench):
    """mem= may leave out the RAM that the kernel stands in: it is added, with a line."""
    machine = bench.boot(append="mem=64M@0x80000000")
    expect_text(machine.boot_text, "was left out of RAM; added", "the boot")
    fine(machine)
