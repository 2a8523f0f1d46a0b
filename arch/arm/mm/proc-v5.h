// ARMv5: ARM926EJ-S. Names that tests and the processor table need.
#pragma once

#include <asm/procinfo.h>

/// The hardware's small page word for Linux PTE `pte`: four equal access fields, C and B.
///
/// Fault unless present and young and not L_PTE_NONE. There is no execute never, and a page that
/// the kernel may read it may write: "not dirty" and "read-only" bind the user alone.
/// DDI 0100I, chapter B4 (translation tables, small pages). Linux: arch/arm/mm/proc-macros.S armv3_set_pte_ext.
hw_pte_t v5_hw_pte(pte_t pte, pte_ext ext);

/// set_pte_ext of the ARM926: Linux PTE, hardware PTE, and a clean of the line to memory: the data
/// cache is virtual and walks do not look into it (rule 5 of the design).
void cpu_arm926_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext);

extern const struct processor arm926_processor;
extern const proc_info_list arm926_proc_info;
