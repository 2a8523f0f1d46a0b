"""Shared by the boot tests: what CPUs differ in, the stub loader, the layout block, the booted
machine's tables."""

import os
import re
import subprocess
from dataclasses import dataclass, field

import harness
import shortdesc

MB = 1 << 20
TEXT_OFFSET = 0x10000   # where in RAM QEMU puts a flat Image, and where the stub jumps to
# From the base of RAM, too:
ATAGS_AT = 0x100        # where QEMU and most loaders leave ATAGs
LONG_ATAGS_AT = 32 * MB  # for lists that would reach into the image
STUB_AT = 64 * MB       # the stub itself: beyond what the kernel maps and uses while it boots
DTB_AT = 128 * MB
MACHINE_NUMBERS = {"vexpress-a9": 2272, "versatilepb": 387}  # in r1
OUTSIDE_RAM = 0x10000000  # on every board: its window begins later, or ends there


# ------------------------------------------------------------------ CPUs

@dataclass(frozen=True)
class Cpu:
    format: str        # of its descriptors
    sctlr: int         # as the kernel leaves it
    compiler: str      # gcc's -mcpu
    # Attribute words, low bits of the entries, by number of cores: Linux's for the same machine
    # (arch/arm/mm/README.md).
    words: dict
    prrr: int = None   # TEX remap; the others have none
    nmrr: int = None
    # Kinds of `crash` that cannot fault, and the reason.
    lacks: dict = field(default_factory=dict)
    # Kinds of `crash` whose oops has other words than the newest CPU's.
    oops: dict = field(default_factory=dict)

    @property
    def has_xn(self):
        return self.format != "v5"


NO_STATUS = "prefetch abort: no fault status on this CPU"  # ARM926 has no IFSR
# Behind the RAM of versatilepb are registers, which the walk reads as an empty entry.
EMPTY_TABLE = {"walk-abort": "data abort: page translation fault, read, kernel"}

CPUS = {
    "cortex-a9": Cpu("v7", 0x10C5387D, "cortex-a9", prrr=0xFF0A81A8, nmrr=0x40E040E0, words={
        1: {"lowmem": 0x0041E, "text": 0x0840E, "rodata": 0x0841E, "device": 0x11412,
            "vectors": 0x21E, "table": 0x61},
        4: {"lowmem": 0x1141E, "text": 0x1940E, "rodata": 0x1941E, "device": 0x11412,
            "vectors": 0x65E, "table": 0x61}}),
    "arm1176": Cpu("v6", 0x00C5387D, "arm1176jzf-s", oops=EMPTY_TABLE, words={
        1: {"lowmem": 0x0041E, "text": 0x0840E, "rodata": 0x0841E, "device": 0x00416,
            "vectors": 0x21E, "table": 0x61}}),
    "arm926": Cpu("v5", 0x0009307F, "arm926ej-s", words={
        1: {"lowmem": 0x0041E, "text": 0x0041E, "rodata": 0x0041E, "device": 0x00412,
            "vectors": 0x55E, "table": 0x71}},
        lacks={**dict.fromkeys(("write-text", "write-rodata", "write-vectors", "not-dirty",
                                "stack-overflow"), "no read-only for the kernel"),
               "execute-data": "no XN"},
        oops={**EMPTY_TABLE, "jump-null": NO_STATUS + ", execute, kernel",
              "breakpoint": NO_STATUS + ", execute, kernel"}),
}


def cpu_of(bench_or_place):
    return CPUS[bench_or_place.cpu]


def several_cores(place):
    return place.board.max_smp >= 4


# ------------------------------------------------------------------ starting, ending

def stub(bench, caches_on):
    """The stub loader for this board and CPU, assembled once for a build folder."""
    source = os.path.join(harness.HERE, "stub", "stub.S")
    path = os.path.join(bench.build, f"stub-{bench.cpu}{'-caches' if caches_on else ''}.elf")
    try:
        if os.path.getmtime(path) > max(map(os.path.getmtime, (source, __file__))):
            return path
    except FileNotFoundError:
        pass
    made = bench.file("stub.elf", b"")
    words = ["arm-none-eabi-gcc", f"-mcpu={cpu_of(bench).compiler}", "-marm", "-nostdlib",
             "-Wl,--build-id=none,-n", f"-Wl,-Ttext={bench.ram + STUB_AT:#x}", "-o", made, source,
             f"-DRAM={bench.ram:#x}", f"-DRAM_LAST={bench.ram_end - 1:#x}"]
    subprocess.run(words + (["-DCACHES_ON"] if caches_on else []), check=True)
    with open(made, "rb") as file:
        content = file.read()
    partial = f"{path}.{os.getpid()}"
    with open(partial, "wb") as file:
        file.write(content)
    os.replace(partial, path)  # at once: others may be at it, too
    return path


