// From ranges of RAM to zones with struct pages, and from there to a page allocator that works.
//
//   bootmem_init             (architecture) bitmap of lowmem, memory_present() for each bank
//     sparse_init            SPARSEMEM: struct pages of each section
//     free_area_init         how large is each zone, and where are its holes
//       alloc_node_mem_map   FLATMEM: struct pages of everything
//       free_area_init_core  each zone's engine gets its metadata
//       memmap_init          all struct pages: free, or PG_reserved where there is no RAM
//   mem_init                 (architecture)
//     free_all_bootmem       lowmem to its zones
//     free_highmem_range     the rest
//     page_alloc_init        zonelists, watermarks, CPUs' lists: from now on there are pages
//
// Linux: mm/page_alloc.c, mm/mm_init.c. Context of everything here: boot, one CPU.
#pragma once

#include <mm/mmzone.h>

/// Makes the zones of the node out of memblock's ranges and the limits of the architecture.
///
/// @param max_zone_pfn  one past the last frame of DMA, NORMAL and HIGHMEM; [ZONE_MOVABLE] is not
///                      read. MOVABLE is cut from the highest zone, as the command line says.
/// Needs bootmem for the metadata: panics if that has not enough. Linux: free_area_init().
void free_area_init(const pfn_t (&max_zone_pfn)[MAX_NR_ZONES]);

/// Zonelists, watermarks, reserves, the CPUs' lists, by what the zones have now.
void page_alloc_init();

/// The zones that each request may use, of those that have pages. Linux: the same name.
void build_all_zonelists();
/// min_free_kbytes by Linux's formula, unless the command line said it.
void init_per_zone_wmark_min();
/// Each zone's watermarks from min_free_kbytes. Linux: the same name.
void setup_per_zone_wmarks();
/// What each zone keeps from requests that could have gone higher. Linux: the same name.
void setup_per_zone_lowmem_reserve();

/// The frames [first, last_plus_one) belong to the page allocator from now on, as free pages of
/// their zones, in the largest blocks that fit. Their struct pages say "free" already.
/// @return how many they are
u32 give_to_zones(pfn_t first, pfn_t last_plus_one);
/// The struct pages of the frames [first, last_plus_one) as new, with `state` in their flags (0:
/// free; PG_reserved). Frames without a struct page are left out. Linux: memmap_init_zone().
void memmap_init_range(pfn_t first, pfn_t last_plus_one, u32 state);
/// The RAM in [first, last_plus_one) was kept for good: PG_reserved.
void reserve_range(pfn_t first, pfn_t last_plus_one);
/// The end of memblock in highmem: what of the frames [first, last_plus_one) is RAM and not
/// reserved goes to its zone; what is reserved becomes PG_reserved.
/// @return how many went. Linux: arch/arm/mm/init.c free_highpages().
u32 free_highmem_range(pfn_t first, pfn_t last_plus_one);

/// Gives frames back that were reserved at boot: [start, end) of lowmem, whole pages only. Prints
/// "Freeing NAME memory: 8K" if `name` is one.
/// @return how many. Context: after mem_init. Linux: free_reserved_area().
u32 free_reserved_area(virt_addr_t start, virt_addr_t end, const char *name);

/// Frames of RAM in all zones, reserved or not. Linux: get_num_physpages().
[[nodiscard]] u32 get_num_physpages();

/// Writes `pattern` into `count` struct pages side by side; with fewer than 2 instructions a page
/// on the target. The architecture has it.
extern "C" void memmap_init_pages(page *first, u32 count, const page *pattern);

// The memory models: mm/memory_model.cpp, mm/sparse.cpp.

/// There is RAM in [start, end): its sections want struct pages. Called for each bank, lowest first.
/// Linux: memory_present().
void memory_present(pfn_t start, pfn_t end);
/// Struct pages of the present sections, out of bootmem. Linux: sparse_init().
void sparse_init();
/// Struct pages of all frames to `end`, out of bootmem. Linux: alloc_node_mem_map().
void alloc_node_mem_map(pfn_t end);
/// Calls memmap_init_pages for those of [first, last_plus_one) that exist; `pattern` is changed.
void memmap_init_model(pfn_t first, pfn_t last_plus_one, page &pattern);
