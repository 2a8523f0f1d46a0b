// From a frame's number to its struct page and back, in constant time: the two memory models.
//
//   FLATMEM     mem_map[pfn - first pfn of RAM]: one array over all banks and the holes between
//   SPARSEMEM   mem_section[pfn / 16384].map + pfn: an array for each 64 MB that has RAM, none for
//               an absent one; a page knows its section by six bits of its flags
//
// Which one is a build option (LOWMEM_SPARSEMEM). Linux: asm-generic/memory_model.h,
// include/linux/mmzone.h (mem_section).
#pragma once

#include <bit>

#include <asm/memory.h>
#include <mm/mm_types.h>

constexpr u32 SECTION_SIZE_BITS = 26; ///< 64 MB. Linux: arch/arm/include/asm/sparsemem.h
constexpr u32 PFN_SECTION_SHIFT = SECTION_SIZE_BITS - PAGE_SHIFT;
constexpr u32 PAGES_PER_SECTION = 1u << PFN_SECTION_SHIFT;
constexpr u32 NR_MEM_SECTIONS = 1u << (32 - SECTION_SIZE_BITS);
static_assert(NR_MEM_SECTIONS <= 1u << PAGE_SECTION_BITS);

/// The first frame of the board's RAM. Linux: PHYS_PFN_OFFSET, ARCH_PFN_OFFSET.
constexpr pfn_t PHYS_PFN_OFFSET = PFN_DOWN(PHYS_OFFSET);

#if defined(CONFIG_SPARSEMEM)

struct mem_section {
    page *map; ///< of the section's first frame; nullptr if the section is absent
};
extern mem_section mem_section[NR_MEM_SECTIONS];

inline page *pfn_to_page(pfn_t pfn)
{
    return mem_section[pfn.raw() >> PFN_SECTION_SHIFT].map + pfn.raw() % PAGES_PER_SECTION;
}
inline pfn_t page_pfn(const page *p)
{
    const u32 section = p->flags >> PAGE_SECTION_SHIFT & ((1u << PAGE_SECTION_BITS) - 1);
    return pfn_t((section << PFN_SECTION_SHIFT) + static_cast<u32>(p - mem_section[section].map));
}

#else

/// The struct page of PHYS_PFN_OFFSET, and how many there are: in one place, so that one address
/// leads to both.
struct flat_memory {
    page *map;
    u32 pages;
};
extern struct flat_memory flat_memory;
/// Linux: mem_map, max_mapnr.
inline page *&mem_map = flat_memory.map;
inline u32 &max_mapnr = flat_memory.pages;

inline page *pfn_to_page(pfn_t pfn)
{
    return mem_map + (pfn - PHYS_PFN_OFFSET);
}
inline pfn_t page_pfn(const page *p)
{
    return PHYS_PFN_OFFSET + static_cast<u32>(p - mem_map);
}

#endif

/// Has this frame a struct page? (It may be a hole in a bank: then it is reserved.)
/// Linux: pfn_valid().
[[nodiscard]] bool pfn_valid(unsigned long pfn);
/// Does `p` point to a struct page, and to its beginning? True for no other pointer, however wild;
/// nothing is read through it before it is known to be one.
[[nodiscard]] inline bool is_struct_page(const page *p);

/// Is `p` one of the `count` pages that begin at `map`? One compare: what a misaligned pointer has
/// in its low bits becomes the top of a number that is far too large.
inline bool is_one_of(const page *p, const page *map, u32 count)
{
    static_assert(std::has_single_bit(sizeof(page)));
    const auto distance = reinterpret_cast<unsigned long>(p) - reinterpret_cast<unsigned long>(map);
    return std::rotr(distance, std::countr_zero(sizeof(page))) < count;
}

#if !defined(CONFIG_SPARSEMEM)
inline bool is_struct_page(const page *p)
{
    return is_one_of(p, mem_map, max_mapnr);
}
#else
/// The maps of all present sections, side by side, and how many pages they have together.
extern page *section_maps;
extern u32 nr_section_pages;
inline bool is_struct_page(const page *p)
{
    return is_one_of(p, section_maps, nr_section_pages);
}
#endif

// Linux's names, which take and give numbers.
inline page *pfn_to_page(unsigned long pfn)
{
    return pfn_to_page(pfn_t(static_cast<u32>(pfn)));
}
inline unsigned long page_to_pfn(const page *p)
{
    return page_pfn(p).raw();
}
/// The frame's physical address. Linux: page_to_phys().
inline phys_addr_t page_to_phys(const page *p)
{
#if defined(CONFIG_SPARSEMEM)
    return PFN_PHYS(page_pfn(p));
#else
    // A page further in mem_map is PAGE_SIZE further in memory: one shift.
    const auto distance =
        reinterpret_cast<unsigned long>(p) - reinterpret_cast<unsigned long>(mem_map);
    return PHYS_OFFSET + static_cast<u32>(distance * (PAGE_SIZE / sizeof(page)));
#endif
}
/// The page behind a lowmem address. No check is made. Linux: virt_to_page().
inline page *virt_to_page(const volatile void *kaddr)
{
#if defined(CONFIG_SPARSEMEM)
    return pfn_to_page(PFN_DOWN(__pa(kaddr)));
#else
    return mem_map + ((from_ptr(kaddr) - PAGE_OFFSET) >> PAGE_SHIFT);
#endif
}
