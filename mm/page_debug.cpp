// The hooks that stand where blocks leave and enter a zone, and the switches of what they do.
//
//   allocate   should fail?  ->  zone  ->  guard pages  ->  poison checked  ->  owner noted
//                                                                  ->  zeroed
//   free       owner noted  ->  poison filled, or zeroed  ->  guard pages released  ->  zone
//
// Options can be switched at run time: CPUs' lists are emptied and shut first, so that from then on
// every page passes here. What was done before the switch is remembered in pages' flags.
// Linux: mm/page_alloc.c (post_alloc_hook, free_pages_prepare, init_mem_debugging_and_hardening).
#include <mm/page_debug.h>

#include <string_view>

#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <mm/bootmem.h>
#include <mm/debug_guardpage.h>
#include <mm/fail_page_alloc.h>
#include <mm/page_alloc.h>
#include <mm/page_lists.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>

constinit u32 page_debug = 0;

void post_alloc_hook(page *p, unsigned int order, gfp_t gfp, const void *caller)
{
    if (page_debug & PAGE_DEBUG_GUARD)
        set_page_guards(p, order);
    if (page_debug & PAGE_DEBUG_POISON)
        unpoison_pages(p, order, caller);
    if (page_debug & PAGE_DEBUG_OWNER)
        set_page_owner(p, order, gfp, caller);
    if (page_debug & PAGE_DEBUG_INIT_ALLOC && !(gfp & __GFP_ZERO))
        clear_pages(p, order);
}

void free_pages_prepare_hook(page *p, unsigned int order, const void *caller)
{
    if (page_debug & PAGE_DEBUG_OWNER)
        reset_page_owner(p, order, caller);
    if (page_debug & PAGE_DEBUG_POISON)
        poison_pages(p, order);
    else if (page_debug & PAGE_DEBUG_INIT_FREE)
        clear_pages(p, order);
    if (page_debug & PAGE_DEBUG_GUARD)
        clear_page_guards(p, order, caller);
}

void split_page_hook(page *p, unsigned int order)
{
    if (page_debug & PAGE_DEBUG_OWNER)
        split_page_owner(p, order);
}

void page_debug_set(u32 options)
{
    drain_all_pages();
    if (page_debug & ~options & PAGE_DEBUG_GUARD)
        clear_all_page_guards();
    if (options & ~page_debug & PAGE_DEBUG_POISON)
        forget_poison();
    page_debug = options;
    setup_pagesets();
}

static void init_page_owner()
{
    const pfn_t first = min_low_pfn;
    const u32 frames = max_pfn - first;
    const u32 bytes = frames * static_cast<u32>(sizeof(page_owner_record));
    auto *records = static_cast<page_owner_record *>(__alloc_bootmem_nopanic(bytes, 0, 0));
    if (!records) {
        printk("page_owner: off: no memory for %u records, %u KB\n", frames, bytes / SZ_1K);
        page_debug &= ~PAGE_DEBUG_OWNER;
        return;
    }
    page_owner_use(first, {records, frames});
    printk("page_owner: %u records, %u KB\n", frames, bytes / SZ_1K);
}

void page_debug_init()
{
    if (page_debug & PAGE_DEBUG_OWNER)
        init_page_owner();
    if (page_debug & PAGE_DEBUG_GUARD)
        printk("debug_guardpage: %u pages of lowmem can be unmapped\n", split_linear_map());
}

int page_debug_param(const char *name, const char *value, u32 option)
{
    const std::string_view text = value ? value : "";
    if (text == "1" || text == "on" || text == "y") {
        page_debug |= option;
        return 0;
    }
    if (text == "0" || text == "off" || text == "n") {
        page_debug &= ~option;
        return 0;
    }
    printk("%s: \"%s%s%s\" ignored: use on or off\n", name, name, value ? "=" : "", text.data());
    return -EINVAL;
}

static int early_init_on_alloc(const char *value)
{
    return page_debug_param("init_on_alloc", value, PAGE_DEBUG_INIT_ALLOC);
}
early_param("init_on_alloc", early_init_on_alloc);

static int early_init_on_free(const char *value)
{
    return page_debug_param("init_on_free", value, PAGE_DEBUG_INIT_FREE);
}
early_param("init_on_free", early_init_on_free);

void print_page_debug(const printer &out)
{
    const poison_counts &poison = page_poison_counts;
    const guard_counts guard = page_guard_counts();
    const fail_counts fail = fail_page_alloc_counts();
    const auto state = [](u32 option) { return page_debug & option ? "on" : "off"; };
    out.printf(
        "page_poison              %-3s  %u pages filled, %u checked, %u damaged, %u high ones "
        "skipped\n",
        state(PAGE_DEBUG_POISON), poison.filled, poison.checked, poison.damaged, poison.skipped);
    out.printf("page_owner               %-3s\n", state(PAGE_DEBUG_OWNER));
    out.printf("debug_guardpage_minorder %-3s  order %u, %u guard pages, %u of them unmapped\n",
               state(PAGE_DEBUG_GUARD), debug_guardpage_minorder, guard.pages, guard.unmapped);
    out.printf("fail_page_alloc          %-3s  %u of %u allocations failed\n",
               state(PAGE_DEBUG_FAIL), fail.failed, fail.asked);
    out.printf("init_on_alloc            %-3s\n", state(PAGE_DEBUG_INIT_ALLOC));
    out.printf("init_on_free             %-3s\n", state(PAGE_DEBUG_INIT_FREE));
}
