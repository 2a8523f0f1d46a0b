// Is the page allocator what it promises to be? Asked by the console, after each step of fuzzing
// and at the end of every test on the target.
#pragma once

#include <kernel/lib/printer.h>

/// Checks every zone:
///  - the buddy engine's own invariants (buddy::verify)
///  - a free frame has no state, no reference, and names its zone
///  - a page on a CPU's list is not free in the zone too, has no state and no reference, and is on
///    the list that its flags name; each list has as many pages as it says
///  - a block in use does not overlap another one or free memory
///  - managed pages = free + on lists + in use + set aside
///
/// @return  number of lines printed to `out`, each naming a frame or zone and what is wrong
/// Context: no other CPU uses its lists; takes each zone's lock. O(frames).
u32 verify_pages(const printer &out);
