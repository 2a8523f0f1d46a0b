"""What a boot loader hands over, made by hand: ATAG lists and device trees, good and broken.

ATAGs: Documentation/arm/booting.rst, arch/arm/include/uapi/asm/setup.h.
"""

import struct
import subprocess

CORE, MEM, INITRD2, CMDLINE = 0x54410001, 0x54410002, 0x54420005, 0x54410009


def atag(tag, *words, size=None):
    """One tag; `size` in words lies about its length."""
    return struct.pack(f"<II{len(words)}I", size if size is not None else 2 + len(words), tag, *words)


def core():
    return atag(CORE, 0, 4096, 0)


def mem(size, start):
    return atag(MEM, size, start)


def cmdline(text):
    data = text.encode() + b"\0"
    data += bytes(-len(data) % 4)
    return struct.pack("<II", 2 + len(data) // 4, CMDLINE) + data


def end():
    return struct.pack("<II", 0, 0)


def device_tree(bench, source, name="test"):
    """Compiles device tree source with dtc; the path of the blob."""
    path = bench.file(f"{name}.dts", source.encode())
    blob = path[:-1] + "b"
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", blob, path], check=True)
    return blob


def tree(bench, memory=None, bootargs="", more=""):
    """Source of a small device tree with one memory node and /chosen.

    memory  [(start, size)], by default all RAM that the board can have
    """
    banks = memory or [(bench.ram, bench.board.max_memory)]
    cells = ", ".join(f"<{start:#x} {size:#x}>" for start, size in banks)
    return f"""/dts-v1/;
{more if more.startswith('/memreserve/') else ''}
/ {{
    compatible = "arm,{bench.board.name}";
    #address-cells = <1>;
    #size-cells = <1>;
    memory@{bench.ram:x} {{ device_type = "memory"; reg = {cells}; }};
    chosen {{ bootargs = "{bootargs}"; }};
    {'' if more.startswith('/memreserve/') else more}
}};
"""
