// bootmem: a bit for each page of lowmem, the allocator between memblock and the page allocator.
//
//   memblock     knows ranges; places the bitmap, and is asked no more
//   bootmem      struct pages, the zones' metadata, tables: whatever must exist before pages do
//   page alloc   free_all_bootmem(): all pages whose bit is clear, in the largest blocks there are
//
//   bitmap    | 1111 0001 | 0000 0000 | 0000 ... 0000 | 0011 1111 |      1: taken
//   busy      |     1           0             0             1     |      0: a block of 1024 pages
//                                                                        in which nothing is taken
//
// The second row lets a search, and the hand-over at the end, step over a block of the highest
// order with one look. A small request continues in the page where the last one ended.
//
// The engine (bootmem_data) gets its bitmap from outside and knows no struct page, so a test makes
// ten of them; Linux's names below are its face for the kernel's own one. Linux had bootmem first;
// memblock came later and made it superfluous (mm/README.md).
// Linux: mm/bootmem.c, include/linux/bootmem.h (up to 4.19). Context: boot, one CPU.
#pragma once

#include <algorithm>
#include <bit>
#include <optional>

#include <asm/page.h>
#include <mm/mmzone.h>

/// The engine. (A struct because pg_data_t, which points to it, says so in Linux.)
struct bootmem_data {
public:
    /// What is asked for: physical addresses in bytes.
    struct request {
        u32 size;
        u32 align;            ///< a power of two
        phys_addr_t goal{0};  ///< nothing below, if that can be had
        phys_addr_t limit{0}; ///< nothing on a page that ends above; 0: no limit
    };
    enum class state : u8 { free, taken };

    /// Bytes of bitmap for `pages` pages, a multiple of 4.
    static constexpr u32 bytes_needed(u32 pages)
    {
        return 4 * (words_for(pages) + words_for(blocks_for(pages)));
    }
    /// Keeps book of the pages [start, end), all of them taken.
    ///
    /// @param map  bytes_needed() bytes, aligned to 4, contents ignored; stays the engine's
    void init(void *map, pfn_t start, pfn_t end);

    /// Marks pages, which must lie in [start(), end()).
    /// @return how many of them were marked so already
    u32 reserve(pfn_t first, pfn_t last_plus_one);
    u32 free(pfn_t first, pfn_t last_plus_one);

    /// The lowest place at or above the goal, or else below it; right behind the last one if that
    /// page has room.
    /// @return its address; nothing if there is no such place, and then nothing has changed
    [[nodiscard]] std::optional<phys_addr_t> alloc(const request &wanted);

    [[nodiscard]] pfn_t start() const { return start_; }
    [[nodiscard]] pfn_t end() const { return start_ + pages_; }
    [[nodiscard]] const void *map() const { return map_; }
    /// Is this page's bit set? `pfn` lies in [start(), end()).
    [[nodiscard]] bool is_taken(pfn_t pfn) const
    {
        return map_[(pfn - start_) / 32] >> (pfn - start_) % 32 & 1;
    }
    /// Does [first, last_plus_one) lie in it, and is it not backwards?
    [[nodiscard]] bool holds(pfn_t first, pfn_t last_plus_one) const
    {
        return first >= start_ && first <= last_plus_one && last_plus_one <= end();
    }

    /// Calls visit(first, count, state) for each longest run of equal pages, lowest first.
    template <class Visit>
    void for_each_run(Visit visit) const
    {
        for (u32 at = 0; at < pages_;) {
            const u32 taken = next_taken(at);
            if (at < taken)
                visit(start_ + at, taken - at, state::free);
            at = next_free(taken);
            if (taken < at)
                visit(start_ + taken, at - taken, state::taken);
        }
    }

private:
    static constexpr u32 BLOCK_PAGES = 1u << (MAX_ORDER - 1);
    static constexpr u32 BLOCK_WORDS = BLOCK_PAGES / 32;
    static constexpr u32 words_for(u32 bits) { return (bits + 31) / 32; }
    static constexpr u32 blocks_for(u32 pages) { return (pages + BLOCK_PAGES - 1) / BLOCK_PAGES; }

    [[nodiscard]] u32 next_taken(u32 from) const;
    [[nodiscard]] u32 next_free(u32 from) const;
    [[nodiscard]] u32 next_busy_block(u32 from) const;
    [[nodiscard]] std::optional<u32> find(u32 pages, u32 align, u32 from, u32 to) const;
    [[nodiscard]] std::optional<phys_addr_t> behind_the_last(const request &wanted,
                                                             u64 limit) const;
    [[nodiscard]] std::optional<phys_addr_t> on_new_pages(const request &wanted, u64 limit) const;

    u32 *map_ = nullptr;  // a bit a page; those behind the last page are set for ever
    u32 *busy_ = nullptr; // a bit a block; set: perhaps something in it is taken
    pfn_t start_{};
    u32 pages_ = 0;
    phys_addr_t last_end_{}; // where the last allocation ended, inside a page that is ours; else 0
};

