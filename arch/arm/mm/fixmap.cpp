// Fixmap: single pages at fixed addresses. The picture is in <asm/fixmap.h>.
//
// Linux: arch/arm/mm/mmu.c (__set_fixmap).
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/fixmap.h>
#include <asm/image.h>
#include <asm/mapped.h>
#include <asm/pgtable.h>
#include <asm/proc-fns.h>
#include <asm/tlbflush.h>
#include <kernel/core/printk.h>

pte_t *fixmap_pte(u32 index)
{
    return static_cast<pte_t *>(to_ptr(kernel_image.fixmap_table)) + pte_index(fix_to_virt(index));
}

void __set_fixmap(u32 index, phys_addr_t phys, pgprot_t prot)
{
    if (index >= __end_of_fixed_addresses) {
        printk("__set_fixmap: slot %u refused: there are %u\n", index, +__end_of_fixed_addresses);
        return;
    }
    pte_t *const pte = fixmap_pte(index);
    const virt_addr_t va = fix_to_virt(index);
    if (!pte_none(*pte)) {
        printk("__set_fixmap: slot %u (0x%08x) refused: it maps frame %#x\n", index, va.raw(),
               pte_pfn(*pte).raw());
        return;
    }
    set_pte_ext(pte, pfn_pte(PFN_DOWN(phys), prot), pte_ext::global);
    dsb();
    isb();
    note_mapped(va, phys.align_down(PAGE_SIZE), PAGE_SIZE);
}

void clear_fixmap(u32 index)
{
    if (index >= __end_of_fixed_addresses) {
        printk("clear_fixmap: slot %u refused: there are %u\n", index, +__end_of_fixed_addresses);
        return;
    }
    pte_t *const pte = fixmap_pte(index);
    const virt_addr_t va = fix_to_virt(index);
    if (pte_none(*pte))
        return;
    if (cache_knows_addresses())
        flush_dcache_area(va, PAGE_SIZE);
    set_pte_ext(pte, pte_t(0), pte_ext::global);
    flush_tlb_kernel_range(va, va + PAGE_SIZE);
    note_unmapped(va, PAGE_SIZE);
}
