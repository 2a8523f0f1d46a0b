// A CPU's way to its lists of free pages, in one look-up each: by a GFP mask's low bits when
// allocating, by a page's flags when freeing. Internal to the page allocator.
//
// A mask that contradicts itself, a zone without pages and everything before the zones exist lead
// to a list that is always empty. The end of a list is a page too, one that looks as if it were in
// use: so "the list is empty" and "this page is not free" are one test on the fast path.
#pragma once

#include <mm/memory_model.h>
#include <mm/mmzone.h>

/// What a list ends with. Never handed out: it is marked reserved.
extern page page_list_end;
extern pcp_list no_page_list; ///< always empty

constexpr u32 PAGE_LIST_INDEXES = 16; // zone and migrate type of a page: four bits of its flags

struct page_lists {
    pcp_list *lists[PAGE_LIST_INDEXES];
};
struct gfp_lists {
    pcp_list *lists[1u << GFP_WHERE_BITS];
};
extern page_lists lists_by_flags[NR_CPUS];
extern gfp_lists lists_by_gfp[NR_CPUS];

/// A table of lists that are all empty.
template <class Lists>
constexpr Lists no_lists()
{
    Lists table{};
    for (pcp_list *&list : table.lists)
        list = &no_page_list;
    return table;
}

/// The list of this CPU that a freed page with these flags goes to. Context: interrupts off.
inline pcp_list *list_of_flags(u32 flags)
{
    return lists_by_flags[raw_smp_processor_id()]
        .lists[flags >> PAGE_MT_SHIFT & (PAGE_LIST_INDEXES - 1)];
}
/// The list of this CPU that a mask takes single pages from. Context: interrupts off.
inline pcp_list *list_of_gfp(gfp_t gfp)
{
    return lists_by_gfp[raw_smp_processor_id()].lists[(gfp & GFP_WHERE_MASK).raw()];
}

/// Where blocks come from, by a mask's low bits: the best zone and the type; and where they go back
/// to, by a page's zone. nullptr where the long way must be taken: always while page_debug is not
/// 0.
struct block_target {
    zone *from;
    migratetype mt;
};
extern block_target block_targets[1u << GFP_WHERE_BITS];
extern zone *block_zones[MAX_NR_ZONES];

/// The page of a frame of a zone, and back.
inline page *page_of_frame(const zone &z, u32 frame)
{
#if defined(CONFIG_SPARSEMEM)
    return pfn_to_page(z.base + frame);
#else
    return z.frames + frame;
#endif
}
inline u32 frame_of_page(const zone &z, const page *p)
{
#if defined(CONFIG_SPARSEMEM)
    return page_pfn(p) - z.base;
#else
    return static_cast<u32>(p - z.frames);
#endif
}

/// Points every look-up to where the zonelists lead now. Called by build_all_zonelists() and when
/// lists are switched off or on. Context: no CPU uses its lists.
void setup_page_lists();
/// Gives the lists of every zone that has pages their sizes, or none while page_debug is not 0.
void setup_pagesets();

/// What a mask means: its zone, its migrate type, its zones in order.
struct gfp_meaning {
    zone_type highest; ///< MAX_NR_ZONES: the mask contradicts itself
    migratetype mt;
};
[[nodiscard]] gfp_meaning what_gfp_means(gfp_t gfp);

// Slow paths: mm/page_alloc_zone.cpp.

/// alloc_pages() without the CPU's list. @param caller  return address into who asked
[[nodiscard]] page *__alloc_pages(gfp_t gfp, unsigned int order, const void *caller);
/// Gives a batch back to the zone, because the list has grown over its size.
void free_pcp_batch(pcp_list *list, const void *caller);
/// Frees a block whose flags and count have been checked and cleared, into its zone.
void free_to_zone(page *p, unsigned int order);
/// The last reference is gone: what __free_pages() does then.
void free_the_page(page *p, unsigned int order, const void *caller);
/// Makes 2^order frames, just taken from a zone, a block in use.
/// @return false if one of them is not free as it should be (reported, quarantined)
[[nodiscard]] bool prep_new_page(page *p, unsigned int order, gfp_t gfp, migratetype mt);
/// Fills 2^order frames with zeroes, mapping high ones for the time.
void clear_pages(page *p, unsigned int order);
