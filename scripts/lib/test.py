"""scripts/test: sets up, builds what the chosen tests need, runs them through ctest, adds up.

Each group is a list of steps; a step is a preset and the ctest tests to run in its folder. Where a
test program counts for itself, its counts are taken: a last line "N passed, N failed, N skipped"
(the kernel's own tests) or GoogleTest's summary. Any other ctest test counts as one.
"""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import boards
import build
import mutants as kill
import options

EPILOG = """\
groups:
  host      the host's tests under ASan and UBSan in a clang build with -Wthread-safety, those that
            use threads under TSan (suites whose names end in Threads), all of them by g++, the
            checks of the house (includes, format, tidy) and of coverage
  target    the kernel's own tests, run on its console in QEMU
  boot      from reset to prompt in QEMU, on every board, split and CPU: loaders, layouts, cores,
            aborts, page tables
  gdb       gdb in batch mode: break, step, pt, ptdump, mmu
  fuzz      each reader of foreign data, 20 seconds
  mutants   each barrier, clean and flush of the table code left out in turn: a test must notice
            (LOWMEM_VERBOSE=1 says which did)
  bench     instruction counts, on target and host, against budgets and recorded figures
  all       all of these (the default)
  nightly   all, with repetitions, ten minutes of fuzzing a reader, g++'s sanitizers, and the host's
            tests with SPARSEMEM, too
FILTER picks tests by name: a regular expression of ctest's, for target a filter of GoogleTest's.
The last line is "N passed, N failed, N skipped"; the exit status is 0 only if none failed.
"""

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
GTEST_RAN = re.compile(r"^\[=+\] (\d+) tests? from \d+ test suites? ran\.", re.M)
GTEST_COUNT = re.compile(r"^\[  (PASSED|SKIPPED|FAILED) +\] (\d+) tests?[.,]", re.M)


class Tally:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.died = False  # a test program ended before it could count

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.died |= other.died

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text):
    print(text, flush=True)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# ------------------------------------------------------------------ ctest

def ctest(preset, selection, how, environment=None):
    """Runs the ctest tests of a preset that `selection` (arguments of ctest) picks; the Tally."""
    out = build.folder(preset)
    report = os.path.join(out, "junit.xml")
    words = ["ctest", "--test-dir", out, "-j", str(os.cpu_count() or 1), "--no-tests=ignore",
             "--output-junit", report, "--test-output-size-passed", "1000000",
             "--test-output-size-failed", "1000000", *selection]
    if how.repeat > 1:
        words += ["--repeat", f"until-fail:{how.repeat}"]
    if os.path.exists(report):
        os.remove(report)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.STDOUT, errors="replace",
                               env={**os.environ, **(environment or {})})
    said = []
    for line in process.stdout:
        said.append(line)
        match = re.match(r" *(\d+)/(\d+) Test +#\d+: (\S+)", line)
        if match:
            progress(f"{preset}: {match[1]} of {match[2]}  {match[3]}")
    process.wait()
    progress("")
    if not os.path.exists(report):
        if "No tests were found" in "".join(said):
            return Tally()
        raise build.BuildError(f"ctest failed in {out}\n{''.join(said)}")
    tally = Tally()
    for case in xml.parse(report).getroot().iter("testcase"):
        tally.add(tally_of(case, preset))
    return tally


def tally_of(case, preset):
    """The Tally of one ctest test; prints what a failed one said, and why one was skipped."""
    output = case.findtext("system-out") or ""
    name = f"{preset} {case.get('name')}"
    if case.find("skipped") is not None:
        say(f"skipped {name}{reason_of(output)}")
        return Tally(skipped=1)
    failed = case.get("status") != "run"
    counts, gtest = COUNTS.findall(output), GTEST_RAN.search(output)
    tally = Tally(passed=0 if failed else 1)
    if counts:
        tally = Tally(*map(int, counts[-1]))
        for skipped in re.findall(r"^  (\w\S+: .+)\nskipped ", output, re.M):
            say(f"skipped {name} {skipped}")
    elif gtest:
        count = {word: int(n) for word, n in GTEST_COUNT.findall(output[gtest.start():])}
        tally = Tally(count.get("PASSED", 0), count.get("FAILED", 0), count.get("SKIPPED", 0))
        for skipped in re.findall(r"^\[  SKIPPED \] ([\w/]+\.[\w/]+)$", output[gtest.start():], re.M):
            say(f"skipped {name} {skipped}{reason_of(output[output.find('[ RUN      ] ' + skipped):])}")
    if failed:
        tally.died = not counts and not gtest
        tally.failed = tally.failed or 1
        message = case.find("failure")
        say(f"FAILED {name}: {message.get('message') if message is not None else ''}")
        # A sanitizer's complaint fails the program and no test.
        say(shortened((only_failures(output) if gtest else "") or output))
    return tally


def shortened(output):
    """The beginning and the end of a long output."""
    lines = output.splitlines()
    if len(lines) > 150:
        lines[20:-100] = [f"... {len(lines) - 120} lines left out ..."]
    return "\n".join(lines)


def reason_of(output):
    """': REASON' of the first skipped test in an output, or nothing."""
    reason = re.search(r"^ {2}\w+: (.+)$|^\S+:\d+: Skipped\n(.+)$|^Skipped\n(.+)$", output, re.M)
    return ": " + next(filter(None, reason.groups())) if reason else ""


def only_failures(output):
    """GoogleTest's output without the tests that went well."""
    pieces = re.split(r"^(?=\[ RUN      \] )", output, flags=re.M)
    return "".join(piece for piece in pieces if "[  FAILED  ]" in piece)


