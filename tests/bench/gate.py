"""The host's half of the gate: python3 gate.py HOST_BENCH counts instructions with callgrind and judges
them by budgets.txt and recorded-host.txt. The target's half is tests/boot/budget.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))

import build  # noqa: E402
import figures  # noqa: E402
import hostbench  # noqa: E402


def main(path):
    try:
        lines, compiler = hostbench.instructions("", path)
    except build.BuildError as error:
        print(error)
        return 1
    return 1 if figures.report("host", lines, compiler) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
