// Commands that look at objects: slabinfo, trace slab.
#include <cstring>

#include <kernel/core/printk.h>
#include <kernel/lib/trace.h>
#include <kernel/monitor/monitor.h>
#include <mm/slab_report.h>
#include <mm/slab_trace.h>

static int slabinfo_command(int argc, char **argv)
{
    constexpr u32 MOST_SLABS = 16;
    if (argc == 1) {
        print_slabinfo(console_printer);
        return 0;
    }
    const bool owners = strcmp(argv[1], "-l") == 0;
    if (argc != (owners ? 3 : 2))
        return bad_usage;
    kmem_cache *s = find_cache(argv[argc - 1]);
    if (!s) {
        printk("slabinfo: there is no cache \"%s\" (slabinfo lists them; merged ones have the name "
               "of the first)\n",
               argv[argc - 1]);
        return 1;
    }
    if (owners)
        return print_cache_owners(console_printer, s) ? 0 : 1;
    print_cache(console_printer, s, MOST_SLABS);
    return 0;
}
monitor_command("slabinfo", "[[-l] CACHE]",
                "caches; one of them with a picture; -l: its objects by call site",
                slabinfo_command);

static int trace_command(int argc, char **argv)
{
    if (argc != 3)
        return bad_usage;
    if (strcmp(argv[1], "slab") != 0) {
        printk("trace: \"%s\" can't be traced: use slab\n", argv[1]);
        return 1;
    }
    if (strcmp(argv[2], "on") == 0)
        slab_trace_on();
    else if (strcmp(argv[2], "off") == 0)
        slab_trace_off();
    else if (strcmp(argv[2], "show") == 0)
        printk("%u events of slabs, tracing is %s\n", print_slab_trace(console_printer),
               slab_trace_is_on() ? "on" : "off");
    else
        return bad_usage;
    return 0;
}
monitor_command("trace", "slab on|off|show", "slabs made and given up, as they happen",
                trace_command);
