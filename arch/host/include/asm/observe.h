// What the machine would have seen: on the host every store to a table and every maintenance
// primitive is told to an observer before it happens.
//
// tests/ installs observers: a recorder that checks sequences, and the model of the machine.
#pragma once

#include <asm/page.h>

enum class hw_event : u8 {
    store_pgd,
    store_linux_pte,
    store_pte,
    new_table,
    clean_line,
    tlbi_mva,
    tlbi_all,
    bpi_all,
    dsb,
    dmb,
    isb,
};

/// Told of each event. For stores `va` is the entry's address and `value` the new word; for
/// new_table the page and its bytes; for
/// tlbi_mva and clean_line `va` is the operand; else both are 0.
using hw_observer = void (*)(hw_event event, virt_addr_t va, u32 value);

/// The observer now installed, or nullptr. Tests set it; a thread of its own each.
extern thread_local hw_observer current_hw_observer;

inline void observe(hw_event event, virt_addr_t va = virt_addr_t(0), u32 value = 0)
{
    if (current_hw_observer)
        current_hw_observer(event, va, value);
}
