// debug_guardpage_minorder=N: blocks of an order below N stand among pages that nobody may touch.
//
//   order N   | ALLOCATED | guard | guard ... guard |     what is free of the 2^N frames around a
//                                                         block becomes guard pages with it
//
// Guard pages are taken out of lowmem's map, so that running off a block faults at once. Where that
// cannot be - high pages have no address, and lowmem beside the image is mapped by sections - they
// are filled with poison instead, which is checked when they are released.
// They are released when no block among the 2^N frames is in use any more.
// Linux: debug_guardpage_minorder and debug_pagealloc, mm/page_alloc.c (set_page_guard; there the
// halves that expand() splits off), arch kernel_map_pages().
#pragma once

#include <mm/mm_types.h>
#include <mm/mmzone.h>

/// Half of the highest order, as in Linux: 32 pages for each single one.
constexpr unsigned MAX_GUARD_ORDER = (MAX_ORDER - 1) / 2;
/// N, 0 for none. Set by the command line, or by a test before it switches guards on.
extern unsigned debug_guardpage_minorder;

struct guard_counts {
    u32 pages;    ///< guard pages now
    u32 unmapped; ///< those that fault
};
[[nodiscard]] guard_counts page_guard_counts();

/// Makes guard pages around a block that was just allocated. Context: as its owner, no lock held.
void set_page_guards(const page *p, unsigned int order);
/// Releases the guard pages around a block that is about to be free, if no other block needs them.
/// Context: as its owner, no lock held; the block is not in its zone yet.
void clear_page_guards(const page *p, unsigned int order, const void *caller);
/// Releases all. Context: no other CPU allocates or frees meanwhile.
void clear_all_page_guards();

// What the architecture does for it.

enum class linear_map : u8 { absent, present };

/// Lets the linear addresses of the frames [p, p + count) fault, or work again.
/// @return false, and nothing is changed: they have no addresses of their own, or are mapped in
///         pieces that are too large. Context: any. TLB: flushed. Linux: __kernel_map_pages().
[[nodiscard]] bool kernel_map_pages(const page *p, u32 count, linear_map wanted);
/// Breaks lowmem's sections into pages where nothing speaks against it, for kernel_map_pages().
/// @return pages that are mapped by themselves now. Context: boot, one CPU.
u32 split_linear_map();
