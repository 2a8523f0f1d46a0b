"""scripts/bench: instruction counts of the kernel under -icount, where virtual time is instructions."""

import json
import os
import re
import sys

import boards
import build
import options
import qemu

EPILOG = """\
target boots the default board with virtual time that counts instructions, so that each figure
repeats exactly, and gives the console `bench FILTER`. Standard output gets a table, with --json
the JSON lines alone. host has nothing here yet.
"""

# name -> (Linux's figure on the same machine or None, what ours may be at most): instructions.
REFERENCES = {"paging_init": (63125, 30000)}


def figures(pattern):
    """The kernel's JSON lines, decoded."""
    board = boards.BOARDS[boards.DEFAULT]
    image = os.path.join(build.build(board.preset()), "Image")
    with qemu.Machine(board, image, icount=True, limit=300) as machine:
        machine.prompt()
        text = machine.command(f"bench {pattern or ''}".strip())
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        if not lines:
            raise build.BuildError(text.strip() or "the kernel printed no figure")
        status = machine.end()
        if status:
            raise build.BuildError(f"the machine ended with status {status}")
    return lines


def table(lines):
    print(f"{'bench':<28} {'value':>12} {'unit':<10} {'Linux':>10} {'at most':>10}")
    for line in lines:
        linux, most = REFERENCES.get(line["bench"], (None, None))
        over = "  OVER" if most is not None and line["value"] > most else ""
        print(f"{line['bench']:<28} {line['value']:>12.1f} {line['unit']:<10} {linux or '-':>10} {most or '-':>10}{over}")


def main():
    parser = options.Parser("bench", description="Measures, in instructions.", epilog=EPILOG,
                            usage="scripts/bench [-h] [target|host|all] [FILTER] [--json]")
    parser.add_argument("world", nargs="?", default="all", metavar="target|host|all")
    parser.add_argument("filter", nargs="?", metavar="FILTER", help="a part of the names")
    parser.add_argument("--json", action="store_true", help="the JSON lines alone")
    chosen = parser.parse_args()
    if chosen.world not in ("target", "host", "all"):
        parser.error(f"no '{chosen.world}' to measure; there is: target, host, all")
    if chosen.filter and not re.fullmatch(r"\w+", chosen.filter):
        parser.error(f"FILTER '{chosen.filter}' is no part of a name")
    if chosen.world == "host":
        print("bench: host has nothing here yet", file=sys.stderr)
        return 0
    try:
        build.setup()
        lines = figures(chosen.filter)
    except (build.BuildError, qemu.Timeout, qemu.Ended) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        for line in lines:
            print(json.dumps(line))
    else:
        table(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
