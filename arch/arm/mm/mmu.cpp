// paging_init: from the sections of head.S to the kernel's page tables.
//
//   start_kernel
//     setup_arch
//       paging_init
//         build_mem_type_table            what "memory", "device", ... mean on this CPU
//         prepare_page_table              forget what head.S mapped and nobody needs
//         map_lowmem                      RAM at PAGE_OFFSET
//           create_mapping                one run [va, va + length) -> frames
//             alloc_init_pud              cut into what sections and pages can do
//               alloc_init_supersection   16 equal entries for 16 MB, if the build wants those
//               alloc_init_section        a run of 1 MB entries, one loop, one DSB
//               alloc_init_pte            4 KB pages of one slot
//                 early_pte_alloc         the slot's table, out of memblock
//                   pte_offset_kernel
//                 set_pte_ext             Linux PTE and hardware PTE
//                   cpu_v7_set_pte_ext    through the processor table
//         devicemaps_init                 vectors and the board's static windows
//         kmap_init                       the table of the kmap window
//
// A 2 MB slot (one pgd entry) is all fault and sections, or all table. A slot in which any bank
// begins or ends off a megabyte needs a table; map_lowmem finds those first, over all banks,
// so that no section is made in a slot that a later bank would have to split.
//
// The tables are live all the while. What head.S mapped keeps address and memory type, only
// permissions change; that needs no break (design, rule 5; DDI 0406C B3.10.1).
// Linux: arch/arm/mm/mmu.c.
#include <algorithm>

#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/mm.h>
#include <asm/barrier.h>
#include <asm/procinfo.h>
#include <asm/tlbflush.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <kernel/lib/init.h>
#include <kernel/lib/trace.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>

constinit mem_type mem_types[MT_COUNT] = {};
constinit void *high_memory = nullptr;
constinit struct page *empty_zero_page = nullptr;
constinit pte_t *pkmap_page_table = nullptr;
constinit u32 page_table_bytes = 0;
constinit bool supersections_wanted = CONFIG_SUPERSECTIONS != 0;
constinit struct kernel_layout kernel_layout = {};

void __init build_mem_type_table()
{
    const descriptor_format &format = *processor.format;
    const u32 cached = is_smp() ? L_PTE_MT_WRITEALLOC | L_PTE_SHARED : L_PTE_MT_WRITEBACK;
    const u32 shared = is_smp() ? L_PTE_SHARED : 0;
    const u32 table = format.table(DOMAIN_KERNEL);
    const bool supersections = supersections_wanted && processor.has(CPU_HAS_SUPERSECTIONS);

    // RAM by the rights the kernel has; never a user's. A CPU that cannot forbid the kernel to
    // write or to execute gets the words of MT_MEMORY_RWX for all of them.
    const auto ram = [&](u8 ap, u8 xn) {
        hw_attrs attrs = processor.region(memory_region::normal_cached);
        attrs.ap = processor.has(CPU_HAS_APX) ? ap : 1;
        attrs.xn = processor.has(CPU_HAS_XN) ? xn : 0;
        const u32 rights = (ap == 5 ? L_PTE_RDONLY : 0) | (xn ? L_PTE_XN : 0);
        return mem_type{pgprot_t(L_PTE_KERNEL | cached | rights), table, format.section(attrs),
                        DOMAIN_KERNEL, supersections ? supersection_bits(attrs) : 0};
    };
    // Everything else is read-write and never executable; pages only where `section` is 0.
    const auto other = [&](u32 mt, u32 section) {
        return mem_type{pgprot_t(L_PTE_KERNEL | L_PTE_XN | mt), table, section, DOMAIN_KERNEL};
    };
    hw_attrs device = processor.region(memory_region::device);
    device.ap = 1;
    device.xn = processor.has(CPU_HAS_XN) ? 1 : 0;

    // ARMv7's device sections and pages are shareable by their S bit, which decides nothing on
    // the others.
    mem_types[MT_DEVICE] =
        other(L_PTE_MT_DEV_SHARED | (device.s ? L_PTE_SHARED : 0), format.section(device));
    mem_types[MT_DEVICE_CACHED] = other(L_PTE_MT_DEV_CACHED | shared, 0);
    mem_types[MT_DEVICE_WC] = other(L_PTE_MT_DEV_WC | shared, 0);
    mem_types[MT_UNCACHED] = other(L_PTE_MT_UNCACHED, 0);
    mem_types[MT_HIGH_VECTORS] = {pgprot_t(L_PTE_KERNEL | L_PTE_RDONLY | cached),
                                  format.table(DOMAIN_VECTORS), 0, DOMAIN_VECTORS};
    mem_types[MT_MEMORY_RWX] = ram(1, 0);
    mem_types[MT_MEMORY_RW] = ram(1, 1);
    mem_types[MT_MEMORY_RO] = ram(5, 1);
    mem_types[MT_MEMORY_ROX] = ram(5, 0);
    printk("Memory policy: Data cache %s%s\n", is_smp() ? "writealloc" : "writeback",
           supersections ? ", supersections" : "");
}

