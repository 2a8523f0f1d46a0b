// Barriers, host world: real ones between threads, and told to the observer. The parameters are
// the site of the call (asm/observe.h): nobody passes them.
#pragma once

#include <asm/observe.h>

inline void dsb(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (!enter_hw_site(file, line))
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    observe(hw_event::dsb);
}
inline void dmb(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (!enter_hw_site(file, line))
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    observe(hw_event::dmb);
}
inline void isb(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::isb);
}
inline void barrier()
{
    asm volatile("" ::: "memory");
}
inline void wfi() {}
