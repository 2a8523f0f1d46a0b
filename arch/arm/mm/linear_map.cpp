// Single pages of lowmem taken out of the linear map, and put back: what guard pages need.
//
//   split_linear_map()   at boot: all 2 MB slots that do not hold the image become pages
//   kernel_map_pages()   afterwards: one PTE a page, absent or as map_lowmem would have written it
//
// Out: valid to invalid, so DSB, TLBI, DSB, ISB. In: invalid to valid, so DSB and ISB. Whoever
// calls owns the frames, and so their PTEs: no lock. An ARMv5 or ARMv6 cache that knows the page by
// its address may keep lines of it, also dirty ones; they stay true, for nobody else writes the
// frame before it is mapped at the same address again.
// Linux: arch/*/mm/pageattr.c __kernel_map_pages() (ARM32 has none).
#include <arch/arm/mm/mm.h>

#include <asm/barrier.h>
#include <asm/mapped.h>
#include <asm/tlbflush.h>
#include <mm/debug_guardpage.h>
#include <mm/memory_model.h>

namespace {

/// The Linux PTE of a linear address, or nullptr: no lowmem, or mapped by a section.
pte_t *linear_pte(virt_addr_t va)
{
    if (va < PAGE_OFFSET || va >= linear_va(kernel_layout.lowmem_limit) || !init_mm.pgd)
        return nullptr;
    const pmd_t *pmd = pmd_off(init_mm.pgd, va);
    return pmd_table(*pmd) ? pte_offset_kernel(pmd, va) : nullptr;
}

pte_t mapped(virt_addr_t va)
{
    return pfn_pte(PFN_DOWN(linear_pa(va)), mem_types[MT_MEMORY_RW].prot_pte);
}

/// Is every page of [va, va + size) mapped by itself, as `expected` says?
bool all_are(virt_addr_t va, u32 size, linear_map expected)
{
    for (u32 at = 0; at < size; at += PAGE_SIZE) {
        const pte_t *pte = linear_pte(va + at);
        const u32 word = expected == linear_map::present ? mapped(va + at).raw() : 0;
        if (!pte || pte->raw() != word)
            return false;
    }
    return true;
}

} // namespace

bool kernel_map_pages(const page *p, u32 count, linear_map wanted)
{
    const virt_addr_t va = linear_va(page_to_phys(p));
    const u32 size = count * PAGE_SIZE;
    const bool in = wanted == linear_map::present;
    if (PageHighMem(p) || !all_are(va, size, in ? linear_map::absent : linear_map::present))
        return false;
    for (u32 at = 0; at < size; at += PAGE_SIZE)
        set_pte_ext(linear_pte(va + at), in ? mapped(va + at) : pte_t(0), pte_ext::global);
    if (!in) {
        flush_tlb_kernel_range(va, va + size);
        note_unmapped(va, size);
        return true;
    }
    dsb();
    isb();
    note_mapped(va, linear_pa(va), size);
    return true;
}

u32 split_linear_map()
{
    u32 pages = 0;
    const virt_addr_t end = linear_va(kernel_layout.lowmem_limit);
    for (virt_addr_t slot = PAGE_OFFSET; slot < end; slot += PGDIR_SIZE)
        if (split_sections(slot) == split_result::done)
            pages += PGDIR_SIZE / PAGE_SIZE;
    return pages;
}
