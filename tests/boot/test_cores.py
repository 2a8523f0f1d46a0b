"""Boot tests: secondary cores, other states at entry, CPUs that are not ours."""

import re

from harness import expect, expect_equal, test
from machines import MB, TEXT_OFFSET, boot_by_stub, expect_layout, fine, several_cores, start_by_stub, wanted_layout


@test(only=several_cores)
def four_cores_started_together_by_an_elf(bench):
    """QEMU has no pen for an ELF: all four run from its entry at once."""
    machine = bench.boot(image=bench.kernel, smp=4)
    expect_equal(machine.boot_text.count("Virtual kernel memory layout:"), 1, "kernels that booted")
    fine(machine)


@test(only=several_cores)
def four_cores_three_in_qemus_pen(bench):
    machine = bench.boot(smp=4)
    expect_equal(machine.boot_text.count("Virtual kernel memory layout:"), 1, "kernels that booted")
    fine(machine)


@test(only=several_cores)
def secondary_cores_of_an_elf_are_parked(bench):
    machine = bench.boot(image=bench.kernel, smp=4, monitor=True)
    park = bench.physical("park")
    for core in (1, 2, 3):
        counter = int(re.search(r"R15=([0-9a-f]{8})", machine.monitor("info registers", core))[1], 16)
        expect(park <= counter <= park + 8, f"core {core} is at {counter:#x}, not at park {park:#x}")


@test
def caches_and_mmu_left_on_by_the_loader(bench):
    machine = boot_by_stub(bench, caches_on=True)
    expect_layout(machine, wanted_layout(bench))
    fine(machine)


@test
def an_image_at_the_wrong_place_says_so(bench):
    linked, here = bench.ram + TEXT_OFFSET, bench.ram + 32 * MB + TEXT_OFFSET
    machine = start_by_stub(bench, entry=here)
    machine.wait(re.compile(f"running at {here:#010x}, linked for {linked:#010x}".encode()))
