"""Checks of what stands in the files, and around them."""
import os
import re
import subprocess

from tree import check

LINES_REFUSED = 500
LINES_REPORTED = 300
MEASURED = (".cpp", ".h", ".S", ".py", ".ld", ".cmake", ".sh", "CMakeLists.txt")

# Words of a workplace, which say nothing to a reader. Put together so that this file has none.
FOREIGN = re.compile("|".join(["/wor" + "k/", "/roo" + "t/", "/tmp/" + "build", "Co-Auth" + "ored"]))


def long_text(lines):
    return "// x\n" * lines


def folders(tree):
    """Folders that hold files of their own, and those files' names."""
    found = {}
    for path in tree.paths:
        folder, name = os.path.split(path)
        if folder and not folder.startswith(".") and "/corpus" not in folder:  # data of fuzzers
            found.setdefault(folder, []).append(name)
    return found


@check("README in each folder", {"mm/slab/a.cpp": "// a\n"})
def readmes(tree):
    for folder, names in sorted(folders(tree).items()):
        if "README.md" not in names:
            yield folder + "/", "has no README.md"


@check("opening comment", {"mm/a.cpp": "#include <mm/b.h>\n"}, {"mm/a.h": "#pragma once\n"})
def opening_comment(tree):
    for path in tree.sources():
        lines = tree.lines(path)
        if not lines or not lines[0].startswith("//"):
            yield f"{path}:1", "does not open with a // comment that tells how the thing works"


@check("foreign words",
       {"mm/README.md": "see /wor" "k/main\n"}, {"mm/a.cpp": "// Co-Auth" "ored-By: x\n"})
def foreign_words(tree):
    for path in tree.paths:
        for number, line in enumerate(tree.lines(path), 1):
            match = FOREIGN.search(line)
            if match:
                yield f"{path}:{number}", f"\"{match.group(0)}\" says nothing to a reader"


@check("file length", {"mm/a.cpp": long_text(LINES_REFUSED + 1)})
def file_length(tree):
    for path in tree.paths:
        if path.endswith(MEASURED) and len(tree.lines(path)) > LINES_REFUSED:
            yield path, f"{len(tree.lines(path))} lines: part it (near {LINES_REPORTED} is good, " \
                f"{LINES_REFUSED} is the end)"


def long_files(tree):
    """Not wrong, but worth a look."""
    return [(path, len(tree.lines(path))) for path in tree.paths if path.endswith(MEASURED)
            and LINES_REPORTED < len(tree.lines(path)) <= LINES_REFUSED]


def outcome(command, option):
    """(exit status, standard output) of a script, or None if it does not come to an end."""
    try:
        done = subprocess.run([command, option], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode, done.stdout


@check("--help of scripts",
       {"scripts/bad": "#!/bin/sh\nexit 3\n"},
       {"scripts/mute": "#!/bin/sh\n[ \"$1\" = --help ]\n"},
       {"scripts/meek": "#!/bin/sh\necho usage: meek\n"})
def script_help(tree):
    """Commands in scripts/: --help explains and succeeds, an unknown option fails."""
    for path in tree.paths:
        folder, name = os.path.split(path)
        if folder != "scripts" or "." in name or not "".join(tree.lines(path)[:1]).startswith("#!"):
            continue
        command = str(tree.root / path)
        if not os.access(command, os.X_OK):
            yield path, "is not executable"
            continue
        status, shown = outcome(command, "--help") or ("no end", "")
        if status != 0 or "usage" not in shown.lower():
            yield path, f"--help shows no usage, or fails ({status})"
        elif (outcome(command, "--no-such-option") or (0,))[0] == 0:
            yield path, "--no-such-option is not refused"
