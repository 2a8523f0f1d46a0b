// From an address to its entries.
//
// Linux: asm/pgtable.h, asm/pgtable-2level.h. The levels pud and pmd are folded into the pgd: a
// pgd entry is the pair of first-level words of one 2 MB slot.
#pragma once

#include <asm/memory.h>
#include <asm/pgtable-hwdef.h>
#include <asm/pgtable-types.h>

/// The pgd entry of `va` in the table `pgd`. Linux: pgd_offset().
inline pgd_t *pgd_offset(pgd_t *pgd, virt_addr_t va)
{
    return pgd + (va.raw() >> PGDIR_SHIFT);
}
/// The first-level word of `va` (its megabyte) in the table `pgd`. Linux: pmd_off().
inline pmd_t *pmd_off(pgd_t *pgd, virt_addr_t va)
{
    return &pgd_offset(pgd, va)->pmd[(va.raw() >> SECTION_SHIFT) & 1];
}
inline bool pmd_none(pmd_t pmd)
{
    return pmd.raw() == 0;
}
inline bool pmd_table(pmd_t pmd)
{
    return l1_kind_of(pmd.raw()) == l1_kind::table;
}
/// The page of Linux and hardware PTEs that a table word points into. Linux: pmd_page_vaddr().
inline pte_t *pmd_page_vaddr(pmd_t pmd)
{
    return static_cast<pte_t *>(__va(phys_addr_t(pmd.raw()).align_down(PAGE_SIZE)));
}
/// Index of `va` among the 512 Linux PTEs of its slot. Linux: pte_index().
constexpr u32 pte_index(virt_addr_t va)
{
    return (va.raw() >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
}
/// The Linux PTE of `va`, below a first-level word that is a table. Linux: pte_offset_kernel().
inline pte_t *pte_offset_kernel(const pmd_t *pmd, virt_addr_t va)
{
    return pmd_page_vaddr(*pmd) + pte_index(va);
}
/// The hardware entry that belongs to a Linux PTE: 2048 bytes above it.
inline hw_pte_t *hw_pte_of(pte_t *ptep)
{
    return reinterpret_cast<hw_pte_t *>(reinterpret_cast<char *>(ptep) + PTE_HWTABLE_OFF);
}

// Protections of kernel pages before the running CPU's memory type is added. Linux: asm/pgtable.h.
constexpr u32 L_PTE_KERNEL = L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_DIRTY;
