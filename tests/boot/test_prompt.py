"""Boot tests: from reset to the prompt, what is printed on the way, and how a run ends."""

import re
import time

import qemu
from harness import expect, expect_equal, expect_text, test
from machines import HOLE, MB, VMALLOC_END, expect_layout, fine, layout, layout_errors, wanted_layout

ORDER = ["vector", "fixmap", "DMA", "vmalloc", "lowmem", "pkmap", "modules", ".init", ".text", ".data", ".bss"]


@test
def prompt_comes_over_a_pipe_and_poweroff_exits_0(bench):
    machine = bench.boot()
    expect_equal(machine.end(), 0, "exit status of poweroff")


@test
def help_lists_every_command(bench):
    machine = bench.boot()
    text = machine.command("help")
    for name in ("help", "layout", "ptdump", "walk", "page", "iomem", "cmdline", "meminfo", "verify",
                 "test", "bench", "expect-oops", "poweroff", "reboot"):
        expect_text(text, re.compile(rf"^ *{name}\b", re.M), "help")


@test
def a_failed_command_makes_poweroff_exit_1(bench):
    machine = bench.boot()
    text = machine.command("no-such-command")
    expect_text(text, "no-such-command")
    expect_equal(machine.end(), 1, "exit status of poweroff after a failed command")


@test
def three_hundred_commands_through_the_pipe(bench):
    """Typed without waiting for prompts: nothing is lost on the way."""
    machine = bench.boot()
    walk = f"walk {bench.page_offset + MB:#x}"
    machine.type(f"{walk}\n" * 300 + "poweroff\n")
    expect_equal(machine.exit_status(), 0, "exit status")
    expect_equal(machine.text.count(f"lowmem> {walk}"), 300, "commands echoed at a prompt")


@test
def what_is_typed_before_the_prompt_is_not_lost(bench):
    """As in `printf 'cmdline\\npoweroff\\n' | qemu-system-arm ...`."""
    machine = bench.start(append="early=bird", stopped=True, monitor=True)
    machine.type("cmdline\npoweroff\n")
    time.sleep(0.2)  # QEMU puts the first key into the UART, which has room for one
    machine.monitor("cont")
    expect_equal(machine.exit_status(), 0, "exit status")
    expect_text(machine.text, "lowmem> cmdline\nearly=bird\n")


@test
def layout_is_the_designs(bench):
    rows = expect_layout(bench.boot(), wanted_layout(bench))
    expect_equal(list(rows), ORDER, "rows of the layout block")
    expect_equal(layout_errors(rows), [], "rows whose size is wrong")
    expect(rows[".text"][0] == bench.symbol("_stext"), "the .text row does not begin at _stext")


@test(only=lambda place: place.is_default)
def layout_of_1_gb_is_the_designs_table(bench):
    """The figures of the design's table, so that a wrong formula is noticed."""
    rows = layout(bench.boot().boot_text)
    expect_equal(rows["vmalloc"], (0xF8800000, 0xFF000000, 104, "MB"), "vmalloc")
    expect_equal(rows["lowmem"], (0xC0000000, 0xF8000000, 896, "MB"), "lowmem")
    expect_equal(rows["pkmap"], (0xBFE00000, 0xC0000000, 2, "MB"), "pkmap")
    expect_equal(rows["modules"], (0xBF000000, 0xBFE00000, 14, "MB"), "modules")


@test
def the_layout_command_prints_the_same_block(bench):
    machine = bench.boot()
    expect_equal(layout("Virtual kernel memory layout:" + machine.command("layout")),
                 layout(machine.boot_text), "rows of `layout`")


@test
def vmalloc_moves_the_border(bench):
    """So that half of RAM is lowmem."""
    size = VMALLOC_END - HOLE - (bench.page_offset + bench.share(1, 2))
    machine = bench.boot(append=f"vmalloc={size // MB}M")
    rows = expect_layout(machine, wanted_layout(bench, vmalloc=size))
    expect_equal(rows["lowmem"][2], bench.share(1, 2) // MB, "MB of lowmem")
    expect_text(machine.command("meminfo"), re.compile(rf"^HighTotal: +{bench.share(1, 2) // 1024} kB$", re.M), "meminfo")
    fine(machine)


@test
def mem_of_half_the_ram_leaves_no_highmem(bench):
    half = bench.share(1, 2)
    machine = bench.boot(append=f"mem={half // MB}M")
    expect_layout(machine, wanted_layout(bench, [(bench.ram, half)]))
    expect_text(machine.command("meminfo"), re.compile(r"^HighTotal: +0 kB$", re.M), "meminfo")
    fine(machine)


@test
def memory_of_qemu_is_found_without_a_command_line(bench):
    quarter = bench.share(1, 4)
    machine = bench.boot(memory=f"{quarter // MB}M")
    expect_layout(machine, wanted_layout(bench, [(bench.ram, quarter)]))


@test
def banks_with_holes_become_lowmem_and_highmem(bench):
    banks = [(bench.ram + bench.share(at, 16), bench.share(size, 16)) for at, size in ((0, 4), (8, 2), (15, 1))]
    machine = bench.boot(append=" ".join(f"mem={size // MB}M@{start:#x}" for start, size in banks))
    expect_layout(machine, wanted_layout(bench, banks))
    text = machine.command("iomem")
    for start, size in banks:
        expect_text(text, re.compile(rf"^{start:08x}-{start + size - 1:08x} : System RAM$", re.M), "iomem")
    fine(machine)


@test
def command_line_is_kept(bench):
    machine = bench.boot(append="mem=64M something=else quiet")
    expect_text(machine.command("cmdline"), "mem=64M something=else quiet", "cmdline")


@test(alone=True)
def start_to_prompt_takes_less_than_400_ms(bench):
    times = []
    for _ in range(3):  # the machine may be busy: the best of three counts
        began = time.monotonic()
        machine = bench.boot()
        times.append(1000 * (time.monotonic() - began))
        machine.kill()
    print(f"start to prompt: {', '.join(f'{t:.0f}' for t in times)} ms")
    expect(min(times) < 400, f"start to prompt took {min(times):.0f} ms at best")


@test
def poweroff_without_semihosting_says_so_and_halts(bench):
    machine = bench.boot(semihosting=False)
    machine.type("poweroff\n")
    machine.wait(re.compile(rb"semihosting"))
    try:
        status = machine.exit_status(0.5)
        expect(False, f"QEMU ended with status {status}")
    except qemu.Timeout:
        pass


@test
def reboot_starts_again(bench):
    machine = bench.boot()
    machine.type("reboot\n")
    machine.prompt()
    expect_equal(machine.text.count("Virtual kernel memory layout:"), 2, "boots seen")
    fine(machine)


@test
def icount_runs_repeat_exactly(bench):
    """Virtual time is instructions: the same figure twice."""
    figures = []
    for _ in range(2):
        machine = bench.boot(icount=True)
        figures.append(machine.command("bench paging_init"))
        machine.kill()
    expect_equal(figures[1], figures[0], "bench paging_init in two runs")
