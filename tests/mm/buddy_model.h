// The buddy engine written naively, and both run side by side.
//
// The model keeps one byte a frame: free or not. It knows no lists and no blocks: whether a block
// of an order can be had is "is there an aligned run of free frames in pageblocks of the type?",
// so it cannot be wrong about splitting and merging. The one thing that it takes from the engine
// is which of the possible blocks was chosen; that it was possible is checked.
// For pageblocks no larger than the largest block (MaxOrder >= pageblock_order).
#pragma once

#include <algorithm>
#include <span>

#include <mm/buddy.h>

namespace buddy_model {

constexpr u32 PAGES_MAX = 4 * pageblock_nr_pages;

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

template <unsigned MaxOrder>
class checker {
public:
    /// @param memory  buddy<MaxOrder>::bytes_needed(PAGES_MAX) bytes, aligned to 4
    checker(void *memory, u32 pages) : pages_(pages)
    {
        engine_.init(memory, pages, MIGRATE_MOVABLE);
        std::fill(std::begin(types_), std::end(types_), MIGRATE_MOVABLE);
        std::fill(std::begin(free_), std::end(free_), u8{0});
    }

    /// Does one operation with both. @return nullptr, or what is wrong
    const char *step(source &from)
    {
        const char *problem = do_step(from);
        if (!problem)
            problem = engine_.verify();
        return problem ? problem : counts();
    }

    /// Frees all that is in use; one block of the highest order, or as few as there can be.
    const char *free_all()
    {
        for (u32 page = 0; page < pages_; page++)
            if (!free_[page]) {
                engine_.free_one_page(page, 0);
                free_[page] = 1;
            }
        const char *problem = engine_.verify();
        return problem ? problem : blocks();
    }

    [[nodiscard]] buddy<MaxOrder> &engine() { return engine_; }

private:
    const char *do_step(source &from)
    {
        const u32 what = from.byte();
        const unsigned order = static_cast<unsigned>(what >> 3) % (MaxOrder + 1);
        switch (what % 8) {
        case 0:
        case 1:
            return take(order, static_cast<migratetype>(from.byte() % MIGRATE_PCPTYPES));
        case 2:
        case 3:
            return give(order, from.below(pages_));
        case 4:
            return bulk(1 + from.byte() % 63,
                        static_cast<migratetype>(from.byte() % MIGRATE_PCPTYPES));
        case 5:
            return take_this(order, from.below(pages_));
        case 6:
            return retype(from.below(pages_),
                          static_cast<migratetype>(from.byte() % MIGRATE_TYPES));
        default:
            return give_range(from.below(pages_), from.below(pages_));
        }
    }

    [[nodiscard]] bool all(u32 page, u32 count, u8 wanted) const
    {
        if (page + count > pages_)
            return false;
        return std::all_of(free_ + page, free_ + page + count, [=](u8 f) { return f == wanted; });
    }
    void mark(u32 page, u32 count, u8 value)
    {
        std::fill(free_ + page, free_ + page + count, value);
    }
    [[nodiscard]] migratetype type(u32 page) const { return types_[page >> pageblock_order]; }
    /// Are all pageblocks of this run of the same type? Only then buddies merge across them.
    [[nodiscard]] bool of_type(u32 page, unsigned order, migratetype mt) const
    {
        for (u32 p = page; p < page + (1u << order); p += pageblock_nr_pages)
            if (type(p) != mt)
                return false;
        return true;
    }
    [[nodiscard]] bool available(unsigned order, migratetype mt) const
    {
        for (u32 page = 0; page + (1u << order) <= pages_; page += 1u << order)
            if (all(page, 1u << order, 1) && of_type(page, order, mt))
                return true;
        return false;
    }

