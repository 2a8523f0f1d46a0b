// page_poison=1: what is freed is filled with 0xaa, and must still be so when it is handed out.
//
// Finds who writes to memory that he has freed, a use after free, when the page is allocated next.
// The flag PG_poison says of a free page that it is filled: pages that were freed before this was
// switched on are not checked.
// Linux: mm/page_poison.c, include/linux/poison.h.
#pragma once

#include <mm/mm_types.h>

constexpr u8 PAGE_POISON = 0xaa;

/// Frames that were filled, checked, found damaged; and high ones for which there was no slot.
struct poison_counts {
    u32 filled, checked, damaged, skipped;
};
extern poison_counts page_poison_counts;

/// Fills 2^order frames that are about to be free. Context: as their owner.
/// Linux: kernel_poison_pages().
void poison_pages(page *p, unsigned int order);
/// Checks those of 2^order frames that are filled. What differs is reported, with its bytes, and
/// filled again: the page is handed out, its contents are promised to nobody.
/// Context: as their new owner. Linux: kernel_unpoison_pages().
void unpoison_pages(page *p, unsigned int order, const void *caller);
/// No page counts as filled any more. Context: no other CPU allocates or frees meanwhile.
void forget_poison();

/// The same for one page, without its flag: for guard pages. High pages are mapped for the time.
/// @param what   "written after it was freed"
/// @param found  "allocated it"
/// @return false if it was damaged, or could not be looked at
bool fill_with_poison(page *p);
bool check_poison(page *p, const char *what, const char *found, const void *caller);
