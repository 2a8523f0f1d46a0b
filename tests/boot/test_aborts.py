"""Boot tests: each kind of abort, provoked on the console, and the words of its oops."""

import re

from harness import cases, expect, expect_equal, expect_no_text, expect_text, test
from machines import CPUS, MB, cpu_of, fine

NULL = "0x00000000"
ANY = "0x[0-9a-f]{8}"

TEXT = "text"  # somewhere in the kernel's text
# kind of `crash`, what the first line of the oops must say after "Oops #N: ", where it points. What
# an older CPU says otherwise, or cannot do, is in machines.py.
KINDS = [
    ("read-null", "data abort: section translation fault, read, kernel", NULL),
    ("write-null", "data abort: section translation fault, write, kernel", NULL),
    ("jump-null", "prefetch abort: section translation fault, execute, kernel", NULL),
    ("read-page", "data abort: page translation fault, read, kernel", "0xfff00000"),
    ("kmap-unmapped", "data abort: page translation fault, read, kernel", "0xfffdf000"),
    ("vmalloc-guard", "data abort: page translation fault, read, kernel", ANY),
    ("vmalloc-freed", "data abort: page translation fault, read, kernel", ANY),
    ("write-text", "data abort: section permission fault, write, kernel", TEXT),
    ("write-rodata", "data abort: section permission fault, write, kernel", ANY),
    ("write-vectors", "data abort: page permission fault, write, kernel", "0xffff0000"),
    ("execute-data", "prefetch abort: section permission fault, execute, kernel", ANY),
    ("section-domain", "data abort: section domain fault, read, kernel", ANY),
    ("page-domain", "data abort: page domain fault, read, kernel", ANY),
    ("not-young", "data abort: page translation fault, read, kernel", ANY),
    ("not-dirty", "data abort: page permission fault, write, kernel", ANY),
    ("walk-abort", "data abort: external abort on second-level table walk, read, kernel", ANY),
    ("alignment", "data abort: alignment fault, read, kernel", ANY),
    ("undefined", "undefined instruction: the CPU knows no such instruction", None),
    ("breakpoint", "prefetch abort: breakpoint instruction", None),
    ("svc", "supervisor call: unexpected svc instruction", None),
    ("irq", "unexpected interrupt: IRQ", None),
    ("fiq", "unexpected interrupt: FIQ", None),
    ("reset", "reset vector: a jump to the reset vector", None),
    ("reserved", "reserved vector: no exception uses it", None),
    ("stack-overflow", "data abort: section permission fault, write, kernel", ANY),
    ("bad-stack", "data abort: ", ANY),
]
REGISTERS = ("PC is at ", "LR is at ", "pc : ", "sp : ", "r10: ", "r7 : ", "r3 : ")


def oops_of(text):
    """The oops in a text, from its first line on."""
    return text[expect_text(text, re.compile(r"^Oops #1: ", re.M)).start():]


def can_fault(place, kind):
    return kind not in CPUS[place.cpu].lacks


@cases("abort_{}", KINDS, only=lambda place, case: can_fault(place, case[0]))
def abort(bench, case):
    kind, words, address = case
    words = cpu_of(bench).oops.get(kind, words)
    if address == TEXT:
        address = f"0x{(bench.page_offset + MB) >> 20:03x}[0-9a-f]{{5}}"
    elif words.startswith("prefetch abort: no fault status"):
        address = address or ANY  # a breakpoint, too, leaves nothing but where it was
    machine = bench.boot()
    text = machine.command(f"expect-oops crash {kind}")
    oops = oops_of(text)
    place = rf".*, at {address} \(status (0x[0-9a-f]+|0)\)" if address else ""
    expect_text(oops.splitlines()[0], re.compile(rf"^Oops #1: {re.escape(words)}{place}$"), "the first line")
    for row in REGISTERS:
        expect_text(oops, re.compile(rf"^{row}", re.M), "the registers")
    backtrace = expect_text(oops, re.compile(r"^Backtrace:\n((?:.+\n)*)", re.M))[1]
    # Who jumps to a vector leaves no frame behind, and a bad stack has none to be read.
    deep = kind not in ("reset", "reserved", "bad-stack")
    for name in ("provoke_crash", "crash_command", "start_kernel") if deep else ("provoke_crash",):
        expect_text(backtrace, name, "the backtrace")
    if address and kind != "alignment":
        fault = re.search(r"at (0x[0-9a-f]{8}) ", oops)[1]
        expect_text(oops, re.compile(rf"^walk of {fault}\n +TTBCR = .*\n +L1\[0x[0-9a-f]{{3}}\] at ", re.M), "the walk")
    # The machine goes on, and an oops that was expected is no failure.
    expect_text(machine.command(f"walk {bench.page_offset + MB:#x}"), f"=> {bench.ram + MB:#010x}")
    if kind == "walk-abort":  # its table is still there, and verify sees it
        expect_equal(machine.end(), 0, "exit status")
    else:
        fine(machine)


