// memblock as a child would write it: a table that says of each granule of 256 bytes whether it is
// memory and who has reserved it. Operations come out of a string of bytes (a random generator's,
// or a fuzzer's); after each the engine's lists are compared with the table.
//
// What the model does not decide: where the engine puts its own arrays when a list grows. It
// reads that from the reserved list (the name "memblock") and checks that the place was free
// memory below the limit and not part of what was just being reserved or removed.
#pragma once

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

#include <kernel/lib/errno.h>
#include <mm/memblock_engine.h>

namespace memblock_model {

constexpr u32 GRANULE = 256;
constexpr u32 GRANULES = 256;
constexpr u32 SPACE = GRANULE * GRANULES;
constexpr const char *NAMES[] = {"", "alpha", "beta"};
constexpr u8 FREE = 0;
constexpr u8 NAMELESS = 1; // NAMES[n] is n + 1
constexpr u8 OWN = 4;

alignas(PAGE_SIZE) inline u8 space[SPACE];
inline u32 space_base;

inline void *space_va(phys_addr_t pa)
{
    return space + (pa.raw() - space_base);
}

/// Bytes that decide; 0 when they have run out.
class source {
public:
    explicit source(std::span<const u8> bytes) : bytes_(bytes) {}
    u32 next()
    {
        if (bytes_.empty())
            return 0;
        const u8 byte = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return byte;
    }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::span<const u8> bytes_;
};

class checker {
public:
    /// @param entries  room of both lists at first
    /// @param base     where the space begins: a multiple of SPACE
    checker(std::span<memblock_region> memory, std::span<memblock_region> reserved, u32 base)
        : blocks_(memory, reserved, space_va)
    {
        space_base = base;
        std::memset(space, 0xa5, sizeof space);
        limit_ = u64{base} + SPACE;
        blocks_.set_current_limit(limit_ == PHYS_SPACE_END ? MEMBLOCK_ALLOC_ANYWHERE
                                                           : phys_addr_t(base + SPACE));
    }

    /// One operation. Returns nullptr, or what was wrong.
    const char *step(source &bytes)
    {
        const u32 what = bytes.next() % 16;
        if (what < 8)
            return change(what % 4, bytes);
        if (what < 12)
            return allocate(what == 11, bytes);
        switch (what) {
        case 12:
            blocks_.set_direction((bottom_up_ = bytes.next() % 2) ? memblock::direction::bottom_up
                                                                  : memblock::direction::top_down);
            return nullptr;
        case 13:
            blocks_.allow_resize();
            can_grow_ = true;
            return nullptr;
        case 14:
            return limit_memory(bytes);
        default:
            return trim(bytes);
        }
    }

private:
    struct range {
        u32 first, end; // granules
        [[nodiscard]] bool has(u32 g) const { return g >= first && g < end; }
    };

    const char *change(u32 what, source &bytes);
    const char *allocate(bool pointer, source &bytes);
    const char *limit_memory(source &bytes);
    const char *trim(source &bytes);

    [[nodiscard]] bool in_list(bool reserved, u32 g) const
    {
        return reserved ? owner_[g] != FREE : memory_[g];
    }
    /// Entries that adding `r` needs: one a gap.
    [[nodiscard]] u32 gaps(bool reserved, range r) const
    {
        u32 count = 0;
        for (u32 g = r.first; g < r.end; ++g)
            count += !in_list(reserved, g) && (g == r.first || in_list(reserved, g - 1));
        return count;
    }
    /// Entries that taking `r` out needs: one if it is in the middle of an entry.
    [[nodiscard]] u32 splits(bool reserved, range r) const
    {
        if (r.first == 0 || r.end == GRANULES)
            return 0;
        for (u32 g = r.first - 1; g <= r.end; ++g) {
            if (!in_list(reserved, g) || (reserved && owner_[g] != owner_[r.first - 1]))
                return 0;
        }
        return 1;
    }
    [[nodiscard]] bool holds_own(range r) const
    {
        for (u32 g = r.first; g < r.end; ++g) {
            if (owner_[g] == OWN)
                return true;
        }
        return false;
    }
    [[nodiscard]] bool room_for(bool reserved, u32 entries) const
    {
        const auto usage = reserved ? blocks_.reserved_usage() : blocks_.memory_usage();
        return usage.room - usage.used >= entries;
    }
    [[nodiscard]] u32 granule(u64 address) const
    {
        return static_cast<u32>((address - space_base) / GRANULE);
    }
    [[nodiscard]] phys_addr_t address(u32 g) const { return phys_addr_t(space_base + g * GRANULE); }
    [[nodiscard]] u32 find(u32 size, u32 align, u64 min, u64 max) const;
    static u8 owner_of(const char *name);
    const char *learn_own_arrays(range busy);
    [[nodiscard]] const char *compare() const;

