// Pages that fail on purpose: the rules of mm/fault_inject.cpp, asked where a block is wanted.
// Linux: mm/page_alloc.c fail_page_alloc.
#include <mm/fail_page_alloc.h>

#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <mm/page_debug.h>

static constinit fault_rules rules;

static int early_fail_page_alloc(const char *value)
{
    const auto attr = fault_attr_param("fail_page_alloc", value);
    if (!attr)
        return -EINVAL;
    rules.start(*attr);
    page_debug |= PAGE_DEBUG_FAIL;
    return 0;
}
early_param("fail_page_alloc", early_fail_page_alloc);

bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
    if (!(page_debug & PAGE_DEBUG_FAIL) || gfp & __GFP_NOFAIL)
        return false;
    const fault_rules::verdict answer = rules.ask(1u << order);
    if (answer.number != 0)
        printk("fail_page_alloc: forcing failure %u: order %u, gfp %#x, on cpu %u%s\n",
               answer.number, order, gfp.raw(), raw_smp_processor_id(), answer.note);
    return answer.fails;
}

void fail_page_alloc_start(const fault_attr &attr)
{
    rules.start(attr);
    page_debug_set(page_debug | PAGE_DEBUG_FAIL);
}

void fail_page_alloc_nth(u32 n, fail_mode mode)
{
    rules.start_nth(n, mode);
    page_debug_set(page_debug | PAGE_DEBUG_FAIL);
}

fail_counts fail_page_alloc_stop()
{
    page_debug_set(page_debug & ~PAGE_DEBUG_FAIL);
    return fail_page_alloc_counts();
}

fail_counts fail_page_alloc_counts()
{
    return rules.counts();
}
