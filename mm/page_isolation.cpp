// A given run of frames, taken out of the page allocator: mm/page_isolation.h tells how.
#include <mm/page_isolation.h>

#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/page_lists.h>

namespace {

/// A run of frames of one zone, as numbers of its engine.
struct frames {
    zone *z;
    u32 first, end;
    [[nodiscard]] u32 first_block() const { return first & ~(pageblock_nr_pages - 1); }
};

/// The zone that holds all of [start, end), or nullptr.
frames frames_of(unsigned long start, unsigned long end)
{
    if (start >= end || !pfn_valid(start) || !pfn_valid(end - 1))
        return {nullptr, 0, 0};
    // Not by page_zone(): the pages may be others', and a frame without RAM names the zone that it
    // would be of, which may end before it, or be empty.
    for (zone &z : contig_page_data.node_zones)
        if (z.holds(pfn_t(static_cast<u32>(start))) && z.holds(pfn_t(static_cast<u32>(end - 1))))
            return {&z, static_cast<u32>(start) - z.base.raw(),
                    static_cast<u32>(end) - z.base.raw()};
    return {nullptr, 0, 0};
}

bool all_free(const frames &range) REQUIRES(range.z->lock)
{
    for (u32 frame = range.first; frame < range.end; frame++)
        if (!range.z->free_area.is_free(frame) ||
            range.z->free_area.block_type(frame) != MIGRATE_ISOLATE)
            return false;
    return true;
}

/// Takes what test_pages_isolated() said yes to, all or nothing.
bool take(const frames &range)
{
    const spin_irq_guard guard(range.z->lock);
    if (!all_free(range))
        return false;
    bool all = true;
    for (u32 frame = range.first; frame < range.end; frame++)
        all &= range.z->free_area.take_exactly(frame, 0);
    return all;
}

/// Makes a page that was taken a page in use, as alloc_pages() does.
bool prepare(page *p, gfp_t gfp, const void *caller)
{
    if (!prep_new_page(p, 0, gfp & ~__GFP_ZERO, MIGRATE_MOVABLE))
        return false;
    if (page_debug)
        post_alloc_hook(p, 0, gfp, caller);
    if (gfp & __GFP_ZERO)
        clear_pages(p, 0);
    return true;
}

} // namespace

int start_isolate_page_range(unsigned long start, unsigned long end, migratetype mt)
{
    const frames range = frames_of(start, end);
    if (!range.z)
        return -EINVAL;
    zone &z = *range.z;
    const spin_irq_guard guard(z.lock);
    for (u32 frame = range.first_block(); frame < range.end; frame += pageblock_nr_pages)
        if (z.free_area.block_type(frame) != mt)
            return -EBUSY;
    for (u32 frame = range.first_block(); frame < range.end; frame += pageblock_nr_pages)
        z.free_area.set_block_type(frame, MIGRATE_ISOLATE);
    return 0;
}

void undo_isolate_page_range(unsigned long start, unsigned long end, migratetype mt)
{
    const frames range = frames_of(start, end);
    if (!range.z)
        return;
    zone &z = *range.z;
    const spin_irq_guard guard(z.lock);
    for (u32 frame = range.first_block(); frame < range.end; frame += pageblock_nr_pages)
        z.free_area.set_block_type(frame, mt);
}

bool test_pages_isolated(unsigned long start, unsigned long end)
{
    const frames range = frames_of(start, end);
    if (!range.z)
        return false;
    const spin_irq_guard guard(range.z->lock);
    return all_free(range);
}

int alloc_contig_range(unsigned long start, unsigned long end, migratetype mt, gfp_t gfp)
{
    const frames range = frames_of(start, end);
    if (!range.z) {
        printk("alloc_contig_range: pfns %#lx to %#lx refused: not the RAM of one zone\n", start,
               end);
        return -EINVAL;
    }
    const int isolated = start_isolate_page_range(start, end, mt);
    if (isolated != 0)
        return isolated;
    drain_all_pages();
    const bool taken = take(range);
    undo_isolate_page_range(start, end, mt);
    if (!taken)
        return -EBUSY;
    unsigned long good = start;
    while (good < end && prepare(pfn_to_page(good), gfp, __builtin_return_address(0)))
        good++;
    if (good == end)
        return 0;
    // One was spoiled while it was free: it is in quarantine now, the others go back.
    free_contig_range(start, good - start);
    for (unsigned long pfn = good + 1; pfn < end; pfn++)
        free_to_zone(pfn_to_page(pfn), 0);
    return -EBUSY;
}

void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
    for (unsigned long i = 0; i < nr_pages; i++)
        __free_page(pfn_to_page(pfn + i));
}