namespace {

/// Clears the first-level entries of [from, to), both multiples of 1 MB. `to` 0 means 4 GB.
void __init pmd_clear_range(virt_addr_t from, virt_addr_t to) REQUIRES(pgd_lock)
{
    if (from != to)
        set_pmd_run_everywhere(from, (to - from) >> SECTION_SHIFT, pmd_t(0), 0);
}

/// The end of the first bank's lowmem: all that head.S can have mapped truly.
virt_addr_t __init first_bank_end()
{
    const membank &bank = meminfo.bank[0];
    return linear_va(bank.start) + bank.size;
}

} // namespace

void __init prepare_page_table()
{
    spin_guard guard(pgd_lock);
    pmd_clear_range(virt_addr_t(0), PAGE_OFFSET);
    pmd_clear_range(first_bank_end().align_up(SECTION_SIZE), kernel_layout.vmalloc_start);
    flush_tlb_all();
}

pte_t *__init early_pte_alloc(pmd_t *pmd, virt_addr_t va, u32 prot)
{
    if (!pmd_table(*pmd)) {
        void *table = alloc_table_page();
        if (!table)
            panic("early_pte_alloc: no memory for the table of %#x", va.raw());
        clear_table(static_cast<pte_t *>(table));
        page_table_bytes += PAGE_SIZE;
        __pmd_populate(va, __pa(table), prot);
    }
    return pte_offset_kernel(pmd, va);
}

