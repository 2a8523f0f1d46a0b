// Sizes as people write them: 64M, 0x10000, 1g.
#pragma once

#include <kernel/lib/types.h>

/// The number at the start of `ptr`: decimal, 0x hexadecimal or 0 octal, and directly behind it
/// K, M or G in either case for 2^10, 2^20, 2^30.
///
/// @param retp  gets where reading stopped, `ptr` itself if there was no digit; may be nullptr
/// @return      the number, 0 without digits, ~0 if it needs more than 64 bits
/// Context: any. Linux: lib/cmdline.c memparse(), which also knows T, P and E and wraps.
u64 memparse(const char *ptr, char **retp);
