// Fixmap: addresses that are known when the kernel is compiled, for frames that are not.
//
//   0xfffe0000 FIXADDR_TOP   index 0 is the page below it, and so downwards
//     kmap slots             16 for each of 4 CPUs (arch/arm/mm/highmem.cpp)
//     early ioremap          2 windows of 32 pages, for devices before vmalloc works
//   0xfff00000 FIXADDR_START
//
// The table of these 2 MB stands in the image (bm_pte) and was linked by head.S, so a slot can be
// filled from the first line of C++ on, and needs no memory.
// Linux: arch/arm/include/asm/fixmap.h (enum fixed_addresses).
#pragma once

#include <asm/memory.h>
#include <asm/pgtable-types.h>

/// Slots of kmap_local_page() a CPU. Linux: KM_TYPE_NR, KM_MAX_IDX.
constexpr u32 KMAP_SLOTS = 16;
constexpr u32 KMAP_CPUS = 4;
constexpr u32 NR_FIX_BTMAPS = 32;   ///< pages of one early ioremap
constexpr u32 FIX_BTMAPS_SLOTS = 2; ///< early ioremaps at once

/// Linux: enum fixed_addresses.
enum fixed_addresses : u32 {
    FIX_KMAP_BEGIN,
    FIX_KMAP_END = FIX_KMAP_BEGIN + KMAP_SLOTS * KMAP_CPUS, ///< the first behind
    FIX_BTMAP_END = FIX_KMAP_END,                           ///< highest address of the windows
    FIX_BTMAP_BEGIN = FIX_BTMAP_END + NR_FIX_BTMAPS * FIX_BTMAPS_SLOTS - 1,
    __end_of_fixed_addresses,
};
constexpr u32 FIXMAP_PAGES = (FIXADDR_TOP - FIXADDR_START) >> PAGE_SHIFT;
static_assert(FIXMAP_PAGES == 224 && __end_of_fixed_addresses <= FIXMAP_PAGES);

/// The address of slot `index`. Linux: fix_to_virt().
constexpr virt_addr_t fix_to_virt(u32 index)
{
    return FIXADDR_TOP - ((index + 1) << PAGE_SHIFT);
}
/// The slot that holds `va`, an address in the fixmap. Linux: virt_to_fix().
constexpr u32 virt_to_fix(virt_addr_t va)
{
    return (FIXADDR_TOP - 1 - va) >> PAGE_SHIFT;
}
static_assert(fix_to_virt(0) == virt_addr_t(0xfffdf000) && virt_to_fix(fix_to_virt(77)) == 77);

/// The slot of kmap_local_page() with number `slot` of `cpu`.
constexpr u32 fix_kmap_index(u32 cpu, u32 slot)
{
    return FIX_KMAP_BEGIN + cpu * KMAP_SLOTS + slot;
}

/// The Linux PTE of fixmap slot `index`, in the table that head.S linked.
pte_t *fixmap_pte(u32 index);

/// Maps the frame of `phys` in slot `index`.
///
/// @param index  below __end_of_fixed_addresses; the slot is empty, else the call is refused with
///               one line (a frame must not change under somebody who uses it)
/// @param prot   Linux PTE bits; the memory type must be that of all other mappings of the frame
/// Context: any; the slot's owner alone. TLB: none needed (invalid to valid); ends with DSB, ISB.
/// Linux: __set_fixmap().
void __set_fixmap(u32 index, phys_addr_t phys, pgprot_t prot);
/// Empties slot `index`, empty or not. Context: as above. TLB: flushed on all cores. Caches: on
/// CPUs whose data cache may know the page by this address, its lines are written back.
/// Linux: clear_fixmap().
void clear_fixmap(u32 index);
