// Pages, and the types an address can have.
//
// Linux: arch/arm/include/asm/page.h, include/linux/pfn.h.
#pragma once

#include <kernel/lib/strong.h>

constexpr u32 PAGE_SHIFT = 12;
constexpr u32 PAGE_SIZE = 1u << PAGE_SHIFT;
constexpr u32 PAGE_MASK = ~(PAGE_SIZE - 1);

/// A physical address, in bytes. Nothing can be read through it: only __va() leads to a pointer.
using phys_addr_t = place<struct phys_addr_tag>;
/// A virtual address of the ARM machine, in bytes: 32 bits in both worlds.
using virt_addr_t = place<struct virt_addr_tag>;
/// A page frame number: a physical address divided by PAGE_SIZE.
using pfn_t = place<struct pfn_tag>;

/// The frame that holds `pa`. Linux: PFN_DOWN().
constexpr pfn_t PFN_DOWN(phys_addr_t pa)
{
    return pfn_t(pa.raw() >> PAGE_SHIFT);
}
/// The first frame at or above `pa`. Linux: PFN_UP().
constexpr pfn_t PFN_UP(phys_addr_t pa)
{
    return pfn_t((pa.raw() >> PAGE_SHIFT) + ((pa.raw() & ~PAGE_MASK) != 0));
}
/// The first byte of frame `pfn`. Linux: PFN_PHYS().
constexpr phys_addr_t PFN_PHYS(pfn_t pfn)
{
    return phys_addr_t(pfn.raw() << PAGE_SHIFT);
}
/// `bytes` rounded up to whole pages, in bytes. Linux: PAGE_ALIGN().
constexpr u32 PAGE_ALIGN(u32 bytes)
{
    return (bytes + PAGE_SIZE - 1) & PAGE_MASK;
}

static_assert(PFN_UP(phys_addr_t(0xfffff001)) == pfn_t(0x100000));
static_assert(PFN_PHYS(PFN_DOWN(phys_addr_t(0x60001fff))) == phys_addr_t(0x60001000));

/// Fills the page at `page` (page-aligned) with zeroes. Context: any. Caches: as any store.
/// Linux: clear_page().
extern "C" void clear_page(void *page);
/// Copies a page; both page-aligned, not overlapping. Linux: copy_page().
extern "C" void copy_page(void *to, const void *from);
