"""The short-descriptor page tables of ARM32, read from outside: fields, words, walks.

One table of fields for each kind of descriptor is all the knowledge there is; decoding, the
words for people and the comparison in the tests are made from it. Nothing here knows gdb or
QEMU: who calls hands in the registers and a function that reads physical memory, so the gdb
commands and the boot tests share this file, and it works on any ARM32 kernel.

    VA[31:20] -> first level:  fault | table | section (1 MB) | supersection (16 MB)
    VA[19:12] -> second level: fault | large page (64 KB) | small page (4 KB)

Manual: ARM DDI 0406C, B3.5 (short-descriptor format), B3.7 (permissions, domains), B3.8 (memory
types, TEX remap); ARM DDI 0100I, B4.7 for the older format (SCTLR.XP = 0, ARMv5).
Linux keeps a PTE of its own 2048 bytes below the hardware's: arch/arm/include/asm/pgtable-2level.h.
"""

from dataclasses import dataclass, field

# ------------------------------------------------------------------ fields: (name, lowest bit, width)

# DDI 0406C B3.5.1, figure B3-4 (first level) and figure B3-5 (second level).
TABLE = [("base", 10, 22), ("domain", 5, 4), ("ns", 3, 1), ("pxn", 2, 1)]
SECTION = [("base", 20, 12), ("ns", 19, 1), ("ng", 17, 1), ("s", 16, 1), ("apx", 15, 1),
           ("tex", 12, 3), ("ap", 10, 2), ("domain", 5, 4), ("xn", 4, 1), ("cb", 2, 2),
           ("pxn", 0, 1)]
SUPERSECTION = [("base", 24, 8), ("base_35_32", 20, 4), ("ns", 19, 1), ("ng", 17, 1), ("s", 16, 1),
                ("apx", 15, 1), ("tex", 12, 3), ("ap", 10, 2), ("base_39_36", 5, 4), ("xn", 4, 1),
                ("cb", 2, 2), ("pxn", 0, 1)]
LARGE_PAGE = [("base", 16, 16), ("xn", 15, 1), ("tex", 12, 3), ("ng", 11, 1), ("s", 10, 1),
              ("apx", 9, 1), ("ap", 4, 2), ("cb", 2, 2)]
SMALL_PAGE = [("base", 12, 20), ("ng", 11, 1), ("s", 10, 1), ("apx", 9, 1), ("tex", 6, 3),
              ("ap", 4, 2), ("cb", 2, 2), ("xn", 0, 1)]

# DDI 0100I B4.7: the format of ARMv5, and of ARMv6 with SCTLR.XP = 0. A page has four permissions,
# one for each quarter of it; here the field is all eight bits.
TABLE_V5 = [("base", 10, 22), ("domain", 5, 4)]
FINE_TABLE_V5 = [("base", 12, 20), ("domain", 5, 4)]
SECTION_V5 = [("base", 20, 12), ("tex", 12, 3), ("ap", 10, 2), ("domain", 5, 4), ("cb", 2, 2)]
LARGE_PAGE_V5 = [("base", 16, 16), ("tex", 12, 3), ("ap4", 4, 8), ("cb", 2, 2)]
SMALL_PAGE_V5 = [("base", 12, 20), ("ap4", 4, 8), ("cb", 2, 2)]
EXTENDED_PAGE_V5 = [("base", 12, 20), ("tex", 6, 3), ("ap", 4, 2), ("cb", 2, 2)]
TINY_PAGE_V5 = [("base", 10, 22), ("ap", 4, 2), ("cb", 2, 2)]

# Linux's own second-level entry (arch/arm/include/asm/pgtable-2level.h).
LINUX_PTE = [("frame", 12, 20), ("none", 11, 1), ("shared", 10, 1), ("xn", 9, 1), ("user", 8, 1),
             ("rdonly", 7, 1), ("dirty", 6, 1), ("mt", 2, 4), ("young", 1, 1), ("valid", 0, 1)]
