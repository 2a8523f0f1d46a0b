// Which CPU runs this code.
//
// On v7 each core keeps its number in TPIDRPRW, which only the kernel can read (DDI 0406C
// B4.1.150); head.S writes it before the first line of C++. The ARMv5TE image runs on machines
// of one core and has no such register: there the number is the constant 0.
// Linux: arch/arm/include/asm/smp.h, percpu.h.
#pragma once

#include <kernel/lib/types.h>

#if __ARM_ARCH >= 7
constexpr u32 NR_CPUS = 4;
#else
constexpr u32 NR_CPUS = 1;
#endif

/// The number of the running CPU, 0 to NR_CPUS - 1. It stays true as long as the caller cannot be
/// moved to another CPU: with interrupts off. Linux: raw_smp_processor_id().
inline u32 raw_smp_processor_id()
{
#if __ARM_ARCH >= 7
    u32 cpu;
    // Volatile, so that it stays behind the instruction that masked interrupts.
    asm volatile("mrc p15, 0, %0, c13, c0, 4" : "=r"(cpu));
    return cpu;
#else
    return 0;
#endif
}
