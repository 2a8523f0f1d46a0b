// Guard pages: what is free around a small block is taken out of its zone for as long as it lives.
//
//   allocate  each free frame of the aligned 2^N around the block is taken exactly (mm/buddy.h),
//             flagged PG_guard, and unmapped or filled
//   free      if all other frames of the 2^N are free or guards, the guards are mapped or checked,
//             and go back to the zone; then the block does, and merges with them
//
// Nobody else touches a guard page in between: the block is in use, so no other CPU finds the 2^N
// without one. (Two CPUs that free the last two blocks at once may leave the guards to whoever
// allocates there next.) private_ of a guard page says what protects it.
// Linux: mm/page_alloc.c (set_page_guard, clear_page_guard, expand).
#include <mm/debug_guardpage.h>

#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/string_util.h>
#include <mm/memory_model.h>
#include <mm/page_debug.h>
#include <mm/page_poison.h>

constinit unsigned debug_guardpage_minorder = 0;

namespace {

enum class protection : unsigned long { none, poison, unmapped };

constinit std::atomic<u32> guards{0};
constinit std::atomic<u32> unmapped_guards{0};

/// The aligned 2^N frames around a block: numbers in the zone's engine, and which of them.
struct neighbourhood {
    zone &z;
    u32 first;
    u32 frames; // a set: bit i is frame first + i

    [[nodiscard]] page *at(u32 i) const { return pfn_to_page(z.base + (first + i)); }

    /// Calls visit(page) for each frame of the set.
    template <class Visit>
    void for_each(Visit visit) const
    {
        for (u32 left = frames; left != 0; left &= left - 1)
            visit(at(static_cast<u32>(__builtin_ctz(left))));
    }
};
static_assert(1u << MAX_GUARD_ORDER <= 32, "a set has 32 bits");

neighbourhood around(const page *p)
{
    zone &z = *page_zone(p);
    return {z, (page_pfn(p) - z.base) & ~((1u << debug_guardpage_minorder) - 1), 0};
}

void protect(page *p)
{
    protection how = protection::none;
    if (!PageHighMem(p) && kernel_map_pages(p, 1, linear_map::absent))
        how = protection::unmapped;
    else if (fill_with_poison(p))
        how = protection::poison;
    set_page_private(p, static_cast<unsigned long>(how));
    guards++;
    unmapped_guards += how == protection::unmapped;
}

void unprotect(page *p, const void *caller)
{
    const auto how = static_cast<protection>(page_private(p));
    if (how == protection::unmapped && !kernel_map_pages(p, 1, linear_map::present))
        printk("debug_guardpage: page 0x%05lx cannot be mapped again\n", page_to_pfn(p));
    if (how == protection::poison)
        check_poison(p, "a guard page was written", "freed the block beside it", caller);
    set_page_private(p, 0);
    guards--;
    unmapped_guards -= how == protection::unmapped;
}

/// Takes the free frames of a neighbourhood out of the zone.
neighbourhood take_free(const page *p)
{
    neighbourhood near = around(p);
    const spin_irq_guard guard(near.z.lock);
    for (u32 i = 0; i < 1u << debug_guardpage_minorder; i++) {
        const u32 frame = near.first + i;
        if (frame >= near.z.free_area.size() || !near.z.free_area.is_free(frame) ||
            !near.z.free_area.take_exactly(frame, 0))
            continue;
        near.at(i)->flags |= PG_guard;
        near.frames |= 1u << i;
    }
    return near;
}

/// The guard pages around a block whose neighbours are all guards or free; none if one is in use.
neighbourhood find_guards(const page *p, unsigned order)
{
    neighbourhood near = around(p);
    const u32 block = page_pfn(p) - near.z.base;
    const spin_irq_guard guard(near.z.lock);
    for (u32 i = 0; i < 1u << debug_guardpage_minorder; i++) {
        const u32 frame = near.first + i;
        if (frame >= near.z.free_area.size())
            break;
        if (frame - block < 1u << order || near.z.free_area.is_free(frame))
            continue;
        const u32 flags = near.at(i)->flags;
        if (flags & (PG_quarantine | PG_reserved))
            continue; // nobody uses these
        if (!(flags & PG_guard)) {
            near.frames = 0;
            break;
        }
        near.frames |= 1u << i;
    }
    return near;
}

void give_back(zone &z, page *p)
{
    const spin_irq_guard guard(z.lock);
    p->flags &= ~PG_guard;
    z.free_area.free_one_page(page_pfn(p) - z.base, 0);
}

} // namespace

guard_counts page_guard_counts()
{
    return {guards, unmapped_guards};
}

void set_page_guards(const page *p, unsigned int order)
{
    if (order < debug_guardpage_minorder)
        take_free(p).for_each(protect);
}

void clear_page_guards(const page *p, unsigned int order, const void *caller)
{
    if (order >= debug_guardpage_minorder)
        return;
    const neighbourhood near = find_guards(p, order);
    near.for_each([&](page *each) {
        unprotect(each, caller);
        give_back(near.z, each);
    });
}

void clear_all_page_guards()
{
    for (zone &z : contig_page_data.node_zones)
        for (u32 i = 0; i < z.spanned_pages; i++) {
            const pfn_t pfn = z.zone_start_pfn + i;
            if (!pfn_valid(pfn.raw()) || !(pfn_to_page(pfn)->flags & PG_guard))
                continue;
            unprotect(pfn_to_page(pfn), __builtin_return_address(0));
            give_back(z, pfn_to_page(pfn));
        }
}

static int early_debug_guardpage_minorder(const char *value)
{
    const auto order = parse_u32(value ? value : "");
    if (!order || *order > MAX_GUARD_ORDER) {
        printk(
            "debug_guardpage_minorder: \"debug_guardpage_minorder=%s\" ignored: use 1 to %u, or 0 "
            "for none\n",
            value ? value : "", MAX_GUARD_ORDER);
        return -EINVAL;
    }
    debug_guardpage_minorder = *order;
    page_debug = *order ? page_debug | PAGE_DEBUG_GUARD : page_debug & ~PAGE_DEBUG_GUARD;
    return 0;
}
early_param("debug_guardpage_minorder", early_debug_guardpage_minorder);
