// Runs of small pages: the second-level tables of the vmalloc range.
//
//   vmap_page_range_noflush (mm/vmalloc.cpp), for each 2 MB slot
//     pte_alloc_kernel        its table; made, cleared, linked in every pgd if there is none
//     set_pte_run             two words an entry, as set_pte_ext writes them
//
// The words of a run differ in the frame alone, so the processor is asked once for all other bits;
// and lines of hardware entries, eight to a line, are cleaned when the run is written, where walks
// do not see the data cache. Linux: mm/memory.c (__pte_alloc_kernel), arch/arm/mm/flush.c.
#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/vmap.h>
#include <asm/cacheflush.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/proc-fns.h>
#include <asm/vmap.h>
#include <kernel/lib/init.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>

pgprot_t pgprot_kernel()
{
    return mem_types[MT_MEMORY_RW].prot_pte;
}

pte_t *lookup_kernel_pte(virt_addr_t va)
{
    const pmd_t *const pmd = pmd_off(init_mm.pgd, va);
    return pmd_table(*pmd) ? pte_offset_kernel(pmd, va) : nullptr;
}

namespace {

/// Links a fresh table into the slot of `va`, unless another CPU was faster.
/// @return the table if it is not needed
void *link_table(virt_addr_t va, void *table)
{
    const spin_guard guard(pgd_lock);
    if (!pmd_none(*pmd_off(init_mm.pgd, va)))
        return table;
    page_table_bytes += PAGE_SIZE;
    __pmd_populate(va, __pa(table), mem_types[MT_MEMORY_RW].prot_l1);
    return nullptr;
}

/// Linux: __pte_alloc_kernel().
[[gnu::noinline]] pte_t *make_table(virt_addr_t va)
{
    const pgd_t *const slot = pgd_offset(init_mm.pgd, va);
    if (!pmd_none(slot->pmd[0]) || !pmd_none(slot->pmd[1]))
        return nullptr; // sections
    void *const table = alloc_table_page();
    if (!table)
        return nullptr;
    clear_table(static_cast<pte_t *>(table));
    if (void *unused = link_table(va, table))
        free_page(reinterpret_cast<unsigned long>(unused));
    return lookup_kernel_pte(va);
}

void clean_entries(const hw_pte_t *first, u32 count)
{
    if (walks_are_coherent())
        return;
    const virt_addr_t end = from_ptr(first + count);
    for (virt_addr_t va = from_ptr(first).align_down(DCACHE_LINE); va < end; va += DCACHE_LINE)
        clean_line_pou(to_ptr(va));
}

} // namespace

pte_t *pte_alloc_kernel(virt_addr_t va)
{
    pte_t *const pte = lookup_kernel_pte(va);
    return __builtin_expect(pte != nullptr, 1) ? pte : make_table(va);
}

u32 set_pte_run(pte_t *first, struct page *const *pages, u32 count, pgprot_t prot)
{
    const u32 hw_bits = processor.hw_pte(pte_t(prot.raw()), pte_ext::global).raw();
    hw_pte_t *const hw = hw_pte_of(first);
    u32 done = 0;
    for (; done < count && pte_none(first[done]); done++) {
        const u32 frame = page_to_phys(pages[done]).raw();
        if (cache_knows_addresses())
            flush_dcache_page(pages[done]);
        store_linux_pte(first + done, pte_t(frame | prot.raw()));
        store_hw_pte(hw + done, hw_pte_t(frame | hw_bits));
    }
    if (done != 0)
        clean_entries(hw, done);
    return done;
}

void clear_pte_run(pte_t *first, u32 count)
{
    hw_pte_t *const hw = hw_pte_of(first);
    for (u32 i = 0; i < count; i++) {
        store_linux_pte(first + i, pte_t(0));
        store_hw_pte(hw + i, hw_pte_t(0));
    }
    clean_entries(hw, count);
}

void flush_dcache_page(struct page *page)
{
    if (!cache_knows_addresses())
        return;
    if (!PageHighMem(page)) {
        flush_dcache_area(from_ptr(lowmem_page_address(page)), PAGE_SIZE);
    } else if (void *at = kmap_high_get(page)) {
        flush_dcache_area(from_ptr(at), PAGE_SIZE);
        kunmap_high(page);
    }
}

void __init vmalloc_areas_init()
{
    vmalloc_init(kernel_layout.vmalloc_start, VMALLOC_END);
    virt_addr_t lowest = VMALLOC_END;
    for (u32 i = 0; i < machine.nr_io_map; i++) {
        const map_desc &map = machine.io_map[i];
        vm_area_add_static(map.va, map.length, VM_IOREMAP, PFN_PHYS(map.pfn));
        lowest = map.va < lowest ? map.va : lowest;
    }
    // What is left of their slots, which are all sections, so that no table can come there; and the
    // slot below, whose first-level words faults on purpose change (arch/arm/kernel/crash.cpp).
    const virt_addr_t scratch = VMALLOC_END - static_maps_size() - PGDIR_SIZE;
    vm_area_add_static(scratch, lowest - scratch, 0, phys_addr_t(0));
}
