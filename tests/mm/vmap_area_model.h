// The engine of areas written naively, and both run side by side.
//
// The model keeps one byte a page: free, in use, going, lazy. Whether a request can be met is "is
// there a run of free pages that fits?", so it cannot be wrong about bins and joining. The one thing
// that it takes from the engine is which of the possible places was chosen; that it was possible is
// checked.
#pragma once

#include <algorithm>
#include <span>

#include <mm/vmap_area.h>

namespace area_model {

constexpr u32 PAGES_MAX = 1600;
constexpr u32 AREAS_MAX = 400;

/// Bytes to make decisions of; zeroes when there are no more.
class source {
public:
    explicit source(std::span<const u8> bytes) : bytes_(bytes) {}
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    u32 byte()
    {
        if (bytes_.empty())
            return 0;
        const u32 first = bytes_[0];
        bytes_ = bytes_.subspan(1);
        return first;
    }
    u32 below(u32 limit) { return (byte() << 8 | byte()) % limit; }

private:
    std::span<const u8> bytes_;
};

class checker {
public:
    /// @param first  page number of the range
    checker(u32 first, u32 pages) : first_(first), pages_(pages)
    {
        for (vmap_area &area : structs_)
            engine_.stock(&area);
        vmap_area *const whole = engine_.unstock();
        engine_.init(first, pages, table_, whole);
        for (vmap_area &area : structs_)
            if (&area != whole)
                engine_.stock(&area);
    }

    /// Does one operation with both. @return nullptr, or what is wrong
    const char *step(source &from)
    {
        const char *const problem = do_step(from);
        return problem ? problem : compare();
    }

    /// Gives all back; one free area is left, and all structs but its are in stock.
    const char *free_all()
    {
        while (count_ != 0)
            release(count_ - 1);
        release_lazy();
        const char *problem = compare();
        u32 areas = 0;
        engine_.for_each([&](const vmap_area &) { areas++; });
        if (!problem && (areas != 1 || engine_.stocked() != STRUCTS - 1))
            problem = "something is left when all is free";
        return problem;
    }

private:
    enum page_state : u8 { FREE, USED, GOING, LAZY };
    static constexpr u32 STRUCTS = 2 * AREAS_MAX + 1 + vmap_areas::STOCK_FOR_ALLOC;

    const char *do_step(source &from)
    {
        switch (from.byte() % 8) {
        case 0:
        case 1:
            return alloc({.pages = 1 + from.byte() % 20});
        case 2:
            return alloc({.pages = 1 + from.below(pages_ + 10)});
        case 3:
            return alloc({.pages = 1 + from.byte() % 40, .align = 1u << from.byte() % 9});
        case 4: {
            const u32 a = first_ + from.below(pages_), b = first_ + from.below(pages_ + 1);
            return alloc({.pages = 1 + from.byte() % 40,
                          .align = 1u << from.byte() % 4,
                          .lowest = std::min(a, b),
                          .end = std::max(a, b)});
        }
        case 5:
        case 6:
            if (count_ != 0)
                return give_back(from.below(count_), from.byte());
            return nullptr;
        default:
            return ask_or_purge(from);
        }
    }

    [[nodiscard]] bool all(u32 at, u32 count, u8 state) const
    {
        return std::all_of(state_ + at, state_ + at + count, [=](u8 s) { return s == state; });
    }
    void mark(const vmap_area &area, page_state state)
    {
        std::fill_n(state_ + (area.first - first_), area.pages, static_cast<u8>(state));
    }
    [[nodiscard]] bool possible(const area_request &want) const
    {
        for (u32 at = 0; at + want.pages <= pages_; at++) {
            const u32 page = first_ + at;
            if (page % want.align == 0 && page >= want.lowest && page + want.pages <= want.end &&
                all(at, want.pages, FREE))
                return true;
        }
        return false;
    }

    const char *alloc(const area_request &want)
    {
        if (count_ == AREAS_MAX)
            return nullptr;
        vmap_area *const area = engine_.alloc(want);
        if (!area)
            return possible(want) ? "an area that fits was not found" : nullptr;
        if (area->pages != want.pages || area->first % want.align != 0)
            return "an area has the wrong size or alignment";
        if (area->first < std::max(want.lowest, first_) ||
            area->end() > std::min(want.end, first_ + pages_))
            return "an area is outside of what was asked for";
        if (!all(area->first - first_, area->pages, FREE))
            return "an area was handed out that is not free";
        mark(*area, USED);
        areas_[count_++] = area;
        return nullptr;
    }

    /// By the address that the user has; half of them lazily.
    const char *give_back(u32 index, u32 how)
    {
        vmap_area *const area = areas_[index];
        if (engine_.retire(area->first) != area)
            return "an area was not found by its address";
        if (engine_.retire(area->first))
            return "an area was retired twice";
        mark(*area, GOING);
        if (how & 1) {
            release(index);
            return nullptr;
        }
        engine_.defer(area);
        mark(*area, LAZY);
        areas_[index] = areas_[--count_];
        return nullptr;
    }
    void release(u32 index)
    {
        mark(*areas_[index], FREE);
        engine_.release(areas_[index]);
        areas_[index] = areas_[--count_];
    }
    void release_lazy()
    {
        vmap_area *next = nullptr;
        for (vmap_area *area = engine_.take_lazy(); area; area = next) {
            next = area->next;
            mark(*area, FREE);
            engine_.release(area);
        }
    }

    const char *ask_or_purge(source &from)
    {
        if (from.byte() % 8 == 0) {
            release_lazy();
            return nullptr;
        }
        const u32 at = from.below(pages_);
        const vmap_area *const area = engine_.containing(first_ + at);
        if (!area || area->first > first_ + at || area->end() <= first_ + at)
            return "containing() names another area";
        if (area->state != state_of(state_[at]))
            return "containing() names an area of another state";
        const vmap_area *const below = engine_.below(area);
        u32 left = area->first - first_;
        while (left != 0 && state_[left - 1] == FREE)
            left--;
        if (below ? below->end() != first_ + left : left != 0)
            return "below() names another area";
        const u8 begins = state_[at] != FREE && area->first == first_ + at;
        if ((engine_.find(first_ + at) == area) != (begins != 0))
            return "find() is wrong";
        return engine_.containing(first_ + pages_) || engine_.find(first_ - 1)
                   ? "an area outside of the range"
                   : nullptr;
    }
    static area_state state_of(u8 state)
    {
        constexpr area_state states[] = {area_state::free, area_state::used, area_state::going,
                                         area_state::lazy};
        return states[state];
    }

    const char *compare() const
    {
        if (const char *problem = engine_.verify())
            return problem;
        const char *problem = nullptr;
        engine_.for_each([&](const vmap_area &area) {
            if (state_of(state_[area.first - first_]) != area.state ||
                !all(area.first - first_, area.pages, state_[area.first - first_]))
                problem = "an area has the wrong state or size";
        });
        u32 free = 0, run = 0, largest = 0;
        for (u32 at = 0; at < pages_; at++) {
            free += state_[at] == FREE;
            run = state_[at] == FREE ? run + 1 : 0;
            largest = std::max(largest, run);
        }
        const vmap_areas::free_pages count = engine_.count_free();
        if (count.all != free || count.largest != largest)
            problem = "count_free() is wrong";
        return problem;
    }

    vmap_areas engine_;
    u32 first_, pages_;
    u32 count_ = 0;
    vmap_area *areas_[AREAS_MAX] = {};
    u8 state_[PAGES_MAX] = {};
    vmap_area *table_[PAGES_MAX] = {};
    vmap_area structs_[STRUCTS];
};

} // namespace area_model