LINUX_MEMORY_TYPES = {0: "uncached", 1: "bufferable (write-combined)", 2: "write-through",
                      3: "write-back", 4: "device, shared", 6: "minicache",
                      7: "write-back, write-allocate", 9: "device, write-combined",
                      11: "device, cached", 12: "device, not shared", 15: "vectors"}

SIZES = {"section": 1 << 20, "supersection": 1 << 24, "large page": 1 << 16, "small page": 1 << 12,
         "extended page": 1 << 12, "tiny page": 1 << 10}


def fields_of(word, layout):
    """The fields of `word` by name, as numbers ('base' stays the number of its field)."""
    return {name: (word >> low) & ((1 << width) - 1) for name, low, width in layout}


@dataclass
class Registers:
    """What the walk depends on. The defaults are those of a core at reset, MMU off."""
    sctlr: int = 0x00C50078
    ttbr0: int = 0
    ttbr1: int = 0
    ttbcr: int = 0
    dacr: int = 0
    prrr: int = None      # None: not readable here; memory types are then named by their index
    nmrr: int = None
    has_pxn: bool = False  # ID_MMFR0[3:0] >= 4: bit 0 of a section means PXN, else it is reserved

    @property
    def mmu_on(self):
        return bool(self.sctlr & 1)

    @property
    def access_flag(self):
        return bool(self.sctlr >> 29 & 1)

    @property
    def tex_remap(self):
        return bool(self.sctlr >> 28 & 1)

    @property
    def old_format(self):
        return not self.sctlr >> 23 & 1

    def domain(self, number):
        """What DACR says about a domain, in words."""
        return ("no access", "client", "reserved", "manager")[self.dacr >> (2 * number) & 3]


@dataclass
class Entry:
    """One descriptor, decoded. `kind` is 'fault', 'reserved', 'table' or a name in SIZES."""
    kind: str
    word: int
    layout: list = field(default_factory=list)

    @property
    def fields(self):
        return fields_of(self.word, self.layout)

    @property
    def base(self):
        """The physical address in the descriptor: of the table, or of the mapped memory."""
        value = 0
        for name, low, width in self.layout:
            part = self.word >> low & ((1 << width) - 1)
            if name == "base":
                value |= part << low
            elif name == "base_35_32":
                value |= part << 32
            elif name == "base_39_36":
                value |= part << 36
        return value


def decode_first(word, regs):
    """The Entry of a first-level descriptor."""
    kind = word & 3
    if kind == 0:
        return Entry("fault", word)
    if regs.old_format:
        layouts = {1: ("table", TABLE_V5), 2: ("section", SECTION_V5), 3: ("fine table", FINE_TABLE_V5)}
        return Entry(layouts[kind][0], word, layouts[kind][1])
    if kind == 1:
        return Entry("table", word, TABLE)
    if kind == 3 and not regs.has_pxn:
        return Entry("reserved", word)
    if word >> 18 & 1:
        return Entry("supersection", word, SUPERSECTION)
    return Entry("section", word, SECTION)


def decode_second(word, regs, fine=None):
    """The Entry of a second-level descriptor; `fine` is set under a fine table (ARMv5)."""
    kind = word & 3
    if kind == 0:
        return Entry("fault", word)
    if kind == 1:
        return Entry("large page", word, LARGE_PAGE_V5 if regs.old_format else LARGE_PAGE)
    if not regs.old_format:
        return Entry("small page", word, SMALL_PAGE)
    if kind == 2:
        return Entry("small page", word, SMALL_PAGE_V5)
    return Entry("tiny page", word, TINY_PAGE_V5) if fine else Entry("extended page", word, EXTENDED_PAGE_V5)


# ------------------------------------------------------------------ words

CACHE_WORDS = ("not cached", "write-back, write-allocate", "write-through", "write-back")


