// Splitting lowmem's sections into pages, and merging them back, with the MMU on.
//
// A section and the 256 pages that replace it are different sizes for one address: until every
// TLB has forgotten the section, a CPU may find both (DDI 0406C B3.10.1, "break before make").
// So:
//
//   1. the table is filled with equal pages while nobody walks it        (make ready)
//   2. every other core stops, interrupts are off
//   3. both words of the slot become faults, in every pgd, init_mm's last (break)
//   4. DSB, TLBI broadcast, DSB, ISB
//   5. both words become the table, init_mm's first                       (make)
//
// Between 3 and 5 nothing in the slot can be touched: a slot that holds the image (our code,
// stack, data and tables) is refused, and init_mm's entries are broken last and made first,
// because another pgd's memory may lie in the very slot.
//
// Where a supersection maps the slot, steps 2 to 5 are done twice: first for its sixteen words, which
// become sections (all sixteen must be equal for as long as any of them is valid, DDI 0406C B3.5.1),
// then for the slot. The other 14 MB are sections from then on: a merge makes no supersections.
// The table page stays with its slot for ever: after a merge it is kept aside and used again.
// Linux: none for lowmem at run time; the rule is the design's 2.
#include <arch/arm/mm/mm.h>
#include <asm/barrier.h>
#include <asm/hw_tables.h>
#include <asm/irqflags.h>
#include <asm/tlbflush.h>
#include <kernel/lib/trace.h>

constinit phys_addr_t tables_aside[PTRS_PER_PGD] = {};

namespace {

u32 slot_index(virt_addr_t slot)
{
    return slot.raw() >> PGDIR_SHIFT;
}

/// May the words of this slot be missing for a moment?
split_result check_slot(virt_addr_t slot)
{
    const virt_addr_t last = slot + (PGDIR_SIZE - 1);
    if (slot < PAGE_OFFSET || last >= linear_va(kernel_layout.lowmem_limit))
        return split_result::not_lowmem;
    // From the tables in the first megabyte to the last byte of .bss: all of it is in use.
    if (slot < kernel_image.end)
        return split_result::in_use;
    return split_result::done;
}

/// The words of `count` megabytes from `va`: first, first + step, ...
struct word_run {
    virt_addr_t va;
    u32 count, first, step;
};

/// Steps 2 to 5 of the plan above, for the words of `run`. `old_size` is that of each mapping that
/// is replaced: a TLB may hold every one of them.
void break_and_make(const word_run &run, u32 old_size) REQUIRES(pgd_lock)
{
    stop_other_cpus();
    const unsigned long flags = local_irq_save();
    for (mm_struct *mm = pgd_list; mm != nullptr; mm = mm->next)
        set_pmd_run(*mm, run.va, run.count, pmd_t(0), 0);
    flush_tlb_kernel_range(run.va, run.va + run.count * SECTION_SIZE, old_size);
    set_pmd_run(init_mm, run.va, run.count, pmd_t(run.first), run.step);
    isb(); // the other pgds may lie in the range
    for (mm_struct *mm = pgd_list; mm != &init_mm; mm = mm->next)
        set_pmd_run(*mm, run.va, run.count, pmd_t(run.first), run.step);
    local_irq_restore(flags);
    start_other_cpus();
}

constexpr mem_type_id RAM_TYPES[] = {MT_MEMORY_RW, MT_MEMORY_RO, MT_MEMORY_ROX, MT_MEMORY_RWX};

bool is_supersection(u32 word)
{
    return processor.format->l1(word) == l1_kind::supersection;
}

/// The kind of RAM that a section or supersection word maps; nothing if it is neither, or of no
/// kind of RAM.
const mem_type *type_of_section(u32 word)
{
    for (const mem_type_id id : RAM_TYPES) {
        const mem_type &type = mem_types[id];
        const bool same = is_supersection(word)
                              ? (word & ~supersection_desc::base::mask) == type.prot_super
                              : (word & ~section_desc::base::mask) == type.prot_sect;
        if (same)
            return &type;
    }
    return nullptr;
}

/// The supersection of `va`, which is of this type, becomes sixteen sections.
void break_supersection(virt_addr_t va, const mem_type &type) REQUIRES(pgd_lock)
{
    const virt_addr_t start = va.align_down(SUPERSECTION_SIZE);
    const u32 first = linear_pa(start).raw() | type.prot_sect;
    // By megabytes, not by 16 MB: a TLB may hold each of the words by itself.
    break_and_make({start, SUPERSECTION_WORDS, first, SECTION_SIZE}, SECTION_SIZE);
}

/// The section word that maps what the 256 pages at `pte` map at `va`, or 0 if they differ, are
/// not mapped, are of no kind of RAM, or are not the frames of the linear map.
u32 section_of_pages(pte_t *pte, virt_addr_t va)
{
    const u32 linux_first = pte[0].raw();
    const hw_pte_t *hw = hw_pte_of(pte);
    const u32 hw_first = hw[0].raw();
    if (PFN_PHYS(pte_pfn(pte[0])) != linear_pa(va) ||
        hw_first != processor.hw_pte(pte[0], pte_ext::global).raw())
        return 0;
    for (u32 i = 1; i < 256; i++)
        if (pte[i].raw() != linux_first + i * PAGE_SIZE || hw[i].raw() != hw_first + i * PAGE_SIZE)
            return 0;
    for (const mem_type_id id : RAM_TYPES)
        if ((linux_first & ~linux_pte::pfn::mask) == mem_types[id].prot_pte.raw())
            return linear_pa(va).raw() | mem_types[id].prot_sect;
    return 0;
}

pte_t *table_for(virt_addr_t slot)
{
    const phys_addr_t aside = tables_aside[slot_index(slot)];
    if (aside != phys_addr_t(0))
        return static_cast<pte_t *>(__va(aside));
    void *table = alloc_table_page();
    if (table)
        page_table_bytes += PAGE_SIZE;
    return static_cast<pte_t *>(table);
}

} // namespace

