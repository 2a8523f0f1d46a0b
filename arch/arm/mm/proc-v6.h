// ARMv6 with XP = 1: ARM1176JZF-S. Names that tests and the processor table need.
#pragma once

#include <asm/procinfo.h>

/// The hardware's small page word for Linux PTE `pte`: the bits of ARMv7 (DDI 0100I B4.7), but
/// without TEX remap: TEX, C, B are looked up by memory type.
/// Linux: arch/arm/mm/proc-macros.S armv6_set_pte_ext, armv6_mt_table.
hw_pte_t v6_hw_pte(pte_t pte, pte_ext ext);

/// set_pte_ext of ARMv6: Linux PTE, hardware PTE, and a clean of the line to memory, because walks
/// do not look into the data cache (rule 5 of the design).
void cpu_v6_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext);

extern const struct processor v6_processor;
extern const proc_info_list v6_arm1176_proc_info;
