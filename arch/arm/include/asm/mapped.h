// Telling the world that a kernel mapping of frames appeared or went away.
//
// On the machine the tables say it all. The host has a file of the same name where a process must
// be made to see the frames at their new place (a second mmap of them), and to lose them again.
// Whoever stores entries for kernel addresses calls these beside his barriers and flushes.
#pragma once

#include <asm/page.h>

/// [va, va + size) now leads to the frames from `pa`. Multiples of PAGE_SIZE.
inline void note_mapped(virt_addr_t, phys_addr_t, u32) {}
/// [va, va + size) leads nowhere any more.
inline void note_unmapped(virt_addr_t, u32) {}
