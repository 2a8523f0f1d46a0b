// Cache and TLB maintenance, one instruction each (DDI 0406C B4.2.1 caches, B4.2.2 TLBs).
//
// Nothing here orders anything: callers place the barriers of the design's rule 5. The forms
// with _is reach all cores of the inner shareable domain (multiprocessing extensions).
// The host has a file of the same name that tells the observer.
#pragma once

#include <asm/page.h>

/// DCCMVAU: cleans the line of `p` to the point of unification, where the table walker looks.
inline void clean_line_pou(const volatile void *p)
{
    asm volatile("mcr p15, 0, %0, c7, c11, 1" ::"r"(p) : "memory");
}
/// TLBIMVAA-like by address, all ASIDs, this core: TLBIMVAA (v7: c8, c7, 3).
inline void tlbi_mva(virt_addr_t va)
{
    asm volatile("mcr p15, 0, %0, c8, c7, 3" ::"r"(va.raw()) : "memory");
}
/// TLBIMVAAIS: the same, all cores.
inline void tlbi_mva_is(virt_addr_t va)
{
    asm volatile("mcr p15, 0, %0, c8, c3, 3" ::"r"(va.raw()) : "memory");
}
/// TLBIALL: everything, this core.
inline void tlbi_all()
{
    asm volatile("mcr p15, 0, %0, c8, c7, 0" ::"r"(0) : "memory");
}
/// TLBIALLIS: everything, all cores.
inline void tlbi_all_is()
{
    asm volatile("mcr p15, 0, %0, c8, c3, 0" ::"r"(0) : "memory");
}
/// BPIALL: branch predictors, this core.
inline void bpi_all()
{
    asm volatile("mcr p15, 0, %0, c7, c5, 6" ::"r"(0) : "memory");
}
/// BPIALLIS: branch predictors, all cores.
inline void bpi_all_is()
{
    asm volatile("mcr p15, 0, %0, c7, c1, 6" ::"r"(0) : "memory");
}
