// Interrupts off and back, host world: nothing interrupts a thread, but whether the mask is on
// is remembered for each thread, so that it nests as on the target.
//
// The word returned looks like CPSR: bit 7 is the I bit (DDI 0406C B1.3.3).
// Linux: asm/irqflags.h.
#pragma once

inline thread_local unsigned long host_cpsr = 0;
constexpr unsigned long HOST_CPSR_I = 1ul << 7;

/// Masks IRQs on this thread and returns what to give local_irq_restore(). Nests.
inline unsigned long local_irq_save()
{
    unsigned long flags = host_cpsr;
    host_cpsr |= HOST_CPSR_I;
    return flags;
}
/// Restores the mask that local_irq_save() returned.
inline void local_irq_restore(unsigned long flags)
{
    host_cpsr = flags;
}
