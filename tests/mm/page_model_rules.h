// What the page allocator may answer, and what must be in a page: the rules of tests/mm/page_model.h,
// each written as naively as can be.
#pragma once

#include <mm/highmem.h>
#include <mm/page_alloc.h>

namespace page_model {

constexpr u32 FRAMES = 34 * SZ_1M / PAGE_SIZE; ///< of the machine: from the first frame of RAM
/// Where a call may take from, and how deep; the last five are refused.
constexpr gfp_t masks[] = {
    GFP_KERNEL,
    GFP_KERNEL | __GFP_MOVABLE,
    GFP_KERNEL | __GFP_RECLAIMABLE,
    GFP_HIGHUSER,
    GFP_HIGHUSER_MOVABLE,
    GFP_DMA,
    GFP_DMA | GFP_KERNEL | __GFP_MOVABLE,
    GFP_ATOMIC,
    GFP_ATOMIC | __GFP_HIGHMEM | __GFP_MOVABLE,
    GFP_NOWAIT,
    GFP_KERNEL | __GFP_MEMALLOC,
    GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC,
    GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC,
    GFP_NOFS | __GFP_HIGH | __GFP_DMA32,
    GFP_KERNEL | __GFP_DMA | __GFP_HIGHMEM,
    GFP_KERNEL | __GFP_DMA | __GFP_DMA32,
    GFP_KERNEL | __GFP_HIGHMEM | __GFP_DMA32,
    GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE,
    GFP_HIGHUSER_MOVABLE | __GFP_DMA,
};
constexpr u32 MASKS = sizeof masks / sizeof *masks;
constexpr bool is_refused(gfp_t gfp)
{
    const auto has = [=](gfp_t flag) { return static_cast<u32>(static_cast<bool>(gfp & flag)); };
    return has(__GFP_DMA) + has(__GFP_HIGHMEM) + has(__GFP_DMA32) > 1 ||
           has(__GFP_MOVABLE) + has(__GFP_RECLAIMABLE) > 1;
}

enum class kind : u8 { block, compound, singles, exact, range };
struct allocation {
    page *first;
    u32 pages;
    u32 references;
    kind what;
};

// ------------------------------------------------------------------ one frame

inline u32 frame(const page *p)
{
    return page_pfn(p) - PHYS_PFN_OFFSET;
}
inline page *page_at(u32 frame)
{
    return pfn_to_page(PHYS_PFN_OFFSET + frame);
}

/// Calls visit(words) with the page mapped.
template <class Visit>
void with_page(page *p, Visit visit)
{
    u32 *words = static_cast<u32 *>(kmap_local_page(p));
    visit(words);
    kunmap_local(words);
}
/// Pages of an allocation whose contents are looked at: of high ones, which must be mapped for
/// it, the first and the last.
inline bool is_stamped(const allocation &a, u32 i)
{
    return !PageHighMem(a.first) || i == 0 || i == a.pages - 1;
}
constexpr u32 LAST_WORD = PAGE_SIZE / 4 - 1;
inline u32 stamp_of(const page *p)
{
    return frame(p) * 2654435761u + 12345;
}

inline const char *check_zeroes(const allocation &a)
{
    u32 found = 0;
    for (u32 i = 0; i < a.pages; i++)
        if (is_stamped(a, i))
            with_page(a.first + i, [&](const u32 *words) {
                found |= words[0] | words[LAST_WORD / 2] | words[LAST_WORD];
            });
    return found != 0 ? "a page is not zeroed" : nullptr;
}
inline void stamp(const allocation &a)
{
    for (u32 i = 0; i < a.pages; i++)
        if (is_stamped(a, i))
            with_page(a.first + i, [&](u32 *words) {
                words[0] = words[LAST_WORD / 2] = words[LAST_WORD] = stamp_of(a.first + i);
            });
}
inline const char *check_stamp(const allocation &a)
{
    bool intact = true;
    for (u32 i = 0; i < a.pages; i++)
        if (is_stamped(a, i))
            with_page(a.first + i, [&](u32 *words) {
                intact &= words[0] == stamp_of(a.first + i) && words[LAST_WORD] == words[0] &&
                          words[LAST_WORD / 2] == words[0];
                words[0] = words[LAST_WORD / 2] = words[LAST_WORD] = 0xdeadbeef;
            });
    return intact ? nullptr : "somebody else wrote into a page";
}

// ------------------------------------------------------------------ why not?

/// Pages that must stay in the zone.
inline u32 must_stay(const zone &z, gfp_t gfp)
{
    if (gfp & __GFP_MEMALLOC && !(gfp & __GFP_NOMEMALLOC))
        return 0;
    u32 min = z.watermark[WMARK_MIN];
    if (gfp & __GFP_HIGH)
        min = min - min / 2;
    if (gfp & __GFP_HIGH && gfp & __GFP_ATOMIC)
        min = min - min / 4;
    return min + z.lowmem_reserve[gfp_zone(gfp)];
}
/// Is there an aligned block of free frames that may be handed out?
inline bool has_block(zone &z, unsigned order)
{
    const spin_irq_guard guard(z.lock);
    const u32 pages = 1u << order;
    for (u32 at = 0; at + pages <= z.free_area.size(); at += pages) {
        u32 free = 0;
        while (free < pages && z.free_area.is_free(at + free))
            free++;
        if (free == pages && z.free_area.block_type(at) < MIGRATE_PCPTYPES)
            return true;
    }
    return false;
}
/// nullptr if it is right that there was none.
inline const char *why_none(gfp_t gfp, unsigned order)
{
    if (is_refused(gfp) || order >= MAX_ORDER)
        return nullptr;
    for (zone &z : contig_page_data.node_zones) {
        if (z.index > gfp_zone(gfp) || !z.populated())
            continue;
        u32 usable = 0;
        {
            const spin_irq_guard guard(z.lock);
            usable = z.free_area.nr_usable();
        }
        const u32 needed = gfp & __GFP_MEMALLOC && !(gfp & __GFP_NOMEMALLOC)
                               ? 0
                               : must_stay(z, gfp) + (1u << order);
        if (usable >= needed && has_block(z, order))
            return "there was a block, and it was not given";
        if (gfp & __GFP_DIRECT_RECLAIM)
            for (const pcp_list &list : z.pageset[host_cpu].lists)
                if (list.count() != 0)
                    return "there were pages on this CPU's lists, and it did not look there";
    }
    return nullptr;
}
/// Pages of the zones that a block may come from, now.
struct usable_pages {
    u32 of[MAX_NR_ZONES];
};
inline usable_pages usable_now()
{
    usable_pages now{};
    for (zone &z : contig_page_data.node_zones) {
        if (!z.populated())
            continue;
        const spin_irq_guard guard(z.lock);
        now.of[z.index] = z.free_area.nr_usable();
        for (const pcp_list &list : z.pageset[host_cpu].lists)
            now.of[z.index] += list.count();
    }
    return now;
}

inline const char *why_busy(zone &z, pfn_t start, u32 pages)
{
    const spin_irq_guard guard(z.lock);
    for (u32 at = start - z.base; at < start - z.base + pages; at++)
        if (!z.free_area.is_free(at) || z.free_area.block_type(at) != MIGRATE_MOVABLE)
            return nullptr;
    return "a range was refused although all of it was free";
}
} // namespace page_model