const char *split_result_text(split_result result)
{
    static constexpr const char *text[] = {
        "done",
        "the 2 MB slot is not all lowmem",
        "the 2 MB slot holds the kernel's image, stack or tables",
        "the 2 MB slot is not of the kind to be replaced",
        "the pages of a megabyte differ or are not neighbours",
        "no memory for the table",
    };
    return text[static_cast<u8>(result)];
}

split_result split_sections(virt_addr_t va)
{
    const virt_addr_t slot = va.align_down(PGDIR_SIZE);
    if (const split_result verdict = check_slot(slot); verdict != split_result::done)
        return verdict;
    spin_guard guard(pgd_lock);
    const pmd_t *pair = pmd_off(init_mm.pgd, slot);
    const mem_type *types[2] = {type_of_section(pair[0].raw()), type_of_section(pair[1].raw())};
    if (!types[0] || !types[1])
        return split_result::not_section;
    const bool super = is_supersection(pair[0].raw());
    if (super && slot.align_down(SUPERSECTION_SIZE) < kernel_image.end)
        return split_result::in_use;
    pte_t *table = table_for(slot);
    if (!table)
        return split_result::no_memory;
    if (super)
        break_supersection(slot, *types[0]);
    clear_table(table);
    for (u32 half = 0; half < 2; half++) {
        const pfn_t pfn = PFN_DOWN(phys_addr_t(pair[half].raw() & section_desc::base::mask));
        for (u32 i = 0; i < 256; i++)
            set_pte_ext(&table[half * 256 + i], pfn_pte(pfn + i, types[half]->prot_pte),
                        pte_ext::global);
    }
    // No DSB for these: the break below has one, long before the table is linked.
    const u32 word = (__pa(table) + PTE_HWTABLE_OFF).raw() | processor.format->table(DOMAIN_KERNEL);
    break_and_make({slot, 2, word, 256 * static_cast<u32>(sizeof(hw_pte_t))}, SECTION_SIZE);
    TRACE_POINT(trace_kind::split, 0, slot.raw(), __pa(table).raw());
    return split_result::done;
}

split_result merge_sections(virt_addr_t va)
{
    const virt_addr_t slot = va.align_down(PGDIR_SIZE);
    if (const split_result verdict = check_slot(slot); verdict != split_result::done)
        return verdict;
    spin_guard guard(pgd_lock);
    const pmd_t *pair = pmd_off(init_mm.pgd, slot);
    if (!pmd_table(pair[0]))
        return split_result::not_section;
    pte_t *table = pmd_page_vaddr(pair[0]);
    const u32 first = section_of_pages(table, slot);
    const u32 second = section_of_pages(table + 256, slot + SECTION_SIZE);
    if (first == 0 || second == 0)
        return split_result::not_uniform;
    tables_aside[slot_index(slot)] = __pa(table);
    break_and_make({slot, 2, first, second - first}, PAGE_SIZE);
    return split_result::done;
}