def start_by_stub(bench, *, r0=0, r1=None, r2=0, atags=None, dtb=None, caches_on=False, entry=None,
                  **how):
    """A machine whose kernel is started by tests/boot/stub with these registers.

    atags  bytes to put at ATAGS_AT (r2 then points there unless told otherwise)
    dtb    path of a device tree, put at DTB_AT likewise
    """
    entry = entry or bench.ram + TEXT_OFFSET
    extra = []

    def load(path, at):
        extra.extend(["-device", f"loader,file={path},addr={at:#x},force-raw=on"])

    load(bench.image, entry)
    if atags is not None:
        at = bench.ram + (ATAGS_AT if len(atags) < 0x3F00 else LONG_ATAGS_AT)
        r2 = r2 or at
        load(bench.file("atags", atags), at)
    if dtb is not None:
        r2 = r2 or bench.ram + DTB_AT
        load(dtb, bench.ram + DTB_AT)
    r1 = MACHINE_NUMBERS[bench.board.name] if r1 is None else r1
    registers = b"".join(value.to_bytes(4, "little") for value in (r0, r1, r2, entry))
    load(bench.file("registers", registers), bench.ram + STUB_AT - len(registers))
    return bench.start(stub(bench, caches_on), extra=extra, **how)


def boot_by_stub(bench, **how):
    machine = start_by_stub(bench, **how)
    machine.boot_text = machine.prompt()
    return machine


def fine(machine):
    """The end of a good run: the kernel finds nothing wrong with itself and powers off."""
    text = machine.command("verify")
    engines = re.findall(r"^verify ([\w-]+): (\d+) problems$", text, re.M)
    harness.expect(("tables", "0") in engines, f"verify says nothing of tables\n{text}")
    harness.expect_equal([name for name, problems in engines if problems != "0"], [],
                         f"engines with problems\n{text}\nengines with problems")
    harness.expect_equal(machine.end(), 0, "exit status")


# ------------------------------------------------------------------ the layout

VMALLOC_END, HOLE, VMALLOC_DEFAULT = 0xFF000000, 8 * MB, 104 * MB
ROW = re.compile(r"^ {2,}(\.?\w+) *: (0x[0-9a-f]{8}) - (0x[0-9a-f]{8}) +\( *(\d+) (kB|MB)\)$", re.M)


def layout(text):
    """The rows of the "Virtual kernel memory layout:" block: name -> (start, end, size, unit)."""
    _, found, block = text.partition("Virtual kernel memory layout:")
    harness.expect(found, f"no layout block in the output\n{text}")
    return {name: (int(start, 16), int(end, 16), int(size), unit)
            for name, start, end, size, unit in ROW.findall(block)}


def layout_errors(rows):
    """Rows whose size is not the distance of their ends."""
    return [name for name, (start, end, size, unit) in rows.items()
            if (end - start + (1 << {"kB": 10, "MB": 20}[unit]) - 1) >> {"kB": 10, "MB": 20}[unit] != size]


def wanted_layout(bench, banks=None, vmalloc=VMALLOC_DEFAULT):
    """The layout rows that do not depend on the image, by the formula of the design.

    banks  [(start, size)] of RAM, by default all that the board can have
    """
    border = bench.page_offset
    limit = bench.ram + VMALLOC_END - vmalloc - HOLE - border
    banks = banks or [(bench.ram, bench.board.max_memory)]
    end = max(min(start + size, limit) for start, size in banks if start < limit)
    high_memory = border + end - bench.ram

    def row(start, end, shift, unit):
        return start, end, (end - start) >> shift, unit

    return {
        "vector": row(0xFFFF0000, 0xFFFF1000, 10, "kB"),
        "fixmap": row(0xFFF00000, 0xFFFE0000, 10, "kB"),
        "DMA": row(0xFF000000, 0xFFE00000, 20, "MB"),
        "vmalloc": row((high_memory + HOLE) // HOLE * HOLE, VMALLOC_END, 20, "MB"),
        "lowmem": row(border, high_memory, 20, "MB"),
        "pkmap": row(border - 2 * MB, border, 20, "MB"),
        "modules": row(border - 16 * MB, border - 2 * MB, 20, "MB"),
    }


def expect_layout(machine, wanted):
    """The rows of `wanted` are those that the machine printed; all its rows are returned."""
    rows = layout(machine.boot_text)
    harness.expect_equal({name: rows.get(name) for name in wanted}, wanted, "layout")
    return rows


# ------------------------------------------------------------------ tables

SPLIT_N = {0xC0000000: 0, 0x80000000: 1, 0x40000000: 2}  # TTBCR.N


class Tables:
    """The page tables of a booted machine, read from outside through QEMU's monitor."""

    def __init__(self, bench, machine):
        self.machine = machine
        self.blocks = {}
        cpu = cpu_of(bench)
        # TTBR0's table is known from the symbol; the rest is what head.S sets (tests/gdb compares
        # with the live registers). ARMv5 has one table whatever the split.
        table = bench.physical("swapper_pg_dir")
        self.regs = shortdesc.Registers(
            sctlr=cpu.sctlr, ttbr0=table, ttbr1=table, dacr=0x41, prrr=cpu.prrr, nmrr=cpu.nmrr,
            ttbcr=0 if cpu.format == "v5" else SPLIT_N[bench.page_offset])

    def memory(self, pa, size):
        """Physical memory, fetched in blocks of 16 KB and remembered."""
        result = b""
        while size:
            base = pa & ~0x3FFF
            if base not in self.blocks:
                self.blocks[base] = self.machine.physical(base, 0x4000)
            piece = self.blocks[base][pa - base:pa - base + size]
            result += piece
            pa, size = pa + len(piece), size - len(piece)
        return result

    def mappings(self, start=0, end=1 << 32):
        return list(shortdesc.mappings(self.regs, self.memory, start, end))

    def walk(self, va):
        return shortdesc.walk(va, self.regs, self.memory)
