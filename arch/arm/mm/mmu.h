// paging_init and what it leaves behind: the part of arch/arm/mm that others call.
//
// Linux: asm/mmu.h, asm/mach/map.h, arch/arm/mm/mm.h. (Not in asm/: it needs locks, and those need asm/.)
#pragma once

#include <asm/mach.h>
#include <asm/pgtable.h>
#include <kernel/core/spinlock.h>

/// A set of page tables. Every one is on pgd_list (rule 2 of the design).
struct mm_struct {
    pgd_t *pgd;
    mm_struct *next; ///< in pgd_list
};

/// The kernel's own tables. Linux: init_mm.
extern mm_struct init_mm;
extern spinlock_t pgd_lock;
/// All sets of tables, init_mm last: a writer that goes through the list writes the tables that
/// it runs on at the end.
extern mm_struct *pgd_list GUARDED_BY(pgd_lock);

/// What a memory type means on the running CPU. Linux: arch/arm/mm/mm.h struct mem_type.
struct mem_type {
    pgprot_t prot_pte; ///< Linux PTE bits
    u32 prot_l1;       ///< first-level word that points to a table
    u32 prot_sect;     ///< section word
    u32 domain;
    u32 prot_super = 0; ///< supersection word; 0: none are made of this type
};
extern mem_type mem_types[MT_COUNT];

/// Shall RAM be mapped by supersections, where the CPU has them? The build's choice
/// (LOWMEM_SUPERSECTIONS); tests choose too. Read by build_mem_type_table.
extern bool supersections_wanted;

/// End of lowmem, as a pointer. Linux: high_memory.
extern void *high_memory;
/// The page of zeroes that reading faults share. Linux: empty_zero_page.
extern struct page *empty_zero_page;
/// Linux PTEs of the kmap window, 512 of them. Linux: pkmap_page_table.
extern pte_t *pkmap_page_table;
/// Bytes of page tables allocated so far (PageTables in meminfo).
extern u32 page_table_bytes;

/// Where lowmem ends and vmalloc begins on this boot; filled before paging_init.
struct kernel_layout {
    phys_addr_t lowmem_limit;  ///< first physical byte above lowmem
    virt_addr_t vmalloc_start; ///< VMALLOC_START; the end is VMALLOC_END
};
extern kernel_layout kernel_layout;

/// Builds the kernel's page tables: build_mem_type_table, prepare_page_table, map_lowmem,
/// devicemaps_init, kmap_init, then the zero page and bootmem_init.
///
/// Needs: memblock filled, kernel_layout set, running on the tables of head.S.
/// Context: boot, one CPU, interrupts off. TLB: flushed. Linux: arch/arm/mm/mmu.c paging_init().
void paging_init(const machine_desc &mdesc);

/// Maps `md` in the kernel's tables: sections where address, frame and length allow it and the
/// 2 MB slot holds no table, else small pages. RAM by supersections, if those are made, where
/// 16 MB line up and nothing is mapped there yet.
///
/// A request for user addresses, one that would mix sections and a table in one slot, or one that
/// meets a supersection (split_sections takes those apart) is refused with one line; nothing is
/// changed then. Entries that were valid must keep address
/// and memory type (only permissions may change): the caller flushes the TLB.
/// Context: boot, one CPU. Caches: tables are cleaned where walks need it; ends with a DSB.
/// Linux: arch/arm/mm/mmu.c create_mapping().
void create_mapping(const map_desc &md);

/// Hands lowmem over from memblock to bootmem (mm/bootmem.h), makes zones and struct pages, and
/// sets min_low_pfn, max_low_pfn, max_pfn. Needs: the banks in meminfo and in memblock, lowmem
/// mapped. Panics if memory is too short for that. Linux: arch/arm/mm/init.c.
void bootmem_init();

// First-level entries: arch/arm/mm/pgd.cpp.

/// Puts `mm` on pgd_list and copies the kernel's first-level entries into it (copy_kernel_half).
///
/// @param mm  with .pgd pointing to 16 KB of lowmem, 16 KB aligned, contents ignored
/// Context: any, takes pgd_lock. Caches: the table is cleaned where walks need it.
/// Linux: arch/arm/mm/pgd.c pgd_alloc().
void pgd_list_add(mm_struct &mm) EXCLUDES(pgd_lock);
/// Takes `mm` off the list. No CPU may walk its tables. Linux: pgd_free().
void pgd_list_del(mm_struct &mm) EXCLUDES(pgd_lock);

/// The one writer of first-level entries (rule 1): writes the words first, first + step, ... into
/// the entries of [va, va + count MB) of the given tables, cleans them where walks need it, and
/// ends with one DSB. step 0 with first 0 clears.
///
/// TLB: none; the caller flushes when a valid entry changed.
void set_pmd_run(mm_struct &mm, virt_addr_t va, u32 count, pmd_t first, u32 step);
/// The same in every pgd of pgd_list, init_mm last.
void set_pmd_run_everywhere(virt_addr_t va, u32 count, pmd_t first, u32 step) REQUIRES(pgd_lock);
/// Points both entries of the slot of `va` at the page `table` of PTEs. Linux: __pmd_populate().
void __pmd_populate(virt_addr_t va, phys_addr_t table, u32 prot) REQUIRES(pgd_lock);

/// Fills a page of PTEs with faults before any walker sees it. `table` is page-aligned lowmem.
void clear_table(pte_t *table);

// Run-time splits: arch/arm/mm/pageattr.cpp.

enum class [[nodiscard]] split_result : u8{
    done,
    not_lowmem,  ///< the slot is not all lowmem
    in_use,      ///< holds the splitter's own code, stack or tables
    not_section, ///< split: no section there; merge: no table there
    not_uniform, ///< merge: the pages of a megabyte differ, or leave the linear map
    no_memory,   ///< no page for the table
};
const char *split_result_text(split_result result);

/// Replaces the sections of the 2 MB slot of `va` by 512 equal small pages, in every pgd, with
/// the MMU on: stop the other cores, break, DSB, TLBI broadcast, make. If a supersection maps the
/// slot, its sixteen words become sections first, in the same way.
///
/// @param va  any lowmem address of the slot
/// Nothing is changed on failure. Context: may not be called from code, stack or tables inside
/// the slot, or inside its supersection (refused); takes pgd_lock, interrupts off while broken.
/// TLB: flushed on all cores. The table page stays with its slot for ever.
/// Linux: none (there lowmem sections are never split at run time).
split_result split_sections(virt_addr_t va) EXCLUDES(pgd_lock);
/// The way back: if each megabyte's pages are equal in all but address, one section each again.
/// Sections that were a supersection stay sections: to join them all sixteen would have to be
/// broken once more, for the sake of some TLB entries.
split_result merge_sections(virt_addr_t va) EXCLUDES(pgd_lock);
