// failslab=: allocations of objects that fail on purpose, so that what callers do then is tried out.
//
//   failslab=<interval>,<probability>,<space>,<times>      mm/fault_inject.h tells the rules
//
// Objects of a CPU's reserve are had without asking anybody, so while this is on no cache has
// reserves: all are marked SLAB_FAILSLAB, those made later too (kmem_cache_flags()).
// Linux: mm/failslab.c.
#include <mm/slub_debug.h>

#include <string_view>

#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>

namespace {

constinit fault_rules rules;
enum class failslab_state : u8 { off, by_rules, nth };
constinit failslab_state state = failslab_state::off;

int early_failslab(const char *value)
{
    const auto attr = fault_attr_param("failslab", value);
    if (!attr)
        return -EINVAL;
    rules.start(*attr);
    state = failslab_state::by_rules;
    return 0;
}
early_param("failslab", early_failslab);

/// Takes all caches' reserves, or lets them have some again.
void switch_to(failslab_state wanted)
{
    state = wanted;
    if (!slab_is_available())
        return;
    for (kmem_cache &s : list_entries<&kmem_cache::list>(slab_caches)) {
        s.flags &= ~SLAB_FAILSLAB;
        if (wanted != failslab_state::off)
            s.flags |= SLAB_FAILSLAB;
        choose_path(&s);
        if (s.slow)
            flush_reserve(&s, which_cpus::all);
    }
}

} // namespace

bool failslab_is_on()
{
    return state != failslab_state::off;
}

bool should_failslab(const kmem_cache *s, gfp_t gfp)
{
    if (state == failslab_state::off || gfp & __GFP_NOFAIL)
        return false;
    // The first cache describes the others: without it there would be no boot to try out.
    if (state == failslab_state::by_rules && std::string_view(s->name) == "kmem_cache")
        return false;
    const fault_rules::verdict answer = rules.ask(s->object_size);
    if (answer.number != 0)
        printk("failslab: forcing failure %u: an object of %s, gfp %#x, on cpu %u%s\n",
               answer.number, s->name, gfp.raw(), raw_smp_processor_id(), answer.note);
    return answer.fails;
}

void failslab_start(const fault_attr &attr)
{
    rules.start(attr);
    switch_to(failslab_state::by_rules);
}

void failslab_nth(u32 n, fail_mode mode)
{
    rules.start_nth(n, mode);
    switch_to(failslab_state::nth);
}

fail_counts failslab_stop()
{
    switch_to(failslab_state::off);
    return failslab_counts();
}

fail_counts failslab_counts()
{
    return rules.counts();
}
