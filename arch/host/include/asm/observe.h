// What the machine would have seen: on the host every store to a table and every maintenance
// primitive is told to an observer before it happens.
//
// tests/ installs observers: a recorder that checks sequences, and the model of the machine.
//
// A call of a maintenance primitive is a site: the primitives take its place in the source as
// defaulted parameters, so that the call reads as on the target. One site can be dropped: there
// the primitive does nothing, and some test had better notice (scripts/test mutants).
#pragma once

#include <asm/page.h>

enum class hw_event : u8 {
    store_pgd,
    store_linux_pte,
    store_pte,
    new_table,
    clean_line,
    flush_line,
    tlbi_mva,
    tlbi_all,
    bpi_all,
    dsb,
    dmb,
    isb,
};

/// Told of each event. For stores `va` is the entry's address and `value` the new word; for
/// new_table the page and its bytes; for
/// tlbi_mva, clean_line and flush_line `va` is the operand; else both are 0.
using hw_observer = void (*)(hw_event event, virt_addr_t va, u32 value);

/// The observer now installed, or nullptr. Tests set it; a thread of its own each.
extern thread_local hw_observer current_hw_observer;

inline void observe(hw_event event, virt_addr_t va = virt_addr_t(0), u32 value = 0)
{
    if (current_hw_observer)
        current_hw_observer(event, va, value);
}

/// Where a maintenance primitive is called: the compiler's name of the file, and the line.
struct hw_site {
    const char *file;
    int line;
};

/// The site that is dropped, by a path that the compiler's name ends with; line 0: none. Set
/// before the first test runs, and read by all threads.
extern hw_site dropped_hw_site;
/// The site of the maintenance that an observer is told of.
extern thread_local hw_site current_hw_site;

/// Is this the dropped site? Asked where the line fits.
bool is_dropped_hw_site(const hw_site &site);

/// Notes the site and says whether the primitive is to be executed there.
[[nodiscard]] inline bool enter_hw_site(const char *file, int line)
{
    current_hw_site = {file, line};
    return line != dropped_hw_site.line || !is_dropped_hw_site(current_hw_site);
}
