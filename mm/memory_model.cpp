// FLATMEM: one array of struct pages from the first frame of RAM to the last, holes included.
//
//   mem_map  [ bank | hole: PG_reserved | bank ]        pfn_to_page: one addition
//
// A hole costs 8 KB of struct pages a megabyte; SPARSEMEM (mm/sparse.cpp) spends nothing on those
// of 64 MB and more.
// Linux: mm/page_alloc.c (alloc_node_mem_map), asm-generic/memory_model.h.
#include <mm/memory_model.h>

#include <mm/bootmem.h>
#include <mm/mm_init.h>

#if !defined(CONFIG_SPARSEMEM) // mem_map and max_mapnr: mm/page_alloc.cpp, beside what is fast

#include <kernel/core/panic.h>

bool pfn_valid(unsigned long pfn)
{
    return pfn - PHYS_PFN_OFFSET.raw() < max_mapnr;
}

void memory_present(pfn_t, pfn_t) {}
void sparse_init() {}

void alloc_node_mem_map(pfn_t end)
{
    const u32 pages = end - PHYS_PFN_OFFSET;
    mem_map = static_cast<page *>(
        __alloc_bootmem_raw(pages * sizeof(page), PAGE_SIZE, bootmem_goal(), "struct pages"));
    if (!mem_map)
        panic("alloc_node_mem_map: no memory for the struct pages of %u frames", pages);
    max_mapnr = pages;
}

void memmap_init_model(pfn_t first, pfn_t last_plus_one, page &pattern)
{
    first = std::max(first, PHYS_PFN_OFFSET);
    last_plus_one = std::min(last_plus_one, PHYS_PFN_OFFSET + max_mapnr);
    if (first < last_plus_one)
        memmap_init_pages(pfn_to_page(first), last_plus_one - first, &pattern);
}

#endif
