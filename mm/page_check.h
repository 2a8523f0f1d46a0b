// What is wrong with a page that is freed, or about to be handed out: told in one line, and the
// page is put into quarantine. Slow, and only called when something is wrong.
// Linux: bad_page(), page_bad_reason() in mm/page_alloc.c.
#pragma once

#include <mm/mm_types.h>

/// Somebody freed `p` with `order`, and its flags or count forbid that (or `p` is no page at all).
/// Reports what was found and what was expected, and quarantines the page if it is one that is
/// free or doubtful; a block in use of another order stays with its owner.
/// @param caller  return address into who freed. Context: any, takes the zone's lock.
void bad_free(page *p, unsigned int order, const void *caller);
/// A page on its way out of the allocator is not free as it ought to be. Quarantines it.
void bad_alloc(page *p, const void *caller);
