"""gdb tests: every name that the design promises can be broken on or printed, at -O2."""

import os
import re

from harness import expect, expect_equal, test
from session import gdb

HERE = os.path.dirname(os.path.abspath(__file__))


def names(kind):
    with open(os.path.join(HERE, "names.txt")) as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [name for what, name in lines if what == kind]


@test
def every_function_can_be_broken_on(bench):
    functions = names("function")
    answers = gdb(["gdb-multiarch", "-nx", "-batch", bench.kernel], [f"break {name}" for name in functions])
    bad = [f"{name}: {answer.strip()}" for name, answer in zip(functions, answers)
           if not re.match(r"Breakpoint \d+ at 0x", answer)]
    expect_equal(bad, [], "functions without a place to break")
    # The test must be able to fail.
    answer, = gdb(["gdb-multiarch", "-nx", "-batch", bench.kernel], ["break no_such_function"])
    expect("not defined" in answer, f"breaking on no_such_function: {answer}")


@test
def every_datum_can_be_printed(bench):
    data = names("data")
    answers = gdb(["gdb-multiarch", "-nx", "-batch", bench.kernel], [f"ptype {name}" for name in data])
    bad = [f"{name}: {answer.strip()}" for name, answer in zip(data, answers) if not answer.startswith("type = ")]
    expect_equal(bad, [], "data that gdb does not know")
    bad = [f"{name}: {answer.strip()}" for name, answer in zip(data, answers) if "<data variable" in answer]
    expect_equal(bad, [], "data without a type")
