"""Boot tests: the page allocator's debug options on the command line, and what they find."""

import re

from harness import cases, expect, expect_equal, expect_no_text, expect_text, test
from machines import MB, fine

HEX = "0x[0-9a-f]+"


def counts(machine):
    """Pages filled, checked, damaged by `page_debug`'s first row."""
    row = expect_text(machine.command("page_debug"),
                      re.compile(r"^page_poison +on +(\d+) pages filled, (\d+) checked, (\d+) damaged", re.M))
    return [int(number) for number in row.groups()]


@test
def a_page_freed_twice_is_reported_and_the_machine_goes_on(bench):
    machine = bench.boot()
    text = machine.command("page_debug free-twice")
    expect_text(text, re.compile(
        rf"^BUG page {HEX}: freed twice \(order 0\): expected a block in use, found it free on this CPU's list; "
        rf"quarantined; by \S*free_a_page_twice\+{HEX}/{HEX} on cpu 0$", re.M))
    pfn = re.search(rf"BUG page ({HEX})", text)[1]
    expect_text(machine.command(f"page {pfn}"), "  owner    : nobody: in quarantine after a bug")
    fine(machine)


@test
def page_owner_names_the_function_that_leaks(bench):
    machine = bench.boot(append="page_owner=on")
    frames = int(expect_text(machine.boot_text, re.compile(r"^page_owner: (\d+) records, \d+ KB$", re.M))[1])
    expect_equal(frames, (bench.ram_end - bench.ram) >> 12, "records, one for each frame")
    pfn = expect_text(machine.command("page_debug leak"), re.compile(rf"page ({HEX}), order 2, has no owner"))[1]
    machine.command("page_debug leak")
    report = machine.command("page_owner leak_a_block")
    expect_text(report, re.compile(rf"^ +8 +2  \S*leak_a_block\+{HEX}/{HEX}$", re.M))
    expect_text(report, "1 call sites, 2 blocks, 8 pages")
    history = machine.command(f"page {pfn}")
    expect_text(history, re.compile(
        rf"^  history  : allocated by \S*leak_a_block\+{HEX}/{HEX} on cpu 0, \d+\.\d{{3}} s after boot, order 2, "
        r"gfp GFP_KERNEL$", re.M))
    expect_text(machine.command("page_debug free-twice"), re.compile(r"^page_owner: last freed by \S*free_a_page_twice", re.M))
    fine(machine)


@test
def without_page_owner_the_command_says_how_to_get_it(bench):
    machine = bench.boot()
    expect_text(machine.command("page_owner"), "page_owner: off: nobody notes who allocates; boot with page_owner=on")
    expect_equal(machine.end(), 1, "exit status after a command that failed")


@test
def page_poison_shows_a_write_after_free_with_its_bytes(bench):
    machine = bench.boot(append="page_poison=1")
    expect_equal(counts(machine)[2], 0, "damaged pages after boot")
    text = machine.command("page_debug use-after-free")
    found = expect_text(text, re.compile(
        rf"^BUG page {HEX}: written after it was freed: expected 0xaa, found 0x78 at (0x\w{{5}}064), 1 bytes up to \1; "
        rf"repaired; found when \S*use_a_page_after_free\+{HEX}/{HEX} allocated it, on cpu 0$", re.M))
    expect_text(text, f"  {found[1][:-1]}0: aa aa aa aa 78 aa aa")
    filled, checked, damaged = counts(machine)
    expect_equal(damaged, 1, "damaged pages")
    expect(filled > 0 and checked > 0, f"{filled} pages filled, {checked} checked")
    fine(machine)


@cases("a_guard_page_stops_an_overrun_at_order_{}", [1, 5])
def guard(bench, order):
    machine = bench.boot(append=f"debug_guardpage_minorder={order}", memory="64M")
    expect_text(machine.boot_text, f"debug_guardpage: {(64 - 4) * MB >> 12} pages of lowmem can be unmapped")
    text = machine.command("expect-oops page_debug overrun")
    at = expect_text(text, re.compile(
        r"^Oops #1: data abort: page translation fault, write, kernel, at (0x\w{5}000)", re.M))[1]
    expect_text(text, "run_off_a_page")
    expect_text(machine.command("page_debug"), re.compile(
        rf"^debug_guardpage_minorder on +order {order}, (\d+) guard pages, \1 of them unmapped$", re.M))
    pfn = (int(at, 16) - bench.page_offset + bench.ram) >> 12
    report = machine.command(f"page {pfn:#x}")
    expect_text(report, "  owner    : nobody: a guard page")
    expect_text(report, "  mapped   : nowhere, a gap in lowmem")
    fine(machine)


@test
def fail_page_alloc_lets_allocations_fail(bench):
    machine = bench.boot(append="fail_page_alloc=1,100,0,-1")
    text = machine.command("page_debug leak")
    expect_text(text, "fail_page_alloc: forcing failure 1: order 2, gfp 0xcc0, on cpu 0")
    expect_text(text, "page_debug: no page is left to be leaked")
    expect_text(machine.command("page_debug"), re.compile(r"^fail_page_alloc +on +1 of 1 allocations failed$", re.M))
    fine(machine)


@test
def all_options_at_once(bench):
    options = "page_poison=1 page_owner=on debug_guardpage_minorder=2 fail_page_alloc=2,100,0,3"
    machine = bench.boot(append=options)
    for _ in range(10):
        machine.command("page_debug leak")
    expect_text(machine.command("page_debug"), re.compile(r"^fail_page_alloc +on +3 of 10 allocations failed$", re.M))
    expect_text(machine.command("page_owner leak"), "1 call sites, 7 blocks, 28 pages")
    for name in ("alloc_page_o0_pair", "alloc_page_highuser_pair", "alloc_pages_o3_pair"):
        expect_no_text(machine.command(f"bench {name}", limit=60), "BUG")
    fine(machine)


BAD = [
    ("page_poison=maybe", 'page_poison: "page_poison=maybe" ignored: use on or off'),
    ("debug_guardpage_minorder=9",
     'debug_guardpage_minorder: "debug_guardpage_minorder=9" ignored: use 1 to 5, or 0 for none'),
    ("fail_page_alloc=1",
     'fail_page_alloc: "fail_page_alloc=1" ignored: use INTERVAL,PROBABILITY,SPACE,TIMES with a probability of 0 to '
     "100 and -1 times for no limit, such as 10,100,0,-1"),
]


@test
def bad_values_are_ignored_with_one_line_each(bench):
    machine = bench.boot(append=" ".join(words for words, _ in BAD))
    for _, line in BAD:
        expect_text(machine.boot_text, line)
    expect_no_text(machine.command("page_debug"), " on ")
    fine(machine)
