// What is wrong with a page that is freed, or about to be handed out: told in one line, and the
// page is put into quarantine. Slow, and only called when something is wrong.
//
//   BUG page 0x61234: freed twice (order 0): expected a block in use, found it free in a block of
//       order 3; quarantined; by worker+0x1c/0x40 on cpu 0                            (one line)
//
// All texts stand in one table at the top of mm/page_check.cpp.
// Linux: bad_page(), page_bad_reason() in mm/page_alloc.c.
#pragma once

#include <mm/mm_types.h>

/// Somebody freed `p` with `order`, and its flags or count forbid that (or `p` is no page at all).
/// Reports what was found and what was expected, and quarantines the page if it is one that is
/// free or doubtful; a block in use of another order stays with its owner.
/// @param caller  return address into who freed. Context: any, takes the zone's lock.
void bad_free(page *p, unsigned int order, const void *caller);
/// Somebody freed `addr`, which is not the beginning of a page of lowmem. Nothing is changed.
/// Context: any.
void bad_free_address(unsigned long addr, unsigned int order, const void *caller);
/// A block of 2^order frames that was just taken out of the allocator is not free as it ought to
/// be, or its first page is not. Quarantines the pages that are not, and frees the others.
/// Context: any, takes the zone's lock.
void bad_alloc(page *p, unsigned int order, const void *caller);
