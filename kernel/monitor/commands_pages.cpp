// Commands that look at the page allocator, in the formats of Linux's /proc files.
#include <kernel/core/printk.h>
#include <kernel/monitor/monitor.h>
#include <mm/vmstat.h>

static int buddyinfo_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_buddyinfo(console_printer);
    return 0;
}
monitor_command("buddyinfo", "", "free blocks of each order, by zone", buddyinfo_command);

static int zoneinfo_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_zoneinfo(console_printer);
    return 0;
}
monitor_command("zoneinfo", "", "watermarks, sizes and CPUs' lists of each zone", zoneinfo_command);

static int pagetypeinfo_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_pagetypeinfo(console_printer);
    return 0;
}
monitor_command("pagetypeinfo", "", "free blocks by migrate type", pagetypeinfo_command);
