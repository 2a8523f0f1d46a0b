// What is said when there is no page: how much of what is left where.
// Linux: lib/show_mem.c, mm/page_alloc.c (warn_alloc, show_free_areas).
#pragma once

#include <kernel/lib/printer.h>
#include <mm/gfp.h>

/// "page allocation failure: order:3, mode:0xcc0(GFP_KERNEL)" with the caller and the zones, unless
/// the mask has __GFP_NOWARN or ten were printed within five seconds. Context: any.
void warn_alloc(gfp_t gfp, unsigned int order, const void *caller);
/// The next failure is printed, however many were before it: for tests.
void forget_warnings();
/// The zones: free pages, watermarks, and free blocks of each order. Linux: show_free_areas().
void show_free_areas(const printer &out);
/// The mask in words, "GFP_KERNEL|__GFP_ZERO". Linux: %pGg.
void print_gfp(const printer &out, gfp_t gfp);
