// Barriers (DDI 0406C A3.8.3). Each is also a compiler barrier.
//
// Linux: asm/barrier.h.
#pragma once

/// Data synchronization barrier: all earlier accesses, cache and TLB maintenance are complete.
inline void dsb()
{
    asm volatile("dsb" ::: "memory");
}
/// Data memory barrier: earlier accesses are observed before later ones.
inline void dmb()
{
    asm volatile("dmb" ::: "memory");
}
/// Instruction synchronization barrier: later instructions see earlier context changes.
inline void isb()
{
    asm volatile("isb" ::: "memory");
}
/// Compiler barrier alone.
inline void barrier()
{
    asm volatile("" ::: "memory");
}
/// Waits for an interrupt or event that may never come.
inline void wfi()
{
    asm volatile("wfi" ::: "memory");
}
