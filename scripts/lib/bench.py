"""scripts/bench: what things cost, in instructions; on the host also beside other allocators."""

import json
import os
import re
import sys

import boards
import build
import figures
import hostbench
import options
import qemu

EPILOG = """\
target  boots the default board with virtual time that counts instructions, so that each figure
        repeats exactly, and gives its console `bench FILTER`
host    counts instructions with callgrind, then compares the time of the same work with glibc's
        malloc, mimalloc, jemalloc and tcmalloc (installs Debian's packages of them); nine rounds
        `scripts/bench host fragmentation` compares what placements leave of large blocks
all     both (the default)
The table shows beside each figure the one recorded in tests/bench, Linux's and our budget.
"""


def target(pattern):
    """The kernel's figures, and the compiler it was built with."""
    board = boards.BOARDS[boards.DEFAULT]
    image = os.path.join(build.build(board.preset()), "Image")
    with qemu.Machine(board, image, icount=True, limit=300) as machine:
        machine.prompt()
        compiler = compiler_of(machine.text)
        lines = figures_in(machine.command(f"bench {pattern or ''}".strip()))
        machine.end()
    return lines, compiler


def compiler_of(boot_text):
    match = re.search(r"built with g\+\+ (.+)", boot_text)
    if not match:
        raise build.BuildError("the kernel does not say which compiler it was built with")
    return match[1].strip()


def figures_in(text):
    """The JSON lines in what the kernel printed; what it could not measure goes to standard error."""
    for line in re.findall(r"^bench: .* not measured: .*", text, re.M):
        print(line, file=sys.stderr)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def show(world, lines, compiler, chosen):
    """Prints one world's figures as asked for, records them; 1 if the gate is wanted and shut."""
    lines = figures.sorted_lines(lines)
    if chosen.json:
        for line in lines:
            print(json.dumps(line), flush=True)
    else:
        figures.table(world, lines, compiler)
    if chosen.record:
        changed = figures.record(world, lines, compiler, whole=not chosen.filter)
        print(f"bench: {changed} figures of the {world} recorded anew", file=sys.stderr)
    if not chosen.gate:
        return 0
    better = figures.improved(world, lines, compiler)
    verdicts, note = figures.judge(world, lines, compiler, missing=not chosen.filter)
    wrong = [f"{name}: {what}" for name, what in verdicts if what]
    for text in [text for text in (note, better) if text] + wrong:
        print(f"bench: {text}", file=sys.stderr)
    return 1 if wrong else 0


def measure(chosen):
    """Measures and shows the worlds that were asked for; the exit status."""
    status, found = 0, 0
    if chosen.world in ("target", "all"):
        lines, compiler = target(chosen.filter)
        found += len(lines)
        if lines:
            status |= show("target", lines, compiler, chosen)
    if chosen.world in ("host", "all"):
        if chosen.filter == "fragmentation":
            return hostbench.fragmentation(chosen.json)
        lines, compiler = hostbench.instructions(chosen.filter)
        found += len(lines)
        if lines:
            status |= show("host", lines, compiler, chosen)
            if not chosen.gate and not chosen.record:
                hostbench.compare(chosen.filter, chosen.json)
    if not found:
        raise build.BuildError(f"no bench has '{chosen.filter}' in its name")
    return status


def main():
    parser = options.Parser("bench", description="Measures, in instructions.", epilog=EPILOG,
                            usage="scripts/bench [-h] [target|host|all] [FILTER] [--json] [--gate] [--record]")
    parser.add_argument("world", nargs="?", default="all", metavar="target|host|all")
    parser.add_argument("filter", nargs="?", metavar="FILTER", help="a part of the names")
    parser.add_argument("--json", action="store_true", help="the JSON lines alone")
    parser.add_argument("--gate", action="store_true",
                        help="fail if a budget is exceeded, or a recorded figure by more than 5 %%")
    parser.add_argument("--record", action="store_true", help="make these the recorded figures")
    chosen = parser.parse_args()
    if chosen.world not in ("target", "host", "all"):
        parser.error(f"no '{chosen.world}' to measure; there is: target, host, all")
    if chosen.filter and not re.fullmatch(r"\w+", chosen.filter):
        parser.error(f"FILTER '{chosen.filter}' is no part of a name")
    if chosen.gate and chosen.record:
        parser.error("--gate and --record: what is recorded always passes")
    try:
        build.setup()
        return measure(chosen)
    except (build.BuildError, qemu.Timeout, qemu.Ended) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
