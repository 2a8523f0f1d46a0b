// Cache and TLB maintenance, one instruction each (DDI 0406C B4.2.1 caches, B4.2.2 TLBs).
//
// Nothing here orders anything: callers place the barriers of the design's rule 5. The forms
// with _is reach all cores of the inner shareable domain (multiprocessing extensions).
// The host has a file of the same name that tells the observer.
#pragma once

#include <asm/cpu_facts.h>
#include <asm/page.h>

#define LOWMEM_CP15_OP(crn, crm, op2, value)                                                       \
    asm volatile("mcr p15, 0, %0, " #crn ", " #crm ", " #op2 ::"r"(value) : "memory")

/// Cleans the data cache line of `p` as far as the table walker looks: ARMv7 DCCMVAU (point of
/// unification), ARMv5 and v6 clean entry by MVA (memory).
inline void clean_line_pou(const volatile void *p)
{
#if __ARM_ARCH >= 7
    LOWMEM_CP15_OP(c7, c11, 1, p);
#else
    LOWMEM_CP15_OP(c7, c10, 1, p);
#endif
}
/// Cleans the data cache line of `p` to memory and drops it (DCCIMVAC; the same before ARMv7).
inline void flush_line_poc(const volatile void *p)
{
    LOWMEM_CP15_OP(c7, c14, 1, p);
}
/// Drops the TLB entries of `va`, this core: TLBIMVAA; before ARMv7 by address alone, which for
/// the kernel's global entries is the same (ARMv5: both its TLBs).
inline void tlbi_mva(virt_addr_t va)
{
#if __ARM_ARCH >= 7
    LOWMEM_CP15_OP(c8, c7, 3, va.raw());
#else
    if (cpu_facts.architecture >= 6) {
        LOWMEM_CP15_OP(c8, c7, 1, va.raw());
    } else {
        LOWMEM_CP15_OP(c8, c6, 1, va.raw());
        LOWMEM_CP15_OP(c8, c5, 1, va.raw());
    }
#endif
}
/// TLBIALL: everything, this core.
inline void tlbi_all()
{
    LOWMEM_CP15_OP(c8, c7, 0, 0);
}
/// BPIALL: branch predictors, this core. ARMv5 has none that looks at addresses.
inline void bpi_all()
{
#if __ARM_ARCH < 7
    if (cpu_facts.architecture < 6)
        return;
#endif
    LOWMEM_CP15_OP(c7, c5, 6, 0);
}
/// The forms that reach all cores: TLBIMVAAIS, TLBIALLIS, BPIALLIS. Only where several cores run.
inline void tlbi_mva_is(virt_addr_t va)
{
    LOWMEM_CP15_OP(c8, c3, 3, va.raw());
}
inline void tlbi_all_is()
{
    LOWMEM_CP15_OP(c8, c3, 0, 0);
}
inline void bpi_all_is()
{
    LOWMEM_CP15_OP(c7, c1, 6, 0);
}

#undef LOWMEM_CP15_OP