# ------------------------------------------------------------------ groups

class How:
    """What 'all' and 'nightly' differ in, and the filter."""

    def __init__(self, pattern, nightly):
        self.pattern = pattern
        self.nightly = nightly
        self.repeat = 3 if nightly else 1
        self.fuzz_seconds = 600 if nightly else 20

    def named(self):
        return ["-R", self.pattern] if self.pattern else []


def step(name, preset, tests):
    """Builds a preset, runs one step, says how it went; its Tally. What goes wrong is a failure
    of this step: the others may still work."""
    began = time.monotonic()
    try:
        if preset:
            build.build(preset)
        tally = tests()
    except build.BuildError as error:
        say(f"FAILED {name}: {error}")
        tally = Tally(failed=1)
    say(f"{name:<28} {tally}  ({time.monotonic() - began:.0f} s)")
    return tally


def host_tests(preset, how):
    """The tests of a host preset: those of host_tests in two processes, and what else ctest knows."""
    if how.pattern:
        return ctest(preset, ["-LE", "^(whole|fuzz|bench)$", *how.named()], how)
    tally = ctest(preset, ["-L", "^whole$"], how)
    if tally.died:  # each test in a process of its own says which
        tally = ctest(preset, ["-L", "^host$"], how)
    tally.add(ctest(preset, ["-LE", "^(host|whole|fuzz|bench)$"], how))
    return tally


def host(how):
    for preset in ("host-clang", "host-tsan", "host", *(("host-asan", "host-sparse") if how.nightly else ())):
        yield step(preset, preset, lambda: host_tests(preset, how))
    coverage = os.path.join(build.ROOT, "scripts", "coverage")
    if os.path.exists(coverage) and not how.pattern:
        yield step("coverage", "host-coverage", lambda: one_program("coverage", [coverage]))


def one_program(name, words):
    """A program that is one test."""
    progress(f"{name} ...")
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    progress("")
    if done.returncode:
        say(f"FAILED {name}: exit status {done.returncode}\n{done.stdout}")
        return Tally(failed=1)
    return Tally(passed=1)


def kernel(label):
    """A group that is the ctest tests with this label, on the kernel of the default board."""
    def group(how):
        yield step(f"{label}, vexpress-a9", "vexpress-a9",
                   lambda: ctest("vexpress-a9", ["-L", f"^{label}$", *how.named()], how))
    return group


def kernels():
    """The preset of every board and split."""
    return [board.preset(split) for board in boards.BOARDS.values() for split in board.splits]


def target(how):
    """The kernel's own tests, on every board and split, with supersections and with SPARSEMEM."""
    # A filter is for the console's `test`, not for ctest.
    filtered = {"LOWMEM_TEST_FILTER": how.pattern or ""}
    others = [preset for board in boards.BOARDS.values()
              for preset in (board.preset(supersections=True), board.preset(sparse=True))]
    for preset in kernels() + others:
        yield step(f"target, {preset}", preset,
                   lambda: ctest(preset, ["-L", "^target$"], how, filtered))


def boot(how):
    """From reset to prompt on every board, split and CPU, with supersections and with SPARSEMEM;
    all tests of a kernel in one process."""
    chosen = ["-L", "^boot$", *how.named()] if how.pattern else ["-L", "^boot_whole$"]
    default = boards.BOARDS[boards.DEFAULT]
    for preset in [*kernels(), default.preset(supersections=True), default.preset(sparse=True)]:
        yield step(f"boot, {preset}", preset, lambda: ctest(preset, chosen, how))


def fuzz(how):
    seconds = {"LOWMEM_FUZZ_SECONDS": str(how.fuzz_seconds)}
    yield step(f"fuzz, {how.fuzz_seconds} s each", "host-clang",
               lambda: ctest("host-clang", ["-L", "^fuzz$", *how.named()], How(how.pattern, False), seconds))


def mutants(how):
    program = os.path.join(build.folder("host"), "tests", "host_tests")
    yield step("mutants", "host",
               lambda: Tally(*kill.judge(program, how.pattern, say, progress)))


def bench(how):
    """The gate: instruction counts of the kernel and of the host's build."""
    yield from kernel("bench")(how)
    yield step("bench, host", "host", lambda: ctest("host", ["-L", "^bench$", *how.named()], how))


GROUPS = {"host": host, "target": target, "boot": boot, "gdb": kernel("gdb"),
          "fuzz": fuzz, "mutants": mutants, "bench": bench}


def main():
    parser = options.Parser("test", description="Builds what the tests need and runs them.",
                            epilog=EPILOG, usage="scripts/test [-h] [GROUP] [FILTER]")
    parser.add_argument("group", nargs="?", default="all", metavar="GROUP", help="see below")
    parser.add_argument("filter", nargs="?", metavar="FILTER", help="only tests whose name fits")
    chosen = parser.parse_args()
    names = [*GROUPS, "all", "nightly"]
    if chosen.group not in names:
        parser.error(f"no group '{chosen.group}'; there is: {', '.join(names)}")
    how = How(chosen.filter, chosen.group == "nightly")
    groups = list(GROUPS) if chosen.group in ("all", "nightly") else [chosen.group]
    total, broken = Tally(), 0
    try:
        build.setup()
    except build.BuildError as error:
        print(f"test: {error}", file=sys.stderr)
        return 1
    for name in groups:
        for tally in GROUPS[name](how):
            total.add(tally)
    if not (total.passed or total.failed or total.skipped) and how.pattern:
        print(f"test: no test fits '{how.pattern}'", file=sys.stderr)
        broken = 1
    say(str(total))
    return 1 if total.failed or broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
