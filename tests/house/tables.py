"""Rule 1 of the machine: who may store to a page table."""
import fnmatch
import re

from tree import check, without_comment

# The raw stores, and the functions that may call them.
WRITERS = [
    # primitive          file                      function
    ("store_linux_pte", "arch/arm/mm/proc-*.cpp", "cpu_*_set_pte_ext"),
    ("store_hw_pte",    "arch/arm/mm/proc-*.cpp", "cpu_*_set_pte_ext"),
    ("store_linux_pte", "arch/arm/mm/proc-v7.h",  "cpu_v7_set_pte_ext_inline"),
    ("store_hw_pte",    "arch/arm/mm/proc-v7.h",  "cpu_v7_set_pte_ext_inline"),
    ("store_linux_pte", "arch/arm/mm/vmap.cpp",   "*_pte_run"),  # set_pte_ext for a run
    ("store_hw_pte",    "arch/arm/mm/vmap.cpp",   "*_pte_run"),
    ("store_hw_pgd",    "arch/arm/mm/pgd.cpp",    "write_eight"),  # the first-level writer,
    ("store_hw_pgd",    "arch/arm/mm/pgd.cpp",    "write_run"),    # by eights and singly
]

# Functions that may touch a table's memory as bytes, and why.
BYTES = [
    ("arch/arm/mm/pgd.cpp", "copy_kernel_half", "a table that no CPU walks yet"),
    ("arch/arm/mm/pgd.cpp", "clear_table", "a table that no CPU walks yet"),
    ("arch/arm/include/asm/pgtable.h", "hw_pte_of", "only computes an address"),
]

# Where the primitives themselves are.
PRIMITIVES = "arch/*/include/asm/hw_tables.h"

PRIMITIVE_CALL = re.compile(r"\b(store_linux_pte|store_hw_pte|store_hw_pgd)\b")
TABLE_WORD = r"(?:\w*(?:pte|pmd|pgd|[Tt]able|swapper)\w*|pair|entry)"
# An address of a table's entry or of a whole table, turned into something that can be written.
NUMBER = r"(?:void|char|u8|u16|u32|u64|int|long|size_t|std::byte|unsigned(?: \w+)?)"
BYTE_ACCESS = [
    re.compile(rf"\b(?:reinterpret|static)_cast<\s*(?:volatile\s+)?{NUMBER}\s*\*+\s*>"
               rf"\([^;]*\b{TABLE_WORD}\b"),
    re.compile(rf"\((?:volatile\s+)?{NUMBER}\s*\*+\)\s*&?\s*{TABLE_WORD}\b"),
    re.compile(rf"\b(?:mem(?:set|cpy|move)|clear_page|copy_page|fill|fill_n|copy|copy_n)"
               rf"\([^;]*\b{TABLE_WORD}\b"),
    re.compile(rf"\bnew\s*\([^;)]*\b{TABLE_WORD}\b"),
    re.compile(rf"\b(?:construct_at|atomic_ref\b[^(;]*)\([^;]*\b{TABLE_WORD}\b"),
]

ONE_LINE = re.compile(r"^[\w\[].*?\b(\w+)\([^;]*\)[^;]*\{.*\}\s*$")
SIGNATURE = re.compile(r"\b(~?\w+)\s*\(")


def functions(lines):
    """Yields (number, line without comment, enclosing function or "") for each line.

    Knows the house's shape: a function's braces stand at the start of a line of their own.
    """
    function, head = "", ""
    for number, full in enumerate(lines, 1):
        line = without_comment(full)
        single = ONE_LINE.match(line)
        if line.startswith("{"):
            # The name before the first parenthesis of the signature that came before.
            clean = re.sub(r"\[\[.*?\]\]", "", head)
            match = SIGNATURE.search(clean)
            function = match.group(1) if match else ""
        yield number, line, single.group(1) if single else function
        if line.startswith("}"):
            function, head = "", ""
        elif not line.strip() or line.rstrip().endswith(";"):
            head = head if function else ""
        elif not function:
            head += " " + line


def allowed(rules, path, function):
    return any(fnmatch.fnmatch(path, file) and fnmatch.fnmatch(function, name)
               for file, name in rules)


@check("table writers",
       {"arch/arm/mm/mmu.cpp": "// m\nvoid map_lowmem()\n{\n    store_hw_pgd(pmd, value);\n}\n"},
       {"arch/arm/mm/pgd.cpp": "// p\nvoid other()\n{\n    store_hw_pgd(pmd, value);\n}\n"},
       {"arch/arm/mm/proc-v7.cpp": "// p\nvoid write_run()\n{\n    store_hw_pte(e, value);\n}\n"},
       {"mm/vmalloc.cpp": "// v\nauto store = store_linux_pte;\n"})
def table_writers(tree):
    for path in tree.sources("arch", "mm", "kernel", "boot"):
        if fnmatch.fnmatch(path, PRIMITIVES):
            continue
        for number, line, function in functions(tree.lines(path)):
            for match in PRIMITIVE_CALL.finditer(line):
                if line.strip() == match.group(0) + ",":
                    continue  # an enumerator of the same name (asm/observe.h)
                rules = [rule[1:] for rule in WRITERS if rule[0] == match.group(1)]
                if not allowed(rules, path, function):
                    yield f"{path}:{number}", f"{match.group(1)} in {function or 'no function'}: " \
                        "only the two writers of tables may (rule 1)"


@check("table bytes",
       {"mm/a.cpp": "// a\nvoid f(pte_t *pte)\n{\n    *reinterpret_cast<u32 *>(pte) = 0;\n}\n"},
       {"mm/a.cpp": "// a\nvoid f(pte_t *pte)\n{\n    *(volatile u32 *)pte = 0;\n}\n"},
       {"mm/a.cpp": "// a\nvoid f(pmd_t *pmd)\n{\n    memset(pmd, 0, 8);\n}\n"},
       {"mm/a.cpp": "// a\nvoid f(void *table)\n{\n    clear_page(table);\n}\n"},
       {"mm/a.cpp": "// a\nvoid f(pgd_t *pgd)\n{\n    new (pgd) pgd_t{};\n}\n"})
def table_bytes(tree):
    for path in tree.sources("arch", "mm", "kernel", "boot"):
        if fnmatch.fnmatch(path, PRIMITIVES):
            continue
        for number, line, function in functions(tree.lines(path)):
            if any(pattern.search(line) for pattern in BYTE_ACCESS) and \
                    not allowed([rule[:2] for rule in BYTES], path, function):
                yield f"{path}:{number}", f"touches a table's memory in " \
                    f"{function or 'no function'}: {line.strip()}"