    const char *take(unsigned order, migratetype mt)
    {
        const bool possible = available(order, mt);
        if (possible != engine_.has(order, mt))
            return "has() is wrong";
        const u32 page = engine_.rmqueue_smallest(order, mt);
        if (page == engine_.NONE)
            return possible ? "a block that there is was not found" : nullptr;
        if (page % (1u << order) != 0)
            return "a block is not aligned";
        if (!all(page, 1u << order, 1))
            return "a block was handed out that is not free";
        if (!of_type(page, order, mt))
            return "a block has another type than asked for";
        mark(page, 1u << order, 0);
        return nullptr;
    }
    const char *bulk(u32 count, migratetype mt)
    {
        const char *problem = nullptr;
        u32 got = 0;
        const u32 said = engine_.rmqueue_bulk(count, mt, [&](u32 page) {
            if (!all(page, 1, 1) || type(page) != mt)
                problem = "a page in bulk is not free, or of another type";
            mark(page, 1, 0);
            got++;
        });
        if (problem)
            return problem;
        if (said != got)
            return "rmqueue_bulk() counted wrong";
        return got < count && available(0, mt) ? "rmqueue_bulk() left pages" : nullptr;
    }
    const char *take_this(unsigned order, u32 page)
    {
        page &= ~((1u << order) - 1);
        // The engine has the frames of a run that lies in two blocks of two types as two blocks.
        const bool possible = all(page, 1u << order, 1) && page + (1u << order) <= pages_ &&
                              of_type(page, order, type(page));
        if (engine_.take_exactly(page, order) != possible)
            return "take_exactly() is wrong";
        if (possible)
            mark(page, 1u << order, 0);
        return nullptr;
    }
    /// Frees the block if nothing of it is free.
    const char *give(unsigned order, u32 page)
    {
        page &= ~((1u << order) - 1);
        if (!all(page, 1u << order, 0) || !of_type(page, order, type(page)))
            return nullptr;
        engine_.free_one_page(page, order);
        mark(page, 1u << order, 1);
        return nullptr;
    }
    /// Frees what is in use from `page` on, at most to the end of its pageblock.
    const char *give_range(u32 page, u32 count)
    {
        const u32 end = std::min({pages_, page + count, (page | (pageblock_nr_pages - 1)) + 1});
        u32 run = page;
        while (run < end && !free_[run])
            run++;
        engine_.free_range(page, run - page);
        mark(page, run - page, 1);
        return nullptr;
    }
    const char *retype(u32 page, migratetype mt)
    {
        // A block larger than a pageblock has one type; the page allocator has no such blocks.
        if (engine_.free_order(page) > static_cast<int>(pageblock_order))
            return nullptr;
        engine_.set_block_type(page, mt);
        types_[page >> pageblock_order] = mt;
        return engine_.block_type(page) == mt ? nullptr : "block_type() is wrong";
    }

    const char *counts() const
    {
        u32 sums[MIGRATE_TYPES] = {};
        u32 in_block = 0;
        for (u32 page = 0; page < pages_; page++) {
            sums[type(page)] += free_[page];
            in_block += page >> pageblock_order == 0 ? free_[page] : 0;
            if (engine_.is_free(page) != (free_[page] != 0))
                return "is_free() is wrong";
        }
        for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
            if (engine_.nr_free(static_cast<migratetype>(mt)) != sums[mt])
                return "nr_free() of a type is wrong";
        if (engine_.free_in_block(0) != in_block)
            return "free_in_block() is wrong";
        return blocks();
    }

    /// The free blocks are the largest aligned runs, and all of them.
    const char *blocks() const
    {
        const char *problem = nullptr;
        u32 next = 0;
        engine_.for_each_free([&](u32 page, unsigned order, migratetype mt) {
            if (page < next || !all(next, page - next, 0) || !all(page, 1u << order, 1))
                problem = "for_each_free() names what is not free, or leaves out what is";
            if (mt != type(page) || engine_.free_order(page) != static_cast<int>(order))
                problem = "a free block has the wrong type or order";
            const u32 other = page ^ (1u << order);
            if (order < MaxOrder && all(other, 1u << order, 1) &&
                of_type(std::min(page, other), order + 1, mt))
                problem = "two free buddies are not one block";
            next = page + (1u << order);
        });
        return problem || all(next, pages_ - next, 0) ? problem : "a free block is missing";
    }

    buddy<MaxOrder> engine_;
    u32 pages_;
    u8 free_[PAGES_MAX];
    migratetype types_[PAGES_MAX / pageblock_nr_pages + 1];
};

} // namespace buddy_model
