"""gdb commands for the MMU of an ARM32 machine: pt, ptdump, mmu, uart, lowmem-help.

    gdb-multiarch -ex 'source scripts/gdb/lowmem.py'

They read the live registers and physical memory through whatever gdb is attached to, and need no
symbols: QEMU's stub (registers by name, physical memory by Qqemu.PhyMemMode), OpenOCD (monitor
commands), or any stub that at least lets the kernel's linear map be read (set lowmem-linear).
What a descriptor means is in shortdesc.py, what a system register means in sysregs.py.
"""

import os
import re
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shortdesc  # noqa: E402
import sysregs  # noqa: E402


# ------------------------------------------------------------------ the machine behind gdb

# Our name: QEMU's names without the bank, and the operands of OpenOCD's `arm mrc`.
REGISTERS = {
    "SCTLR": (["SCTLR", "SCTLR_EL1"], "15 0 1 0 0"),
    "TTBR0": (["TTBR0_EL1", "TTBR0"], "15 0 2 0 0"),
    "TTBR1": (["TTBR1_EL1", "TTBR1"], "15 0 2 0 1"),
    "TTBCR": (["TTBCR", "TCR_EL1"], "15 0 2 0 2"),
    "DACR": (["DACR"], "15 0 3 0 0"),
    "PRRR": (["MAIR0", "PRRR"], "15 0 10 2 0"),
    "NMRR": (["MAIR1", "NMRR"], "15 0 10 2 1"),
    "CONTEXTIDR": (["CONTEXTIDR", "CONTEXTIDR_EL1"], "15 0 13 0 1"),
    "MIDR": (["MIDR"], "15 0 0 0 0"),
    "ID_MMFR0": (["ID_MMFR0"], "15 0 0 1 4"),
    "MPIDR": (["MPIDR", "MPIDR_EL1"], "15 0 0 0 5"),
}


def raw_register(name):
    """A register as gdb knows it, or None."""
    try:
        value = gdb.newest_frame().read_register(name)
        return int(value) & 0xFFFFFFFF
    except (ValueError, gdb.error):
        return None


def secure():
    """True if the core is in the secure world, whose banked registers QEMU names ..._S."""
    scr = raw_register("SCR_S")
    if scr is None:
        scr = raw_register("SCR")
    if scr is None:
        return False  # no security extensions: there is one bank only
    mode = (raw_register("cpsr") or 0) & 31
    return not scr & 1 or mode == 0x16


def register(name):
    """The live copy of a system register, or None if it cannot be read here."""
    names, mrc = REGISTERS[name]
    if secure():
        names = [n + "_S" for n in names] + names
    for candidate in names:
        value = raw_register(candidate)
        if value is not None:
            return value
    try:
        answer = gdb.execute(f"monitor arm mrc {mrc}", to_string=True)
    except gdb.error:
        return None
    numbers = re.findall(r"^\s*(\d+)\s*$", answer, re.M)
    return int(numbers[-1]) & 0xFFFFFFFF if numbers else None


class LinearMap(gdb.Parameter):
    """VIRTUAL:PHYSICAL of a linear mapping, for stubs that read virtual memory only.
Example: set lowmem-linear 0xc0000000:0x60000000"""

    set_doc = "Set the linear map used when physical memory cannot be read."
    show_doc = "Show the linear map used when physical memory cannot be read."

    def __init__(self):
        super().__init__("lowmem-linear", gdb.COMMAND_DATA, gdb.PARAM_STRING)
        self.value = ""

    def get_set_string(self):
        return ""


LINEAR = LinearMap()


def qemu_physical(on):
    """Switches QEMU's stub to physical addresses or back; False if this is no such stub."""
    answer = gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True)
    return '"OK"' in answer


