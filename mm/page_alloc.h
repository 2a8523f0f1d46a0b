// Pages: the allocator that all others stand on.
//
//   alloc_pages(gfp, order)
//     order 0: the CPU's own list for the mask's zone and type          mm/page_alloc.cpp
//       empty, or a larger order, or a mask that needs thought:
//     __alloc_pages: zone after zone of the zonelist, above watermark   mm/page_alloc_zone.cpp
//       rmqueue: refill the CPU's list, or the zone's buddy allocator   mm/buddy.h
//       another migrate type's blocks when one's own are all used
//     none: one report "page allocation failure", and nullptr
//
//   __free_pages(page, order)
//     the page's flags and count say in one compare each that this block may be freed
//     order 0: onto the CPU's list of its zone and type, a batch back to the buddy when full
//
// Freed wrongly - twice, with another order, in the middle, not a page at all - is reported, and
// what is doubtful goes into quarantine: it is never handed out again, and the machine goes on.
// Linux: mm/page_alloc.c, include/linux/gfp.h.
// Context of everything here, if not said otherwise: any, also interrupts; nothing sleeps yet, for
// nothing can be reclaimed. Takes the zone's lock, innermost. TLB, caches: none.
#pragma once

#include <asm/memory.h>
#include <mm/gfp.h>
#include <mm/highmem.h>
#include <mm/memory_model.h>
#include <mm/mmzone.h>

/// A block of 2^order frames, with one reference, contents as found (__GFP_ZERO: zeroes).
///
/// @param gfp    where from and how hard to try; a mask that contradicts itself is refused
/// @param order  0 to MAX_ORDER - 1
/// @return       page of the first frame, which is a multiple of 2^order; nullptr if there is none
///               (reported unless __GFP_NOWARN). Freed by __free_pages() with the same order.
[[nodiscard]] struct page *alloc_pages(gfp_t gfp, unsigned int order);
// (The short forms are always inlined: reports name who called them.)
[[nodiscard, gnu::always_inline]] inline struct page *alloc_page(gfp_t gfp)
{
    return alloc_pages(gfp, 0);
}
/// The same, as an address. __GFP_HIGHMEM is refused: such a page has none.
/// @return lowmem address, or 0
[[nodiscard]] unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
[[nodiscard, gnu::always_inline]] inline unsigned long __get_free_page(gfp_t gfp)
{
    return __get_free_pages(gfp, 0);
}
/// One page of zeroes.
[[nodiscard]] unsigned long get_zeroed_page(gfp_t gfp);

/// Gives back the caller's reference; the last one frees the block.
/// @param order  the one it was allocated with
void __free_pages(struct page *page, unsigned int order);
[[gnu::always_inline]] inline void __free_page(struct page *page)
{
    __free_pages(page, 0);
}
/// The same, by lowmem address; 0 is ignored.
void free_pages(unsigned long addr, unsigned int order);
[[gnu::always_inline]] inline void free_page(unsigned long addr)
{
    free_pages(addr, 0);
}

/// One more user, and one less: the last one frees a block of any order. Linux: get_page().
void get_page(struct page *page);
void put_page(struct page *page);

/// `count` single pages at once, into `pages`; cheaper than one by one.
/// @return how many there were: less than `count` only if memory is short (reported as one failure)
[[nodiscard]] u32 alloc_pages_bulk(gfp_t gfp, u32 count, struct page **pages);
void free_pages_bulk(u32 count, struct page **pages);

/// A run of just the frames that `bytes` need, out of a larger block whose tail is given back.
/// @return lowmem address of single pages side by side, or nullptr. Linux: alloc_pages_exact().
[[nodiscard]] void *alloc_pages_exact(size_t bytes, gfp_t gfp);
void free_pages_exact(void *virt, size_t bytes);
/// Makes 2^order single pages of a block that is not compound; each is freed by itself.
void split_page(struct page *page, unsigned int order);

/// Free pages of all zones, those on CPUs' lists included; for buffers: without high ones.
[[nodiscard]] unsigned long nr_free_pages();
[[nodiscard]] unsigned long nr_free_buffer_pages();

struct sysinfo {
    unsigned long totalram, freeram, totalhigh, freehigh; ///< in units of mem_unit
    unsigned int mem_unit;                                ///< bytes
};
/// Linux: si_meminfo().
void si_meminfo(struct sysinfo *val);
extern unsigned long totalram_pages, totalhigh_pages;

/// All pages that CPUs keep go back to their zones. Only this CPU's can be taken by it: the others
/// must be parked, or are asked. Linux: drain_all_pages().
void drain_all_pages();
void drain_local_pages();
