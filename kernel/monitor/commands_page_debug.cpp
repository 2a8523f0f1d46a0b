// Commands over the page allocator's debug options: page_owner, page_debug; and misdeeds for them to
// find, which `page_debug MISDEED` commits on purpose.
#include <cstring>

#include <asm/barrier.h>
#include <kernel/core/printk.h>
#include <kernel/monitor/monitor.h>
#include <mm/page_alloc.h>
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

namespace {

/// Allocates a block and forgets it.
[[gnu::noinline]] void leak_a_block()
{
    if (const page *p = alloc_pages(GFP_KERNEL, 2))
        printk("page_debug: page %#lx, order 2, has no owner any more\n", page_to_pfn(p));
    else
        printk("page_debug: no page is left to be leaked\n");
}

[[gnu::noinline]] void free_a_page_twice()
{
    page *p = alloc_page(GFP_KERNEL);
    if (!p)
        return;
    __free_page(p);
    __free_page(p);
    barrier(); // no tail call: the report shall name this function
}

/// Frees a page, writes to it, and allocates until it is handed out again.
[[gnu::noinline]] void use_a_page_after_free()
{
    page *held = nullptr;
    page *p = alloc_page(GFP_KERNEL);
    if (!p)
        return;
    auto *bytes = static_cast<volatile char *>(page_address(p));
    __free_page(p);
    bytes[100] = 'x';
    for (page *next = nullptr; next != p && (next = alloc_page(GFP_KERNEL)) != nullptr;) {
        set_page_private(next, reinterpret_cast<unsigned long>(held));
        held = next;
    }
    while (held) {
        page *next = reinterpret_cast<page *>(page_private(held));
        __free_page(held);
        held = next;
    }
}

/// Writes one byte behind a page: with guard pages this is where the machine stops.
[[gnu::noinline]] void run_off_a_page()
{
    if (!(page_debug & PAGE_DEBUG_GUARD)) {
        printk("page_debug: overrun refused: without guard pages it would spoil another's page\n");
        return;
    }
    page *p = alloc_page(GFP_KERNEL);
    if (!p)
        return;
    auto *bytes = static_cast<volatile char *>(page_address(p));
    bytes[PAGE_SIZE] = 'x';
    printk("page_debug: nothing has stopped a write to 0x%08x\n",
           from_ptr(bytes + PAGE_SIZE).raw());
    __free_page(p);
}

struct misdeed {
    const char *name;
    void (*commit)();
};
constexpr misdeed misdeeds[] = {
    {"leak", leak_a_block},
    {"free-twice", free_a_page_twice},
    {"use-after-free", use_a_page_after_free},
    {"overrun", run_off_a_page},
};

} // namespace

static int page_debug_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    if (argc == 1) {
        print_page_debug(console_printer);
        return 0;
    }
    for (const misdeed &m : misdeeds)
        if (strcmp(argv[1], m.name) == 0) {
            m.commit();
            return 0;
        }
    printk("page_debug: \"%s\" is no misdeed: use leak, free-twice, use-after-free or overrun\n",
           argv[1]);
    return 1;
}
monitor_command("page_debug", "[MISDEED]",
                "the page allocator's debug options; or something for them to find",
                page_debug_command);
