"""The kernel's own tests, run on its console: `test` at the prompt, its report as ours.

LOWMEM_TEST_FILTER in the environment is handed to the console's `test`.
"""

import os
import re
import sys

import harness
from harness import expect, expect_equal, test

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


def run_tests(bench, **how):
    machine = bench.boot(**how)
    text = machine.command(f"test {os.environ.get('LOWMEM_TEST_FILTER', '')}".strip(), limit=300)
    counts = COUNTS.findall(text)
    expect(counts, f"no line of counts in the report\n{text}")
    print(text)
    print(f"{counts[-1][0]} passed, {counts[-1][1]} failed, {counts[-1][2]} skipped")
    expect_equal(counts[-1][1], "0", "failed tests")
    expect_equal(machine.end(), 0, "exit status")


@test
def one_core(bench):
    run_tests(bench)


@test
def four_cores(bench):
    if bench.board.max_smp < 4:
        raise harness.Skip(f"{bench.board.name} has one core")
    run_tests(bench, smp=4)


@test
def other_cpu(bench):
    if len(bench.board.cpus) < 2:
        raise harness.Skip(f"{bench.board.name} has one kind of CPU")
    run_tests(bench, cpu=bench.board.cpus[1])


if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
