// Cache and TLB maintenance, host world: nothing to maintain, but the observer wants to know.
// Local and broadcast forms are told alike: a host thread is a CPU, and the model decides. The
// last two parameters are the site of the call (asm/observe.h): nobody passes them.
#pragma once

#include <asm/observe.h>
#include <asm/world.h>

inline void clean_line_pou(const volatile void *p, const char *file = __builtin_FILE(),
                           int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::clean_line, from_ptr(p));
}
inline void flush_line_poc(const volatile void *p, const char *file = __builtin_FILE(),
                           int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::flush_line, from_ptr(p));
}
inline void tlbi_mva(virt_addr_t va, const char *file = __builtin_FILE(),
                     int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::tlbi_mva, va);
}
inline void tlbi_mva_is(virt_addr_t va, const char *file = __builtin_FILE(),
                        int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::tlbi_mva, va, 1);
}
inline void tlbi_all(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::tlbi_all);
}
inline void tlbi_all_is(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::tlbi_all, virt_addr_t(0), 1);
}
inline void bpi_all(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::bpi_all);
}
inline void bpi_all_is(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (enter_hw_site(file, line))
        observe(hw_event::bpi_all, virt_addr_t(0), 1);
}
