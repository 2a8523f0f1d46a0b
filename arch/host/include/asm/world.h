// The bridge between the machine's 32-bit addresses and this world's pointers: on the host the
// machine's 4 GB stand at host_base, a multiple of 4 GB, so that truncation leads back.
//
// The target has a file of the same name where both are the same number.
#pragma once

#include <asm/page.h>

/// Where the machine's address 0 stands in this process; set by the host machine
/// (arch/host/machine.cpp) before anything else runs. A multiple of 4 GB, reserved without access.
extern char *host_base;

/// The pointer for virtual address `va`. No check is made.
inline void *to_ptr(virt_addr_t va)
{
    return host_base + va.raw();
}
/// The virtual address of pointer `p`: its low 32 bits.
inline virt_addr_t from_ptr(const volatile void *p)
{
    return virt_addr_t(static_cast<u32>(reinterpret_cast<unsigned long>(p)));
}
