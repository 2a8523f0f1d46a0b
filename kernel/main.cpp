// start_kernel: the first line of C++.
//
// Linux: init/main.c.
#include <arch/arm/kernel/setup.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/vmap.h>
#include <asm/mach.h>
#include <boot/loader.h>
#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <kernel/lib/init.h>
#include <kernel/monitor/monitor.h>
#include <mm/slab.h>

namespace {

constinit u32 started = 0; // ticks of the boot clock when C++ began

/// The allocators, lowest first, and where everything is. Linux: mm_init().
void __init mm_init()
{
    mem_init();
    record_boot_time("start_kernel_to_memory_line", machine.boot_clock() - started);
    print_memory_layout(console_printer);
    const u32 before = machine.boot_clock();
    kmem_cache_init();
    record_boot_time("kmem_cache_init", machine.boot_clock() - before);
    vmalloc_areas_init();
}

} // namespace

/// Entered by head.S on the boot stack, MMU on, on swapper_pg_dir, interrupts off.
/// @param proc  the record by which head.S recognised the CPU
extern "C" [[noreturn]] void start_kernel(const proc_info_list *proc)
{
    started = machine.boot_clock();
    read_linker_symbols();
    printk("Lowmem on %s, built with g++ %s\n", CONFIG_BOARD, __VERSION__);
    setup_arch(*proc);
    printk("Kernel command line: %s\n", boot_command_line);
    mm_init();
    free_initmem();
    monitor_main();
}
