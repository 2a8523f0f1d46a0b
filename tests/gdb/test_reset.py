"""gdb tests: from reset through MMU-on by source lines, and what is said when a boot goes wrong."""

import re
import struct

import qemu
from harness import Failure, cases, expect, expect_equal, expect_text, test
from machines import TEXT_OFFSET, layout, start_by_stub
from session import live


@test
def break_paging_init_works_from_reset(bench):
    answers, _ = live(bench, ["break paging_init", "continue", "backtrace", "info registers pc"])
    expect_text(answers[0], "(2 locations)", "break at reset")
    expect_text(answers[1], re.compile(r"Breakpoint 1\S*, paging_init"), "continue")
    for caller in ("paging_init", "setup_arch", "start_kernel"):
        expect_text(answers[2], caller, "backtrace")
    expect_text(answers[3], re.compile(r"0xc0\w{6}"), "pc")


@test
def source_lines_on_both_sides_of_mmu_on(bench):
    """From a physical breakpoint before the MMU, step by step to the first lines at PAGE_OFFSET."""
    physical = bench.physical("__turn_mmu_on")
    steps = 20
    answers, _ = live(bench, [f"break *{physical:#x}", "continue"] + ["step", "info registers pc SCTLR_S"] * steps)
    expect_text(answers[1], "__turn_mmu_on", "the breakpoint before MMU-on")
    places = []
    for i in range(steps):
        line = re.search(r"^(\d+)\t", answers[2 + 2 * i], re.M)
        values = dict(re.findall(r"^(\w+) +(0x[0-9a-f]+)", answers[3 + 2 * i], re.M))
        pc, sctlr = int(values["pc"], 16), int(values["SCTLR_S"], 16)
        places.append((pc, sctlr & 1))
        expect(line, f"step {i + 1} led to no source line\n{answers[2 + 2 * i]}")
    expect(any(pc < 0xC0000000 and not on for pc, on in places), f"no step before MMU-on: {places}")
    expect(any(pc < 0xC0000000 and on for pc, on in places), f"no step with the MMU on at the identity: {places}")
    expect(any(pc >= 0xC0000000 and on for pc, on in places), f"no step at PAGE_OFFSET: {places}")


@test
def step_walks_through_start_kernel(bench):
    answers, _ = live(bench, ["break start_kernel", "continue"] + ["next"] * 3)
    expect_text(answers[1], re.compile(r"Breakpoint 1\S*, start_kernel"))
    for i in range(3):
        expect_text(answers[2 + i], re.compile(r"^\d+\t", re.M), f"next {i + 1}")


@test
def caches_and_mmu_are_off_while_tables_are_made(bench):
    """QEMU has no caches that could be stale, so the boot test alone would not notice."""
    place = bench.physical("flight_check")
    answers, _ = live(bench, [f"hbreak *{bench.ram + TEXT_OFFSET:#x}", "continue", "info registers SCTLR_S", "delete",
                              f"hbreak *{place:#x}", "continue", "info registers SCTLR_S"],
                      start=lambda **how: start_by_stub(bench, caches_on=True, **how))
    before, after = (int(re.search(r"0x[0-9a-f]+", answers[i])[0], 16) for i in (2, 6))
    expect_equal(before & 0x1005, 0x1005, f"MMU and caches as the stub leaves them: SCTLR {before:#x}")
    expect_equal(after & 0x1005, 0, f"MMU and caches at the flight check: SCTLR {after:#x}")


@test
def unsupported_cpu_is_named(bench):
    """The MIDR that head.S has just read is changed to one that nobody has."""
    place = bench.physical("processor_id_read")
    answers, machine = live(bench, [f"break *{place:#x}", "continue", "set $r6 = 0x12345678"])
    machine.wait(re.compile(rb"unsupported CPU, MIDR 0x12345678"))
    try:
        machine.exit_status(0.3)
        raise Failure("QEMU ended")
    except qemu.Timeout:
        pass


@test
def a_fault_inside_the_fault_handler_ends_the_run(bench):
    """While an oops is printed, gdb sends the handler to address 0."""
    def crash(machine):
        machine.type("\ncrash read-null\n")

    answers, machine = live(bench, ["break show_regs", "continue", "set $pc = 0"], before=crash)
    expect_text(answers[1], "show_regs", "the breakpoint in the oops")
    expect(machine.exit_status() > 0, "exit status 0")
    expect_text(machine.text, re.compile(r"^Oops inside an oops: prefetch abort: section translation fault at pc (0x)?00000000", re.M))


# What head.S checks: the words of its message, the table, and the address (a symbol or a number).
FLIGHT_PLAN = [
    ("the PC in idmap_pgd", "idmap_pgd", "phys:__turn_mmu_on"),
    ("the landing in idmap_pgd", "idmap_pgd", "__mmap_switched"),
    ("the vectors in idmap_pgd", "idmap_pgd", 0xFFFF0000),
    ("the UART in idmap_pgd", "idmap_pgd", 0xFEF09000),
    ("the landing in swapper_pg_dir", "swapper_pg_dir", "__mmap_switched"),
    ("the stack in swapper_pg_dir", "swapper_pg_dir", "boot_stack_top-8"),
    ("the vectors in swapper_pg_dir", "swapper_pg_dir", 0xFFFF0000),
    ("the UART in swapper_pg_dir", "swapper_pg_dir", 0xFEF09000),
]


def planned_address(bench, place):
    if isinstance(place, int):
        return place
    if place.startswith("phys:"):
        return bench.physical(place[5:])
    name, _, less = place.partition("-")
    return bench.symbol(name) - int(less or 0)


def spoiled(bench, table, address, word):
    """Boots with one first-level entry overwritten at the label flight_check."""
    entry = bench.physical(table) + 4 * (address >> 20)
    place = bench.physical("flight_check")
    answers, machine = live(bench, [f"break *{place:#x}", "continue", f"set *(unsigned int *) {entry:#x} = {word:#x}"])
    expect_text(answers[1], "flight_check", "the breakpoint at flight_check")
    return machine


@cases("flight_check_misses_{}", FLIGHT_PLAN)
def missing(bench, case):
    words, table, place = case
    address = planned_address(bench, place)
    machine = spoiled(bench, table, address, 0)
    text = machine.wait(re.compile(rb"flight check: .*\n"))
    expect_equal(text.strip().splitlines()[-1], f"flight check: no mapping for {words} ({address:#010x})", "message")


@cases("flight_check_finds_a_wrong_frame_for_{}", [FLIGHT_PLAN[0], FLIGHT_PLAN[5]])
def wrong_frame(bench, case):
    words, table, place = case
    address = planned_address(bench, place)
    machine = spoiled(bench, table, address, 0x7000040E)
    text = machine.wait(re.compile(rb"flight check: .*\n"))
    right = address if address < 0xC0000000 else address - 0x60000000
    expect_equal(text.strip().splitlines()[-1],
                 f"flight check: {words} ({address:#010x}) leads to {0x70000000 + (address & 0xFFFFF):#010x} "
                 f"instead of {right:#010x}", "message")


@test
def flight_check_lets_a_good_table_pass(bench):
    place = bench.physical("flight_check")
    answers, machine = live(bench, [f"break *{place:#x}", "continue"])
    text = machine.prompt()
    expect("flight check" not in text, text)
    layout(text)
