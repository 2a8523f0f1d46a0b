#!/usr/bin/env python3
"""Write the kernel's table of function names: assembly from a linked kernel.elf.

The kernel is linked twice. This reads the functions of the first link and writes a file of
which the second link makes section .rodata_kallsyms (kernel/core/kallsyms.cpp reads it). The
linker script puts that section last in .rodata, so that no function moves.

    kallsyms.py --nm arm-none-eabi-nm kernel.pass1.elf -o kallsyms.S
"""

import argparse
import re
import subprocess
import sys

TEXT_TYPES = "tTwW"
# ARM's marks of code and data inside functions, local labels of assembly, and the linker
# script's own names of places.
NOT_FUNCTIONS = re.compile(r"^(\$[adt](\..*)?|\.L.*|_[se](init)?text|__vectors_start)$")
# What C++ adds to a name that is not part of it for a reader.
LONGEST = 48
ANONYMOUS = "(anonymous namespace)::"
CLONE = re.compile(r" \[clone ([^\]]*)\]")


def fail(message):
    sys.exit(f"kallsyms.py: {message}")


def run(command, text=None):
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except OSError as error:
        fail(f"{command[0]}: {error.strerror}")
    if done.returncode != 0:
        fail(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def read_symbols(nm, elf):
    """All symbols of `elf` as (address, type, mangled name), sorted by address."""
    symbols = []
    for line in run([nm, "-n", elf]).splitlines():
        fields = line.split(None, 2)
        if len(fields) == 3:
            symbols.append((int(fields[0], 16), fields[1], fields[2]))
    return symbols


def without(name, opening, closing, instead):
    """The name with `instead` for each outermost pair and what stands in it; operators keep
    theirs."""
    result, depth = "", 0
    for character in name:
        if character == opening and (depth > 0 or not result.endswith("operator")):
            depth += 1
            result += instead if depth == 1 else ""
        elif character == closing and depth > 0:
            depth -= 1
        elif depth == 0:
            result += character
    return result


def plain_name(demangled):
    """`foo(int) const::{lambda(int)#1}::bar [clone .part.0]` becomes
    foo::{lambda#1}::bar.part.0; unnamed namespaces go; a template's arguments go where they make
    the name too long for a line."""
    name = CLONE.sub(r"\1", demangled.replace(ANONYMOUS, ""))
    name = without(name, "(", ")", "").replace(" const::", "::")
    return name if len(name) <= LONGEST else without(name, "<", ">", "<...>")


def demangle(nm, names):
    """C++ names without parameter lists, by the c++filt that belongs to `nm`."""
    if not nm.endswith("nm"):
        fail(f"--nm {nm}: no c++filt can be found beside it, the name must end in nm")
    output = run([nm[:-2] + "c++filt", "-p"], "\n".join(names) + "\n")
    return [plain_name(line) for line in output.splitlines()]


def functions(symbols, start, end, names):
    """(address, name) of the code in [start, end): one name an address, the plainest."""
    best = {}
    for (address, kind, mangled), name in zip(symbols, names):
        if kind not in TEXT_TYPES or NOT_FUNCTIONS.match(mangled) or not start <= address < end:
            continue
        # Thumb functions carry bit 0; a global name says more than a local or weak one.
        address &= ~1
        rank = ("TtWw".index(kind), len(name), name)
        if address not in best or rank < best[address]:
            best[address] = rank
    return [(address, best[address][2]) for address in sorted(best)]


def assembly(table, end):
    lines = ["@ Made by scripts/kallsyms.py: the kernel's functions, sorted by address.", "",
             '    .section .rodata_kallsyms, "a"', "    .balign 4"]

    def label(name):
        lines.extend([f"    .global {name}", f"{name}:"])

    label("kallsyms_count")
    lines.append(f"    .word {len(table)}")
    label("kallsyms_starts")
    lines.extend(f"    .word 0x{address:08x}" for address, _ in table)
    lines.append(f"    .word 0x{end:08x}")
    label("kallsyms_name_offsets")
    offset = 0
    for _, name in table:
        lines.append(f"    .word {offset}")
        offset += len(name) + 1
    label("kallsyms_names")
    for _, name in table:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'    .asciz "{quoted}"')
    lines.append("    .balign 4")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", help="the kernel of the first link")
    parser.add_argument("--nm", default="arm-none-eabi-nm", help="the toolchain's nm")
    parser.add_argument("-o", "--output", required=True, help="assembly file to write")
    args = parser.parse_args()

    symbols = read_symbols(args.nm, args.elf)
    places = {name: address for address, _, name in symbols}
    for needed in ("_stext", "_etext"):
        if needed not in places:
            fail(f"{args.elf}: no symbol {needed}")
    names = demangle(args.nm, [name for _, _, name in symbols])
    if len(names) != len(symbols):
        fail("c++filt lost lines")
    table = functions(symbols, places["_stext"], places["_etext"], names)
    if not table:
        fail(f"{args.elf}: no functions between _stext and _etext")
    with open(args.output, "w", encoding="ascii") as output:
        output.write(assembly(table, places["_etext"]))


if __name__ == "__main__":
    main()
