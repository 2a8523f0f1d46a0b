// SPARSEMEM: the space is cut into sections of 64 MB, and those with RAM have struct pages.
//
//   mem_section  [ - | map | - | map | map | - ... ]         64 entries, by physical address
//                       |        \     \.
//   section_maps      [ 16384 pages | 16384 pages | 5000 pages ]   side by side, out of bootmem
//
// The maps of all present sections stand side by side, so one compare says of any pointer whether
// it is a struct page, without reading through it. The last one ends where RAM does, which is what
// makes a machine of few megabytes possible.
// Linux: mm/sparse.c.
#include <mm/memory_model.h>

#include <mm/bootmem.h>
#include <mm/mm_init.h>

#if defined(CONFIG_SPARSEMEM)

#include <kernel/core/panic.h>
#include <kernel/lib/bitmap.h>
#include <kernel/lib/init.h>

constinit struct mem_section mem_section[NR_MEM_SECTIONS] = {};
constinit page *section_maps = nullptr;
constinit u32 nr_section_pages = 0;

namespace {

constinit __initdata bitmap<NR_MEM_SECTIONS> present_sections{};
constinit pfn_t present_end{}; // one past the last frame that has a struct page

} // namespace

bool pfn_valid(unsigned long pfn)
{
    const unsigned long section = pfn >> PFN_SECTION_SHIFT;
    return pfn < present_end.raw() && mem_section[section].map != nullptr;
}

void memory_present(pfn_t start, pfn_t end)
{
    const u32 first = start.raw() >> PFN_SECTION_SHIFT;
    const u32 last = (end - 1).raw() >> PFN_SECTION_SHIFT;
    present_sections.set_range(first, last - first + 1);
    present_end = end;
}

void sparse_init()
{
    const u32 pages = present_sections.weight() * PAGES_PER_SECTION -
                      (present_end.align_up(PAGES_PER_SECTION) - present_end);
    section_maps = static_cast<page *>(
        __alloc_bootmem_raw(pages * sizeof(page), PAGE_SIZE, bootmem_goal(), "struct pages"));
    if (!section_maps)
        panic("sparse_init: no memory for the struct pages of %u sections",
              present_sections.weight());
    nr_section_pages = pages;
    page *map = section_maps;
    for (u32 i = 0; i < NR_MEM_SECTIONS; i++) {
        mem_section[i].map = present_sections.test(i) ? map : nullptr;
        map += present_sections.test(i) ? PAGES_PER_SECTION : 0;
    }
    present_sections = {};
}

void alloc_node_mem_map(pfn_t) {}

void memmap_init_model(pfn_t first, pfn_t last_plus_one, page &pattern)
{
    const u32 flags = pattern.flags;
    last_plus_one = std::min(last_plus_one, present_end);
    while (first < last_plus_one) {
        const u32 section = first.raw() >> PFN_SECTION_SHIFT;
        const pfn_t end = std::min(last_plus_one, pfn_t((section + 1) << PFN_SECTION_SHIFT));
        pattern.flags = flags | section << PAGE_SECTION_SHIFT;
        if (mem_section[section].map)
            memmap_init_pages(pfn_to_page(first), end - first, &pattern);
        first = end;
    }
    pattern.flags = flags;
}

#endif
