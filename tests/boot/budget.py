"""The gate: instruction counts of the booted kernel, under -icount, against their budgets and
against what was recorded (tests/bench)."""

import sys

import harness
from harness import expect, test

import bench as command
import figures

SPARSEMEM = 1.25  # what it may cost of the budgets, which are FLATMEM's


@test
def instructions(bench):
    machine = bench.boot(icount=True, limit=300)
    compiler = command.compiler_of(machine.boot_text)
    lines = command.figures_in(machine.command("bench"))
    expect(lines, f"no figure in\n{machine.text}")
    sparse = harness.configured(bench.build, "LOWMEM_SPARSEMEM", "OFF") == "ON"
    failed = figures.report("target", lines, compiler, factor=SPARSEMEM if sparse else 1.0)
    expect(not failed, f"{failed} figures are not good enough")


if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
