// page_owner=on: who allocated each block, and who freed it last.
//
// A record for each frame, found by its number; only the record of a block's first frame is used.
// The records are made at boot, before the zones are filled, and only if the command line asks
// for them: 20 bytes a frame, 5 MB for 1 GB.
// Linux: mm/page_owner.c, Documentation/mm/page_owner.rst; tools/vm/page_owner_sort.c.
#pragma once

#include <span>
#include <string_view>

#include <kernel/lib/printer.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>

struct page_owner_record {
    const void *caller;   ///< who allocated it; nullptr: nobody, while this was on
    const void *freed_by; ///< who freed it last; nullptr: nobody
    u32 gfp;
    u32 time_ms; ///< since boot, when it was allocated
    u8 order;
    u8 cpu;
    u8 live; ///< 1: allocated now
};

/// From now on remembers owners of the frames `first`, `first` + 1, ... in `records`, which stay
/// ours until it is called again; none with an empty span. Context: one CPU.
void page_owner_use(pfn_t first, std::span<page_owner_record> records);

/// A block of 2^order frames was allocated; is about to be freed; becomes single pages.
/// Context: any. Linux: set_page_owner(), reset_page_owner(), split_page_owner().
void set_page_owner(const page *p, unsigned int order, gfp_t gfp, const void *caller);
void reset_page_owner(const page *p, unsigned int order, const void *caller);
void split_page_owner(const page *p, unsigned int order);

/// One line each on who allocated the block that holds `p` and who freed it, if that is known:
/// each begins with `before`. Context: any.
void print_page_owner(const printer &out, const page *p, const char *before);
/// The same to the log, as part of a report. Linux: dump_page_owner().
void dump_page_owner(const page *p);

/// The live blocks by call site, most pages first; only sites whose text contains `filter`.
/// @return  how many sites were printed, and how many blocks and pages they hold
/// Context: any; what is allocated meanwhile is counted or not.
struct page_owner_sums {
    u32 sites, blocks, pages;
};
page_owner_sums print_page_owners(const printer &out, std::string_view filter);