namespace {

/// Pages for `length` bytes from `va`, all in one slot.
void __init alloc_init_pte(virt_addr_t va, u32 length, pfn_t pfn, const mem_type &type)
    REQUIRES(pgd_lock)
{
    pte_t *pte = early_pte_alloc(pmd_off(init_mm.pgd, va), va, type.prot_l1);
    for (const pte_t *end = pte + (length >> PAGE_SHIFT); pte != end; pte++, pfn += 1)
        set_pte_ext(pte, pfn_pte(pfn, type.prot_pte), pte_ext::global);
    dsb();
}

/// Sections for `length` bytes from `va`, megabytes all.
void __init alloc_init_section(virt_addr_t va, u32 length, phys_addr_t pa, const mem_type &type)
    REQUIRES(pgd_lock)
{
    set_pmd_run_everywhere(va, length >> SECTION_SHIFT, pmd_t(pa.raw() | type.prot_sect),
                           SECTION_SIZE);
}

/// Supersections for `length` bytes from `va`, multiples of 16 MB all: a run of equal words each.
void __init alloc_init_supersection(virt_addr_t va, u32 length, phys_addr_t pa,
                                    const mem_type &type) REQUIRES(pgd_lock)
{
    for (u32 done = 0; done < length; done += SUPERSECTION_SIZE)
        set_pmd_run_everywhere(va + done, SUPERSECTION_WORDS,
                               pmd_t((pa + done).raw() | type.prot_super), 0);
}

/// The part of a request that is made in one go.
struct mapping_run {
    u32 length; // bytes
    enum class kind : u8 { pages, sections, supersections } kind;
};

/// Is nothing mapped in the 16 MB from `va`?
bool __init all_faults(virt_addr_t va)
{
    const pmd_t *first = pmd_off(init_mm.pgd, va);
    return std::all_of(first, first + SUPERSECTION_WORDS, pmd_none);
}

/// What `length` bytes of sections from `va` begin with: supersections, or sections up to the next
/// multiple of 16 MB. Sections that are there stay sections: they would have to be broken first.
mapping_run __init first_of_sections(virt_addr_t va, u32 length, phys_addr_t pa,
                                     const mem_type &type)
{
    const u32 offset = va.raw() % SUPERSECTION_SIZE;
    if (type.prot_super == 0 || offset != pa.raw() % SUPERSECTION_SIZE)
        return {length, mapping_run::kind::sections};
    u32 super = 0;
    while (offset == 0 && length - super >= SUPERSECTION_SIZE && all_faults(va + super))
        super += SUPERSECTION_SIZE;
    if (super != 0)
        return {super, mapping_run::kind::supersections};
    return {std::min(length, SUPERSECTION_SIZE - offset), mapping_run::kind::sections};
}

/// What the request for `length` bytes from `va` begins with: sections, up to the first slot that
/// has a table or that the request leaves off a megabyte, or else the pages of one slot.
/// (Lengths, because the end of a request may be that of the address space, 0.)
mapping_run __init first_run(virt_addr_t va, u32 length, phys_addr_t pa, const mem_type &type)
{
    const virt_addr_t end = va + length;
    const u32 tail = end.is_aligned(SECTION_SIZE) ? 0 : end - end.align_down(PGDIR_SIZE);
    const u32 to_next_slot = (va + PGDIR_SIZE).align_down(PGDIR_SIZE) - va;
    u32 whole = 0;
    if (type.prot_sect != 0 && va.is_aligned(SECTION_SIZE) && pa.is_aligned(SECTION_SIZE)) {
        const pgd_t *slot = pgd_offset(init_mm.pgd, va);
        u32 next = to_next_slot;
        for (; whole + tail < length && !pmd_table(slot->pmd[0]); slot++, next += PGDIR_SIZE)
            whole = next;
    }
    if (whole != 0)
        return first_of_sections(va, std::min(whole, length - tail), pa, type);
    return {std::min(to_next_slot, length), mapping_run::kind::pages};
}

/// May the slot of `va` be given pages? Not if it holds a section.
bool __init takes_pages(virt_addr_t va)
{
    const pgd_t *slot = pgd_offset(init_mm.pgd, va);
    return pmd_table(slot->pmd[0]) || (pmd_none(slot->pmd[0]) && pmd_none(slot->pmd[1]));
}

/// True if no slot in which the request needs pages holds a section.
bool __init slots_are_free(virt_addr_t va, u32 length, phys_addr_t pa, const mem_type &type)
{
    const virt_addr_t end = va + length;
    // Where sections are possible, only the two ends can need pages.
    if (type.prot_sect != 0 && (va.raw() - pa.raw()) % SECTION_SIZE == 0)
        return (va.is_aligned(SECTION_SIZE) || takes_pages(va)) &&
               (end.is_aligned(SECTION_SIZE) || takes_pages(end - 1));
    const virt_addr_t first = va.align_down(PGDIR_SIZE);
    for (u32 done = 0; done < end - first; done += PGDIR_SIZE)
        if (!takes_pages(first + done))
            return false;
    return true;
}

/// True if the request would change words of a supersection.
bool __init meets_supersection(virt_addr_t va, u32 length)
{
    // One look in each 16 MB that it touches: sixteen words are equal.
    const u32 before = va.raw() % SUPERSECTION_SIZE;
    for (u32 done = 0; done < length + before; done += SUPERSECTION_SIZE)
        if (processor.format->l1(pmd_off(init_mm.pgd, va + done)->raw()) == l1_kind::supersection)
            return true;
    return false;
}

/// The whole request, cut where sections and pages alternate. (The level pud is folded into the
/// pgd on this hardware; Linux keeps the name for the walk, and so do we.)
void __init alloc_init_pud(virt_addr_t va, u32 length, phys_addr_t pa, const mem_type &type)
    REQUIRES(pgd_lock)
{
    while (length != 0) {
        const mapping_run run = first_run(va, length, pa, type);
        switch (run.kind) {
        case mapping_run::kind::supersections:
            alloc_init_supersection(va, run.length, pa, type);
            break;
        case mapping_run::kind::sections:
            alloc_init_section(va, run.length, pa, type);
            break;
        case mapping_run::kind::pages:
            alloc_init_pte(va, run.length, PFN_DOWN(pa), type);
            break;
        }
        va += run.length;
        pa += run.length;
        length -= run.length;
    }
}

void __init refuse_mapping(const map_desc &md, const char *why)
{
    printk("create_mapping: %s: %#x bytes at %#x refused: %s\n", md.name, md.length, md.va.raw(),
           why);
}

} // namespace

void __init create_mapping(const map_desc &md)
{
    if (md.va < TASK_SIZE) {
        refuse_mapping(md, "a user address");
        return;
    }
    if (md.length > 0u - md.va.raw()) {
        refuse_mapping(md, "it runs past the end of the address space");
        return;
    }
    const virt_addr_t va = md.va.align_down(PAGE_SIZE);
    const u32 length = PAGE_ALIGN(md.length + (md.va - va));
    const mem_type &type = mem_types[md.type];
    spin_guard guard(pgd_lock);
    if (!slots_are_free(va, length, PFN_PHYS(md.pfn), type)) {
        refuse_mapping(md, "its slot holds sections, and pages are needed");
        return;
    }
    if (meets_supersection(va, length)) {
        refuse_mapping(md, "a supersection is there");
        return;
    }
    TRACE_POINT(trace_kind::map, 0, va.raw(), PFN_PHYS(md.pfn).raw());
    alloc_init_pud(va, length, PFN_PHYS(md.pfn), type);
}

