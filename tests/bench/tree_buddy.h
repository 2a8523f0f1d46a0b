// The reference that places best: a binary tree in which each node knows the largest free order
// below it, and the way down leads to the child with the smallest largest block that suffices.
//
//                16 ?              node i has the children 2i and 2i + 1;
//             /      \             the leaves are the frames
//           9          15  <-      an order-3 block goes left: 9 suffices, and 15 is spared
//
// So the fullest subtree that can serve a request does. Half a byte a frame would do (here two
// bytes), but each operation climbs all levels. The shape is that of spaskalev/buddy_alloc.
#pragma once

#include <algorithm>
#include <vector>

#include <kernel/lib/types.h>

template <unsigned MaxOrder>
class tree_buddy {
public:
    static constexpr const char *name = "fullest subtree";
    static constexpr u32 NONE = ~0u;

    /// For 2^MaxOrder frames, no more and no less.
    explicit tree_buddy(u32 frames) : largest_(2 * frames)
    {
        for (u32 node = 1; node < 2 * frames; node++)
            largest_[node] = static_cast<s8>(MaxOrder - (31 - __builtin_clz(node)));
    }

    [[nodiscard, gnu::noinline]] u32 take(unsigned order)
    {
        if (largest_[1] < static_cast<int>(order))
            return NONE;
        u32 node = 1;
        for (unsigned level = MaxOrder; level > order; level--) {
            const int left = largest_[2 * node];
            const int right = largest_[2 * node + 1];
            const bool go_left = left >= static_cast<int>(order) &&
                                 (right < static_cast<int>(order) || left <= right);
            node = 2 * node + (go_left ? 0 : 1);
        }
        largest_[node] = -1;
        climb(node, order);
        return (node << order) - size();
    }

    [[gnu::noinline]] void give(u32 frame, unsigned order)
    {
        const u32 node = (frame + size()) >> order;
        largest_[node] = static_cast<s8>(order);
        climb(node, order);
    }

    /// Order of the largest free block, -1 if there is none.
    [[nodiscard]] int largest() const { return largest_[1]; }

private:
    static constexpr u32 size() { return 1u << MaxOrder; }

    void climb(u32 node, unsigned order)
    {
        while (node > 1) {
            node /= 2;
            const s8 left = largest_[2 * node];
            const s8 right = largest_[2 * node + 1];
            const bool whole = left == right && left == static_cast<int>(order);
            order++;
            largest_[node] = whole ? static_cast<s8>(order) : std::max(left, right);
        }
    }

    std::vector<s8> largest_;
};
