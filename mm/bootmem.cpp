// bootmem's engine: mm/bootmem.h tells how it works.
//
// Everything goes by words of 32 pages. A bit of busy_ is set when a page of its block is taken
// and cleared only when a whole block is freed at once, so it may say "perhaps" for too long, and
// costs nothing on the way.
// Linux: mm/bootmem.c (alloc_bootmem_bdata, __reserve, __free; there by find_next_zero_bit).
#include <mm/bootmem.h>

namespace {

/// Calls change(word, mask) for the words of `count` bits from `first` on.
template <class Change>
void each_word(u32 *words, u32 first, u32 count, Change change)
{
    for (const u32 end = first + count; first < end;) {
        const u32 low = first % 32;
        const u32 here = std::min(32 - low, end - first);
        change(words[first / 32], (~0u >> (32 - here)) << low);
        first += here;
    }
}

u64 align_up(u64 at, u32 align)
{
    return (at + align - 1) & ~u64{align - 1};
}

phys_addr_t narrow(u64 address)
{
    return phys_addr_t(static_cast<u32>(address));
}

} // namespace

void bootmem_data::init(void *map, pfn_t start, pfn_t end)
{
    map_ = static_cast<u32 *>(map);
    busy_ = map_ + words_for(end - start);
    start_ = start;
    pages_ = end - start;
    last_end_ = phys_addr_t(0);
    std::fill(map_, busy_ + words_for(blocks_for(pages_)), ~0u);
}

u32 bootmem_data::reserve(pfn_t first, pfn_t last_plus_one)
{
    const u32 from = first - start_;
    const u32 count = last_plus_one - first;
    if (count == 0)
        return 0;
    u32 known = 0;
    each_word(map_, from, count, [&](u32 &word, u32 mask) {
        if (word & mask)
            known += static_cast<u32>(std::popcount(word & mask));
        word |= mask;
    });
    const u32 block = from / BLOCK_PAGES;
    each_word(busy_, block, (from + count - 1) / BLOCK_PAGES - block + 1,
              [](u32 &word, u32 mask) { word |= mask; });
    return known;
}

u32 bootmem_data::free(pfn_t first, pfn_t last_plus_one)
{
    const u32 from = first - start_;
    const u32 count = last_plus_one - first;
    u32 known = 0;
    each_word(map_, from, count, [&](u32 &word, u32 mask) {
        if (~word & mask)
            known += static_cast<u32>(std::popcount(~word & mask));
        word &= ~mask;
    });
    const u32 block = blocks_for(from); // the first, and how many, that lie in it as a whole
    const u32 end = (from + count) / BLOCK_PAGES;
    if (block < end)
        each_word(busy_, block, end - block, [](u32 &word, u32 mask) { word &= ~mask; });
    const pfn_t packing = PFN_DOWN(last_end_);
    if (packing >= first && packing < last_plus_one)
        last_end_ = phys_addr_t(0);
    return known;
}

u32 bootmem_data::next_busy_block(u32 from) const
{
    const u32 blocks = blocks_for(pages_);
    if (from >= blocks)
        return blocks;
    u32 i = from / 32;
    u32 rest = busy_[i] & ~0u << from % 32;
    while (rest == 0 && ++i < words_for(blocks))
        rest = busy_[i];
    return rest == 0 ? blocks : i * 32 + static_cast<u32>(std::countr_zero(rest));
}

u32 bootmem_data::next_taken(u32 from) const
{
    if (from >= pages_)
        return pages_;
    u32 i = from / 32;
    u32 rest = map_[i] & ~0u << from % 32;
    while (rest == 0) {
        i++;
        if (i % BLOCK_WORDS == 0)
            i = next_busy_block(i / BLOCK_WORDS) * BLOCK_WORDS;
        if (i >= words_for(pages_))
            return pages_;
        rest = map_[i];
    }
    return i * 32 + static_cast<u32>(std::countr_zero(rest));
}

u32 bootmem_data::next_free(u32 from) const
{
    if (from >= pages_)
        return pages_;
    u32 i = from / 32;
    u32 rest = ~map_[i] & ~0u << from % 32;
    while (rest == 0 && ++i < words_for(pages_))
        rest = ~map_[i];
    return rest == 0 ? pages_ : i * 32 + static_cast<u32>(std::countr_zero(rest));
}

/// A run of free pages in [from, to), its frame number a multiple of `align`.
std::optional<u32> bootmem_data::find(u32 pages, u32 align, u32 from, u32 to) const
{
    for (u32 at = from;;) {
        const u64 aligned = align_up(u64{start_.raw()} + next_free(at), align) - start_.raw();
        if (aligned + pages > to)
            return std::nullopt;
        at = static_cast<u32>(aligned);
        const u32 taken = next_taken(at);
        if (taken - at >= pages)
            return at;
        at = taken;
    }
}

/// The place right behind the last allocation, if that ended inside a page.
std::optional<phys_addr_t> bootmem_data::behind_the_last(const request &wanted, u64 limit) const
{
    if (last_end_.is_aligned(PAGE_SIZE))
        return std::nullopt;
    const u64 at = align_up(last_end_.raw(), wanted.align);
    const u64 next_page = u64{PFN_UP(last_end_).raw()} << PAGE_SHIFT;
    // An alignment may lead past the next page: then there is no reason to be here.
    if (at < wanted.goal.raw() || at + wanted.size > limit || at > next_page)
        return std::nullopt;
    const u32 first = PFN_UP(last_end_) - start_;
    const u32 end =
        static_cast<u32>((at + wanted.size + PAGE_SIZE - 1) >> PAGE_SHIFT) - start_.raw();
    if (first < end && next_taken(first) < end)
        return std::nullopt;
    return narrow(at);
}

/// A place on pages of its own, at or above the goal or else below it.
std::optional<phys_addr_t> bootmem_data::on_new_pages(const request &wanted, u64 limit) const
{
    const u32 pages = static_cast<u32>((u64{wanted.size} + PAGE_SIZE - 1) >> PAGE_SHIFT);
    const u32 align = std::max(wanted.align >> PAGE_SHIFT, 1u);
    const u32 goal = std::max(PFN_UP(wanted.goal), start_) - start_;
    const u64 last = limit >> PAGE_SHIFT;
    const u32 to = last > start_.raw() ? static_cast<u32>(last) - start_.raw() : 0;
    auto page = find(pages, align, goal, to);
    if (!page)
        page = find(pages, align, 0, to);
    if (!page)
        return std::nullopt;
    return PFN_PHYS(start_ + *page);
}

std::optional<phys_addr_t> bootmem_data::alloc(const request &wanted)
{
    u64 limit = u64{end().raw()} << PAGE_SHIFT;
    if (wanted.limit != phys_addr_t(0))
        limit = std::min<u64>(limit, wanted.limit.align_down(PAGE_SIZE).raw());
    auto place = behind_the_last(wanted, limit);
    if (!place)
        place = on_new_pages(wanted, limit);
    if (!place)
        return std::nullopt;
    const u64 place_end = u64{place->raw()} + wanted.size;
    reserve(PFN_DOWN(*place), pfn_t(static_cast<u32>((place_end + PAGE_SIZE - 1) >> PAGE_SHIFT)));
    last_end_ = narrow(place_end);
    return place;
}
