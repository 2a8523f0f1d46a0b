// Instructions that may fault, and where to go on when they do.
//
// Each record pairs the address of a load or store with its fixup. The data abort handler looks
// the PC up before it calls anything an oops. Linux: asm/extable.h, arch/arm/mm/extable.c.
#pragma once

#include <asm/page.h>

struct exception_table_entry {
    u32 insn, fixup;
};

/// The fixup for a fault at `pc`, or 0. Context: any.
u32 search_exception_table(u32 pc);

/// Reads the word at `va` into `value`, whatever the tables say.
///
/// @param va  word-aligned
/// @return    0, or -EFAULT when the access faulted (`value` is untouched then)
/// Context: any with the vectors in place. Linux: get_kernel_nofault().
[[nodiscard]] int probe_kernel_read(virt_addr_t va, u32 &value);