def physical_memory(pa, size):
    """`size` bytes of physical memory, by the best way this target has."""
    inferior = gdb.selected_inferior()
    if qemu_physical(True):
        try:
            return bytes(inferior.read_memory(pa, size))
        finally:
            qemu_physical(False)
    if LINEAR.value:
        try:
            virtual, physical = (int(x, 0) for x in LINEAR.value.split(":"))
        except ValueError:
            raise gdb.GdbError("lowmem-linear wants VIRTUAL:PHYSICAL, such as 0xc0000000:0x60000000")
        return bytes(inferior.read_memory(pa - physical + virtual & 0xFFFFFFFF, size))
    try:
        answer = gdb.execute(f"monitor mdw phys {pa:#x} {(size + 3) // 4}", to_string=True)
    except gdb.error:
        raise gdb.GdbError("this target reads no physical memory; try set lowmem-linear VIRTUAL:PHYSICAL")
    words = [int(w, 16) for line in answer.splitlines() if ":" in line
             for w in line.split(":", 1)[1].split()]
    return b"".join(w.to_bytes(4, "little") for w in words)[:size]


def registers():
    """The Registers that a walk depends on, from the live core."""
    values = {}
    for name in ("SCTLR", "TTBR0", "TTBR1", "TTBCR", "DACR", "PRRR", "NMRR"):
        values[name.lower()] = register(name)
    if values["sctlr"] is None or values["ttbr0"] is None:
        raise gdb.GdbError("no SCTLR or TTBR0 to be read here: is a target attached?")
    for name in ("ttbr1", "ttbcr", "dacr"):  # not on every core
        values[name] = values[name] or 0
    if values["ttbcr"] >> 31:
        raise gdb.GdbError("TTBCR.EAE=1: this kernel uses long descriptors (LPAE), not read here")
    values["has_pxn"] = ((register("ID_MMFR0") or 0) & 15) >= 4
    return shortdesc.Registers(**values)


def address_of(text):
    """The value of an expression as a 32-bit address."""
    value = gdb.parse_and_eval(text)
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY,
                                            gdb.TYPE_CODE_STRUCT):
        value = value.address
    return int(value) & 0xFFFFFFFF


# ------------------------------------------------------------------ commands

