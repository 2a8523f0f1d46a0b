// Interrupts off and back (DDI 0406C B1.3.3, CPSR.I). Linux: asm/irqflags.h.
#pragma once

/// Masks IRQs on this core and returns what to give local_irq_restore(). Nests.
inline unsigned long local_irq_save()
{
    unsigned long flags;
#if __ARM_ARCH >= 6
    asm volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(flags)::"memory", "cc");
#else
    unsigned long masked;
    asm volatile("mrs %0, cpsr\n\torr %1, %0, #0x80\n\tmsr cpsr_c, %1"
                 : "=&r"(flags), "=&r"(masked)::"memory", "cc");
#endif
    return flags;
}
/// Restores the mask that local_irq_save() returned.
inline void local_irq_restore(unsigned long flags)
{
    asm volatile("msr cpsr_c, %0" ::"r"(flags) : "memory", "cc");
}