@test
def verify_sees_the_table_that_walk_abort_leaves(bench):
    machine = bench.boot()
    machine.command("expect-oops crash walk-abort")
    expect_text(machine.command("verify"), re.compile(r"^verify tables: 0x\w+: a table outside mapped RAM$", re.M))
    expect_equal(machine.end(), 1, "exit status")


@test(only=lambda place: CPUS[place.cpu].lacks)
def what_the_cpu_cannot_fault_by_is_said(bench):
    machine = bench.boot()
    for kind, reason in cpu_of(bench).lacks.items():
        expect_text(machine.command(f"crash {kind}"), f"crash: this CPU cannot fault by {kind}: it lacks the bit")
        expect_text(machine.command("layout"), re.compile(rf"^ +no XN on this CPU, and no read-only for the kernel$", re.M), reason)
    expect_equal(machine.end(), 1, "exit status")


@test
def every_kind_of_crash_has_its_test(bench):
    listed = re.findall(r"^([a-z][a-z-]*) {2,}", bench.boot().command("crash"), re.M)
    expect_equal(sorted(listed), sorted(["nested"] + [kind for kind, *_ in KINDS]), "kinds that `crash` lists")


@cases("unexpected_{}_ends_the_run_with_a_failure", ["read-null", "undefined", "irq", "stack-overflow"],
       only=can_fault)
def ends(bench, kind):
    machine = bench.boot()
    machine.type(f"crash {kind}\n")
    status = machine.exit_status()
    expect(status > 0, f"exit status {status}")
    expect_text(machine.text, "Oops #1: ")
    expect_text(machine.text, "Kernel panic - not syncing: ")


@cases("a_fault_inside_the_fault_handler_ends_the_run_{}", ["crash nested", "expect-oops crash nested"])
def nested(bench, command):
    machine = bench.boot()
    machine.type(command + "\n")
    expect_equal(machine.exit_status(), 2, "exit status")
    expect_text(machine.text, re.compile(r"^Oops inside an oops: data abort: section translation fault at pc 0x", re.M))


@test(only=lambda place: can_fault(place, "stack-overflow"))
def stack_overflow_is_called_so(bench):
    text = bench.boot().command("expect-oops crash stack-overflow")
    expect_text(text, re.compile(r"^Stack overflow: sp 0x[0-9a-f]{8}, the boot stack is 0x[0-9a-f]{8} to ", re.M))


@test
def a_command_that_does_not_oops_fails_expect_oops(bench):
    machine = bench.boot()
    expect_text(machine.command("expect-oops cmdline"), "came to its end without an oops")
    expect_equal(machine.end(), 1, "exit status")


@test
def all_kinds_one_after_the_other(bench):
    """Twenty oopses in one run: nothing is left behind that spoils the next."""
    machine = bench.boot()
    kinds = [kind for kind, *_ in KINDS if can_fault(bench.place, kind)]
    kinds.sort(key=lambda kind: kind != "walk-abort")  # whose table the others replace
    for kind in kinds:
        machine.command(f"expect-oops crash {kind}")
    expect_equal(len(re.findall(r"^Oops #\d+: ", machine.text, re.M)), len(kinds), "oopses counted")
    expect_no_text(machine.text, "Oops inside an oops")
    fine(machine)
