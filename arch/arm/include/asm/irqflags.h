// Interrupts off and back (DDI 0406C B1.3.3, CPSR.I). Linux: asm/irqflags.h.
#pragma once

/// Masks IRQs on this core and returns what to give local_irq_restore(). Nests.
inline unsigned long local_irq_save()
{
    unsigned long flags;
    asm volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(flags)::"memory", "cc");
    return flags;
}
/// Restores the mask that local_irq_save() returned.
inline void local_irq_restore(unsigned long flags)
{
    asm volatile("msr cpsr_c, %0" ::"r"(flags) : "memory", "cc");
}
