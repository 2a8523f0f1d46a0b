"""The kernel's own tests, run on its console: `test` at the prompt, its report as ours.

LOWMEM_TEST_FILTER in the environment is handed to the console's `test`.
"""

import os
import re
import subprocess
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


# Each mapped run that ptdump prints: from, to, physical, kind.
RUN = re.compile(r"^0x([0-9a-f]{8})-0x([0-9a-f]{8}) +\d+[KM] 0x([0-9a-f]{8}) (\w+)", re.M)
SPLIT_N = {0xC0000000: 0, 0x80000000: 1, 0x40000000: 2}
MODEL = {"cortex-a9": "v7", "arm926": "v5", "arm1176": "v6"}


def page_offset(bench):
    return bench.symbol("_stext") - (1 << 20)


def each_machine(bench):
    """The board with little memory, once with each of its CPUs; the CPU's name and the machine."""
    for cpu in bench.board.cpus:
        yield cpu, bench.boot(cpu=cpu, memory="64M", monitor=True)


@test
def qemu_agrees_with_our_walk_for_every_megabyte_and_page(bench):
    for cpu, machine in each_machine(bench):
        runs = RUN.findall(machine.command("ptdump"))
        expect(len(runs) >= 3, f"{cpu}: {len(runs)} runs of mappings")
        wrong = []
        for first, last, physical, kind in runs:
            first, last, physical = int(first, 16), int(last, 16), int(physical, 16)
            for va in range(first, last, 1 << 12 if kind == "page" else 1 << 20):
                answer = machine.monitor(f"gva2gpa {va:#x}").strip()
                match = re.fullmatch(r"gpa: (0x)?([0-9a-f]+)", answer)
                if not match or int(match[2], 16) != physical + va - first:
                    wrong.append(f"{cpu} {va:#010x}: {answer}")
        expect_equal(wrong, [], "addresses that QEMU translates otherwise")
        expect("Unmapped" in machine.monitor("gva2gpa 0x0"), f"{cpu}: page 0 is mapped")


@test
def tables_pass_the_model(bench):
    """The model's walker, on a dump of all RAM: nothing writable and executable, no frame with two
    memory types, no table outside RAM."""
    program = os.path.join(harness.ROOT, "build", "host", "ptwalk")
    if not os.path.exists(program):
        raise harness.Skip("build/host/ptwalk is not built: scripts/test host builds it")
    for cpu, machine in each_machine(bench):
        dump = os.path.join(bench.folder.name, f"{cpu}.dump")
        machine.monitor(f'pmemsave {bench.board.ram:#x} {64 << 20:#x} "{dump}"')
        tables = f"{bench.board.ram + 0x4000:#x}"
        words = [program, dump, "--base", f"{bench.board.ram:#x}", "--ttbr0", tables, "--dacr", "0x41",
                 "--format", MODEL[cpu]]
        n = SPLIT_N[page_offset(bench)]
        if n and cpu != "arm926":  # which has one table whatever the split
            words += ["--ttbr1", tables, "--ttbcr", str(n)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        expect_equal(done.returncode, 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}")
        expect(f"{page_offset(bench):08x}" in done.stdout, f"no lowmem in\n{done.stdout}")
        print(done.stdout)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
