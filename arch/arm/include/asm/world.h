// The bridge between the machine's 32-bit addresses and this world's pointers: on the target
// they are the same number. The host has a file of the same name where they are not.
#pragma once

#include <asm/page.h>

/// The pointer for virtual address `va`. No check is made.
inline void *to_ptr(virt_addr_t va)
{
    return reinterpret_cast<void *>(va.raw());
}
/// The virtual address of pointer `p`.
inline virt_addr_t from_ptr(const volatile void *p)
{
    return virt_addr_t(reinterpret_cast<u32>(p));
}
