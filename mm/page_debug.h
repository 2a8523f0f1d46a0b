// What can be asked of the page allocator on the command line, at a price.
//
//   page_poison=1                fill what is freed, check it when it is handed out again
//   page_owner=on                who allocated each block: call site, order, gfp, task
//   debug_guardpage_minorder=N   blocks of an order below N have untouchable neighbours
//   fail_page_alloc=...          let the n-th allocation fail
//   init_on_alloc=1              zeroes are handed out, whoever asks (objects too: mm/slub_debug.cpp)
//   init_on_free=1               zeroes are what is left of what was freed, unless it is poisoned
//
// With any of them on, CPUs keep no lists of pages (pcp_list::high is 0), so that every page goes
// through the zone, where these hooks stand; with none on they cost nothing at all.
// Each has a file of its own: mm/page_poison.cpp, page_owner.cpp, debug_guardpage.cpp,
// fail_page_alloc.cpp; mm/page_debug.cpp calls them.
// Linux: the same names; fail_page_alloc in mm/page_alloc.c.
#pragma once

#include <kernel/lib/printer.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>

constexpr u32 PAGE_DEBUG_POISON = 1, PAGE_DEBUG_OWNER = 2, PAGE_DEBUG_GUARD = 4,
              PAGE_DEBUG_FAIL = 8, PAGE_DEBUG_INIT_ALLOC = 16, PAGE_DEBUG_INIT_FREE = 32;
/// Which are on. Only page_debug_set() changes it after boot, which empties CPUs' lists first.
extern u32 page_debug;

/// Switches options on and off: those of `options` are on from now on, and no others.
/// page_owner needs records (page_owner_use) and guard pages an order (debug_guardpage_minorder).
/// Context: no other CPU allocates or frees meanwhile.
void page_debug_set(u32 options);
/// What the options on the command line need before there are pages: records of owners, lowmem
/// mapped by pages. Takes it from bootmem; says so if there is none, and goes on without.
/// Context: boot, when the zones are made, but not filled.
void page_debug_init();
/// Reads the value of a switch: 1, 0, on, off, y or n. Else one line says what would be right.
/// @return 0, or -EINVAL. Context: boot. Linux: kstrtobool().
int page_debug_param(const char *name, const char *value, u32 option);
/// Which options are on, and what they have seen. Context: any.
void print_page_debug(const printer &out);

/// A block leaves the zone. @param caller  return address into who asked
/// Context: no lock held. Linux: post_alloc_hook().
void post_alloc_hook(page *page, unsigned int order, gfp_t gfp, const void *caller);
/// A block that has passed all checks goes back to its zone. Linux: free_pages_prepare().
void free_pages_prepare_hook(page *page, unsigned int order, const void *caller);
/// A block becomes single pages. Context: as its owner.
void split_page_hook(page *page, unsigned int order);
/// Shall this allocation fail? Linux: should_fail_alloc_page().
[[nodiscard]] bool should_fail_alloc_page(gfp_t gfp, unsigned int order);