def memory_type(tex, cb, s, regs):
    """Memory type and shareability in words: DDI 0406C B3.8.2 (TEX remap off) and B3.8.3 (on)."""
    if regs.old_format and tex == 0:
        return ("strongly-ordered", "device (bufferable)", "normal, write-through",
                "normal, write-back")[cb]
    if regs.tex_remap:
        number = (tex & 1) << 2 | cb
        if regs.prrr is None or regs.nmrr is None:
            return f"type {number} of PRRR/NMRR, S={s}"
        kind = regs.prrr >> (2 * number) & 3
        if kind == 0:
            return "strongly-ordered"
        if kind == 1:
            shared = regs.prrr >> (17 if s else 16) & 1
            return "device" + (", shareable" if shared else ", not shareable")
        if kind == 3:
            return "unpredictable"
        inner, outer = regs.nmrr >> (2 * number) & 3, regs.nmrr >> (2 * number + 16) & 3
        shared = regs.prrr >> (19 if s else 18) & 1
        return "normal, " + cache_pair(inner, outer) + (", shareable" if shared else "")
    shareable = ", shareable" if s else ""
    if tex & 4:
        return "normal, " + cache_pair(cb, tex & 3) + shareable
    plain = {(0, 0): "strongly-ordered", (0, 1): "device, shareable",
             (0, 2): "normal, write-through" + shareable, (0, 3): "normal, write-back" + shareable,
             (1, 0): "normal, not cached" + shareable,
             (1, 3): "normal, write-back, write-allocate" + shareable,
             (2, 0): "device, not shareable"}
    return plain.get((tex, cb), f"reserved (TEX={tex} CB={cb})")


def cache_pair(inner, outer):
    if inner == outer:
        return CACHE_WORDS[inner]
    return f"inner {CACHE_WORDS[inner]}, outer {CACHE_WORDS[outer]}"


def permissions(ap, regs):
    """(kernel, user) as '--', 'r-' or 'rw' for AP[2:0]; None for a reserved value.

    DDI 0406C table B3-8, and B3-6 with SCTLR.AFE set; DDI 0100I table B4-1 for the S and R bits.
    """
    if regs.access_flag:
        return (("rw", "--"), ("rw", "rw"), ("r-", "--"), ("r-", "r-"))[ap >> 1]
    if ap == 0 and regs.old_format:
        system_rom = regs.sctlr >> 8 & 3
        return {1: ("r-", "--"), 2: ("r-", "r-")}.get(system_rom, ("--", "--"))
    return (("--", "--"), ("rw", "--"), ("rw", "r-"), ("rw", "rw"),
            None, ("r-", "--"), ("r-", "r-"), ("r-", "r-"))[ap]


@dataclass
class Mapping:
    """What one descriptor maps, with everything that makes two mappings equal or not."""
    va: int
    pa: int
    size: int
    kind: str
    word: int
    kernel: str       # 'rw', 'r-', '--'
    user: str
    execute: bool     # no XN; whether it can be fetched also needs a read permission
    memory: str
    is_global: bool
    domain: int
    accessed: bool = True
    linux: int = None  # Linux's PTE for it, if the table is laid out Linux's way

    @property
    def attributes(self):
        """Equal for two mappings that differ only in place."""
        return (self.kind, self.kernel, self.user, self.execute, self.memory, self.is_global,
                self.domain, self.accessed)

    @property
    def kernel_can_execute(self):
        return self.execute and self.kernel != "--"

    def words(self):
        """One line, the same columns for every mapping."""
        execute = "x" if self.execute else "-"
        text = f"kernel {self.kernel}{execute}  user {self.user}{execute if self.user != '--' else '-'}"
        text += f"  {self.memory}  {'global' if self.is_global else 'not global'}  domain {self.domain}"
        return text if self.accessed else text + "  never accessed (AF=0)"


