"""Boot tests: what the loader tells, by ATAGs, device tree, or not at all; and bad data of each kind.

Whatever is handed over, the machine boots, and what was wrong is said in one line that names it.
"""

import re
import struct

import boards
from harness import cases, expect, expect_equal, expect_no_text, expect_text, test
from loader import atag, cmdline, core, device_tree, end, mem, tree
from machines import ATAGS_AT, MB, OUTSIDE_RAM, boot_by_stub, expect_layout, fine, layout, wanted_layout

PARTS = ((0, 1, 4), (1, 1, 8), (3, 1, 64))  # of RAM: (quarter it begins in, size as a fraction)


def lowmem_mb(machine):
    return layout(machine.boot_text)["lowmem"][2]


def half_mb(board):
    return board.max_memory // 2 // MB


def qemu_size(size):
    return f"{size // MB}M"


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


# ------------------------------------------------------------------ good data

@test
def qemus_atags(bench):
    size = bench.share(3, 4)
    machine = bench.boot(memory=qemu_size(size), append="first second=2")
    expect_equal(banks(machine), [(bench.ram, size)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^first second=2$", re.M), "cmdline")
    fine(machine)


@test
def atags_with_two_banks_and_a_command_line(bench):
    low, high = (bench.ram, bench.share(1, 8)), (bench.ram + bench.share(1, 4), bench.share(1, 16))
    tags = core() + mem(high[1], high[0]) + mem(low[1], low[0]) + cmdline("hello=world") + end()
    machine = boot_by_stub(bench, atags=tags)
    expect_equal(banks(machine), [low, high], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^hello=world$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_with_the_image(bench):
    half = bench.share(1, 2)
    machine = bench.boot(dtb=device_tree(bench, tree(bench)), memory=qemu_size(half), append="from=dtb")
    expect_equal(banks(machine), [(bench.ram, half)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^from=dtb$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_at_the_base_of_ram_with_an_elf(bench):
    """QEMU leaves r2 at 0 and the tree at the first byte of RAM."""
    half = bench.share(1, 2)
    machine = bench.boot(image=bench.kernel, dtb=device_tree(bench, tree(bench)), memory=qemu_size(half), append="from=elf")
    expect_equal(banks(machine), [(bench.ram, half)], "banks")
    expect_text(machine.command("cmdline"), re.compile(r"^from=elf$", re.M), "cmdline")
    fine(machine)


@test
def device_tree_with_reservations_and_two_banks(bench):
    """Told as three, of which two adjoin."""
    told = [(bench.ram + bench.share(at, 4), bench.share(part, whole)) for at, part, whole in PARTS]
    secret = told[1][0]
    more = f"""reserved-memory {{ #address-cells = <1>; #size-cells = <1>; ranges;
        secret@{secret:x} {{ reg = <{secret:#x} 0x100000>; }}; }};"""
    machine = boot_by_stub(bench, dtb=device_tree(bench, tree(bench, memory=told, more=more)))
    expect_equal(banks(machine), [(bench.ram, told[0][1] + told[1][1]), told[2]], "banks")
    fine(machine)


@test
def nothing_at_all(bench):
    """An ELF without -dtb: no loader data anywhere; the board's bank is probed for its end."""
    machine = bench.boot(image=bench.kernel)
    expect_text(machine.boot_text, f"no memory told by the loader: {bench.ram:#010x}-{bench.ram_end - 1:#010x}", "the boot")
    expect_layout(machine, wanted_layout(bench))
    fine(machine)


@test
def nothing_at_all_with_less_memory(bench):
    quarter = bench.share(1, 4)
    machine = bench.boot(image=bench.kernel, memory=qemu_size(quarter))
    expect_equal(banks(machine), [(bench.ram, quarter)], "banks")
    fine(machine)


# ------------------------------------------------------------------ bad data

def bad_atags(board):
    """(name of the test, the list, what the kernel says of it)"""
    whole = mem(board.max_memory, board.ram)
    half, quarter = board.max_memory // 2, board.max_memory // 4
    good = core() + whole
    unknown = atag(0x12345678, *range(62)) * 300
    ignored = f"r2 = {board.ram + ATAGS_AT:#010x} ignored"
    return [
        ("no_memory", core() + end(), "no memory told by the loader"),
        ("memory_outside_ram", core() + mem(64 * MB, OUTSIDE_RAM) + whole + end(),
         "atags: \"ATAG_MEM\" ignored: outside the RAM window"),
        ("memory_of_no_bytes", core() + mem(0, board.ram) + whole + end(),
         "atags: \"ATAG_MEM\" ignored: its size is 0"),
        ("memory_that_wraps", core() + mem(0xFFFFFFFF, board.ram) + end(), "atags: \"ATAG_MEM\" cut to the RAM window"),
        ("memory_twice", core() + mem(half, board.ram) + mem(half + quarter, board.ram + quarter) + end(),
         "atags: \"ATAG_MEM\" overlaps banks told before"),
        ("memory_tag_too_short", core() + atag(0x54410002, 1) + whole + end(),
         "atags: ATAG_MEM ignored: 3 words long, 4 wanted"),
        ("a_loop", good + struct.pack("<II", 1, 0x54410009), "would never end"),
        ("a_tag_of_no_size", good + struct.pack("<II", 0, 0x54410002) + end(), "of size 0 would never end"),
        ("a_tag_that_claims_too_much", good + struct.pack("<II", 0x7FFFFFFF, 0x54410009),
         "atags: rest ignored from byte"),
        ("no_end", good + unknown, "atags: rest ignored from byte"),
        # 64 KB can be saved: here a tag ends with the last of them.
        ("no_end_in_64_kb", good + atag(0x12345678, *range(53)) + unknown,
         "atags: list is cut off after 65536 bytes: no ATAG_NONE"),
        ("an_unknown_tag", good + atag(0x12345678, 1, 2, 3) + end(), None),
        ("a_first_tag_that_is_not_core", whole + end(), ignored),
        ("garbage", bytes(range(1, 256)) * 4, ignored),
        ("a_command_line_over_the_limit", good + cmdline("word=1 " * 400) + end(), "is over the limit"),
        ("a_command_line_without_nul", good + struct.pack("<II8s", 4, 0x54410009, b"mem=512M") + end(), "has no NUL"),
        ("strange_characters", good + cmdline("a=\x01\x7f b") + end(), "strange characters"),
    ]


def names_of(cases_of_a_board):
    return [case[0] for case in cases_of_a_board(boards.BOARDS[boards.DEFAULT])]


@cases("atags_with_{}", names_of(bad_atags))
def atags_that_are_bad(bench, name):
    tags, words = next(case[1:] for case in bad_atags(bench.board) if case[0] == name)
    machine = boot_by_stub(bench, atags=tags)
    if words:
        expect_equal(machine.boot_text.count(words), 1, f"lines with: {words}")
    expect(lowmem_mb(machine) >= half_mb(bench.board), f"{lowmem_mb(machine)} MB of lowmem")
    fine(machine)


def bad_pointers(board):
    end_of_ram = board.ram + board.max_memory
    # 0x34000000 is NOR flash on versatilepb, nothing on vexpress-a9, whose flash is at 0, too.
    return [("unaligned", board.ram + ATAGS_AT + 2), ("in_flash", 0x34000000), ("beyond_ram", end_of_ram),
            ("at_the_last_word", end_of_ram - 4), ("ffffffff", 0xFFFFFFFF)] + \
        ([("below_ram", ATAGS_AT)] if board.ram else [])


@cases("r2_is_{}", names_of(bad_pointers), only=lambda place, name: name in dict(bad_pointers(place.board)))
def bad_pointer(bench, name):
    pointer = dict(bad_pointers(bench.board))[name]
    machine = boot_by_stub(bench, r2=pointer)
    expect_equal(machine.boot_text.count(f"r2 = {pointer:#010x} ignored"), 1, "lines about r2")
    expect_layout(machine, wanted_layout(bench))
    fine(machine)


def bad_trees(bench):
    with open(device_tree(bench, tree(bench)), "rb") as file:
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
    expect(lowmem_mb(machine) >= half_mb(bench.board), f"{lowmem_mb(machine)} MB of lowmem")
    fine(machine)


BAD_PARAMETERS = [
    ("mem=12Q@0x60000000", "early_mem: \"mem=12Q@0x60000000\" ignored: 'Q' is no unit (use K, M or G)"),
    ("mem=", "early_mem: \"mem=\" ignored"),
    ("mem=0", "early_mem: \"mem=0\" ignored"),
    ("mem=64M@0x10000000", "early_mem: \"mem=64M@0x10000000\" ignored: outside the RAM window"),
    ("mem=8G", "early_mem: \"mem=8G\" cut to the RAM window"),
    ("vmalloc=nonsense", "early_vmalloc: \"vmalloc=nonsense\" ignored"),
    ("vmalloc=1M", "vmalloc: 1024K is too little"),
    ("vmalloc=3G", "would leave lowmem less than"),
]


@cases("parameter_{}", BAD_PARAMETERS)
def bad_parameter(bench, case):
    parameter, words = case
    machine = bench.boot(append=parameter)
    expect_equal(machine.boot_text.count(words), 1, f"lines with: {words}")
    expect(lowmem_mb(machine) >= 32, f"{lowmem_mb(machine)} MB of lowmem")
    fine(machine)


@test
def a_good_line_says_nothing_of_ignoring(bench):
    machine = bench.boot(append=f"mem={half_mb(bench.board)}M vmalloc=256M")
    expect_no_text(machine.boot_text, "ignored", "the boot")
    fine(machine)


@test
def a_bank_without_the_kernel_still_boots(bench):
    """mem= may leave out the RAM that the kernel stands in: it is added, with a line."""
    machine = bench.boot(append=f"mem=64M@{bench.ram + bench.share(1, 2):#x}")
    expect_text(machine.boot_text, "was left out of RAM; added", "the boot")
    fine(machine)
