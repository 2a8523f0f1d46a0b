// The page allocator behind the CPUs' lists: which zone, which migrate type, how many must stay.
//
//   __alloc_pages            the zones of the mask, best first; twice: above watermark low, then
//                            as deep as the mask allows
//     rmqueue                single pages through this CPU's list of that zone, a batch at a time
//       rmqueue_or_steal     one's own blocks, else another type's: a pageblock that is at least
//                            half free changes its type, so that types do not mix inside it
//
// Locks: the zone's, with interrupts off; a CPU's lists need only the latter. A page is looked at
// (prep_new_page) outside the lock: it belongs to nobody else by then.
// Linux: mm/page_alloc.c (get_page_from_freelist, rmqueue, rmqueue_bulk, __rmqueue_fallback,
// zone_watermark_ok, free_pcppages_bulk, warn_alloc, setup_per_cpu_pageset).
#include <algorithm>

#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/lib/trace.h>
#include <mm/page_alloc.h>
#include <mm/page_check.h>
#include <mm/page_debug.h>
#include <mm/page_lists.h>
#include <mm/show_mem.h>

// ------------------------------------------------------------------ what a mask means

gfp_meaning what_gfp_means(gfp_t gfp)
{
    // By Linux's rules: DMA32 is NORMAL here; MOVABLE means the zone MOVABLE only with HIGHMEM.
    const u32 zones = (gfp & (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32)).raw();
    if ((zones & (zones - 1)) != 0 || (gfp & __GFP_MOVABLE && gfp & __GFP_RECLAIMABLE))
        return {MAX_NR_ZONES, MIGRATE_PCPTYPES};
    const migratetype mt = gfp & __GFP_MOVABLE       ? MIGRATE_MOVABLE
                           : gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE
                                                     : MIGRATE_UNMOVABLE;
    if (gfp & __GFP_DMA)
        return {ZONE_DMA, mt};
    if (gfp & __GFP_HIGHMEM)
        return {gfp & __GFP_MOVABLE ? ZONE_MOVABLE : ZONE_HIGHMEM, mt};
    return {ZONE_NORMAL, mt};
}

zone_type gfp_zone(gfp_t gfp)
{
    return what_gfp_means(gfp).highest;
}

migratetype gfp_migratetype(gfp_t gfp)
{
    return what_gfp_means(gfp).mt;
}

// ------------------------------------------------------------------ a CPU's lists

constinit block_target block_targets[1u << GFP_WHERE_BITS] = {};
constinit zone *block_zones[MAX_NR_ZONES] = {};

void setup_page_lists()
{
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        lists_by_flags[cpu] = no_lists<page_lists>();
        lists_by_gfp[cpu] = no_lists<gfp_lists>();
    }
    for (u32 where = 0; where < 1u << GFP_WHERE_BITS; where++) {
        const gfp_meaning means = what_gfp_means(gfp_t(where));
        block_targets[where] = {nullptr, MIGRATE_UNMOVABLE};
        if (means.highest == MAX_NR_ZONES)
            continue;
        zone *best = contig_page_data.node_zonelists[means.highest].zones[0];
        block_targets[where] = {page_debug ? nullptr : best, means.mt};
        for (u32 cpu = 0; cpu < NR_CPUS && best; cpu++)
            lists_by_gfp[cpu].lists[where] = &best->pageset[cpu].lists[means.mt];
    }
    for (zone &z : contig_page_data.node_zones) {
        block_zones[z.index] = page_debug ? nullptr : &z;
#if !defined(CONFIG_SPARSEMEM)
        z.frames = pfn_to_page(z.base);
#endif
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
                lists_by_flags[cpu].lists[z.index << (PAGE_ZONE_SHIFT - PAGE_MT_SHIFT) | mt] =
                    &z.pageset[cpu].lists[mt];
    }
}

