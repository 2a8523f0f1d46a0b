#!/usr/bin/env python3
"""The house rules: who includes whom, who writes page tables, how files look.

Checks are functions in includes.py, tables.py and texts.py, each with small bad trees beside it.
--self-test builds every bad tree in a temporary folder and wants its check to go red there, and
wants all checks green on a good one.
"""
import argparse
import pathlib
import sys
import tempfile

import tree
import includes  # noqa: F401  (these three declare the checks)
import tables  # noqa: F401
import texts

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A tree that breaks no rule, though it comes near some.
GOOD = {
    "README.md": "A house.\n",
    "mm/README.md": "Memory.\n",
    "mm/a.cpp": "// a\n#include <mm/a.h>\n\n#include <cstddef>\n#include <asm/page.h>\n"
                "#if defined(LOWMEM_HOST)\n#include <mutex>\n#endif\n",
    "mm/a.h": "// a\n#pragma once\n",
    "arch/arm/include/asm/README.md": "Contract.\n",
    "arch/arm/include/asm/page.h": "// page\n#include <kernel/lib/b.h>\n",
    "kernel/lib/README.md": "Lists.\n",
    "kernel/lib/b.h": "// b\n",
    "arch/arm/mm/README.md": "Tables.\n",
    "arch/arm/mm/pgd.cpp": "// p\nu32 write_eight(pmd_t *entry)\n{\n    store_hw_pgd(entry, 0);\n"
                           "}\n\nvoid clear_table(pte_t *table)\n{\n    clear_page(table);\n}\n",
    "arch/arm/mm/proc-v7.cpp": "// v7\nvoid cpu_v7_set_pte_ext(pte_t *ptep, pte_t pte)\n{\n"
                               "    store_linux_pte(ptep, pte);\n}\n",
    "scripts/README.md": "Commands.\n",
    "scripts/good": "#!/bin/sh\necho usage: good\n[ \"$1\" = --help ]\n",
}


def write_tree(folder, files):
    root = pathlib.Path(folder)
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            file.chmod(0o755)
    return tree.Tree(root)


def self_test():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        good = write_tree(folder, GOOD)
        for one in tree.CHECKS:
            wrong += [f"{one.name}: red on the good tree: {place}: {text}"
                      for place, text in one.findings(good)]
    for one in tree.CHECKS:
        for number, bad in enumerate(one.bad, 1):
            with tempfile.TemporaryDirectory() as folder:
                if not one.findings(write_tree(folder, {**GOOD, **bad})):
                    wrong.append(f"{one.name}: green on bad tree {number}: {sorted(bad)}")
        if not one.bad:
            wrong.append(f"{one.name}: has no bad tree")
        print(f"{one.name}: {len(one.bad)} bad trees")
    for text in wrong:
        print(f"self-test: {text}")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true", help="see every check go red")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="another tree to check")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    house = tree.Tree(arguments.root)
    count = 0
    for one in tree.CHECKS:
        found = one.findings(house)
        count += len(found)
        for place, text in found:
            print(f"{place}: {text} [{one.name}]")
    for path, lines in texts.long_files(house):
        print(f"note: {path} has {lines} lines")
    print(f"{len(house.paths)} files, {len(tree.CHECKS)} checks, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
