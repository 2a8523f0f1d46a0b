// What differs from one ARM processor to another, as one table of functions and words.
//
// head.S finds the running CPU in the records of <asm/procinfo.h>; setup_processor() copies that
// record's `processor` here. Linux: asm/proc-fns.h, arch/arm/mm/proc-*.S.
#pragma once

#include <asm/pgtable-types.h>

/// What a fault status register said, in the numbering of DDI 0406C table B3-23.
struct fault_status {
    virt_addr_t address; ///< DFAR or IFAR
    u32 fsr;             ///< DFSR or IFSR as read
};

/// The functions of one kind of processor.
struct processor {
    const char *name;
    u32 architecture; ///< 5, 6 or 7
    /// Stores `pte` and the hardware entry made from it; cleans the line where walks need it.
    /// No DSB: the caller ends a run of entries with one.
    void (*set_pte_ext)(pte_t *ptep, pte_t pte, pte_ext ext);
    /// The hardware entry that set_pte_ext makes of `pte`; stores nothing.
    hw_pte_t (*hw_pte)(pte_t pte, pte_ext ext);
};

/// The running processor's functions. Linux: struct processor processor (MULTI_CPU).
extern struct processor processor;

/// What head.S found out about the running machine, before any page table was written.
struct cpu_facts {
    u32 midr;  ///< main ID register (DDI 0406C B4.1.105)
    u32 smp;   ///< 1: several cores, shareable attributes, coherent walks (rule 6 of the design)
    u32 ticks; ///< boot clock when the kernel was entered
};
extern cpu_facts cpu_facts;

/// True if this machine runs with several cores. Linux: asm/smp_plat.h is_smp().
inline bool is_smp()
{
    return cpu_facts.smp != 0;
}

/// True if table walks see the data cache of every core, so that a store to a table needs no
/// clean (rule 5: profile v7-MP).
inline bool walks_are_coherent()
{
    return is_smp();
}

/// Through the processor table. Linux: cpu_set_pte_ext().
inline void cpu_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    processor.set_pte_ext(ptep, pte, ext);
}

/// The one writer of second-level entries (rule 1): stores the Linux PTE at `ptep` and the
/// hardware entry 2048 bytes above it.
///
/// TLB: none; a caller that changes a present entry flushes. Caches: the entry's line is cleaned
/// where walks need it. Barriers: none; end a run with dsb(). Context: any.
/// Linux: set_pte_ext().
inline void set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    cpu_set_pte_ext(ptep, pte, ext);
}