namespace {

/// A run of lowmem with one set of rights.
struct lowmem_piece {
    phys_addr_t start, end;
    mem_type_id type;
};

/// The image's parts, by what may be done with them (rule 3). Each begins on a megabyte.
struct image_part {
    virt_addr_t start;
    mem_type_id type;
    const char *name;
};

/// Every piece of lowmem: banks cut where the image changes its rights.
class lowmem_pieces {
public:
    lowmem_pieces()
    {
        const image_part parts[] = {
            {PAGE_OFFSET, MT_MEMORY_RW, "lowmem"},
            {kernel_image.text, MT_MEMORY_ROX, "text"},
            {kernel_image.rodata, MT_MEMORY_RO, "rodata"},
            {kernel_image.stack, MT_MEMORY_RW, "lowmem"},
        };
        for (int i = 0; i < meminfo.nr_banks; i++) {
            const membank &bank = meminfo.bank[i];
            if (bank.highmem)
                continue;
            const phys_addr_t bank_end = bank.start + bank.size;
            for (u32 p = 0; p < 4; p++) {
                const phys_addr_t start = linear_pa(parts[p].start);
                const phys_addr_t end = p < 3 ? linear_pa(parts[p + 1].start) : bank_end;
                add(start > bank.start ? start : bank.start, end < bank_end ? end : bank_end,
                    parts[p].type);
            }
        }
    }
    const lowmem_piece *begin() const { return pieces_; }
    const lowmem_piece *end() const { return pieces_ + count_; }

private:
    void add(phys_addr_t start, phys_addr_t end, mem_type_id type)
    {
        if (start < end)
            pieces_[count_++] = {start, end, type};
    }
    lowmem_piece pieces_[NR_BANKS + 3];
    u32 count_ = 0;
};

/// Gives the slot of `pa` a table if `pa`, where a piece begins or ends, is no whole megabyte.
///
/// head.S may have mapped the slot by sections. Nothing lives in it (memblock hands out only
/// whole slots until now), so it can be broken: fault, flush, and then the table.
void __init table_for_border(phys_addr_t border) REQUIRES(pgd_lock)
{
    if (border.is_aligned(SECTION_SIZE))
        return;
    const virt_addr_t slot = linear_va(border).align_down(PGDIR_SIZE);
    pmd_t *const pmd = pmd_off(init_mm.pgd, slot);
    if (pmd_table(*pmd))
        return;
    pmd_clear_range(slot, slot + PGDIR_SIZE);
    flush_tlb_kernel_range(slot, slot + PGDIR_SIZE, SECTION_SIZE);
    early_pte_alloc(pmd, slot, mem_types[MT_MEMORY_RW].prot_l1);
}

} // namespace

void __init map_lowmem()
{
    const lowmem_pieces pieces;
    {
        spin_guard guard(pgd_lock);
        for (const lowmem_piece &piece : pieces) {
            table_for_border(piece.start);
            table_for_border(piece.end);
        }
    }
    for (const lowmem_piece &piece : pieces)
        create_mapping({linear_va(piece.start), PFN_DOWN(piece.start), piece.end - piece.start,
                        piece.type, "lowmem"});
    // Sections of head.S changed their permissions: the write, DSB, TLBI, DSB, ISB.
    flush_tlb_all();
}

void __init devicemaps_init(const machine_desc &mdesc)
{
    const virt_addr_t static_base = VMALLOC_END - static_maps_size();
    {
        spin_guard guard(pgd_lock);
        // Not the static maps: head.S has the UART there, and an oops wants to be read.
        pmd_clear_range(kernel_layout.vmalloc_start, static_base);
        pmd_clear_range(VMALLOC_END, CONSISTENT_END);
    }
    // The page stays what head.S made it; now Linux's view and mem_types agree with it.
    create_mapping({VECTORS_BASE, PFN_DOWN(linear_pa(kernel_image.vectors)), PAGE_SIZE,
                    MT_HIGH_VECTORS, "vectors"});
    for (u32 i = 0; i < mdesc.nr_io_map; i++)
        create_mapping(mdesc.io_map[i]);
    flush_tlb_all();
}

void __init kmap_init()
{
    spin_guard guard(pgd_lock);
    pkmap_page_table = early_pte_alloc(pmd_off(init_mm.pgd, PKMAP_BASE), PKMAP_BASE,
                                       processor.format->table(DOMAIN_KERNEL));
}

void __init paging_init(const machine_desc &mdesc)
{
    const u32 start = machine.boot_clock();
    page_table_bytes = 2 * PTRS_PER_PGD * sizeof(pgd_t) + PAGE_SIZE; // what head.S filled
    build_mem_type_table();
    prepare_page_table();
    map_lowmem();
    memblock_set_current_limit(kernel_layout.lowmem_limit);
    devicemaps_init(mdesc);
    kmap_init();
    void *zero_page = memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);
    if (!zero_page)
        panic("paging_init: no memory for the zero page");
    clear_page(zero_page);
    record_boot_time("paging_init", machine.boot_clock() - start);
    bootmem_init();
    empty_zero_page = virt_to_page(zero_page);
}
