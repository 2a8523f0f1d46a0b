"""The host's half of scripts/bench: build/host/host_bench under callgrind, and against others.

Instructions: callgrind writes a file for each row of work with an allocator, and one for the same
work with none; the difference, divided by the operations, is the figure. It repeats exactly.
Time: nine rounds; in each, host_bench runs once for us and once for each other allocator, which
LD_PRELOAD puts in the place of malloc. Ratios are taken within a round, so that what else the
machine does falls on both sides; the table shows the median and the range.
"""

import glob
import json
import os
import re
import statistics
import subprocess
import tempfile

import build

ROUNDS = 9
# Name -> the library that takes malloc's place; glibc's own needs none.
OTHERS = {"glibc": None, "mimalloc": "libmimalloc.so", "jemalloc": "libjemalloc.so",
          "tcmalloc": "libtcmalloc_minimal.so.4"}


def program():
    out = build.build("host", ["host_bench"])
    return os.path.join(out, "host_bench")


def run(words, preload=None):
    """Standard output of a program that must succeed."""
    environment = {**os.environ, **({"LD_PRELOAD": preload} if preload else {})}
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise build.BuildError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stderr or done.stdout}".strip())
    return done.stdout


# ------------------------------------------------------------------ instructions

def counted(path, *arguments, preload=None):
    """Runs `host_bench --count...` under callgrind; {row: instructions an operation}."""
    with tempfile.TemporaryDirectory(prefix="lowmem-bench-") as folder:
        out = os.path.join(folder, "callgrind")
        said = run(["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}",
                    path, *arguments], preload)
        totals = {}
        for name in glob.glob(out + ".*"):
            with open(name, errors="replace") as file:
                text = file.read()
            row = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.M)
            if row:
                totals[row[1]] = int(re.search(r"^totals: (\d+)$", text, re.M)[1])
    rows = re.findall(r"^count (\S+) (\d+)$", said, re.M)
    return {name: (totals[name] - totals[name + "-"]) / int(operations) for name, operations in rows}


def instructions(pattern, path=None):
    """Our figures as JSON lines, and the compiler they are from; `path`: a program that is built."""
    path = path or program()
    compiler = re.search(r"^compiler (.+)$", run([path, "--who"]), re.M)[1]
    return [{"bench": name, "unit": "insn/op", "value": round(value, 1)}
            for name, value in counted(path, "--count", pattern or "").items()], compiler


# ------------------------------------------------------------------ beside others

def others(path):
    """The allocators to compare with: {name: library to preload}. Each says who it is."""
    if subprocess.run([os.path.join(build.ROOT, "scripts", "setup"), "--peers"],
                      stdin=subprocess.DEVNULL).returncode:
        raise build.BuildError("setup --peers failed")
    for name, library in OTHERS.items():
        if f"malloc {name}\n" not in run([path, "--who"], library):
            raise build.BuildError(f"{library} is loaded, but malloc is not {name}'s")
    return OTHERS


def timed(path, rows, preload):
    """One round of rows: {work: nanoseconds an operation}."""
    out = run([path, f"--benchmark_filter={rows}", "--benchmark_format=json", "--benchmark_min_time=0.03"], preload)
    return {line["name"].split("/", 1)[1]: 1e9 / line["items_per_second"]
            for line in json.loads(out)["benchmarks"]}


def compare(pattern, as_json):
    """Prints our time divided by that of each other allocator, and their instructions."""
    path = program()
    libraries = others(path)
    works = "|".join(re.findall(r"^lowmem/(\S+)$", run([path, "--benchmark_list_tests"]), re.M))
    rows = [work for work in works.split("|") if (pattern or "") in "host_" + work]
    if not rows:
        return
    chosen = f"({'|'.join(rows)})$"
    ours, ratios = {work: [] for work in rows}, {(work, name): [] for work in rows for name in libraries}
    for _ in range(ROUNDS):
        mine = timed(path, "^lowmem/" + chosen, None)
        for name, library in libraries.items():
            theirs = timed(path, "^library/" + chosen, library)
            for work in rows:
                ratios[work, name].append(mine[work] / theirs[work])
        for work in rows:
            ours[work].append(mine[work])
    counts = {name: counted(path, "--count-library", pattern or "", preload=library)
              for name, library in libraries.items()}
    lines = []
    for work in rows:
        lines.append(line_of(f"host_{work}_time", "ns/op", ours[work]))
        for name in libraries:
            lines.append(line_of(f"host_{work}_vs_{name}", "ratio", ratios[work, name]))
            lines.append({"bench": f"host_{work}_of_{name}", "unit": "insn/op",
                          "value": round(counts[name]["host_" + work], 1)})
    if as_json:
        print("\n".join(map(json.dumps, lines)))
    else:
        comparison(rows, list(libraries), {line["bench"]: line for line in lines})


def line_of(name, unit, values):
    return {"bench": name, "unit": unit, "value": round(statistics.median(values), 3),
            "least": round(min(values), 3), "most": round(max(values), 3)}


def comparison(rows, names, lines):
    print(f"\nTime: ours in ns/op, then ours divided by theirs, median of {ROUNDS} (least-most)\n"
          f"{'':<24}{'ours':>8}" + "".join(f"{name:>22}" for name in names))
    for work in rows:
        cells = [lines[f"host_{work}_vs_{name}"] for name in names]
        print(f"{work:<24}{lines[f'host_{work}_time']['value']:>8.1f}" + "".join(
            f"{cell['value']:.3f} ({cell['least']:.3f}-{cell['most']:.3f})".rjust(22) for cell in cells))
    print(f"\nInstructions an operation of theirs\n{'':<32}" + "".join(f"{name:>20}" for name in names))
    for work in rows:
        print(f"{work:<32}" + "".join(f"{lines[f'host_{work}_of_{name}']['value']:>20.1f}" for name in names))


# ------------------------------------------------------------------ fragmentation

def fragmentation(as_json, seeds=8):
    """Prints what placements leave of large blocks, and what they cost; 0."""
    path = program()
    lines = [json.loads(line) for line in run([path, "--fragmentation", str(seeds)]).splitlines()]
    costs = counted(path, "--count-fragmentation")
    for line in lines:
        line["insn/op"] = round(costs[line["bench"]], 1)
    if as_json:
        print("\n".join(map(json.dumps, lines)))
        return 0
    print(f"After 1 M mixed operations on 65536 frames, orders 0 to 9, engines of 16 orders; means of {seeds} seeds\n"
          f"{'placement':<20} {'fill':>5} {'order 9':>8} {'worst':>6} {'of':>3} {'largest/free':>13} "
          f"{'failed':>7} {'insn/op':>8}")
    for line in lines:
        print(f"{line['placement']:<20} {line['fill']:>4}% {line['order_9']:>8.1f} {line['least']:>6.1f} "
              f"{line['of']:>3} {line['largest']:>13.3f} {line['failed']:>7.1f} {line['insn/op']:>8.1f}")
    return 0
