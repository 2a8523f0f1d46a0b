// memblock's searches: walking over what is free, finding a place, and the questions.
//
// Free memory is not a list of its own: next_free() and prev_free() compute it from the two lists,
// one run at a time, each from an address. So a loop over free memory may reserve inside of what
// it visits, and nothing goes stale.
//
//   top down   the highest run that is big enough; in it, the highest aligned place
//   bottom up  the lowest run that is big enough; in it, the lowest aligned place
//
// Top down is the default: low addresses are scarce (devices, the loader, what is mapped early).
// Linux: mm/memblock.c (__next_mem_range, __next_mem_range_rev, memblock_find_in_range_node,
// memblock_alloc_range_nid, memblock_alloc_internal).
#include <mm/memblock_engine.h>

#include <algorithm>
#include <cstring>

#include <kernel/core/printk.h>

namespace {

constexpr phys_addr_t NOTHING_FITS{0};

u64 align_up(u64 at, u32 align)
{
    return (at + align - 1) & ~u64{align - 1};
}

phys_addr_t narrow(u64 address)
{
    return phys_addr_t(static_cast<u32>(address));
}

/// The alignment to use, or 0 for a request that is refused with a line.
u32 alignment_for(u32 size, u32 align)
{
    if (align == 0)
        align = MEMBLOCK_DEFAULT_ALIGN;
    const bool power_of_two = (align & (align - 1)) == 0;
    if (size != 0 && power_of_two)
        return align;
    printk("memblock: %u bytes aligned to %u refused: %s\n", size, align,
           size == 0 ? "no size" : "the alignment is no power of two");
    return 0;
}

} // namespace

std::optional<memblock_region> memblock::next_in(const memblock_type &type, u64 from)
{
    const u32 i = index_of(type, from);
    if (i == type.cnt)
        return std::nullopt;
    memblock_region r = type.regions[i];
    r.base = std::max(r.base, narrow(from));
    return r;
}

std::optional<memblock_region> memblock::next_memory(u64 from) const
{
    return next_in(memory_, from);
}

std::optional<memblock_region> memblock::next_reserved(u64 from) const
{
    return next_in(reserved_, from);
}

std::optional<memblock_region> memblock::next_free(u64 from) const
{
    while (const auto ram = next_in(memory_, from)) {
        from = ram->base.raw();
        const auto taken = next_in(reserved_, from);
        if (!taken || taken->base > ram->last)
            return ram;
        if (taken->base > ram->base)
            return memblock_region{ram->base, taken->base - 1, nullptr};
        from = taken->end();
    }
    return std::nullopt;
}

std::optional<memblock_region> memblock::prev_free(u64 below) const
{
    // The mirror image: `below` is always one past the highest byte still in question.
    while (below > 0) {
        const u32 m = index_of(memory_, below - 1);
        const bool inside = m < memory_.cnt && memory_.regions[m].base.raw() < below;
        if (!inside) {
            if (m == 0)
                return std::nullopt;
            below = memory_.regions[m - 1].end();
            continue;
        }
        const phys_addr_t ram_base = memory_.regions[m].base;
        const u32 r = index_of(reserved_, below - 1);
        if (r < reserved_.cnt && reserved_.regions[r].base.raw() < below) {
            below = reserved_.regions[r].base.raw();
            continue;
        }
        const u64 taken_end = r > 0 ? reserved_.regions[r - 1].end() : 0;
        return memblock_region{std::max(ram_base, narrow(taken_end)), narrow(below - 1), nullptr};
    }
    return std::nullopt;
}

/// A free place of `size` bytes in [min, max), or nothing. Linux: memblock_find_in_range().
std::optional<phys_addr_t> memblock::find_in_range(u64 size, u32 align, u64 min, u64 max) const
{
    const u64 floor = std::max<u64>(min, PAGE_SIZE); // 0 is no address but "nothing fits"
    if (direction_ == direction::bottom_up) {
        for (auto run = next_free(floor); run && run->base.raw() < max;
             run = next_free(run->end())) {
            const u64 at = align_up(run->base.raw(), align);
            if (at + size <= std::min(run->end(), max))
                return narrow(at);
        }
        return std::nullopt;
    }
    for (auto run = prev_free(max); run && run->end() > floor; run = prev_free(run->base.raw())) {
        if (run->end() < size)
            continue;
        const u64 at = (run->end() - size) & ~u64{align - 1};
        if (at >= std::max<u64>(run->base.raw(), floor))
            return narrow(at);
    }
    return std::nullopt;
}

