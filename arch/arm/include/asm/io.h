// Registers of devices: one volatile access each, of the width named.
//
// The mapping must be a device type (MT_DEVICE). Linux: asm/io.h readl_relaxed(), writel_relaxed().
#pragma once

#include <asm/world.h>

inline u32 readl(virt_addr_t va)
{
    return *static_cast<volatile u32 *>(to_ptr(va));
}
inline void writel(u32 value, virt_addr_t va)
{
    *static_cast<volatile u32 *>(to_ptr(va)) = value;
}
inline void writeb(u8 value, virt_addr_t va)
{
    *static_cast<volatile u8 *>(to_ptr(va)) = value;
}
