// A given run of frames, taken out of the page allocator as it stands: the ground for CMA.
//
//   alloc_contig_range(start, end)
//     start_isolate_page_range   the pageblocks change their type: nothing is allocated from there
//     drain_all_pages            what CPUs keep of them goes back
//     take                       frame by frame, or nothing at all if one is in use
//     undo_isolate_page_range    the types they had
//
// Pages in use are not moved away yet: a range with one of them is busy.
// Linux: mm/page_isolation.c, alloc_contig_range() in mm/page_alloc.c.
#pragma once

#include <mm/buddy.h>
#include <mm/gfp.h>

/// Takes the frames [start, end) as single pages in use with one reference each.
///
/// @param start, end  frame numbers, all in one zone
/// @param mt          the type that the pageblocks have, and get back: MIGRATE_MOVABLE or _CMA
/// @return 0; -EBUSY: one is in use or not RAM, or stands in a pageblock of another type (as those
///         that somebody else has isolated); -EINVAL: not a range inside one zone (reported).
///         Nothing is changed on failure.
/// Context: any. Undone by free_contig_range(), or page by page.
[[nodiscard]] int alloc_contig_range(unsigned long start, unsigned long end, migratetype mt,
                                     gfp_t gfp);
/// Frees single pages side by side. Linux: the same.
void free_contig_range(unsigned long pfn, unsigned long nr_pages);

/// Makes every pageblock that the range touches MIGRATE_ISOLATE.
/// @return 0; -EBUSY if one is not of type `mt`, -EINVAL if the range is not inside one zone: then
///         nothing is changed
[[nodiscard]] int start_isolate_page_range(unsigned long start, unsigned long end, migratetype mt);
/// Makes them `mt` again.
void undo_isolate_page_range(unsigned long start, unsigned long end, migratetype mt);
/// Are all these frames free, in isolated pageblocks? Linux: test_pages_isolated() == 0.
[[nodiscard]] bool test_pages_isolated(unsigned long start, unsigned long end);
