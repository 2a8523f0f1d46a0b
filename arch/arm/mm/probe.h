// Finding the end of RAM when no loader says anything.
#pragma once

#include <asm/mach.h>

/// The bank at the start of the board's RAM window, its end found by writing and reading back.
///
/// @param window      where RAM can be; its first 16 MB are mapped and taken for granted
/// @param io_section  first-level word of a device section, without address
/// @return            the bank, a multiple of 1 MB, 16 MB at least
/// Looks one megabyte at a time through a scratch section (uncached, so that the answer is the
/// memory's and not the cache's) and puts back what it found. Memory that is a mirror of lower
/// memory ends the bank. Context: boot, before paging_init. TLB: flushed.
phys_window probe_ram(phys_window window, u32 io_section);
