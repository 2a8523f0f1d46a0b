// Telling the world that a kernel mapping of frames appeared or went away, host world: the
// process maps the same frames of its RAM file there, or nothing.
#pragma once

#include <asm/page.h>

/// [va, va + size) now leads to the frames from `pa`; what is no RAM stays inaccessible.
void note_mapped(virt_addr_t va, phys_addr_t pa, u32 size);
/// [va, va + size) leads nowhere any more.
void note_unmapped(virt_addr_t va, u32 size);