// ------------------------------------------------------------------ Linux's names

/// The lowest frame of RAM, and one past the last of lowmem and of all RAM. Set by the
/// architecture's bootmem_init(). Linux: the same names.
extern pfn_t min_low_pfn, max_low_pfn, max_pfn;

/// One past the last byte of the zone DMA; what need not be there is put above. Set by the
/// architecture's bootmem_init(). Linux: MAX_DMA_ADDRESS, arm_dma_limit.
extern phys_addr_t max_dma_address;
/// Where alloc_bootmem() begins to look.
[[nodiscard]] inline unsigned long bootmem_goal()
{
    return max_dma_address.raw();
}

/// False until page_alloc_init() is done: who needs pages asks alloc_bootmem() before, and
/// alloc_pages() afterwards. Linux: after_bootmem, mem_init_done.
extern bool mem_init_done;

/// Pages that a bitmap for `pages` pages takes.
[[nodiscard]] unsigned long bootmem_bootmap_pages(unsigned long pages);
/// Begins to keep book of lowmem: all pages from `startpfn` to `endpfn` are taken, until
/// free_bootmem() says which are memory.
///
/// @param freepfn  where the bitmap can be: bootmem_bootmap_pages() pages of lowmem
/// @return         bytes of the bitmap
unsigned long init_bootmem_node(pg_data_t *pgdat, unsigned long freepfn, unsigned long startpfn,
                                unsigned long endpfn);
/// The same for the pages from 0 (there may be holes) to `pages`.
unsigned long init_bootmem(unsigned long start, unsigned long pages);

/// What to do if some of it is reserved already.
constexpr int BOOTMEM_DEFAULT = 0;   // reserve the rest; one line tells
constexpr int BOOTMEM_EXCLUSIVE = 1; // nothing: -EBUSY
/// Takes each page that has a byte of [physaddr, physaddr + size).
/// @return 0, -EBUSY, or -EINVAL for what is not lowmem (reported, and nothing is changed)
int reserve_bootmem(unsigned long physaddr, unsigned long size, int flags);
/// Frees each page that lies in [physaddr, physaddr + size) as a whole. What is no lowmem changes
/// nothing and is reported; what is free already is reported.
void free_bootmem(unsigned long physaddr, unsigned long size);

/// Lowmem, zeroed, that stays: only whole pages of it can be freed, by free_bootmem().
///
/// @param size   bytes, not 0
/// @param align  a power of two, or 0 for a cache line
/// @param goal   physical address: nothing below if that can be had
/// @param name   whose it is: for memblock's list, which the console's `page` reads
/// Panics if there is none; _nopanic returns nullptr, _raw too, and that memory is as found.
[[nodiscard]] void *__alloc_bootmem(unsigned long size, unsigned long align, unsigned long goal);
[[nodiscard]] void *__alloc_bootmem_nopanic(unsigned long size, unsigned long align,
                                            unsigned long goal);
[[nodiscard]] void *__alloc_bootmem_raw(unsigned long size, unsigned long align, unsigned long goal,
                                        const char *name = nullptr);
/// The same that ends at or below the physical address `limit`.
[[nodiscard]] void *__alloc_bootmem_limit(unsigned long size, unsigned long align,
                                          unsigned long goal, unsigned long limit);
/// The same in the zone DMA.
[[nodiscard]] void *__alloc_bootmem_low(unsigned long size, unsigned long align,
                                        unsigned long goal);

[[nodiscard]] inline void *alloc_bootmem(unsigned long size)
{
    return __alloc_bootmem(size, 0, bootmem_goal());
}
[[nodiscard]] inline void *alloc_bootmem_align(unsigned long size, unsigned long align)
{
    return __alloc_bootmem(size, align, bootmem_goal());
}
[[nodiscard]] inline void *alloc_bootmem_nopanic(unsigned long size)
{
    return __alloc_bootmem_nopanic(size, 0, bootmem_goal());
}
[[nodiscard]] inline void *alloc_bootmem_pages(unsigned long size)
{
    return __alloc_bootmem(size, PAGE_SIZE, bootmem_goal());
}
[[nodiscard]] inline void *alloc_bootmem_pages_nopanic(unsigned long size)
{
    return __alloc_bootmem_nopanic(size, PAGE_SIZE, bootmem_goal());
}
[[nodiscard]] inline void *alloc_bootmem_low(unsigned long size)
{
    return __alloc_bootmem_low(size, 0, 0);
}
[[nodiscard]] inline void *alloc_bootmem_low_pages(unsigned long size)
{
    return __alloc_bootmem_low(size, PAGE_SIZE, 0);
}

/// The end of bootmem: every free page goes to its zone, and the bitmap's pages with them; all
/// other pages of lowmem become PG_reserved. Needs the zones and the struct pages.
/// @return pages that went
unsigned long free_all_bootmem();
