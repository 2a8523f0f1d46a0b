"""What boot tests and gdb tests share: how a test is written, listed and run.

A test is a function with the decorator @test; its name is its sentence and its docstring may say
why. It gets one argument, the Bench: the kernel under test, its board, CPU and split, and how to
start machines. It fails by an assertion (expect... below print what was seen), skips by
Skip(reason). What makes sense for some boards only says which by `only`: elsewhere it is not
listed. On a board's second CPU the same tests are called "arm1176.NAME".
`run.py` in each folder calls main(); ctest knows every test by name, and all of them as one
(see the CMakeLists.txt).
"""

import argparse
import concurrent.futures
import contextlib
import functools
import io
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
sys.path.insert(0, os.path.join(ROOT, "scripts", "gdb"))

import boards  # noqa: E402
import elf  # noqa: E402
import qemu  # noqa: E402

TESTS = {}
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PAGE_OFFSET = {"3G": 0xC0000000, "2G": 0x80000000, "1G": 0x40000000}


class Skip(Exception):
    """The test cannot run here; the reason is its text."""


class Failure(AssertionError):
    """What was expected and what was seen."""


@dataclass(frozen=True)
class Test:
    function: object
    only: object   # a question about a Place, or None: everywhere
    alone: bool    # measures time: nothing else may run


@dataclass(frozen=True)
class Place:
    """What a kernel under test is built for and runs on."""
    board: boards.Board
    cpu: str
    split: str
    supersections: bool = False  # built with them; a CPU need not have them
    sparse: bool = False         # built with SPARSEMEM

    @property
    def is_default(self):
        return self == Place(boards.BOARDS[boards.DEFAULT], self.board.cpus[0], self.board.splits[0])


def test(function=None, *, only=None, alone=False):
    """Makes a function a test that is listed and can be run by name."""
    if function is None:
        return functools.partial(test, only=only, alone=alone)
    if function.__name__ in TESTS:
        raise ValueError(f"two tests are called {function.__name__}")
    TESTS[function.__name__] = Test(function, only, alone)
    return function


def cases(name, values, *, only=None):
    """Makes one test of each value: @cases("abort_{}", [...]) calls function(bench, value); `only`
    is asked with a Place and the value."""
    def make(function):
        for value in values:
            label = re.sub(r"\W+", "_", str(value[0] if isinstance(value, tuple) else value))

            def one(bench, value=value):
                return function(bench, value)

            one.__name__ = name.format(label)
            one.__doc__ = function.__doc__
            test(one, only=only and (lambda place, value=value: only(place, value)))
        return function
    return make


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_equal(seen, wanted, what):
    if seen != wanted:
        if isinstance(seen, list) and wanted == []:
            rest = f"\n... {len(seen)} in all" if len(seen) > 10 else ""
            raise Failure(f"{what}, none wanted:\n" + "\n".join(map(str, seen[:10])) + rest)
        raise Failure(f"{what}\n--- wanted\n{wanted}\n--- seen\n{seen}")


def expect_text(text, wanted, what="the output"):
    """`wanted` (text, or a compiled pattern) must be found in `text`; returns the match."""
    found = wanted.search(text) if hasattr(wanted, "search") else wanted in text
    if not found:
        name = wanted.pattern if hasattr(wanted, "pattern") else wanted
        raise Failure(f"not found in {what}: {name}\n--- seen\n{text}")
    return found


def expect_no_text(text, unwanted, what="the output"):
    if unwanted in text:
        raise Failure(f"found in {what}, but should not be: {unwanted}\n--- seen\n{text}")


class Bench:
    """The kernel under test, where it is, and machines to run it on."""

    def __init__(self, build, place):
        self.build, self.place = build, place
        self.board, self.cpu = place.board, place.cpu
        self.page_offset = PAGE_OFFSET[place.split]
        self.ram, self.ram_end = self.board.ram, self.board.ram + self.board.max_memory
        self.image = os.path.join(build, "Image")
        self.kernel = os.path.join(build, "kernel.elf")
        self.folder = tempfile.TemporaryDirectory(prefix="lowmem-test-")
        self.machines = []
        self.elf_read = None

    def share(self, part, whole):
        """A part of the most RAM that the board can have, in bytes."""
        return self.board.max_memory * part // whole

    @property
    def elf(self):
        if not self.elf_read:
            self.elf_read = elf.Elf(self.kernel)
            self.symbols = self.elf_read.symbols()
        return self.elf_read

    def symbol(self, name):
        """The linked (virtual) address of a symbol; a C++ function without its namespace and
        arguments."""
        self.elf
        if name in self.symbols:
            return self.symbols[name]
        mangled = [s for s in self.symbols if s.startswith(f"_Z{len(name)}{name}")]
        expect(len(mangled) == 1, f"the kernel has {len(mangled) or 'no'} symbols {name}")
        return self.symbols[mangled[0]]

    def physical(self, name):
        """The address a symbol of the image is loaded at."""
        return self.symbol(name) + self.elf.load_offset

    def file(self, name, content):
        """Writes a file for this run; its path."""
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    def start(self, image=None, **how):
        """A machine that runs the flat Image (or `image`); ended when the test ends."""
        machine = qemu.Machine(self.board, image or self.image, **{"cpu": self.cpu, **how})
        self.machines.append(machine)
        return machine

    def boot(self, image=None, **how):
        """A machine at its first prompt; what it printed on the way is in .boot_text."""
        machine = self.start(image, **how)
        machine.boot_text = machine.prompt()
        return machine

    def close(self):
        for machine in self.machines:
            machine.kill()
        self.folder.cleanup()


