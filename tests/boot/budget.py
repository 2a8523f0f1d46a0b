"""Instruction counts of the booted kernel against their budgets, under -icount."""

import json
import re
import sys

import harness
from harness import cases, expect

# name -> instructions at most
BUDGETS = {"paging_init": 30000}


@cases("{}", BUDGETS.items())
def budget(bench, case):
    name, most = case
    text = bench.boot(icount=True).command(f"bench {name}")
    figures = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    values = [figure["value"] for figure in figures if figure["bench"] == name]
    expect(values, f"no figure for {name}\n{text}")
    print(f"{name}: {values[0]:g} instructions, budget {most}")
    expect(values[0] <= most, f"{name} took {values[0]:g} instructions, at most {most} are allowed")


if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
