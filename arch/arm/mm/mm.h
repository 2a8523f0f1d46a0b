// What the files of arch/arm/mm share among themselves, and tests want to call one by one.
//
// Linux: arch/arm/mm/mm.h.
#pragma once

#include <arch/arm/mm/mmu.h>
#include <asm/image.h>

/// Fills mem_types for the running CPU (UP or SMP attributes) and prints the policy chosen.
/// Context: boot, before any create_mapping. Linux: mmu.c build_mem_type_table().
void build_mem_type_table();
/// Clears all first-level entries that head.S's linear map and UART do not need: user half, and
/// from the end of the first bank to VMALLOC_START. TLB: flushed. Linux: prepare_page_table().
void prepare_page_table();
/// Maps all lowmem banks by sections where possible; text read-only and executable, rodata
/// read-only, all else never executable (rule 3). TLB: flushed at the end. Linux: map_lowmem().
void map_lowmem();
/// Clears the rest of the vmalloc range, maps the vectors and the board's static windows.
/// TLB: flushed. Linux: devicemaps_init().
void devicemaps_init(const machine_desc &mdesc);
/// Makes the second-level table of the kmap window. Linux: kmap_init().
void kmap_init();

/// A page for a table, contents as found: from memblock, bootmem or the page allocator, whoever
/// has the memory now. @return lowmem address, or nullptr
[[nodiscard]] void *alloc_table_page();

/// The Linux PTE of `va`; makes the slot's table first if there is none, by alloc_table_page().
///
/// @param pmd   first-level entry of `va` in init_mm; its slot holds no section
/// @param prot  first-level word without address (mem_type.prot_l1)
/// Panics when there is no memory. Linux: mmu.c early_pte_alloc().
pte_t *early_pte_alloc(pmd_t *pmd, virt_addr_t va, u32 prot) REQUIRES(pgd_lock);

/// By slot, the table page of one that was merged back to sections: it waits for the next split.
/// 0 for none.
extern phys_addr_t tables_aside[PTRS_PER_PGD];

/// Stops every other core until start_other_cpus(): they may neither walk nor cache the entries
/// that are being replaced. Parked cores (MMU off) count as stopped. Linux: stop_machine().
void stop_other_cpus();
void start_other_cpus();
