"""The kernel's own tests, run on its console: `test` at the prompt, its report as ours.

LOWMEM_TEST_FILTER in the environment is handed to the console's `test`.
"""

import os
import re
import subprocess
import sys

import harness
from harness import expect, expect_equal, test
from machines import MB, Tables, cpu_of, several_cores

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


@test(only=several_cores)
def four_cores(bench):
    run_tests(bench, smp=4)


# Each mapped run that ptdump prints: from, to, physical, kind.
RUN = re.compile(r"^0x([0-9a-f]{8})-0x([0-9a-f]{8}) +\d+[KM] 0x([0-9a-f]{8}) (\w+)", re.M)


def small_machine(bench):
    return bench.boot(memory="64M", monitor=True)


@test
def qemu_agrees_with_our_walk_for_every_megabyte_and_page(bench):
    machine = small_machine(bench)
    runs = RUN.findall(machine.command("ptdump"))
    expect(len(runs) >= 3, f"{len(runs)} runs of mappings")
    wrong = []
    for first, last, physical, kind in runs:
        first, last, physical = int(first, 16), int(last, 16), int(physical, 16)
        for va in range(first, last, 1 << 12 if kind == "page" else 1 << 20):
            answer = machine.monitor(f"gva2gpa {va:#x}").strip()
            match = re.fullmatch(r"gpa: (0x)?([0-9a-f]+)", answer)
            if not match or int(match[2], 16) != physical + va - first:
                wrong.append(f"{va:#010x}: {answer}")
    expect_equal(wrong, [], "addresses that QEMU translates otherwise")
    expect("Unmapped" in machine.monitor("gva2gpa 0x0"), "page 0 is mapped")


@test
def tables_pass_the_model(bench):
    """The model's walker, on a dump of all RAM: nothing writable and executable, no frame with two
    memory types, no table outside RAM."""
    program = os.path.join(harness.ROOT, "build", "host", "ptwalk")
    if not os.path.exists(program):
        raise harness.Skip("build/host/ptwalk is not built: scripts/test host builds it")
    machine = small_machine(bench)
    dump = os.path.join(bench.folder.name, "dump")
    machine.monitor(f'pmemsave {bench.ram:#x} {64 * MB:#x} "{dump}"')
    regs = Tables(bench, machine).regs
    words = [program, dump, "--base", f"{bench.ram:#x}", "--ttbr0", f"{regs.ttbr0:#x}", "--dacr",
             f"{regs.dacr:#x}", "--format", cpu_of(bench).format]
    if regs.ttbcr:
        words += ["--ttbr1", f"{regs.ttbr1:#x}", "--ttbcr", str(regs.ttbcr)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    expect_equal(done.returncode, 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    expect(f"{bench.page_offset:08x}" in done.stdout, f"no lowmem in\n{done.stdout}")
    print(done.stdout)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
