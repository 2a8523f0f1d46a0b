"""Boot tests: from banks to pages. The line "Memory: ..." adds up with what the console tells later,
in both memory models, with holes, odd banks and little RAM."""

import re

from harness import cases, expect, expect_equal, expect_no_text, expect_text, test
from machines import MB, fine

KB = 1024
PAGE = 4 * KB
MEMORY = re.compile(r"^Memory: (?P<available>\d+)K/(?P<total>\d+)K available \((?P<code>\d+)K kernel code, "
                    r"(?P<rwdata>\d+)K rwdata, (?P<rodata>\d+)K rodata, (?P<init>\d+)K init, (?P<bss>\d+)K bss, "
                    r"(?P<reserved>\d+)K reserved, (?P<highmem>\d+)K highmem\)$", re.M)
ZONE = re.compile(r"^Node 0, zone +(\w+)\n(.*?)(?=^Node|\Z)", re.M | re.S)


def memory_of(machine):
    """The numbers of the line, in KB, which must add up."""
    seen = expect_text(machine.boot_text, MEMORY, "the boot log")
    numbers = {name: int(text) for name, text in seen.groupdict().items()}
    expect_equal(numbers["available"] + numbers["reserved"], numbers["total"], "available + reserved")
    return numbers


def meminfo_of(machine):
    return {name: int(kb) for name, kb in re.findall(r"^(\w+): +(\d+) kB$", machine.command("meminfo"), re.M)}


def zones_of(machine):
    """Name -> field -> pages, of the zones that have RAM."""
    zones = {}
    for name, body in ZONE.findall(machine.command("zoneinfo")):
        fields = {key: int(value) for key, value in re.findall(
            r"^ +(min|low|high|spanned|present|managed|start_pfn:) +(\d+)$", body, re.M)}
        if fields["present"]:
            zones[name] = fields
    return zones


