// The board that the host's machine is: what the linker, head.S and the board's file say on the
// target, said here so that table code finds itself on a Cortex-A9 with one core and 1 GB.
//
// All of it can be changed by a test (several cores: cpu_facts.smp = 1); host_reset() puts it
// back.
#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/proc-v7.h>
#include <arch/arm/mm/walk.h>
#include <arch/host/machine.h>
#include <asm/extable.h>
#include <kernel/core/reboot.h>
#include <kernel/lib/errno.h>

struct processor processor;
struct cpu_facts cpu_facts;
struct image kernel_image;

namespace {

constexpr u32 MIDR_CORTEX_A9 = 0x410fc090;
/// SCTLR as head.S leaves it: MMU, caches, TEX remap, high vectors on (DDI 0406C B4.1.130).
constexpr u32 SCTLR_RUNNING = 0x10c5387d;
constexpr u32 TTB_WALK_UP = 0x59;
constexpr u32 TTB_WALK_SMP = 0x6a;

/// An image as linker/kernel.ld lays it out: tables and head.S in the first megabyte, then text,
/// rodata and the writable part, each on a megabyte.
constexpr struct image DEFAULT_IMAGE = {
    .head = PAGE_OFFSET + TEXT_OFFSET,
    .text = PAGE_OFFSET + SZ_1M,
    .etext = PAGE_OFFSET + SZ_1M + 0x20000,
    .init_text = PAGE_OFFSET + SZ_1M + 0x1e000,
    .init_text_end = PAGE_OFFSET + SZ_1M + 0x20000,
    .rodata = PAGE_OFFSET + 2 * SZ_1M,
    .rodata_end = PAGE_OFFSET + 2 * SZ_1M + 0x8000,
    .stack = PAGE_OFFSET + 3 * SZ_1M,
    .stack_end = PAGE_OFFSET + 3 * SZ_1M + 0x2000,
    .data = PAGE_OFFSET + 3 * SZ_1M,
    .edata = PAGE_OFFSET + 3 * SZ_1M + 0x6000,
    .init_data = PAGE_OFFSET + 3 * SZ_1M + 0x5000,
    .init_data_end = PAGE_OFFSET + 3 * SZ_1M + 0x6000,
    .bss = PAGE_OFFSET + 3 * SZ_1M + 0x6000,
    .bss_end = PAGE_OFFSET + 3 * SZ_1M + 0x20000,
    .end = PAGE_OFFSET + 3 * SZ_1M + 0x20000,
    .vectors = PAGE_OFFSET + SZ_1M,
    .swapper = PAGE_OFFSET + 0x4000,
    .idmap = PAGE_OFFSET + 0x8000,
    .fixmap_table = PAGE_OFFSET + 0xc000,
};

/// The device windows of vexpress-a9.
constexpr map_desc io_map[] = {
    {VMALLOC_END - SZ_1M, PFN_DOWN(phys_addr_t(0x10000000)), SZ_1M, MT_DEVICE, "motherboard"},
    {VMALLOC_END - 2 * SZ_1M, PFN_DOWN(phys_addr_t(0x1e000000)), SZ_1M, MT_DEVICE, "A9 private"},
};

u32 no_clock()
{
    return 0;
}
void nothing() {}
void no_interrupt(interrupt_line) {}

} // namespace

constinit const machine_desc machine = {
    .name = "a process on Linux",
    .nr = 0,
    .ram = {PHYS_OFFSET, HOST_RAM_SIZE},
    .dma_zone_size = 0,
    .io_map = io_map,
    .nr_io_map = sizeof(io_map) / sizeof(io_map[0]),
    .boot_clock = no_clock,
    .boot_clock_hz = 1,
    .init_time = nothing,
    .bench_clock = no_clock,
    .bench_clock_hz = 1,
    .restart = nothing,
    .provoke_interrupt = no_interrupt,
    .quiet_interrupt = nothing,
};

void host_board_reset()
{
    processor = v7_processor;
    cpu_facts = {.midr = MIDR_CORTEX_A9, .smp = 0, .ticks = 0, .architecture = 7};
    kernel_image = DEFAULT_IMAGE;
}

mmu_registers live_mmu_registers()
{
    const u32 base = linear_pa(from_ptr(init_mm.pgd)).raw();
    const u32 ttbr = base | (is_smp() ? TTB_WALK_SMP : TTB_WALK_UP);
    return {SCTLR_RUNNING, ttbr, ttbr, 0, DACR_INIT};
}

void stop_other_cpus() {}
void start_other_cpus() {}

int probe_kernel_read(virt_addr_t va, u32 &value)
{
    u32 read = 0;
    const host_outcome outcome =
        host_attempt([&] { read = *static_cast<const volatile u32 *>(to_ptr(va)); });
    if (outcome.end != host_end::finished)
        return -EFAULT;
    value = read;
    return 0;
}

void machine_power_off(int status)
{
    host_die("power off with status %d: no test waits for that", status);
}

void machine_restart()
{
    host_die("restart: no test waits for that");
}
