// The only three stores to page tables, and the copy of them that the hardware sees.
//
// Callers are few and named (tests/house holds the list): set_pte_ext of each processor, the
// first-level writer in arch/arm/mm/pgd.cpp, clear_table and copy_kernel_half. The host has a
// file of the same name that also tells an observer, which is where the model hooks in.
#pragma once

#include <asm/pgtable-types.h>

/// Stores a hardware first-level entry. No barrier, no clean, no TLB maintenance: the caller's.
inline void store_hw_pgd(pmd_t *entry, pmd_t value)
{
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}
/// Stores a Linux second-level entry, which no hardware reads.
inline void store_linux_pte(pte_t *entry, pte_t value)
{
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}
/// Stores a hardware second-level entry. No barrier, no clean, no TLB maintenance.
inline void store_hw_pte(hw_pte_t *entry, hw_pte_t value)
{
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}

/// Says that `bytes` at `table` are now a table that no CPU walks yet, filled by other means
/// (clear_table, copy_kernel_half). Nothing to do on the machine itself.
inline void note_new_table(const void *, u32) {}
