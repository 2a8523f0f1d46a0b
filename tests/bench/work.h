// The work that allocators are given, the same for each of them.
//
//   hot_pair    a page and back, again and again
//   take_all    every page singly, then all back: last first, first first, or in any order
//   mixed       blocks of orders 0 to 9, half of them single pages, a quarter of order 1 and so on
//               (P(k) = 2^-(k+1)): below the wanted fill one is taken, else any one is given back
//
// A step of `mixed` that finds no block counts as failed. Numbers come from a seed, so that the
// same work can be repeated. Only what stands in run() is measured.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <kernel/lib/types.h>

/// Marsaglia's xorshift64*: good enough to choose among blocks, six instructions.
class random_numbers {
public:
    explicit random_numbers(u64 seed) : state_(seed * 0x9e3779b97f4a7c15 + 1)
    {
        for (int i = 0; i < 16; i++)
            next();
    }
    u32 next()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<u32>(state_ * 0x2545f4914f6cdd1d >> 32);
    }
    u32 below(u32 limit) { return static_cast<u32>(u64{next()} * limit >> 32); }

private:
    u64 state_;
};

enum class giving_back { last_first, first_first, any_order };

template <class Allocator>
using block_of = decltype(std::declval<Allocator &>().take(0));

template <class Allocator>
class hot_pair {
public:
    explicit hot_pair(Allocator &allocator) : allocator_(allocator) {}
    void run(u32 pairs)
    {
        for (u32 i = 0; i < pairs; i++)
            allocator_.give(allocator_.take(0), 0);
    }

private:
    Allocator &allocator_;
};

template <class Allocator>
class take_all {
public:
    take_all(Allocator &allocator, u32 pages, giving_back how)
        : allocator_(allocator), blocks_(pages), order_(pages)
    {
        for (u32 i = 0; i < pages; i++)
            order_[i] = how == giving_back::last_first ? pages - 1 - i : i;
        random_numbers random(1);
        if (how == giving_back::any_order)
            for (u32 i = pages - 1; i != 0; i--)
                std::swap(order_[i], order_[random.below(i + 1)]);
    }
    void run()
    {
        for (block_of<Allocator> &each : blocks_)
            each = allocator_.take(0);
        for (u32 each : order_)
            allocator_.give(blocks_[each], 0);
    }
    /// Pages that could not be had in the last run.
    [[nodiscard]] u32 failed() const
    {
        return static_cast<u32>(std::count(blocks_.begin(), blocks_.end(), Allocator::NONE));
    }

private:
    Allocator &allocator_;
    std::vector<block_of<Allocator>> blocks_;
    std::vector<u32> order_;
};

template <class Allocator>
class mixed {
public:
    static constexpr unsigned largest_order = 9;

    /// @param fill  per cent of `pages` (a few millions at most) that are to be in use
    mixed(Allocator &allocator, u32 pages, u32 fill, u64 seed)
        : allocator_(allocator), random_(seed), wanted_(pages * fill / 100)
    {
        live_.reserve(pages);
    }
    void run(u32 steps)
    {
        for (u32 i = 0; i < steps; i++)
            step();
    }
    /// Gives blocks back until no more than the wanted fill is in use.
    void settle()
    {
        while (used_ > wanted_)
            give_any();
    }
    void give_all()
    {
        while (!live_.empty())
            give_any();
    }
    [[nodiscard]] u32 failed() const { return failed_; }
    [[nodiscard]] u32 used() const { return used_; }

private:
    struct live_block {
        block_of<Allocator> block;
        unsigned order;
    };

    void step()
    {
        const u32 bits = random_.next();
        if (used_ >= wanted_) {
            give_any();
            return;
        }
        // As many leading zeroes as coins that fell on the same side.
        const unsigned coins = bits == 0 ? 32 : static_cast<unsigned>(__builtin_clz(bits));
        const unsigned order = coins > largest_order ? 0 : coins;
        const block_of<Allocator> block = allocator_.take(order);
        if (block == Allocator::NONE) {
            failed_++;
            return;
        }
        live_.push_back({block, order});
        used_ += 1u << order;
    }
    void give_any()
    {
        live_block &any = live_[random_.below(static_cast<u32>(live_.size()))];
        const live_block gone = any;
        any = live_.back();
        live_.pop_back();
        used_ -= 1u << gone.order;
        allocator_.give(gone.block, gone.order);
    }

    Allocator &allocator_;
    random_numbers random_;
    std::vector<live_block> live_;
    u32 wanted_;
    u32 used_ = 0;
    u32 failed_ = 0;
};