def mapping_of(entry, va, domain, regs, linux=None):
    """The Mapping of a section or page Entry found for `va` (any address inside it)."""
    f = entry.fields
    size = SIZES[entry.kind]
    if "ap4" in f:  # four permissions, one a quarter: take the one that serves this address
        ap = f["ap4"] >> (2 * ((va & (size - 1)) * 4 // size)) & 3
    else:
        ap = f.get("apx", 0) << 2 | f["ap"]
    access = permissions(ap, regs) or ("reserved", "reserved")
    return Mapping(va=va & ~(size - 1), pa=entry.base, size=size, kind=entry.kind, word=entry.word,
                   kernel=access[0], user=access[1], execute=not f.get("xn", 0),
                   memory=memory_type(f.get("tex", 0), f["cb"], f.get("s", 0), regs),
                   is_global=not f.get("ng", 0), domain=domain,
                   accessed=bool(ap & 1) or not regs.access_flag, linux=linux)


def field_words(entry):
    """The fields of an entry as 'name=value', in the manual's order; addresses as addresses."""
    words = []
    for name, low, width in entry.layout:
        value = entry.word >> low & ((1 << width) - 1)
        words.append(f"{name}={value << low:#010x}" if name == "base" else f"{name}={value}")
    return " ".join(words)


def linux_words(word):
    """Linux's PTE in words."""
    f = fields_of(word, LINUX_PTE)
    if word == 0:
        return "none"
    words = ["valid" if f["valid"] else "not valid"]
    words += [name for name in ("young", "dirty") if f[name]]
    words.append("read-only" if f["rdonly"] else "writable")
    words += [text for name, text in (("user", "user"), ("xn", "no execute"), ("shared", "shared"),
                                      ("none", "PROT_NONE")) if f[name]]
    words.append(LINUX_MEMORY_TYPES.get(f["mt"], f"memory type {f['mt']}"))
    return f"frame {f['frame']:#x}, " + ", ".join(words)


# ------------------------------------------------------------------ walking

def first_level_table(va, regs):
    """(address of the table, number of index bits dropped by TTBCR.N, name of the register).

    DDI 0406C B3.5.4: with TTBCR.N = n, TTBR0 serves addresses whose top n bits are zero.
    """
    n = 0 if regs.old_format and not regs.ttbcr else regs.ttbcr & 7
    if n == 0 or va >> (32 - n) == 0:
        return regs.ttbr0 & ~((1 << (14 - n)) - 1) & 0xFFFFFFFF, n, "TTBR0"
    return regs.ttbr1 & ~0x3FFF & 0xFFFFFFFF, 0, "TTBR1"


def walk_disabled(register, regs):
    """True if TTBCR.PD0 or PD1 forbids walks of this register's table."""
    return bool(regs.ttbcr >> (4 if register == "TTBR0" else 5) & 1)


@dataclass
class Step:
    level: int
    index: int
    address: int
    entry: Entry


@dataclass
class Walk:
    """The result: the steps taken, and a mapping or the words for the fault."""
    va: int
    register: str
    table: int
    steps: list = field(default_factory=list)
    mapping: Mapping = None
    fault: str = None
    linux: tuple = None  # (address, word) of Linux's PTE

    @property
    def pa(self):
        return self.mapping.pa + (self.va & (self.mapping.size - 1)) if self.mapping else None


def word_at(memory, pa):
    return int.from_bytes(memory(pa, 4), "little")


def linux_layout(first_address, hw_table, memory):
    """True if a second-level table stands where Linux puts it: the upper half of a page, and the
    first-level entries of the pair point at the two hardware tables side by side."""
    if not hw_table & 0x800:
        return False
    pair = first_address & ~7
    low, high = word_at(memory, pair), word_at(memory, pair + 4)
    return low & 3 == 1 and high & 3 == 1 and (high & ~0x3FF) == (low & ~0x3FF) + 0x400


def walk(va, regs, memory):
    """Translates `va` as the hardware would, whatever its TLB holds.

    memory(pa, size) returns bytes of physical memory. The result's `fault` follows the manual's
    order: translation, access flag, domain; permissions are in the mapping.
    """
    table, n, register = first_level_table(va, regs)
    result = Walk(va, register, table)
    if walk_disabled(register, regs):
        result.fault = f"translation fault: walks of {register} are disabled in TTBCR"
        return result
    index = (va & (0xFFFFFFFF >> n)) >> 20
    address = table + 4 * index
    entry = decode_first(word_at(memory, address), regs)
    result.steps.append(Step(1, index, address, entry))
    domain = 0 if entry.kind == "supersection" else entry.fields.get("domain", 0)
    if entry.kind in ("fault", "reserved"):
        result.fault = "section translation fault"
        return result
    if entry.kind in ("table", "fine table"):
        fine = entry.kind == "fine table"
        index = va >> 10 & 0x3FF if fine else va >> 12 & 0xFF
        table = entry.base
        second = table + 4 * index
        if not regs.old_format or not fine:
            if linux_layout(address, table, memory):
                result.linux = (second - 0x800, word_at(memory, second - 0x800))
        entry = decode_second(word_at(memory, second), regs, fine or None)
        result.steps.append(Step(2, index, second, entry))
        if entry.kind == "fault":
            result.fault = "page translation fault"
            return result
    level = "section" if len(result.steps) == 1 else "page"
    result.mapping = mapping_of(entry, va, domain, regs, result.linux and result.linux[1])
    if not result.mapping.accessed:
        result.fault = f"{level} access flag fault"
    elif regs.domain(domain) in ("no access", "reserved"):
        result.fault = f"{level} domain fault: domain {domain} is {regs.domain(domain)} in DACR"
    return result


def mappings(regs, memory, start=0, end=1 << 32):
    """Every mapping in [start, end), upwards, read table by table (fast over a slow link)."""
    va = start & ~0xFFFFF
    first = {}  # register -> the bytes of its table
    while va < end:
        table, n, register = first_level_table(va, regs)
        if walk_disabled(register, regs):
            va += 1 << 20
            continue
        if register not in first:
            first[register] = memory(table, 0x4000 >> n)
        offset = 4 * ((va & (0xFFFFFFFF >> n)) >> 20)
        entry = decode_first(int.from_bytes(first[register][offset:offset + 4], "little"), regs)
        if entry.kind in ("section", "supersection"):
            domain = 0 if entry.kind == "supersection" else entry.fields["domain"]
            found = mapping_of(entry, va, domain, regs)
            if entry.kind == "supersection":  # its 16 entries must repeat it: show each MB as it is
                found.pa += va & 0xF00000
                found.va, found.size = va, 1 << 20
            yield found
        elif entry.kind in ("table", "fine table"):
            yield from second_level(entry, va, table + offset, regs, memory, start, end)
        va += 1 << 20


def second_level(table, va, first_address, regs, memory, start, end):
    fine = table.kind == "fine table"
    step = 0x400 if fine else 0x1000
    content = memory(table.base, 0x1000 if fine else 0x400)
    linux = None
    if not fine and linux_layout(first_address, table.base, memory):
        linux = memory(table.base - 0x800, 0x400)
    for i in range(len(content) // 4):
        word = int.from_bytes(content[4 * i:4 * i + 4], "little")
        entry = decode_second(word, regs, fine or None)
        at = va + i * step
        if entry.kind == "fault" or at + step <= start or at >= end:
            continue
        found = mapping_of(entry, at, table.fields["domain"], regs,
                           int.from_bytes(linux[4 * i:4 * i + 4], "little") if linux else None)
        if found.size > step:  # one of the 16 copies of a large page's entry
            found.pa += at & (found.size - 1)
            found.va, found.size = at, step
        yield found


def runs(found):
    """Joins mappings that continue each other with equal attributes, virtually and physically."""
    run = None
    for m in found:
        if run and run.attributes == m.attributes and run.va + run.size == m.va \
                and run.pa + run.size == m.pa and linux_bits(run) == linux_bits(m):
            run.size += m.size
            continue
        if run:
            yield run
        run = Mapping(**vars(m))
    if run:
        yield run


def linux_bits(mapping):
    return None if mapping.linux is None else mapping.linux & 0xFFF


def size_words(size):
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size % unit == 0 and size >= unit:
            return f"{size // unit} {name}"
    return f"{size} bytes"
