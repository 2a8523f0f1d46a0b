// Commands that look at high memory: kmaps.
#include <kernel/core/printk.h>
#include <kernel/monitor/monitor.h>
#include <mm/highmem.h>

static int kmaps_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_kmaps(console_printer);
    return 0;
}
monitor_command("kmaps", "", "who has which page mapped by kmap_local_page and kmap",
                kmaps_command);
