// memblock: the first allocator, from the first line of C++ until the buddy has taken over.
// This file keeps the two lists; memblock_alloc.cpp searches them.
//
//   add, reserve   count the gaps that the new range fills, make room for so many entries, fill
//                  them, merge neighbours that say the same
//   remove, free   shorten the entries that stick out of the range, drop those inside; only a
//                  piece out of the middle of one entry needs room, for the second half
//
// Room is made before anything is changed, so that a call that fails has changed nothing.
// Growing books the new array in the list that may just be growing: double_array() keeps
// GROWTH_SLACK entries beyond what was asked, which is what its own bookkeeping needs.
// Linux: mm/memblock.c (memblock_add_range counts and inserts in two rounds, too; for removing,
// memblock_isolate_range splits at both borders first and so needs room where we do not).
#include <mm/memblock_engine.h>

#include <algorithm>
#include <cstring>

#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>

namespace {

constexpr const char *OWN_NAME = "memblock";
// The new array's own entry, and one more if the old array's lies in the middle of an entry.
constexpr u32 GROWTH_SLACK = 2;

/// `size` bytes from `base`, cut at the top of the space; nothing if empty.
std::optional<memblock_region> range_of(phys_addr_t base, u32 size, const char *name = nullptr)
{
    if (size == 0)
        return std::nullopt;
    const u64 last = std::min(u64{base.raw()} + size, PHYS_SPACE_END) - 1;
    return memblock_region{base, phys_addr_t(static_cast<u32>(last)), name};
}

/// The bytes from `from` to before `end`, which is more than `from`.
memblock_region between(u64 from, u64 end, const char *name)
{
    return {phys_addr_t(static_cast<u32>(from)), phys_addr_t(static_cast<u32>(end - 1)), name};
}

bool overlap(const memblock_region &a, const memblock_region &b)
{
    return a.base <= b.last && b.base <= a.last;
}

bool same_name(const char *a, const char *b)
{
    return a == b || (a != nullptr && b != nullptr && std::strcmp(a, b) == 0);
}

} // namespace

/// The first entry that has a byte at or above `address`.
u32 memblock::index_of(const memblock_type &type, u64 address)
{
    const memblock_region *found =
        std::partition_point(type.regions, type.regions + type.cnt,
                             [=](const memblock_region &r) { return r.last.raw() < address; });
    return static_cast<u32>(found - type.regions);
}

const memblock_region *memblock::find(const memblock_type &type, phys_addr_t at)
{
    const u32 i = index_of(type, at.raw());
    return i < type.cnt && type.regions[i].base <= at ? &type.regions[i] : nullptr;
}

u64 memblock::total(const memblock_type &type)
{
    u64 bytes = 0;
    for (u32 i = 0; i < type.cnt; ++i)
        bytes += type.regions[i].size();
    return bytes;
}

void memblock::insert(memblock_type &type, u32 index, const memblock_region &region)
{
    memblock_region *at = type.regions + index;
    std::copy_backward(at, type.regions + type.cnt, type.regions + type.cnt + 1);
    *at = region;
    ++type.cnt;
}

/// Makes one entry of neighbours that touch and bear the same name.
void memblock::merge(memblock_type &type)
{
    u32 kept = 0;
    for (u32 i = 1; i < type.cnt; ++i) {
        memblock_region &left = type.regions[kept];
        const memblock_region &right = type.regions[i];
        if (left.end() == right.base.raw() && same_name(left.name, right.name))
            left.last = right.last;
        else
            type.regions[++kept] = right;
    }
    type.cnt = kept + 1;
}

/// Calls gap(index, region) for each part of `range` that no entry covers, in order; the region
/// would have to be inserted at the index.
template <class Function>
void memblock::each_gap(const memblock_type &type, const memblock_region &range, Function gap)
{
    u64 at = range.base.raw();
    for (u32 i = index_of(type, at); i < type.cnt && type.regions[i].base <= range.last; ++i) {
        // A gap that is filled moves this entry, so what it says is noted first.
        const memblock_region entry = type.regions[i];
        if (at < entry.base.raw())
            i += gap(i, between(at, entry.base.raw(), range.name));
        at = entry.end();
    }
    if (at < range.end())
        gap(index_of(type, at), between(at, range.end(), range.name));
}

void memblock::fill_gaps(memblock_type &type, const memblock_region &range)
{
    each_gap(type, range, [&](u32 index, const memblock_region &region) {
        insert(type, index, region);
        return 1u;
    });
    merge(type);
}

int memblock::add_range(memblock_type &type, const memblock_region &range)
{
    const auto wanted = [&] {
        u32 gaps = 0;
        each_gap(type, range, [&](u32, const memblock_region &) { return ++gaps, 0u; });
        return gaps;
    };
    // Growing may itself change the list (the old array is freed), so it is counted again.
    for (u32 gaps = wanted(); gaps > type.max - type.cnt; gaps = wanted()) {
        if (!double_array(type, gaps, range))
            return -ENOMEM;
    }
    if (wanted() > 0)
        fill_gaps(type, range);
    return 0;
}

