"""Boot tests: the page tables of the booted machine, read from outside."""

import re

from harness import cases, expect, expect_equal, expect_text, test
from machines import CPUS, HOLE, MB, VMALLOC_END, Tables, cpu_of, fine, layout, several_cores

CONFIGURATIONS = ["all_ram", "4_cores", "vmalloc", "holes"]


def possible(place, name):
    return name != "4_cores" or several_cores(place)


def configuration(bench, name):
    """How a machine of this name is started."""
    if name == "holes":  # banks that begin and end within megabytes, but on pages
        banks = [(0, bench.share(1, 4) - MB), (bench.share(1, 2) + MB, bench.share(1, 8) - MB),
                 (bench.share(3, 4), bench.share(100500, 1 << 20))]
        return {"append": " ".join(f"mem={size // 1024}K@{bench.ram + at:#x}" for at, size in banks)}
    if name == "vmalloc":  # half of RAM is lowmem
        size = VMALLOC_END - HOLE - (bench.page_offset + bench.share(1, 2))
        return {"append": f"vmalloc={size // MB}M"}
    return {"smp": 4} if name == "4_cores" else {}


def booted(bench, name):
    machine = bench.boot(monitor=True, **configuration(bench, name))
    return machine, Tables(bench, machine)


@cases("lowmem_is_at_its_fixed_offset_{}", CONFIGURATIONS, only=possible)
def lowmem_offset(bench, name):
    machine, tables = booted(bench, name)
    rows = layout(machine.boot_text)
    start, end = rows["lowmem"][:2]
    wrong = [f"{m.va:#010x} -> {m.pa:#010x}" for m in tables.mappings(start, end)
             if m.pa - bench.board.ram != m.va - start]
    expect_equal(wrong, [], "lowmem mappings off their place")
    mapped = sum(m.size for m in tables.mappings(start, end))
    ram = sum(banks_below(machine, bench.board.ram + end - start))
    expect_equal(mapped, ram, "bytes of lowmem mapped against bytes of RAM below its end")
    fine(machine)


def banks_below(machine, limit):
    """Sizes of the banks in `iomem`, cut at a physical address."""
    for start, end in re.findall(r"^([0-9a-f]{8})-([0-9a-f]{8}) : System RAM$", machine.command("iomem"), re.M):
        yield max(0, min(int(end, 16) + 1, limit) - int(start, 16))


@cases("nothing_is_both_writable_and_executable_{}", CONFIGURATIONS,
       only=lambda place, name: possible(place, name) and CPUS[place.cpu].has_xn)
def w_xor_x(bench, name):
    machine, tables = booted(bench, name)
    found = tables.mappings()
    both = [f"{m.va:#010x} {m.words()}" for m in found if m.kernel == "rw" and m.execute]
    expect_equal(both, [], "writable and executable mappings")
    # By frame: no frame executable through one mapping and writable through another.
    executable, writable = set(), set()
    for m in found:
        frames = range(m.pa >> 12, (m.pa + m.size) >> 12)
        if m.kernel_can_execute:
            executable.update(frames)
        if m.kernel == "rw":
            writable.update(frames)
    expect_equal(sorted(executable & writable), [], "frames executable here and writable there")
    expect(bench.physical("_stext") >> 12 in executable, "the kernel's own text is not executable")


@cases("no_frame_has_two_memory_types_{}", CONFIGURATIONS, only=possible)
def one_type(bench, name):
    machine, tables = booted(bench, name)
    types = {}
    for m in tables.mappings():
        for frame in range(m.pa >> 12, (m.pa + m.size) >> 12):
            types.setdefault(frame, set()).add(m.memory)
    wrong = [f"frame {frame:#x}: {sorted(seen)}" for frame, seen in types.items() if len(seen) > 1]
    expect_equal(wrong, [], "frames with several memory types")


@cases("page_0_and_the_user_half_are_unmapped_{}", CONFIGURATIONS, only=possible)
def user_half(bench, name):
    machine, tables = booted(bench, name)
    low = [f"{m.va:#010x} {m.words()}" for m in tables.mappings(0, bench.page_offset - 16 * MB)]
    expect_equal(low, [], "mappings below TASK_SIZE")
    user = [f"{m.va:#010x} {m.words()}" for m in tables.mappings() if m.user != "--"]
    expect_equal(user, [], "mappings that user mode could use")


@test
def vectors_are_at_ffff0000_and_nowhere_writable(bench):
    machine, tables = booted(bench, "all_ram")
    walk = tables.walk(0xFFFF0000)
    expect(walk.mapping and walk.mapping.kind == "small page", f"vectors: {walk.fault or walk.mapping}")
    expect_equal(walk.pa, bench.physical("__vectors_start"), "the frame of the vectors")
    wanted = ("r-" if cpu_of(bench).has_xn else "rw", "--", True)
    expect_equal((walk.mapping.kernel, walk.mapping.user, walk.mapping.execute), wanted, "permissions of the vectors")


@cases("attribute_words_equal_linuxs_with_{}_cores", [1, 4],
       only=lambda place, cores: cores in CPUS[place.cpu].words)