    memblock blocks_;
    bool memory_[GRANULES] = {};
    u8 owner_[GRANULES] = {};
    u64 limit_;
    bool bottom_up_ = false;
    bool can_grow_ = false;
};

inline u8 checker::owner_of(const char *name)
{
    if (name == nullptr)
        return NAMELESS;
    for (u8 i = 1; i < std::size(NAMES); ++i) {
        if (std::strcmp(name, NAMES[i]) == 0)
            return static_cast<u8>(NAMELESS + i);
    }
    return OWN;
}

/// Reads where the engine's own arrays are now. `busy` is what the call in progress was about.
inline const char *checker::learn_own_arrays(range busy)
{
    bool own[GRANULES] = {};
    for (auto r = blocks_.next_reserved(0); r; r = blocks_.next_reserved(r->end())) {
        if (owner_of(r->name) != OWN)
            continue;
        for (u32 g = granule(r->base.raw()); g < granule(r->end()); ++g)
            own[g] = true;
    }
    for (u32 g = 0; g < GRANULES; ++g) {
        if (own[g] && owner_[g] != OWN) {
            if (!can_grow_)
                return "a list grew before it was allowed";
            if (owner_[g] != FREE || !memory_[g])
                return "a list grew into what was not free";
            if (u64{address(g).raw()} + GRANULE > limit_)
                return "a list grew above the limit";
            if (busy.has(g))
                return "a list grew into the range it was about";
        }
        if (own[g])
            owner_[g] = OWN;
        else if (owner_[g] == OWN)
            owner_[g] = FREE;
    }
    return nullptr;
}

/// The engine's lists against the table, entry by entry and granule by granule.
inline const char *checker::compare() const
{
    u32 g = 0;
    u64 last_end = 0;
    for (auto r = blocks_.next_memory(0); r; r = blocks_.next_memory(r->end())) {
        if (r->base.raw() == last_end && last_end != 0)
            return "memory: neighbours are not merged";
        for (; g < granule(r->base.raw()); ++g) {
            if (memory_[g])
                return "memory: a granule is missing";
        }
        for (; g < granule(r->end()); ++g) {
            if (!memory_[g])
                return "memory: a granule too many";
        }
        last_end = r->end();
    }
    for (; g < GRANULES; ++g) {
        if (memory_[g])
            return "memory: a granule is missing at the end";
    }
    g = 0;
    u8 last_owner = FREE;
    last_end = 0;
    for (auto r = blocks_.next_reserved(0); r; r = blocks_.next_reserved(r->end())) {
        const u8 owner = owner_of(r->name);
        if (r->base.raw() == last_end && owner == last_owner)
            return "reserved: neighbours are not merged";
        for (; g < granule(r->base.raw()); ++g) {
            if (owner_[g] != FREE)
                return "reserved: a granule is missing";
        }
        for (; g < granule(r->end()); ++g) {
            if (owner_[g] != owner)
                return "reserved: a granule has another owner";
        }
        last_end = r->end();
        last_owner = owner;
    }
    for (; g < GRANULES; ++g) {
        if (owner_[g] != FREE)
            return "reserved: a granule is missing at the end";
    }
    u64 total = 0;
    for (g = 0; g < GRANULES; ++g)
        total += memory_[g] && owner_[g] == FREE ? GRANULE : 0;
    u64 forwards = 0;
    for (auto r = blocks_.next_free(0); r; r = blocks_.next_free(r->end()))
        forwards += r->size();
    u64 backwards = 0;
    for (auto r = blocks_.prev_free(PHYS_SPACE_END); r; r = blocks_.prev_free(r->base.raw()))
        backwards += r->size();
    return forwards != total || backwards != total ? "free memory has another size" : nullptr;
}

inline const char *checker::change(u32 what, source &bytes)
{
    const bool reserved = what >= 2;
    const bool adds = what % 2 == 0;
    const u32 first = bytes.next() % GRANULES;
    const u32 wish = bytes.next() % 64;
    // At the top of the space, now and then a size that runs past it.
    const bool past_the_top = wish == 63 && u64{space_base} + SPACE == PHYS_SPACE_END;
    const range r{first, past_the_top || wish > GRANULES - first ? GRANULES : first + wish};
    const u32 size = past_the_top ? ~u32{0} : (r.end - r.first) * GRANULE;
    const u32 name = bytes.next() % std::size(NAMES);

    const u32 needed = adds ? gaps(reserved, r) : splits(reserved, r);
    const bool had_room = room_for(reserved, needed);
    int result;
    if (what == 0)
        result = blocks_.add(address(first), size);
    else if (what == 1)
        result = blocks_.remove(address(first), size);
    else if (what == 2)
        result = blocks_.reserve(address(first), size, name != 0 ? NAMES[name] : nullptr);
    else
        result = blocks_.free(address(first), size);

    const bool refused = !adds && holds_own(r);
    if (const char *problem = learn_own_arrays(r))
        return problem;
    if (refused != (result == -EINVAL))
        return "the own arrays are in the range, and it says otherwise";
    if (result == -ENOMEM && had_room)
        return "no room, although there was";
    if (result == 0) {
        for (u32 g = r.first; g < r.end; ++g) {
            if (!reserved)
                memory_[g] = adds;
            else if (!adds)
                owner_[g] = FREE;
            else if (owner_[g] == FREE)
                owner_[g] = static_cast<u8>(NAMELESS + name);
        }
    }
    return compare();
}

/// The granule where an allocation has to be, or GRANULES.
inline u32 checker::find(u32 size, u32 align, u64 min, u64 max) const
{
    u32 best = GRANULES;
    u32 run = 0;
    for (u32 g = GRANULES; g-- > 0;) {
        const u64 at = address(g).raw();
        const bool free =
            memory_[g] && owner_[g] == FREE && at + GRANULE <= max && at >= min && at >= PAGE_SIZE;
        run = free ? run + 1 : 0;
        if (run * GRANULE < size || at % align != 0)
            continue;
        best = g;
        if (!bottom_up_)
            break;
    }
    return best;
}

inline const char *checker::allocate(bool pointer, source &bytes)
{
    const u32 granules = 1 + bytes.next() % 24;
    const u32 size = granules * GRANULE;
    const u32 align = 1u << (bytes.next() % 14);
    const u32 min_granule = bytes.next() % GRANULES;
    const u32 max_wish = bytes.next();
    const u64 min = min_granule < 128 ? 0 : address(min_granule).raw();
    const phys_addr_t max = max_wish < 192 ? MEMBLOCK_ALLOC_ACCESSIBLE : address(max_wish);
    const u32 new_limit = bytes.next();
    if (new_limit >= 240) { // rarely, because a low limit makes everything fail
        limit_ = u64{space_base} + new_limit * GRANULE;
        blocks_.set_current_limit(address(new_limit));
    }

    const bool accessible = max == MEMBLOCK_ALLOC_ACCESSIBLE;
    const u64 end = accessible || (pointer && max.raw() > limit_) ? limit_ : max.raw();
    const u32 without_min = find(size, align, 0, end);
    u32 expected = find(size, align, min, end);
    if (pointer && expected == GRANULES)
        expected = without_min;
    const bool had_room = room_for(true, 1);
    u32 got = GRANULES;
    if (pointer) {
        const auto *p = static_cast<const u8 *>(
            blocks_.alloc(size, align, phys_addr_t(static_cast<u32>(min)), max));
        if (p != nullptr) {
            got = static_cast<u32>(p - space) / GRANULE;
            for (u32 i = 0; i < size; ++i) {
                if (p[i] != 0)
                    return "allocated memory is not zeroed";
            }
            std::memset(space + (p - space), 0xa5, size);
        }
    } else {
        const phys_addr_t p =
            blocks_.phys_alloc_range(size, align, phys_addr_t(static_cast<u32>(min)), max);
        if (p != phys_addr_t(0))
            got = granule(p.raw());
    }

    const range r{got, got == GRANULES ? GRANULES : got + granules};
    if (const char *problem = learn_own_arrays(r))
        return problem;
    if (got == GRANULES && expected != GRANULES && had_room)
        return "nothing found, although there was";
    // With a full list, the place above the minimum may be the very one that the longer list
    // would need; forgetting the minimum then helps.
    if (got != GRANULES && got != expected && (!pointer || had_room || got != without_min))
        return "found somewhere else";
    for (u32 g = r.first; g < r.end; ++g)
        owner_[g] = NAMELESS;
    return compare();
}

inline const char *checker::limit_memory(source &bytes)
{
    const u32 wish = bytes.next();
    if (bytes.next() % 8 != 0) // rarely: it empties the space
        return nullptr;
    blocks_.enforce_memory_limit(u64{wish} * GRANULE);
    u32 seen = 0;
    u32 cut = GRANULES;
    for (u32 g = 0; g < GRANULES && wish > 0; ++g) {
        if (memory_[g] && seen++ == wish) {
            cut = g;
            break;
        }
    }
    if (cut < GRANULES && !holds_own({cut, GRANULES})) {
        for (u32 g = cut; g < GRANULES; ++g) {
            memory_[g] = false;
            owner_[g] = FREE;
        }
    }
    return compare();
}

inline const char *checker::trim(source &bytes)
{
    const u32 granules = 1u << (bytes.next() % 6);
    if (bytes.next() % 4 != 0)
        return nullptr;
    blocks_.trim_memory(granules * GRANULE);
    // Of each run the granules before the first and behind the last whole unit go, unless the
    // engine's own arrays are among them.
    for (u32 g = 0; g < GRANULES;) {
        u32 end = g;
        while (end < GRANULES && memory_[end])
            ++end;
        const u32 first_unit = std::min((g + granules - 1) / granules * granules, end);
        const u32 last_unit = std::max(end / granules * granules, first_unit);
        for (const range &r : {range{g, first_unit}, range{last_unit, end}}) {
            for (u32 i = r.first; i < r.end && !holds_own(r); ++i)
                memory_[i] = false;
        }
        g = end + 1;
    }
    return compare();
}

} // namespace memblock_model
