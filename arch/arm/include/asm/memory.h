// Where things are in the address space: the map of the design, as constants and translations.
//
//   0xffff0000  vectors                         one page
//   0xfff00000  fixmap                          224 pages
//   0xff000000  consistent DMA                  14 MB
//   VMALLOC_END  ^ vmalloc, ioremap, and from the top downwards the static device maps
//   high_memory  | lowmem: RAM at a fixed distance from PAGE_OFFSET
//   PAGE_OFFSET  |
//   PKMAP_BASE     pkmap, 2 MB below PAGE_OFFSET
//   MODULES_VADDR  modules, 14 MB below pkmap; TASK_SIZE ends the user's part
//
// Linux: arch/arm/include/asm/memory.h, Documentation/arm/memory.rst.
#pragma once

#include <asm/page.h>
#include <asm/world.h>

// A board fixes where its RAM begins; the build fixes the split (CMakeLists.txt).
constexpr phys_addr_t PHYS_OFFSET{CONFIG_PHYS_OFFSET};
constexpr virt_addr_t PAGE_OFFSET{CONFIG_PAGE_OFFSET};
constexpr u32 TEXT_OFFSET = 0x10000; // QEMU puts a flat image there on every board

constexpr u32 PKMAP_SIZE = SZ_2M;
constexpr virt_addr_t PKMAP_BASE = PAGE_OFFSET - PKMAP_SIZE;
constexpr virt_addr_t MODULES_END = PKMAP_BASE;
constexpr virt_addr_t MODULES_VADDR = PAGE_OFFSET - SZ_16M;
constexpr virt_addr_t TASK_SIZE = MODULES_VADDR;

constexpr virt_addr_t VMALLOC_END{0xff000000};
constexpr u32 VMALLOC_OFFSET = SZ_8M; // the hole that catches what runs off the end of lowmem
constexpr u32 VMALLOC_DEFAULT = 104 * SZ_1M;
constexpr u32 VMALLOC_MIN_SIZE = SZ_16M;
constexpr u32 LOWMEM_MIN_SIZE = 32 * SZ_1M;

constexpr virt_addr_t CONSISTENT_BASE{0xff000000};
constexpr virt_addr_t CONSISTENT_END{0xffe00000};
constexpr virt_addr_t FIXADDR_START{0xfff00000};
constexpr virt_addr_t FIXADDR_TOP{0xfffe0000};
constexpr virt_addr_t VECTORS_BASE{0xffff0000};

/// Linear translations: only for lowmem, only these four know the distance. No check is made
/// that the address is lowmem. Linux: asm/memory.h.
constexpr virt_addr_t linear_va(phys_addr_t pa)
{
    return PAGE_OFFSET + (pa - PHYS_OFFSET);
}
constexpr phys_addr_t linear_pa(virt_addr_t va)
{
    return PHYS_OFFSET + (va - PAGE_OFFSET);
}

/// The physical address behind lowmem pointer value `x` (bytes). Linux: __virt_to_phys().
inline phys_addr_t __virt_to_phys(unsigned long x)
{
    return linear_pa(virt_addr_t(static_cast<u32>(x)));
}
/// The lowmem pointer value for `pa`. Linux: __phys_to_virt().
inline unsigned long __phys_to_virt(phys_addr_t pa)
{
    return reinterpret_cast<unsigned long>(to_ptr(linear_va(pa)));
}
inline phys_addr_t virt_to_phys(const volatile void *p)
{
    return __virt_to_phys(reinterpret_cast<unsigned long>(p));
}
inline void *phys_to_virt(phys_addr_t pa)
{
    return reinterpret_cast<void *>(__phys_to_virt(pa));
}
inline phys_addr_t __pa(const volatile void *p)
{
    return virt_to_phys(p);
}
inline void *__va(phys_addr_t pa)
{
    return phys_to_virt(pa);
}
