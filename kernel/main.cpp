// start_kernel: the first line of C++.
//
// Linux: init/main.c.
#include <arch/arm/kernel/setup.h>
#include <arch/arm/mm/init.h>
#include <boot/loader.h>
#include <kernel/core/printk.h>
#include <kernel/lib/init.h>
#include <kernel/monitor/monitor.h>

namespace {

/// Allocators go here as they come; today it tells where everything is. Linux: mm_init().
void __init mm_init()
{
    print_memory_layout(console_printer);
}

} // namespace

/// Entered by head.S on the boot stack, MMU on, on swapper_pg_dir, interrupts off.
/// @param proc  the record by which head.S recognised the CPU
extern "C" [[noreturn]] void start_kernel(const proc_info_list *proc)
{
    read_linker_symbols();
    printk("Lowmem on %s, built with g++ %s\n", CONFIG_BOARD, __VERSION__);
    setup_arch(*proc);
    printk("Kernel command line: %s\n", boot_command_line);
    mm_init();
    monitor_main();
}
