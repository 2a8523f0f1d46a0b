// What is known of the running machine before anything else: read by barriers and maintenance.
#pragma once

#include <kernel/lib/types.h>

/// What head.S found out about the running machine, before any page table was written.
struct cpu_facts {
    u32 midr;  ///< main ID register (DDI 0406C B4.1.105)
    u32 smp;   ///< 1: several cores, shareable attributes, coherent walks (rule 6 of the design)
    u32 ticks; ///< boot clock when the kernel was entered
    u32 architecture; ///< 5, 6 or 7, from the processor record
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
