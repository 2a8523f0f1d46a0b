// High memory: frames that have no address of their own, and the three ways to look at one.
//
//   kmap_local_page(p)   one of this CPU's 16 slots in the fixmap, as a stack: the last one mapped
//                        is the first one unmapped. Cheap, never waits, not for long.
//   kmap_atomic(p)       the same under its old name; with a km_type as in old kernels, which is
//                        checked
//   kmap(p)              a slot of the pkmap window that all CPUs share, for as long as it is
//                        wanted; the frame keeps its slot until others are needed
//
// A lowmem page has an address for ever: for it all three only compute that. Mappings have the
// memory type of lowmem (one frame, one type) and are never executable.
// Linux: include/linux/highmem.h, highmem-internal.h, mm/highmem.c, arch/arm/mm/highmem.c.
#pragma once

#include <asm/fixmap.h>
#include <mm/memory_model.h>
#include <mm/mm_types.h>

/// The address of a lowmem page. No check is made. Linux: lowmem_page_address().
inline void *lowmem_page_address(const page *p)
{
    return __va(page_to_phys(p));
}
/// The address at which the kernel can use the frame: nullptr for a high page that kmap() does
/// not hold. A slot of kmap_local_page() is not told: it is its CPU's alone.
/// Context: any. Linux: page_address().
[[nodiscard]] void *page_address(const struct page *page);

// kmap_local_page for high pages: arch/arm/mm/highmem.cpp.
[[nodiscard]] void *kmap_local_high(page *p);
void kunmap_local_high(virt_addr_t va);

/// Maps a frame for this CPU, until kunmap_local() of what was mapped last.
///
/// @return  page-aligned address; nullptr if all 16 slots of the CPU are taken (reported)
/// Context: any, interrupts too (an interrupt unmaps all that it mapped). Between map and unmap
/// the caller may neither sleep nor move to another CPU: kmap_local_sched_out() would take the
/// mapping away. TLB: none needed; unmapping flushes the address. Linux: kmap_local_page().
[[nodiscard]] inline void *kmap_local_page(page *p)
{
    if (!PageHighMem(p))
        return lowmem_page_address(p);
    return kmap_local_high(p);
}
/// Ends the mapping that kmap_local_page() made last.
///
/// @param addr  what it returned, or an address in that page. Another one's is refused with a
///              report and stays mapped; a lowmem address is ignored.
/// Context: any, on the same CPU. TLB: flushed. Caches: lines are written back where the cache
/// knows addresses (ARMv5, ARMv6). Linux: kunmap_local().
inline void kunmap_local(const void *addr)
{
    if (from_ptr(addr) >= FIXADDR_START)
        kunmap_local_high(from_ptr(addr));
}

/// The older name; nothing can preempt or fault in a way that it would have to forbid yet.
/// Linux: kmap_atomic(), kunmap_atomic().
[[nodiscard]] inline void *kmap_atomic(page *p)
{
    return kmap_local_page(p);
}
inline void kunmap_atomic(const void *addr)
{
    kunmap_local(addr);
}

/// Fills the frame with zeroes; copies one frame to another. High or not. Context: any.
/// Linux: clear_highpage(), copy_highpage().
void clear_highpage(page *p);
void copy_highpage(page *to, page *from);