/// Finds and reserves; 0 if either fails. `max` is an address or MEMBLOCK_ALLOC_ANYWHERE.
phys_addr_t memblock::place(u32 size, u32 align, phys_addr_t min, phys_addr_t max, const char *name)
{
    if (closed_) {
        printk("memblock: %u bytes refused: its memory was handed over\n", size);
        return NOTHING_FITS;
    }
    const u64 end = max == MEMBLOCK_ALLOC_ANYWHERE ? PHYS_SPACE_END : max.raw();
    const auto found = find_in_range(size, align, min.raw(), end);
    if (!found || reserve(*found, size, name) != 0)
        return NOTHING_FITS;
    return *found;
}

phys_addr_t memblock::phys_alloc_range(u32 size, u32 align, phys_addr_t min, phys_addr_t max,
                                       const char *name)
{
    const u32 unit = alignment_for(size, align);
    if (unit == 0)
        return NOTHING_FITS;
    return place(size, unit, min, max == MEMBLOCK_ALLOC_ACCESSIBLE ? limit_ : max, name);
}

void *memblock::alloc_raw(u32 size, u32 align, phys_addr_t min, phys_addr_t max, const char *name)
{
    const u32 unit = alignment_for(size, align);
    if (unit == 0)
        return nullptr;
    if (max == MEMBLOCK_ALLOC_ACCESSIBLE || max > limit_)
        max = limit_;
    phys_addr_t found = place(size, unit, min, max, name);
    if (found == NOTHING_FITS && min > phys_addr_t(0))
        found = place(size, unit, phys_addr_t(0), max, name);
    return found == NOTHING_FITS ? nullptr : to_virt_(found);
}

void *memblock::alloc(u32 size, u32 align, phys_addr_t min, phys_addr_t max, const char *name)
{
    void *p = alloc_raw(size, align, min, max, name);
    return p != nullptr ? std::memset(p, 0, size) : nullptr;
}

void memblock::enforce_memory_limit(u64 limit)
{
    if (limit == 0)
        return;
    for (auto ram = next_memory(0); ram; ram = next_memory(ram->end())) {
        if (limit >= ram->size()) {
            limit -= ram->size();
            continue;
        }
        // Here the limit is reached. What lies above goes from both lists, as one range, which
        // needs no room: it reaches to the top.
        const memblock_region beyond{ram->base + static_cast<u32>(limit), narrow(~u32{0}), nullptr};
        if (remove_range(memory_, beyond) == 0)
            (void) remove_range(reserved_, beyond);
        return;
    }
}

void memblock::trim_memory(u32 align)
{
    for (auto ram = next_memory(0); ram; ram = next_memory(ram->end())) {
        const u64 base = std::min(align_up(ram->base.raw(), align), ram->end());
        const u64 end = std::max<u64>(ram->end() & ~u64{align - 1}, base);
        if (ram->base.raw() < base)
            (void) remove_range(memory_, {ram->base, narrow(base - 1), nullptr});
        if (end < ram->end())
            (void) remove_range(memory_, {narrow(end), ram->last, nullptr});
    }
}

bool memblock::is_region_memory(phys_addr_t base, u32 size) const
{
    // Memory bears no names, so memory that touches is one entry: looking at one is enough.
    const memblock_region *ram = find(memory_, base);
    return ram != nullptr && std::min(u64{base.raw()} + size, PHYS_SPACE_END) <= ram->end();
}

bool memblock::is_region_reserved(phys_addr_t base, u32 size) const
{
    const auto taken = next_reserved(base.raw());
    return taken && taken->base.raw() < u64{base.raw()} + size;
}

phys_addr_t memblock::start_of_dram() const
{
    return memory_.cnt > 0 ? memory_.regions[0].base : phys_addr_t(0);
}

u64 memblock::end_of_dram() const
{
    return memory_.cnt > 0 ? memory_.regions[memory_.cnt - 1].end() : 0;
}
