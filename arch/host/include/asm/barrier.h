// Barriers, host world: real ones between threads, and told to the observer.
#pragma once

#include <asm/observe.h>

inline void dsb()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    observe(hw_event::dsb);
}
inline void dmb()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    observe(hw_event::dmb);
}
inline void isb()
{
    observe(hw_event::isb);
}
inline void barrier()
{
    asm volatile("" ::: "memory");
}
inline void wfi() {}
