// Barriers (DDI 0406C A3.8.3). Each is also a compiler barrier.
//
// Linux: asm/barrier.h.
#pragma once

#include <asm/cpu_facts.h>

#if __ARM_ARCH >= 7
#define LOWMEM_DSB "dsb" ::
#define LOWMEM_WFI "wfi" ::
#else
// ARMv5 drains its write buffer by the operation that ARMv6 calls DSB (ARM926EJ-S TRM 2.3.8,
// ARM1176JZF-S TRM 3.2.22).
#define LOWMEM_DSB "mcr p15, 0, %0, c7, c10, 4" ::"r"(0)
#define LOWMEM_WFI "mcr p15, 0, %0, c7, c0, 4" ::"r"(0)
#endif

/// Data synchronization barrier: all earlier accesses, cache and TLB maintenance are complete.
inline void dsb()
{
    asm volatile(LOWMEM_DSB : "memory");
}
/// Data memory barrier: earlier accesses are observed before later ones. Before ARMv7 these
/// machines have one CPU; the stronger barrier serves.
inline void dmb()
{
#if __ARM_ARCH >= 7
    asm volatile("dmb" ::: "memory");
#else
    dsb();
#endif
}
/// Instruction synchronization barrier: later instructions see earlier context changes. ARMv5 has
/// none: its pipeline drains within the instructions that follow.
inline void isb()
{
#if __ARM_ARCH >= 7
    asm volatile("isb" ::: "memory");
#else
    if (cpu_facts.architecture >= 6)
        asm volatile("mcr p15, 0, %0, c7, c5, 4" ::"r"(0) : "memory");
    else
        asm volatile("" ::: "memory");
#endif
}
/// Compiler barrier alone.
inline void barrier()
{
    asm volatile("" ::: "memory");
}
/// Waits for an interrupt or event that may never come.
inline void wfi()
{
    asm volatile(LOWMEM_WFI : "memory");
}

#undef LOWMEM_DSB
#undef LOWMEM_WFI
