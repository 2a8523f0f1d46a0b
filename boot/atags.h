// The reader of tagged lists (ATAGs), as old loaders and QEMU leave them.
#pragma once

#include <span>

#include <boot/loader_sink.h>

/// Reads a list of tags and tells `sink` what it says: ATAG_MEM, ATAG_CMDLINE, ATAG_INITRD2. Tags
/// of other kinds pass silently.
///
/// @param bytes  the list from its ATAG_CORE on; any bytes of any alignment are survived. A
///               missing ATAG_CORE, a size that cannot be, or a list that ends without ATAG_NONE
///               gets one line and ends the reading; a known tag that is too short gets one line
///               and is skipped.
/// Context: boot. Linux: arch/arm/kernel/atags_parse.c.
void read_atags(std::span<const u8> bytes, loader_sink &sink);
