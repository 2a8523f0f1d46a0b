"""Checks of who includes whom."""
import re

from tree import check

# The rooms of the house, lowest first: nobody includes upwards. The first pattern that fits a
# path says its room; what fits none is free (tests may include anything, nobody includes tests).
ROOMS = [
    ("kernel/lib", re.compile(r"kernel/lib/")),
    ("asm", re.compile(r"arch/[^/]+/include/asm/")),
    ("kernel/core", re.compile(r"kernel/core/")),
    ("mm", re.compile(r"mm/")),
    ("arch and boot", re.compile(r"(arch|boot)/")),
    ("kernel", re.compile(r"kernel/")),
    ("tests", re.compile(r"tests/")),
]

# What kernel code may include of the C++ library. The host's own files and tests are free.
STANDARD = set("""cstddef cstdarg compare concepts type_traits utility span array optional bit
    limits algorithm string_view atomic new cstring""".split())

# Names in the C library's own asm/, which ours would hide.
C_LIBRARY_ASM = set("""types.h errno.h posix_types.h bitsperlong.h byteorder.h ioctl.h ioctls.h
    socket.h sockios.h fcntl.h stat.h unistd.h param.h termbits.h termios.h poll.h resource.h
    swab.h""".split())


def room_of(path):
    """(level, name) of the room a file stands in, or None."""
    for level, (name, pattern) in enumerate(ROOMS):
        if pattern.match(path):
            return level, name
    return None


@check("include order",
       {"mm/a.cpp": "// a\n#include <kernel/params.h>\n", "kernel/params.h": "// p\n"},
       {"kernel/lib/a.h": "// a\n#include <asm/page.h>\n", "arch/arm/include/asm/page.h": "// p\n"},
       {"arch/host/include/asm/a.h": "// a\n#include <kernel/core/b.h>\n",
        "kernel/core/b.h": "// b\n"},
       {"boot/a.cpp": "// a\n#include <kernel/main.h>\n", "kernel/main.h": "// m\n"},
       {"kernel/a.cpp": "// a\n#include <tests/shim.h>\n", "tests/shim.h": "// s\n"})
def include_order(tree):
    for path in tree.sources():
        room = room_of(path)
        if room is None:
            continue
        for number, _, name in tree.includes(path):
            for target in tree.resolve(name):
                above = room_of(target)
                if above is not None and above[0] > room[0]:
                    yield f"{path}:{number}", f"{room[1]} includes {target}, which is higher up: " \
                        f"{above[1]}"


def host_lines(lines):
    """Numbers of the lines that only the host compiles: #if defined(LOWMEM_HOST) to its end."""
    found, depths = set(), []
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*#\s*if", line):
            depths.append("LOWMEM_HOST" in line and "!" not in line)
        elif re.match(r"\s*#\s*el", line) and depths:
            depths[-1] = False
        elif re.match(r"\s*#\s*endif", line) and depths:
            depths.pop()
        if any(depths):
            found.add(number)
    return found


@check("include form",
       {"mm/a.cpp": '// a\n#include "b.h"\n', "mm/b.h": "// b\n"},
       {"mm/a.cpp": "// a\n#include <b.h>\n", "mm/b.h": "// b\n"},
       {"mm/a.cpp": "// a\n#include <string>\n"},
       {"mm/a.cpp": "// a\n#if defined(LOWMEM_HOST)\n#else\n#include <string>\n#endif\n"},
       {"mm/a.cpp": "// a\n#include <arch/arm/include/asm/page.h>\n",
        "arch/arm/include/asm/page.h": "// p\n"},
       {"arch/arm/include/asm/types.h": "// t\n"})
def include_form(tree):
    for path in tree.paths:
        parts = path.split("/")
        if parts[-2:-1] == ["asm"] and parts[-1] in C_LIBRARY_ASM:
            yield path, "hides a header of the C library"
    for path in tree.sources():
        free = path.startswith(("tests/", "arch/host/"))
        host = host_lines(tree.lines(path))
        for number, mark, name in tree.includes(path):
            place = f"{path}:{number}"
            if mark == '"':
                yield place, f'"{name}": include it from the root, with <...>'
            elif "/include/asm/" in name:
                yield place, f"<{name}>: the contract's headers are <asm/...>"
            elif not free and number not in host and not tree.resolve(name) \
                    and name not in STANDARD:
                yield place, f"<{name}> is neither ours nor a standard header that the kernel uses"


def cycle_in(graph):
    """Some cycle of the graph {node: [nodes]} as a list that ends where it began, or None."""
    done, stack, on_stack = set(), [], set()

    def visit(node):
        stack.append(node)
        on_stack.add(node)
        for following in graph.get(node, ()):
            if following in on_stack:
                return stack[stack.index(following):] + [following]
            if following not in done:
                found = visit(following)
                if found:
                    return found
        on_stack.remove(stack.pop())
        done.add(node)
        return None

    for node in sorted(graph):
        if node not in done:
            found = visit(node)
            if found:
                return found
    return None


@check("include circles",
       {"mm/a.h": "// a\n#include <mm/b.h>\n", "mm/b.h": "// b\n#include <mm/c.h>\n",
        "mm/c.h": "// c\n#include <mm/a.h>\n"},
       {"mm/a.h": "// a\n#include <kernel/core/b.h>\n", "kernel/core/b.h": "// b\n",
        "kernel/core/c.h": "// c\n#include <mm/d.h>\n", "mm/d.h": "// d\n"})
def include_circles(tree):
    files, rooms = {}, {}
    for path in tree.sources():
        for _, _, name in tree.includes(path):
            for target in tree.resolve(name):
                files.setdefault(path, []).append(target)
                here, there = room_of(path), room_of(target)
                if here and there and here != there:
                    rooms.setdefault(here[1], set()).add(there[1])
    for graph, what in ((files, "files"), ({k: sorted(v) for k, v in rooms.items()}, "rooms")):
        circle = cycle_in(graph)
        if circle:
            yield circle[0], f"a circle of {what}: {' -> '.join(circle)}"
