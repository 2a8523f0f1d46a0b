"""Shared by the boot tests: the stub loader, the layout block, the booted machine's tables."""

import re
import subprocess

import harness
import shortdesc

ENTRY = 0x60010000      # where QEMU puts a flat Image, and where the stub jumps to
STUB_AT = 0x64000000    # the stub itself: beyond what the kernel maps and uses while it boots
ATAGS_AT = 0x60000100   # where QEMU and most loaders leave ATAGs
LONG_ATAGS_AT = 0x62000000  # for lists that would reach into the image
MACHINE_NUMBER = 2272   # vexpress, in r1

# Linux's attribute words for the same machine, low bits of the entries: one core, several cores.
WORDS = {
    1: {"lowmem": 0x0041E, "text": 0x0840E, "rodata": 0x0841E, "vectors": 0x21E, "kmap": 0x01F},
    4: {"lowmem": 0x1141E, "text": 0x1940E, "rodata": 0x1941E, "vectors": 0x65E, "kmap": 0x45F},
}
DEVICE_SECTION = 0x11412  # the same for one core and several; Linux maps devices as pages, 0x453


def start_by_stub(bench, *, r0=0, r1=MACHINE_NUMBER, r2=0, atags=None, dtb=None, caches_on=False,
                  entry=ENTRY, **how):
    """A machine whose kernel is started by tests/boot/stub with these registers.

    atags  bytes to put at ATAGS_AT (r2 then points there unless told otherwise)
    dtb    path of a device tree, put at 128 MB into RAM likewise
    """
    stub = bench.file("stub.elf", b"")
    words = ["arm-none-eabi-gcc", "-nostdlib", "-Wl,--build-id=none", f"-Wl,-Ttext={STUB_AT:#x}",
             "-o", stub, harness.os.path.join(harness.HERE, "stub", "stub.S")]
    extra = ["-device", f"loader,file={bench.image},addr={entry:#x},force-raw=on"]
    if atags is not None:
        at = ATAGS_AT if len(atags) < 0x3F00 else LONG_ATAGS_AT
        r2 = r2 or at
        extra += ["-device", f"loader,file={bench.file('atags', atags)},addr={at:#x},force-raw=on"]
    if dtb is not None:
        r2 = r2 or 0x68000000
        extra += ["-device", f"loader,file={dtb},addr=0x68000000,force-raw=on"]
    words += [f"-DR0={r0:#x}", f"-DR1={r1:#x}", f"-DR2={r2:#x}", f"-DENTRY={entry:#x}"]
    if caches_on:
        words.append("-DCACHES_ON")
    subprocess.run(words, check=True)
    return bench.start(stub, extra=extra, **how)


def boot_by_stub(bench, **how):
    machine = start_by_stub(bench, **how)
    machine.boot_text = machine.prompt()
    return machine


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


class Tables:
    """The page tables of a booted machine, read from outside through QEMU's monitor."""

    def __init__(self, bench, machine):
        self.machine = machine
        self.blocks = {}
        # TTBR0's table is known from the symbol; the rest is what head.S sets (tests/gdb compares
        # with the live registers).
        self.regs = shortdesc.Registers(sctlr=0x10C5387D, ttbr0=bench.physical("swapper_pg_dir"),
                                        dacr=0x41, prrr=0xFF0A81A8, nmrr=0x40E040E0)

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