class Pt(gdb.Command):
    """Walk the page tables for one virtual address.
Usage: pt [--raw] ADDRESS

Every step from TTBR0 or TTBR1 is shown with the hardware's entry decoded, and below it Linux's
own PTE if the table is laid out as Linux does (2048 bytes below the hardware's entry). --raw
leaves Linux's PTE out. Reads the live registers and physical memory; needs no symbols."""

    def __init__(self):
        super().__init__("pt", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        raw = "--raw" in words
        words = [w for w in words if w != "--raw"]
        if not words:
            raise gdb.GdbError("pt wants an address: pt [--raw] ADDRESS")
        regs = registers()
        print_walk(shortdesc.walk(address_of(" ".join(words)), regs, physical_memory), regs, raw)


def print_walk(walk, regs, raw):
    n = regs.ttbcr & 7
    print(f"VA {walk.va:#010x}: {walk.register} is used (TTBCR.N={n}), table at {walk.table:#010x}")
    if not regs.mmu_on:
        print("  the MMU is off: the CPU uses this address as it is; the tables would say")
    if regs.old_format:
        print("  old descriptor format (SCTLR.XP=0)")
    for step in walk.steps:
        names = {1: "first level ", 2: "second level"}
        print(f"  {names[step.level]} [{step.index:#x}] at {step.address:#010x} = "
              f"{step.entry.word:#010x}  {step.entry.kind}")
        if step.entry.layout:
            print(f"      {shortdesc.field_words(step.entry)}")
        if step.level == 2 and walk.linux and not raw:
            address, word = walk.linux
            print(f"  Linux's PTE        at {address:#010x} = {word:#010x}  {shortdesc.linux_words(word)}")
    if walk.fault:
        print(f"  -> {walk.fault}")
    if walk.mapping:
        m = walk.mapping
        print(f"  -> PA {walk.pa:#010x}  {m.kind} of {shortdesc.size_words(m.size)}")
        print(f"     {m.words()} ({regs.domain(m.domain)})")
        if regs.domain(m.domain) == "manager":
            print("     a manager's accesses are not checked against the permissions")


class PtDump(gdb.Command):
    """List everything that the page tables map, as runs of equal mappings.
Usage: ptdump [START [END]]

A run continues virtually and physically with equal attributes. START is rounded down to a page;
END is exclusive. Reads the live registers and physical memory; needs no symbols."""

    def __init__(self):
        super().__init__("ptdump", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) > 2:
            raise gdb.GdbError("ptdump wants two addresses at most: ptdump [START [END]]")
        start = address_of(words[0]) & ~0xFFF if words else 0
        end = address_of(words[1]) or 1 << 32 if len(words) > 1 else 1 << 32
        regs = registers()
        if not regs.mmu_on:
            print("the MMU is off; what TTBR0 and TTBR1 point at would map:")
        count = 0
        for run in shortdesc.runs(shortdesc.mappings(regs, physical_memory, start, end)):
            count += 1
            last = run.va + run.size
            print(f"{run.va:#010x}-{last:#010x}  {shortdesc.size_words(run.size):>7}  -> {run.pa:#010x}  "
                  f"{run.kind:<12}  {run.words()}")
        print(f"{count} runs")


class Mmu(gdb.Command):
    """Show the registers that steer the MMU, in words.
Usage: mmu

SCTLR, TTBR0, TTBR1, TTBCR, DACR, PRRR, NMRR and CONTEXTIDR: the copies that are live now."""

    def __init__(self):
        super().__init__("mmu", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if argument.strip():
            raise gdb.GdbError("mmu takes no argument")
        values = {name: register(name) for name in REGISTERS}
        if values["SCTLR"] is None:
            raise gdb.GdbError("no SCTLR to be read here: is a target attached?")
        n = (values["TTBCR"] or 0) & 7
        # Bit 31 of MPIDR: the Multiprocessing Extensions are there. Without MPIDR, every ARMv7-A
        # core of theirs since Cortex-A5 and A9 has them, Cortex-A8 (part 0xc08) has not.
        midr = values["MIDR"] or 0
        extensions = midr >> 16 & 15 == 15 and midr >> 4 & 0xFFF != 0xC08
        print(f"bank: {'secure' if secure() else 'the only one, or not secure'}")
        show = [("SCTLR", sysregs.sctlr_words), ("TTBCR", sysregs.ttbcr_words),
                ("TTBR0", lambda v: sysregs.ttbr_words(v, n, extensions)),
                ("TTBR1", lambda v: sysregs.ttbr_words(v, 0, extensions)),
                ("DACR", sysregs.dacr_words), ("CONTEXTIDR", sysregs.contextidr_words)]
        for name, words in show:
            if values[name] is None:
                print(f"{name:<10} not readable here")
                continue
            print(f"{name:<10} {values[name]:#010x}")
            for line in words(values[name]):
                print(f"    {line}")
        if values["SCTLR"] >> 28 & 1 and None not in (values["PRRR"], values["NMRR"]):
            print(f"PRRR       {values['PRRR']:#010x}\nNMRR       {values['NMRR']:#010x}")
            for line in sysregs.remap_words(values["PRRR"], values["NMRR"]):
                print(f"    {line}")


class Uart(gdb.Command):
    """Type a line at the machine's serial port (under scripts/debug).
Usage: uart TEXT

The text and a newline wait there until the machine runs and reads them: continue afterwards."""

    def __init__(self):
        super().__init__("uart", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        pipe = os.environ.get("LOWMEM_UART")
        if not pipe:
            raise gdb.GdbError("uart works under scripts/debug only: no serial port is known here")
        with open(pipe, "w") as port:
            port.write(argument + "\n")


class LowmemHelp(gdb.Command):
    """List what scripts/gdb adds to gdb.
Usage: lowmem-help"""

    def __init__(self):
        super().__init__("lowmem-help", gdb.COMMAND_SUPPORT)

    def invoke(self, argument, from_tty):
        for command in COMMANDS:
            lines = command.__doc__.splitlines()
            usage = next(line for line in lines if line.startswith("Usage: "))
            print(f"{usage[7:]:<24} {lines[0]}")
        print("\n`help COMMAND` tells more. Addresses are expressions: pt $pc, pt &mem_types.")


COMMANDS = [Pt, PtDump, Mmu, Uart, LowmemHelp]
for one in COMMANDS:
    one()
