"""The files that the house checks look at, read once; and the frame that checks hang in."""
import pathlib
import re
import subprocess

SOURCE = (".cpp", ".h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Tree:
    """The project's files: what git tracks or would add, or all that stands there without git."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(path for path in self._listed() if (self.root / path).is_file())
        self._lines = {}

    def _listed(self):
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
                capture_output=True, check=True).stdout.decode()
            return [path for path in listed.split("\0") if path]
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*")
                if path.is_file() and path.relative_to(self.root).parts[0] != "build"]

    def lines(self, path):
        """Lines of a text file; none if it is not text."""
        if path not in self._lines:
            try:
                text = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                text = ""
            self._lines[path] = text.splitlines()
        return self._lines[path]

    def sources(self, *folders):
        """C++ files, below the given folders if any."""
        return [path for path in self.paths if path.endswith(SOURCE)
                and (not folders or path.startswith(tuple(folder + "/" for folder in folders)))]

    def includes(self, path):
        """(line number, "<" or '"', what is included) for each include of a file."""
        for number, line in enumerate(self.lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)

    def resolve(self, name):
        """The project's files that #include <name> can mean; <asm/...> has one in each world."""
        if name.startswith("asm/"):
            found = [f"arch/{arch}/include/{name}" for arch in ("arm", "host")]
        else:
            found = [name]
        return [path for path in found if path in self.paths]


def without_comment(line):
    """The line without a // comment (strings with // in them are cut too: good enough here)."""
    return line.split("//", 1)[0]


class Check:
    """A rule of the house: a function from a Tree to findings, and trees that must break it."""

    def __init__(self, name, function, bad):
        self.name = name
        self.function = function
        self.bad = bad

    def findings(self, tree):
        return list(self.function(tree))


CHECKS = []


def check(name, *bad):
    """Declares a check. `bad` are small trees {path: text}; each must give a finding."""
    def declare(function):
        CHECKS.append(Check(name, function, bad))
        return function
    return declare
