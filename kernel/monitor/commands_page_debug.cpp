// Commands over the page allocator's debug options: page_owner, page_debug.
#include <kernel/core/printk.h>
#include <kernel/monitor/monitor.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>

static int page_owner_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    if (!(page_debug & PAGE_DEBUG_OWNER)) {
        printk("page_owner: off: nobody notes who allocates; boot with page_owner=on\n");
        return 1;
    }
    print_page_owners(console_printer, argc == 2 ? argv[1] : "");
    return 0;
}
monitor_command("page_owner", "[FILTER]", "who allocated the pages in use, most first",
                page_owner_command);

static int page_debug_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_page_debug(console_printer);
    return 0;
}
monitor_command("page_debug", "", "the page allocator's debug options, and what they have seen",
                page_debug_command);
