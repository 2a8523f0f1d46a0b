"""Boot tests: high memory, on boards that have none unless vmalloc= leaves some RAM without an
address."""

import re

from harness import expect, expect_equal, expect_text, test
from machines import HOLE, MB, VMALLOC_END, fine, several_cores

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


def half_high(bench):
    """A command line that makes half of RAM highmem, whatever the split."""
    return f"vmalloc={(VMALLOC_END - HOLE - bench.page_offset - bench.share(1, 2)) // MB}M"


def highmem_tests(bench, **how):
    machine = bench.boot(**how)
    text = machine.command("test Highmem*", limit=120)
    passed, failed, skipped = map(int, expect_text(text, COUNTS, "the report").groups())
    return machine, text, passed, failed, skipped


@test
def high_pages_pass_their_tests_when_half_of_ram_is_high(bench):
    machine, text, passed, failed, skipped = highmem_tests(bench, append=half_high(bench))
    expect_equal((failed, skipped), (0, 0), f"failed and skipped tests\n{text}")
    expect(passed >= 10, f"{passed} tests passed")
    fine(machine)


@test(only=several_cores)
def high_pages_pass_their_tests_on_a_machine_of_four_cores(bench):
    """Shared memory types, broadcast flushes, walks that look into the cache."""
    machine, text, _, failed, skipped = highmem_tests(bench, smp=4, append=half_high(bench))
    expect_equal((failed, skipped), (0, 0), f"failed and skipped tests\n{text}")
    fine(machine)


@test
def without_high_memory_the_tests_say_why_they_skip(bench):
    machine, text, passed, failed, _ = highmem_tests(bench, append=f"mem={bench.share(1, 4) // MB}M")
    expect_equal((passed, failed), (0, 0), "passed and failed tests")
    expect_text(text, "too little high memory: vmalloc= makes more", "the report")
    fine(machine)


@test
def kmaps_shows_no_slot_in_use_at_the_prompt(bench):
    machine = bench.boot(append=half_high(bench))
    text = machine.command("kmaps")
    expect_text(text, "cpu 0: 0 of 16 slots in use\n", "kmaps")
    expect_text(text, re.compile(r"^kmap: 0 of 512 slots in use, 0 mapped and not used$", re.M), "kmaps")
    machine.command("kmaps too many words")
    expect_equal(machine.end(), 1, "exit status after bad use")


@test
def an_oops_names_the_kmap_slot_and_who_used_it_last(bench):
    machine = bench.boot()
    text = machine.command("expect-oops crash kmap-unmapped")
    expect_text(text, re.compile(rf"^Oops #1: .* at 0xfffdf000 .*\nkmap slot 0 of cpu 0, last used by "
                                 rf"kmap_unmapped\+\S+, and unmapped$", re.M), "the oops")
    fine(machine)
