// What can be asked of the page allocator on the command line, at a price.
//
//   page_poison=1                fill what is freed, check it when it is handed out again
//   page_owner=on                who allocated each block: call site, order, gfp, task
//   debug_guardpage_minorder=N   blocks of order N and more come with untouchable neighbours
//   fail_page_alloc=...          let the n-th allocation fail
//
// With any of them on, CPUs keep no lists of pages (pcp_list::high is 0), so that every page goes
// through the zone, where these hooks stand; with none on they cost nothing at all.
// Linux: mm/page_poison.c, page_owner.c, fail_page_alloc in mm/page_alloc.c.
#pragma once

#include <mm/gfp.h>
#include <mm/mm_types.h>

constexpr u32 PAGE_DEBUG_POISON = 1, PAGE_DEBUG_OWNER = 2, PAGE_DEBUG_GUARD = 4,
              PAGE_DEBUG_FAIL = 8;
/// Which are on. Only page_debug_set() changes it after boot, which empties CPUs' lists first.
extern u32 page_debug;

/// A block leaves the zone. @param caller  return address into who asked
/// Context: no lock held. Linux: post_alloc_hook().
void post_alloc_hook(page *page, unsigned int order, gfp_t gfp, const void *caller);
/// A block that has passed all checks goes back to its zone. Linux: free_pages_prepare().
void free_pages_prepare_hook(page *page, unsigned int order, const void *caller);
/// Shall this allocation fail? Linux: should_fail_alloc_page().
[[nodiscard]] bool should_fail_alloc_page(gfp_t gfp, unsigned int order);
