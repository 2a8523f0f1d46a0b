#!/usr/bin/env python3
"""Maintenance sites: every call of a barrier or of cache, TLB or branch predictor maintenance in
arch/arm/mm, <asm/tlbflush.h> and <asm/cacheflush.h>, numbered from 1 by path, then line.

    sites.py                        lists them
    sites.py --table FILE...        the same as rows of C++ (tests/sites.h); the files are those
                                    that the host compiles, and what is in no other is marked so

Two sites on one line could not be told apart, so that is an error.
"""

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CALL = re.compile(r"\b(dsb|dmb|isb|clean_line_pou|flush_line_poc|tlbi_\w+|bpi_\w+)\s*\(")


class Site:
    def __init__(self, number, path, line, primitive):
        self.number, self.path, self.line, self.primitive = number, path, line, primitive

    def __str__(self):
        return f"site {self.number} {self.path}:{self.line} {self.primitive}"


def files(root=ROOT):
    """The files that have sites, sorted."""
    found = [*glob.glob(os.path.join(root, "arch/arm/mm/*.cpp")),
             *glob.glob(os.path.join(root, "arch/arm/mm/*.h")),
             os.path.join(root, "arch/arm/include/asm/cacheflush.h"),
             os.path.join(root, "arch/arm/include/asm/tlbflush.h")]
    return sorted(os.path.relpath(path, root) for path in found)


def calls(text):
    """(line, primitive) of each call in a source."""
    # Comments and strings become blanks, lines stay where they are.
    blank = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
    text = blank.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for number, line in enumerate(text.split("\n"), 1):
        for match in CALL.finditer(line):
            yield number, match[1]


def sites(root=ROOT):
    found = []
    for path in files(root):
        before = 0
        with open(os.path.join(root, path)) as source:
            for line, primitive in calls(source.read()):
                if line == before:
                    raise ValueError(f"{path}:{line}: two sites on one line")
                before = line
                found.append(Site(len(found) + 1, path, line, primitive))
    return found


def table(compiled):
    """Rows for tests/sites.cpp. A header's sites are in whatever includes it."""
    ours = {os.path.relpath(os.path.realpath(path), os.path.realpath(ROOT)) for path in compiled}
    for site in sites():
        here = int(site.path in ours or site.path.endswith(".h"))
        yield f'{{{site.number}, "{site.path}", {site.line}, "{site.primitive}", {here}}},'


def main(words):
    if words[:1] == ["--table"]:
        rows = table(words[1:])
    elif not words:
        rows = map(str, sites())
    else:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        for row in rows:
            print(row)
    except ValueError as error:
        print(f"sites: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
