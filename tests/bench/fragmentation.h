// How much a placement leaves of large blocks, after a million mixed steps.
//
// One number at the end says little: it swings by two blocks of order 9 from step to step. So the
// state is looked at every 2000 steps over the last tenth of the million, and several seeds run.
// A block of order 9 can be had where 512 frames side by side, from a multiple of 512 on, are
// free: that is counted from the frames that are in use, and needs nothing from the allocator.
#pragma once

#include <algorithm>
#include <vector>

#include <tests/bench/allocators.h>
#include <tests/bench/work.h>

struct fragmentation {
    double order_9 = 0; ///< blocks of order 9 that could be had: mean over seeds
    double least = 1e9; ///< the same, of the worst seed
    double largest = 0; ///< largest free block / free frames: mean over seeds
    double failed = 0;  ///< allocations that failed, of the million steps: mean over seeds
};

/// An allocator that lets count the frames in use of each block of order 9.
template <class Allocator>
class counted {
public:
    static constexpr u32 NONE = Allocator::NONE;

    explicit counted(u32 frames) : allocator_(frames), used_(frames >> 9) {}
    [[nodiscard]] u32 take(unsigned order)
    {
        const u32 frame = allocator_.take(order);
        if (frame != NONE)
            used_[frame >> 9] += 1u << order;
        return frame;
    }
    void give(u32 frame, unsigned order)
    {
        used_[frame >> 9] -= 1u << order;
        allocator_.give(frame, order);
    }
    [[nodiscard]] u32 free_order_9() const
    {
        return static_cast<u32>(std::count(used_.begin(), used_.end(), 0u));
    }
    [[nodiscard]] int largest() { return allocator_.largest(); }

private:
    Allocator allocator_;
    std::vector<u32> used_;
};

/// Runs the million steps at this fill (per cent), once a seed.
template <class Allocator>
fragmentation measure_fragmentation(u32 fill, u32 seeds)
{
    constexpr u32 steps = 1000000, looks = 50, between = 2000;
    fragmentation found;
    for (u32 seed = 1; seed <= seeds; seed++) {
        counted<Allocator> allocator(MEASURED_PAGES);
        mixed<counted<Allocator>> work(allocator, MEASURED_PAGES, fill, seed);
        work.run(steps - looks * between);
        double order_9 = 0, largest = 0;
        for (u32 look = 0; look < looks; look++) {
            work.run(between);
            order_9 += allocator.free_order_9();
            largest +=
                static_cast<double>(1u << allocator.largest()) / (MEASURED_PAGES - work.used());
        }
        found.order_9 += order_9 / looks / seeds;
        found.least = std::min(found.least, order_9 / looks);
        found.largest += largest / looks / seeds;
        found.failed += static_cast<double>(work.failed()) / seeds;
    }
    return found;
}
