// The pkmap window: 512 pages of address space, below PAGE_OFFSET, for high pages that kmap()
// holds; and the memory type of kmap's mappings. Who gets which slot is decided in mm/highmem.cpp.
//
// kmap_init() makes the window's table at boot; its first-level words never change.
// Linux: asm/highmem.h.
#pragma once

#include <asm/memory.h>
#include <asm/pgtable-types.h>

constexpr u32 LAST_PKMAP = PTRS_PER_PTE; ///< slots of the window
static_assert(LAST_PKMAP * PAGE_SIZE == PKMAP_SIZE);

/// The address of slot `nr`. Linux: PKMAP_ADDR().
constexpr virt_addr_t PKMAP_ADDR(u32 nr)
{
    return PKMAP_BASE + (nr << PAGE_SHIFT);
}
/// The slot that holds `va`, an address in the window. Linux: PKMAP_NR().
constexpr u32 PKMAP_NR(virt_addr_t va)
{
    return (va - PKMAP_BASE) >> PAGE_SHIFT;
}

/// Maps a frame in slot `nr`, which is empty, with the memory type and rights of lowmem's data.
/// Context: the slot's owner. TLB: none needed (invalid to valid); ends with DSB, ISB.
void pkmap_map(u32 nr, pfn_t pfn);
/// Empties slot `nr`. Caches: the page's lines are written back where the cache knows addresses.
/// TLB: the caller's, by flush_pkmaps(), before the slot is mapped again.
void pkmap_unmap(u32 nr);
/// Ends a run of pkmap_unmap(): no CPU uses the old entries any more.
void flush_pkmaps();
/// The frame that slot `nr` maps; nothing is checked.
[[nodiscard]] pfn_t pkmap_pfn(u32 nr);
/// Does slot `nr` map anything?
[[nodiscard]] bool pkmap_is_mapped(u32 nr);