bool memblock::holds_own_array(const memblock_region &range) const
{
    return (memory_.own && overlap(*memory_.own, range)) ||
           (reserved_.own && overlap(*reserved_.own, range));
}

/// True if an entry has bytes on both sides of `range`: taking it out leaves one entry more.
bool memblock::inside_one_entry(const memblock_type &type, const memblock_region &range)
{
    const u32 i = index_of(type, range.base.raw());
    return i < type.cnt && type.regions[i].base < range.base && type.regions[i].last > range.last;
}

/// Takes `range` out of the list: shortens the entries that stick out, drops those inside.
void memblock::cut_out(memblock_type &type, const memblock_region &range)
{
    u32 first = index_of(type, range.base.raw());
    if (first < type.cnt && type.regions[first].base < range.base) {
        const memblock_region whole = type.regions[first];
        type.regions[first].last = range.base - 1;
        ++first;
        if (whole.last > range.last)
            insert(type, first, between(range.end(), whole.end(), whole.name));
    }
    const u32 end = index_of(type, range.end());
    if (end < type.cnt && type.regions[end].base <= range.last)
        type.regions[end].base = range.last + 1;
    std::copy(type.regions + end, type.regions + type.cnt, type.regions + first);
    type.cnt -= end - first;
}

int memblock::remove_range(memblock_type &type, const memblock_region &range)
{
    if (holds_own_array(range)) {
        printk("memblock: 0x%08x-0x%08x stays in %s: it holds memblock's own lists\n",
               range.base.raw(), range.last.raw(), type.name);
        return -EINVAL;
    }
    // Growing may change the list, so where the range lies is looked up anew each time.
    while (type.cnt == type.max && inside_one_entry(type, range)) {
        if (!double_array(type, 1, range))
            return -ENOMEM;
    }
    cut_out(type, range);
    return 0;
}

/// Moves the list into an array at least twice as large, with room for `wanted` more entries.
///
/// @param avoid  where the new array must not lie: a range that is just being reserved or removed
/// @return       false: not allowed yet, or no memory; nothing is changed then, except that the
///               reserved list may have grown for the sake of the memory list
/// Linux: memblock_double_array().
bool memblock::double_array(memblock_type &type, u32 wanted, const memblock_region &avoid)
{
    if (!can_resize_)
        return false;
    if (&type != &reserved_ && reserved_.max - reserved_.cnt < GROWTH_SLACK &&
        !double_array(reserved_, GROWTH_SLACK, avoid))
        return false;

    u64 entries = u64{type.max} * 2;
    while (entries < u64{type.cnt} + wanted + GROWTH_SLACK)
        entries *= 2;
    const u64 bytes = (entries * sizeof(memblock_region) + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    const u64 limit = limit_ == MEMBLOCK_ALLOC_ANYWHERE ? PHYS_SPACE_END : limit_.raw();
    std::optional<phys_addr_t> found = find_in_range(bytes, PAGE_SIZE, avoid.end(), limit);
    if (!found)
        found = find_in_range(bytes, PAGE_SIZE, 0, std::min<u64>(avoid.base.raw(), limit));
    if (!found) {
        printk("memblock: no %llu bytes below 0x%llx for a longer list of %s\n", bytes, limit,
               type.name);
        return false;
    }

    auto *bigger = static_cast<memblock_region *>(to_virt_(*found));
    std::copy(type.regions, type.regions + type.cnt, bigger);
    type.regions = bigger;
    type.max = static_cast<u32>(bytes / sizeof(memblock_region));
    const memblock_region now = between(found->raw(), found->raw() + bytes, OWN_NAME);
    const std::optional<memblock_region> before = std::exchange(type.own, now);
    fill_gaps(reserved_, now);
    if (before)
        (void) remove_range(reserved_, *before); // cannot fail: the slack is for this
    return true;
}

int memblock::add(phys_addr_t base, u32 size)
{
    const auto range = range_of(base, size);
    return range ? add_range(memory_, *range) : 0;
}

int memblock::remove(phys_addr_t base, u32 size)
{
    const auto range = range_of(base, size);
    return range ? remove_range(memory_, *range) : 0;
}

int memblock::reserve(phys_addr_t base, u32 size, const char *name)
{
    const auto range = range_of(base, size, name);
    return range ? add_range(reserved_, *range) : 0;
}

int memblock::free(phys_addr_t base, u32 size)
{
    const auto range = range_of(base, size);
    return range ? remove_range(reserved_, *range) : 0;
}

void memblock::dump(const memblock_type &type)
{
    for (u32 i = 0; i < type.cnt; ++i) {
        const memblock_region &r = type.regions[i];
        printk("  %s[%u]\t0x%08x-0x%08x, %llu bytes%s%s\n", type.name, i, r.base.raw(),
               r.last.raw(), r.size(), r.name != nullptr ? ", " : "",
               r.name != nullptr ? r.name : "");
    }
}

void memblock::dump_all() const
{
    printk("memblock: memory %llu bytes, reserved %llu bytes, limit 0x%08x\n", mem_size(),
           reserved_size(), limit_.raw());
    dump(memory_);
    dump(reserved_);
}