void setup_pagesets()
{
    for (zone &z : contig_page_data.node_zones)
        for (per_cpu_pages &pcp : z.pageset)
            for (pcp_list &list : pcp.lists) {
                // Three lists a zone and CPU: at most 512 pages of lowmem, 128 of highmem.
                const bool high_zone = z.index >= ZONE_HIGHMEM;
                list.high = page_debug ? 0 : high_zone ? 42 : 170;
                list.room = list.high;
                list.first = &page_list_end;
                list.batch = high_zone ? 31 : 63;
            }
    setup_page_lists();
}

// ------------------------------------------------------------------ from a zone

namespace {

/// Whose blocks are taken when one's own are used up, best first. Linux: fallbacks[].
constexpr migratetype fallbacks[MIGRATE_PCPTYPES][2] = {
    {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE}, // unmovable
    {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
    {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

/// A block of another type. From where that type has its largest one: if at least half of that
/// pageblock is free it changes its type; else only what is asked for is taken.
/// Linux: __rmqueue_fallback(), steal_suitable_fallback().
u32 rmqueue_fallback(zone &z, unsigned order, migratetype mt) REQUIRES(z.lock)
{
    buddy<MAX_ORDER - 1> &area = z.free_area;
    int largest = -1;
    migratetype from = mt;
    for (migratetype other : fallbacks[mt])
        if (area.largest(other) > largest) {
            largest = area.largest(other);
            from = other;
        }
    if (largest < static_cast<int>(order))
        return area.NONE;
    const u32 frame = area.first_of(static_cast<unsigned>(largest), from);
    if (area.free_in_block(frame) >= pageblock_nr_pages / 2) {
        area.set_block_type(frame, mt);
        from = mt;
    }
    return area.rmqueue_smallest(order, from);
}

u32 rmqueue_or_steal(zone &z, unsigned order, migratetype mt) REQUIRES(z.lock)
{
    const u32 frame = z.free_area.rmqueue_smallest(order, mt);
    return frame != z.free_area.NONE ? frame : rmqueue_fallback(z, order, mt);
}

/// Fills an empty list of this CPU with a batch, in the order of addresses. Linux: rmqueue_bulk().
/// Context: interrupts off.
void refill(zone &z, pcp_list &list, migratetype mt)
{
    const spin_guard guard(z.lock);
    page **end = &list.first;
    auto append = [&](u32 frame) {
        page *p = pfn_to_page(z.base + frame);
        // Whose list it is on, so that it comes back here.
        p->flags = (p->flags & ~(3u << PAGE_MT_SHIFT)) | static_cast<u32>(mt) << PAGE_MT_SHIFT;
        *end = p;
        end = &p->pcp_next;
        list.room--;
    };
    z.free_area.rmqueue_bulk(list.batch, mt, append);
    if (list.room == list.high) {
        // Another type's pages: one call may turn a whole pageblock into ours, then there are more.
        const u32 frame = rmqueue_fallback(z, 0, mt);
        if (frame == z.free_area.NONE)
            return;
        append(frame);
        z.free_area.rmqueue_bulk(list.batch - 1, mt, append);
    }
    *end = &page_list_end;
}

/// A single page through this CPU's list.
page *rmqueue_pcplist(zone &z, migratetype mt)
{
    const irq_guard off;
    pcp_list &list = z.pageset[raw_smp_processor_id()].lists[mt];
    if (list.first == &page_list_end)
        refill(z, list, mt);
    page *p = list.first;
    if (p == &page_list_end)
        return nullptr;
    list.first = p->pcp_next;
    list.room++;
    return p;
}

page *rmqueue(zone &z, unsigned order, migratetype mt)
{
    if (order == 0 && !page_debug)
        return rmqueue_pcplist(z, mt);
    u32 frame;
    {
        const spin_irq_guard guard(z.lock);
        frame = rmqueue_or_steal(z, order, mt);
    }
    return frame == buddy<MAX_ORDER - 1>::NONE ? nullptr : pfn_to_page(z.base + frame);
}

// ------------------------------------------------------------------ watermarks

/// How deep an allocation may go. Linux: ALLOC_* of mm/internal.h.
enum class reserve : u8 { above_low, above_min, high, harder, all };

/// Are enough pages left in `z` if 2^order are taken? Linux: __zone_watermark_ok().
bool zone_watermark_ok(const zone &z, unsigned order, zone_type highest, reserve depth)
    NO_THREAD_SAFETY_ANALYSIS // a glance without the lock: a page more or less does not matter
{
    if (depth == reserve::all)
        return true;
    u32 min = z.watermark[depth == reserve::above_low ? WMARK_LOW : WMARK_MIN];
    if (depth >= reserve::high)
        min -= min / 2;
    if (depth >= reserve::harder)
        min -= min / 4;
    return z.free_area.nr_usable() >= min + z.lowmem_reserve[highest] + (1u << order);
}

reserve deepest(gfp_t gfp)
{
    if (gfp & __GFP_MEMALLOC && !(gfp & __GFP_NOMEMALLOC))
        return reserve::all;
    if (gfp & __GFP_HIGH)
        return gfp & __GFP_ATOMIC ? reserve::harder : reserve::high;
    return reserve::above_min;
}

/// Linux: get_page_from_freelist().
[[gnu::always_inline]] inline page *get_page_from_freelist(gfp_t gfp, unsigned order,
                                                           gfp_meaning means, reserve depth)
{
    for (zone **z = contig_page_data.node_zonelists[means.highest].zones; *z; z++) {
        if (!zone_watermark_ok(**z, order, means.highest, depth))
            continue;
        // A page that turns out bad is quarantined: there may be another.
        while (page *p = rmqueue(**z, order, means.mt))
            if (prep_new_page(p, order, gfp, means.mt))
                return p;
    }
    return nullptr;
}

/// Everything that is not the first try. Linux: __alloc_pages_slowpath().
[[gnu::noinline]] page *alloc_pages_slowpath(gfp_t gfp, unsigned order, gfp_meaning means,
                                             const void *caller)
{
    page *p = get_page_from_freelist(gfp, order, means, deepest(gfp));
    if (!p && gfp & __GFP_DIRECT_RECLAIM) {
        // Nothing else can be reclaimed yet: what CPUs keep of other zones and types, and what that
        // holds apart. Linux: __alloc_pages_direct_reclaim().
        drain_all_pages();
        p = get_page_from_freelist(gfp, order, means, deepest(gfp));
    }
    if (!p && gfp & __GFP_NOFAIL)
        p = get_page_from_freelist(gfp, order, means, reserve::all);
    if (p)
        return p;
    warn_alloc(gfp, order, caller);
    if (gfp & __GFP_NOFAIL)
        panic("no page of order %u for __GFP_NOFAIL, asked for by %pS", order, caller);
    return nullptr;
}

[[gnu::noinline]] page *refuse(gfp_t gfp, unsigned order, const void *caller)
{
    if (order >= MAX_ORDER)
        printk("alloc_pages: order %u refused: the highest is %u (by %pS)\n", order, MAX_ORDER - 1,
               caller);
    else
        printk("alloc_pages: gfp %#x refused: two zones or two migrate types (by %pS)\n", gfp.raw(),
               caller);
    return nullptr;
}

[[gnu::noinline]] page *alloc_pages_debug(gfp_t gfp, unsigned order, gfp_meaning means,
                                          const void *caller)
{
    if (should_fail_alloc_page(gfp, order))
        return nullptr;
    page *p = get_page_from_freelist(gfp & ~__GFP_ZERO, order, means, reserve::above_low);
    if (!p)
        p = alloc_pages_slowpath(gfp & ~__GFP_ZERO, order, means, caller);
    if (!p)
        return nullptr;
    post_alloc_hook(p, order, gfp, caller);
    if (gfp & __GFP_ZERO)
        clear_pages(p, order);
    TRACE_POINT(trace_kind::alloc, static_cast<u16>(order), page_to_phys(p).raw(),
                PAGE_SIZE << order);
    return p;
}

void prep_compound_page(page *p, unsigned order)
{
    p->flags |= PG_head;
    for (u32 i = 1; i < 1u << order; i++) {
        p[i].flags |= PG_tail;
        p[i].compound_head = reinterpret_cast<unsigned long>(p);
    }
}

void destroy_compound_page(page *p, unsigned order)
{
    for (u32 i = 1; i < 1u << order; i++)
        p[i].flags &= ~PG_tail;
}

} // namespace

page *__alloc_pages(gfp_t gfp, unsigned int order, const void *caller)
{
    const gfp_meaning means = what_gfp_means(gfp);
    if (order >= MAX_ORDER || means.highest == MAX_NR_ZONES)
        return refuse(gfp, order, caller);
    if (__builtin_expect(page_debug != 0, 0))
        return alloc_pages_debug(gfp, order, means, caller);
    page *p = get_page_from_freelist(gfp, order, means, reserve::above_low);
    return p ? p : alloc_pages_slowpath(gfp, order, means, caller);
}

bool prep_new_page(page *p, unsigned int order, gfp_t gfp, migratetype mt)
{
    if (__builtin_expect((p->flags & PAGE_STATE_MASK) != 0, 0)) {
        bad_alloc(p, order, __builtin_return_address(0));
        return false;
    }
    p->flags = (p->flags & ~(3u << PAGE_MT_SHIFT)) | static_cast<u32>(mt) << PAGE_MT_SHIFT |
               PAGE_IN_USE | order;
    p->_refcount = 1;
    if (order != 0 && gfp & __GFP_COMP)
        prep_compound_page(p, order);
    if (gfp & __GFP_ZERO)
        clear_pages(p, order);
    return true;
}

// ------------------------------------------------------------------ back to the zone

void free_to_zone(page *p, unsigned int order)
{
    zone &z = *page_zone(p);
    const u32 frame = page_pfn(p) - z.base;
    const spin_irq_guard guard(z.lock);
    z.free_area.free_one_page(frame, order);
}

void free_the_page(page *p, unsigned int order, const void *caller)
{
    u32 flags = p->flags;
    if (__builtin_expect(page_debug != 0, 0)) {
        free_pages_prepare_hook(p, order, caller);
        flags = p->flags;
        TRACE_POINT(trace_kind::free, static_cast<u16>(order), page_to_phys(p).raw(),
                    PAGE_SIZE << order);
    }
    if (__builtin_expect((flags & PG_head) != 0, 0))
        destroy_compound_page(p, order);
    p->flags = flags & ~PAGE_FLAGS_CLEAR_AT_FREE;
    if (order != 0 || page_debug)
        return free_to_zone(p, order);
    pcp_list *list;
    s32 room;
    {
        const irq_guard off;
        list = list_of_flags(flags);
        p->pcp_next = list->first;
        list->first = p;
        room = --list->room;
    }
    if (room < 0)
        free_pcp_batch(list, caller);
}

namespace {

/// Gives up to `count` pages of a list of this CPU back. Linux: free_pcppages_bulk().
/// Context: interrupts off.
void free_pcppages_bulk(pcp_list &list, u32 count, const void *caller)
{
    page *p = list.first;
    if (p == &page_list_end || count == 0)
        return;
    if (page_debug) // these came past the hooks that stand before the zone
        for (page *each = p; each != &page_list_end; each = each->pcp_next)
            free_pages_prepare_hook(each, 0, caller);
    zone &z = *page_zone(p);
    const spin_guard guard(z.lock);
    for (; count != 0 && p != &page_list_end; count--, list.room++) {
        page *next = p->pcp_next;
        z.free_area.free_one_page(page_pfn(p) - z.base, 0);
        p = next;
    }
    list.first = p;
}

} // namespace

void free_pcp_batch(pcp_list *list, const void *caller)
{
    const irq_guard off;
    free_pcppages_bulk(*list, list->high == 0 ? list->count() : list->batch, caller);
}

void drain_local_pages()
{
    const irq_guard off;
    for (zone &z : contig_page_data.node_zones)
        for (pcp_list &list : z.pageset[raw_smp_processor_id()].lists)
            free_pcppages_bulk(list, list.count(), nullptr);
}

void drain_all_pages()
{
    // The other cores are parked and their lists are empty; when they run they will be asked.
    drain_local_pages();
}