def run_one(name, build, place, verbose):
    """Runs a test; 'passed', 'failed' or 'skipped'. `name` is the one that was listed."""
    bench = Bench(build, place)
    began = time.monotonic()
    verdict = "passed"
    try:
        TESTS[name.rpartition(".")[2]].function(bench)
    except Skip as skip:
        verdict = "skipped"
        print(f"  {name}: {skip}")
    except Exception as error:  # whatever it is, the test has failed and the next one runs
        verdict = "failed"
        if isinstance(error, Failure):
            print(f"{name}: {error}")
        else:
            traceback.print_exc(file=sys.stdout)
        for number, machine in enumerate(bench.machines):
            print(f"--- machine {number}: {' '.join(machine.arguments)}\n{machine.text.rstrip()}")
            if machine.stderr():
                print(f"--- its QEMU said\n{machine.stderr()}")
    finally:
        bench.close()
    if verbose or verdict == "failed":
        print(f"{verdict:<8} {name} ({1000 * (time.monotonic() - began):.0f} ms)", flush=True)
    return verdict


def run_apart(name, build, place):
    """run_one in a process of the pool; the verdict and what was printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        verdict = run_one(name, build, place, True)
    return verdict, said.getvalue()


def run_many(names, places, build, jobs):
    """Runs tests side by side, then those that want to be alone; the verdicts. Processes, because
    each captures its standard output; forked, because Python takes longer to start than QEMU."""
    alone = [name for name in names if TESTS[name.rpartition(".")[2]].alone]
    verdicts = []
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        for done in [pool.submit(run_apart, name, build, places[name])
                     for name in names if name not in alone]:
            verdict, said = done.result()
            verdicts.append(verdict)
            print(said, end="", flush=True)
    return verdicts + [run_one(name, build, places[name], True) for name in alone]


def listed(board, *how):
    """The name of each test that makes sense on this board -> its Place."""
    found = {}
    for cpu in board.cpus:
        place = Place(board, cpu, *how)
        prefix = "" if cpu == board.cpus[0] else cpu + "."
        found.update((prefix + name, place) for name, test in TESTS.items()
                     if not test.only or test.only(place))
    return found


def configured(build, variable, otherwise):
    """What a build folder was configured with."""
    try:
        with open(os.path.join(build, "CMakeCache.txt")) as cache:
            match = re.search(rf"^{variable}:\w+=(.*)$", cache.read(), re.M)
    except FileNotFoundError:
        match = None
    return match[1] if match else otherwise


def main(description):
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--list", action="store_true", help="print the names of all tests")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", boards.DEFAULT),
                        help="folder of the kernel under test (default build/vexpress-a9)")
    parser.add_argument("--board", help="default: that of the build")
    parser.add_argument("--split", help="likewise")
    parser.add_argument("--supersections", action="store_true", help="likewise")
    parser.add_argument("--sparse", action="store_true", help="likewise")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="tests side by side")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tests to run (default all)")
    chosen = parser.parse_args()
    board = boards.BOARDS[chosen.board or configured(chosen.build, "LOWMEM_BOARD", boards.DEFAULT)]
    places = listed(board, chosen.split or configured(chosen.build, "LOWMEM_SPLIT", board.splits[0]),
                    chosen.supersections or configured(chosen.build, "LOWMEM_SUPERSECTIONS", "OFF") == "ON",
                    chosen.sparse or configured(chosen.build, "LOWMEM_SPARSEMEM", "OFF") == "ON")
    if chosen.list:
        print("\n".join(places))
        return 0
    unknown = [name for name in chosen.names if name not in places]
    if unknown:
        parser.error(f"no test is called {', '.join(unknown)}")
    names = chosen.names or list(places)
    if len(names) > 1:
        verdicts = run_many(names, places, chosen.build, chosen.jobs)
    else:
        verdicts = [run_one(names[0], chosen.build, places[names[0]], False)]
    count = {v: verdicts.count(v) for v in ("passed", "failed", "skipped")}
    if len(names) > 1:
        print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    if count["failed"]:
        return 1
    return SKIPPED if count["skipped"] == len(names) else 0