def words(bench, cores):
    machine = bench.boot(monitor=True, smp=cores)
    tables = Tables(bench, machine)
    wanted = cpu_of(bench).words[cores]

    def section(name, va, bits, kind="section"):
        entry = tables.walk(va).steps[0].entry
        expect_equal(f"{name} {entry.kind} {entry.word & 0xFFFFF:#07x}", f"{name} {kind} {bits:#07x}",
                     f"first-level entry of {va:#x}")

    def page(name, va, bits):
        step = tables.walk(va).steps[-1]
        expect_equal(f"{name} {step.entry.kind} {step.entry.word & 0xFFF:#05x}", f"{name} small page {bits:#05x}",
                     f"second-level entry of {va:#x}")

    section("text", bench.symbol("_stext"), wanted["text"])
    section("rodata", bench.symbol("__start_rodata"), wanted["rodata"])
    section("data", bench.symbol("_sdata"), wanted["lowmem"])
    section("first megabyte", bench.page_offset, wanted["lowmem"])
    middle = bench.page_offset + bench.share(1, 2)
    if bench.place.supersections and cpu_of(bench).has_xn:  # ARM926 has none
        section("lowmem", middle, wanted["lowmem"] | 1 << 18, "supersection")
    else:
        section("lowmem", middle, wanted["lowmem"])
    section("UART", VMALLOC_END - MB, wanted["device"])
    page("vectors", 0xFFFF0000, wanted["vectors"])
    table = tables.walk(0xFFFF0000).steps[0].entry
    expect_equal(f"{table.kind} {table.word & 0x3FF:#05x}", f"table {wanted['table']:#05x}", "first-level entry of the vectors")


@cases("gva2gpa_agrees_with_walk_{}", ["all_ram", "4_cores", "holes"], only=possible)
def gva2gpa(bench, name):
    """For every mapped megabyte and small page: QEMU's own walk and Python's; where something changes, the
    console's, too."""
    machine, tables = booted(bench, name)
    wrong = []
    before = None
    for number, m in enumerate(tables.mappings()):
        va = m.va + (m.size - 4 if number % 2 else 0)
        pa = m.pa + va - m.va
        answer = machine.monitor(f"gva2gpa {va:#x}").strip()
        if not re.fullmatch(rf"gpa: (0x)?{pa:x}", answer):
            wrong.append(f"{va:#010x}: tables say {pa:#x}, QEMU says {answer}")
        # The console's walk where something changes, and now and then.
        if not before or before.attributes != m.attributes or number % 32 == 0:
            text = machine.command(f"walk {va:#x}")
            if f"{pa:#010x}" not in text:
                wrong.append(f"{va:#010x}: tables say {pa:#x}, walk says {text}")
        before = m
    expect_equal(wrong, [], "addresses where walks differ")
    below = bench.page_offset - 16 * MB
    for va in (0, 0x1000, below - 0x1000, below, bench.page_offset - 2 * MB, 0xFFFF1000, 0xFFFFF000, 0xFFF00000):
        if not tables.walk(va).mapping:
            expect_text(machine.monitor(f"gva2gpa {va:#x}"), "Unmapped", f"gva2gpa {va:#x}")
            expect_text(machine.command(f"walk {va:#x}"), "fault", f"walk {va:#x}")


@test
def tables_are_laid_out_as_linux_does(bench):
    """Every second-level table is the upper half of a page, in pairs, Linux's PTEs below."""
    machine, tables = booted(bench, "all_ram")
    first = tables.memory(tables.regs.ttbr0, 0x4000)
    for i in range(0, 4096, 2):
        low, high = (int.from_bytes(first[4 * k:4 * k + 4], "little") for k in (i, i + 1))
        if low & 3 == 1 or high & 3 == 1:
            expect(low & 3 == 1 and high & 3 == 1 and low & 0xFFF & ~0x3FF == 0x800
                   and high & ~0x3FF == (low & ~0x3FF) + 0x400,
                   f"slot {i * MB:#010x}: {low:#010x} {high:#010x}")
    for m in tables.mappings():
        if m.kind == "small page":
            expect(m.linux is not None and m.linux >> 12 == m.pa >> 12,
                   f"{m.va:#010x}: hardware {m.word:#010x}, Linux {m.linux or 0:#010x}")


@test
def ptdump_shows_what_the_tables_say(bench):
    """Each mapping lies in a run of the console's ptdump, and each run is mapped."""
    machine, tables = booted(bench, "all_ram")
    text = machine.command("ptdump")
    ranges = [(int(a, 16), int(b, 16)) for a, b in
              re.findall(r"(?:0x)?([0-9a-f]{8})\s*-\s*(?:0x)?([0-9a-f]{8,9})", text)]
    expect(ranges, f"no ranges in ptdump\n{text}")
    missing = [f"{m.va:#010x}" for m in tables.mappings()
               if not any(a <= m.va and m.va + m.size <= (b or 1 << 32) + (b & 1) for a, b in ranges)]
    expect_equal(missing, [], f"mappings not in ptdump\n{text}")
