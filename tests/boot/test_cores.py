"""Boot tests: secondary cores, other states at entry, CPUs that are not ours."""

import re

import qemu
from harness import cases, expect, expect_equal, expect_text, test
from machines import Tables, boot_by_stub, layout, start_by_stub


@test
def four_cores_started_together_by_an_elf(bench):
    """QEMU has no pen for an ELF: all four run from its entry at once."""
    machine = bench.boot(image=bench.kernel, smp=4)
    expect_equal(machine.boot_text.count("Virtual kernel memory layout:"), 1, "kernels that booted")
    expect_equal(machine.end(), 0, "exit status")


@test
def four_cores_three_in_qemus_pen(bench):
    machine = bench.boot(smp=4)
    expect_equal(machine.boot_text.count("Virtual kernel memory layout:"), 1, "kernels that booted")
    expect_equal(machine.end(), 0, "exit status")


@test
def secondary_cores_of_an_elf_are_parked(bench):
    machine = bench.boot(image=bench.kernel, smp=4, monitor=True)
    park = bench.physical("park")
    for core in (1, 2, 3):
        counter = int(re.search(r"R15=([0-9a-f]{8})", machine.monitor("info registers", core))[1], 16)
        expect(park <= counter <= park + 8, f"core {core} is at {counter:#x}, not at park {park:#x}")


@test
def caches_and_mmu_left_on_by_the_loader(bench):
    machine = boot_by_stub(bench, caches_on=True)
    expect_equal(layout(machine.boot_text)["lowmem"][3], "MB", "unit of lowmem")
    expect_equal(machine.end(), 0, "exit status")


@test
def an_image_at_the_wrong_place_says_so(bench):
    machine = start_by_stub(bench, entry=0x62010000)
    machine.wait(re.compile(rb"running at 0x62010000, linked for 0x60010000"))
