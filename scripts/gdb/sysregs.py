"""The system registers that steer the MMU, bit by bit and in words.

Tables of fields, as for the descriptors: (name, lowest bit, width, words). `words` is a list with
one text a value; a text of None says nothing worth a line. No gdb here.
Manual: ARM DDI 0406C, B4.1 (each register under its name); Cortex-A9 TRM DDI 0388, 4.3.
"""

import shortdesc

SCTLR = [
    ("M", 0, 1, ["MMU off", "MMU on"]),
    ("A", 1, 1, ["unaligned accesses allowed", "unaligned accesses fault"]),
    ("C", 2, 1, ["data cache off", "data cache on"]),
    ("W", 3, 1, None),
    ("Z", 11, 1, ["branch prediction off", "branch prediction on"]),
    ("I", 12, 1, ["instruction cache off", "instruction cache on"]),
    ("V", 13, 1, ["vectors at VBAR (or 0)", "vectors at 0xffff0000"]),
    ("HA", 17, 1, [None, "hardware sets the access flag"]),
    ("WXN", 19, 1, [None, "writable memory never executes"]),
    ("U", 22, 1, ["ARMv5 rotation of unaligned words", None]),
    ("XP", 23, 1, ["old descriptors (subpages)", "ARMv6/v7 descriptors"]),
    ("EE", 25, 1, [None, "exceptions are big-endian"]),
    ("TRE", 28, 1, ["TEX, C and B as they stand", "TEX remap by PRRR and NMRR"]),
    ("AFE", 29, 1, ["AP[0] is a permission", "AP[0] is the access flag"]),
    ("TE", 30, 1, [None, "exceptions in Thumb"]),
]

REGION = ["not cached", "write-back, write-allocate", "write-through", "write-back"]


def bits(value, table):
    """The set of (name, value, words) of a register's table."""
    result = []
    for name, low, width, words in table:
        v = value >> low & ((1 << width) - 1)
        result.append((name, v, words[v] if words else None))
    return result


def sctlr_words(value):
    return [f"{name}={v}  {words}" for name, v, words in bits(value, SCTLR) if words]


def ttbcr_words(value):
    if value >> 31:
        return ["EAE=1: long descriptors (LPAE), which these commands do not read"]
    n = value & 7
    if n == 0:
        lines = ["N=0  TTBR0 serves every address"]
    else:
        border = 1 << (32 - n)
        lines = [f"N={n}  TTBR0 serves 0x00000000 to {border - 1:#010x}, TTBR1 the rest"]
    for bit, name in ((4, "TTBR0"), (5, "TTBR1")):
        if value >> bit & 1:
            lines.append(f"PD{bit - 4}=1  walks of {name} are disabled")
    return lines


def ttbr_words(value, n, multiprocessing):
    """TTBR0 or TTBR1; with the Multiprocessing Extensions IRGN is split over bits 6 and 0."""
    table = value & ~((1 << (14 - n)) - 1) & 0xFFFFFFFF
    lines = [f"table at {table:#010x}"]
    if multiprocessing:
        inner = REGION[(value & 1) << 1 | (value >> 6 & 1)]
    else:
        inner = "cached" if value & 1 else "not cached"
    shared = "shareable" if value & 2 else "not shareable"
    if value & 2 and value & 32:
        shared = "inner shareable"
    lines.append(f"walks: inner {inner}, outer {REGION[value >> 3 & 3]}, {shared}")
    return lines


def dacr_words(value):
    names = ("no access", "client", "reserved", "manager")
    groups = {}
    for domain in range(16):
        groups.setdefault(names[value >> (2 * domain) & 3], []).append(str(domain))
    return [f"{what}: domain {', '.join(domains)}" for what, domains in groups.items()
            if what != "no access"] or ["no access: every domain"]


def remap_words(prrr, nmrr):
    """The eight memory types that TEX[0], C and B choose from."""
    regs = shortdesc.Registers(sctlr=1 << 28 | 1 << 23, prrr=prrr, nmrr=nmrr)
    lines = []
    for number in range(8):
        private = shortdesc.memory_type(number >> 2, number & 3, 0, regs)
        shared = shortdesc.memory_type(number >> 2, number & 3, 1, regs)
        text = private if private == shared else f"{private}; with S=1 {shared}"
        lines.append(f"TEX[0]CB={number:03b}  {text}")
    return lines


def contextidr_words(value):
    return [f"ASID {value & 0xFF}, process {value >> 8}"]