def boot(bench, ram, **how):
    """A machine whose counts agree everywhere; its `Memory:` line. `ram` is the banks, in bytes."""
    machine = bench.boot(**how)
    memory = memory_of(machine)
    expect_equal(memory["total"], ram // KB, "RAM told by the line, in KB")
    freed = int(expect_text(machine.boot_text, re.compile(r"^Freeing unused kernel memory: (\d+)K$", re.M))[1])
    info = meminfo_of(machine)
    expect_equal(info["MemTotal"], memory["available"] + freed, "MemTotal and what was available at boot")
    expect_equal(info["HighTotal"], memory["highmem"], "HighTotal")
    expect_equal(info["LowTotal"] + info["HighTotal"], info["MemTotal"], "LowTotal + HighTotal")
    expect_equal(info["LowFree"] + info["HighFree"], info["MemFree"], "LowFree + HighFree")
    expect(info["MemFree"] <= info["MemTotal"], f"{info['MemFree']} kB free of {info['MemTotal']}")
    zones = zones_of(machine).values()
    expect_equal(sum(zone["managed"] for zone in zones) * 4, info["MemTotal"], "managed pages of all zones")
    expect_equal(sum(zone["present"] for zone in zones) * 4, memory["total"], "present pages of all zones")
    return machine, memory


def bank(size, offset, bench):
    return f"mem={size // KB}K@{bench.ram + offset:#x}"


@test
def the_memory_line_tells_of_all_ram_and_of_the_image(bench):
    machine, memory = boot(bench, bench.ram_end - bench.ram)
    sizes = {"code": ("_stext", "_etext"), "rwdata": ("_sdata", "_edata"), "rodata": ("__start_rodata", "__end_rodata"),
             "bss": ("__bss_start", "__bss_stop")}
    of = {name: bench.symbol(end) - bench.symbol(start) for name, (start, end) in sizes.items()}
    init_code = bench.symbol("_einittext") - bench.symbol("_sinittext")
    init_data = bench.symbol("__init_end") - bench.symbol("__init_begin")
    of["code"] -= init_code
    of["rwdata"] -= init_data
    of["init"] = init_code + init_data
    for name, size in of.items():
        expect_equal(memory[name], size // KB, f"{name} in the line and in the image, in KB")
    # The image, struct pages and page tables: not much more than 1 percent and the image's 4 MB.
    expect(memory["reserved"] < memory["total"] // 100 + 4 * KB, f"{memory['reserved']} KB are reserved")
    fine(machine)


@test
def what_is_freed_of_the_image_can_be_had(bench):
    machine = bench.boot()
    pages = (bench.symbol("__init_end") - bench.symbol("__init_begin")) // PAGE
    expect_text(machine.boot_text, f"Freeing unused kernel memory: {4 * pages}K\n")
    expect(pages >= 1, "nothing of the image is freed")
    first = bench.physical("__init_begin") >> 12
    expect_text(machine.command(f"page {first:#x}"), "  owner    : free")
    expect_text(machine.command(f"page {first - 1:#x}"), "kernel image")
    fine(machine)


@test
def half_of_ram_is_a_machine_too(bench):
    half = bench.share(1, 2)
    machine, _ = boot(bench, half, memory=f"{half // MB}M")
    fine(machine)


@cases("boots_with_{}_mb", [32, 8])
def little(bench, megabytes):
    machine, memory = boot(bench, megabytes * MB, append=f"mem={megabytes}M")
    expect(memory["available"] > 1 * KB, f"{memory['available']} KB available")
    zones = zones_of(machine)
    expect_equal(zones["DMA"]["present"], min(megabytes, 16) * MB // PAGE, "pages of the zone DMA")
    expect_equal("Normal" in zones, megabytes > 16, "a zone Normal")
    expect_text(machine.command("test MemoryModel*"), re.compile(r"^\d+ passed, 0 failed", re.M))
    fine(machine)


@test
def holes_cost_struct_pages_in_flatmem_alone(bench):
    # vexpress-a9: 128 MB, a hole of 128 MB, 64 MB, a hole of 192 MB, 256 MB; others in proportion.
    parts = [(0, bench.share(1, 8)), (bench.share(1, 4), bench.share(1, 16)), (bench.share(1, 2), bench.share(1, 4))]
    machine, memory = boot(bench, sum(size for _, size in parts),
                           append=" ".join(bank(size, offset, bench) for offset, size in parts))
    ends = parts[-1][0] + parts[-1][1]
    section = 64 * MB
    present = {at // section for offset, size in parts for at in range(offset, offset + size, MB)}
    frames = (len(present) * section if bench.place.sparse else ends) // PAGE
    struct_pages = frames * 32 // KB
    expect(struct_pages <= memory["reserved"] < struct_pages + 4 * KB + memory["total"] // 500,
           f"{memory['reserved']} KB are reserved, {struct_pages} KB of them struct pages")
    holes = parts[1][0] - parts[0][1] >> 12
    expect(any(zone["spanned"] >= zone["present"] + holes for zone in zones_of(machine).values()),
           "no zone spans the first hole")
    hole = bench.ram + parts[0][1] >> 12
    expect_text(machine.command(f"page {hole:#x}"), "  kind     : not RAM")
    expect_text(machine.command("test MemoryModel*"), re.compile(r"^\d+ passed, 0 failed", re.M))
    fine(machine)


@test
def odd_banks_count_to_the_page(bench):
    odd = [(24 * MB, PAGE), (26 * MB + 3 * PAGE, PAGE), (33 * MB + 5 * PAGE, 11 * PAGE), (40 * MB, 3 * MB + PAGE)]
    machine, _ = boot(bench, 20 * MB + sum(size for _, size in odd),
                      append=" ".join(bank(size, offset, bench) for offset, size in [(0, 20 * MB)] + odd))
    fine(machine)


@test
def movablecore_is_cut_from_the_highest_zone(bench):
    machine, _ = boot(bench, bench.ram_end - bench.ram, append="movablecore=16M")
    zones = zones_of(machine)
    expect_equal(zones["Movable"]["present"], 16 * MB // PAGE, "pages of the zone Movable")
    expect_equal(zones["Movable"]["start_pfn:"], (bench.ram_end >> 12) - 16 * MB // PAGE, "its first frame")
    expect_text(machine.command("buddyinfo"), re.compile(r"^Node 0, zone +Movable( +\d+){11} *$", re.M))
    fine(machine)


@test
def kernelcore_is_what_the_kernel_keeps(bench):
    machine, _ = boot(bench, 64 * MB, append="mem=64M kernelcore=40M")
    zones = zones_of(machine)
    expect_equal(zones["Movable"]["present"], 24 * MB // PAGE, "pages of the zone Movable")
    fine(machine)


@test
def min_free_kbytes_is_shared_by_lowmem(bench):
    machine, _ = boot(bench, 64 * MB, append="mem=64M min_free_kbytes=4096")
    zones = zones_of(machine).values()
    total = sum(zone["min"] for zone in zones)
    expect(1024 - len(zones) < total <= 1024, f"{total} pages are kept in all")
    for zone in zones:
        expect(zone["min"] < zone["low"] < zone["high"], f"watermarks {zone}")
    fine(machine)


BAD = {
    "movablecore=12Q": "movablecore: \"movablecore=12Q\" ignored: 'Q' is no unit (use K, M or G)",
    "kernelcore=all": 'kernelcore: "kernelcore=all" ignored: a size is missing',
    "min_free_kbytes=few": 'early_min_free_kbytes: "min_free_kbytes=few" ignored: that is no number',
}


@test
def bad_sizes_of_zones_are_one_line_each(bench):
    machine, _ = boot(bench, 64 * MB, append="mem=64M " + " ".join(BAD))
    for line in BAD.values():
        expect_text(machine.boot_text, line + "\n")
    expect_no_text(machine.command("buddyinfo"), "Movable")
    fine(machine)
