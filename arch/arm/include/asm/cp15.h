// System registers, by the manual's names (DDI 0406C B4.1). Target only.
//
// Linux: asm/cp15.h, asm/cputype.h.
#pragma once

#include <kernel/lib/types.h>

#define LOWMEM_CP15_READ(name, op1, crn, crm, op2)                                                 \
    inline u32 read_##name()                                                                       \
    {                                                                                              \
        u32 value;                                                                                 \
        asm volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value)::"memory");  \
        return value;                                                                              \
    }
#define LOWMEM_CP15_WRITE(name, op1, crn, crm, op2)                                                \
    inline void write_##name(u32 value)                                                            \
    {                                                                                              \
        asm volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 ::"r"(value) : "memory");  \
    }

LOWMEM_CP15_READ(midr, 0, c0, c0, 0)     // B4.1.105
LOWMEM_CP15_READ(mpidr, 0, c0, c0, 5)    // B4.1.106
LOWMEM_CP15_READ(id_mmfr3, 0, c0, c1, 7) // B4.1.92
LOWMEM_CP15_READ(sctlr, 0, c1, c0, 0)    // B4.1.130
LOWMEM_CP15_READ(ttbr0, 0, c2, c0, 0)    // B4.1.154
LOWMEM_CP15_READ(ttbr1, 0, c2, c0, 1)    // B4.1.155
LOWMEM_CP15_READ(ttbcr, 0, c2, c0, 2)    // B4.1.153
LOWMEM_CP15_READ(dacr, 0, c3, c0, 0)     // B4.1.43
LOWMEM_CP15_READ(dfsr, 0, c5, c0, 0)     // B4.1.52
LOWMEM_CP15_READ(ifsr, 0, c5, c0, 1)     // B4.1.96
LOWMEM_CP15_READ(dfar, 0, c6, c0, 0)     // B4.1.51
LOWMEM_CP15_READ(ifar, 0, c6, c0, 2)     // B4.1.95
LOWMEM_CP15_READ(par, 0, c7, c4, 0)      // B4.1.112
LOWMEM_CP15_WRITE(dfsr, 0, c5, c0, 0)
LOWMEM_CP15_WRITE(ifsr, 0, c5, c0, 1)
LOWMEM_CP15_WRITE(ats1cpr, 0, c7, c8, 0) // B4.2.4: translate as a privileged read
LOWMEM_CP15_WRITE(ats1cpw, 0, c7, c8, 1) // ... privileged write
LOWMEM_CP15_WRITE(ats1cur, 0, c7, c8, 2) // ... user read
LOWMEM_CP15_WRITE(ats1cuw, 0, c7, c8, 3) // ... user write
