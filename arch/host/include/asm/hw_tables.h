// The only three stores to page tables, host world: the store, told to the observer first.
#pragma once

#include <asm/observe.h>
#include <asm/pgtable-types.h>
#include <asm/world.h>

inline void store_hw_pgd(pmd_t *entry, pmd_t value)
{
    observe(hw_event::store_pgd, from_ptr(entry), value.raw());
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}
inline void store_linux_pte(pte_t *entry, pte_t value)
{
    observe(hw_event::store_linux_pte, from_ptr(entry), value.raw());
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}
inline void store_hw_pte(hw_pte_t *entry, hw_pte_t value)
{
    observe(hw_event::store_pte, from_ptr(entry), value.raw());
    *reinterpret_cast<volatile u32 *>(entry) = value.raw();
}
inline void note_new_table(const void *table, u32 bytes)
{
    observe(hw_event::new_table, from_ptr(table), bytes);
}
