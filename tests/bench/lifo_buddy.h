// The reference that everybody knows: a buddy allocator with a linked list for each order, the
// smallest block that is large enough, and of those the one that was freed last.
//
// Written for comparison, as plain as it can be; the shape is that of Linux before migrate types.
// No checks. For up to 2^MaxOrder * n frames.
#pragma once

#include <vector>

#include <kernel/lib/types.h>

template <unsigned MaxOrder>
class lifo_buddy {
public:
    static constexpr const char *name = "last in, first out";
    static constexpr u32 NONE = ~0u;

    explicit lifo_buddy(u32 frames) : blocks_(frames)
    {
        for (u32 &first : first_)
            first = NONE;
        for (u32 frame = 0; frame < frames; frame += 1u << MaxOrder)
            push(frame, MaxOrder);
    }

    [[nodiscard, gnu::noinline]] u32 take(unsigned order)
    {
        unsigned from = order;
        while (from <= MaxOrder && first_[from] == NONE)
            from++;
        if (from > MaxOrder)
            return NONE;
        const u32 frame = first_[from];
        remove(frame);
        while (from > order) {
            from--;
            push(frame + (1u << from), from);
        }
        return frame;
    }

    [[gnu::noinline]] void give(u32 frame, unsigned order)
    {
        for (; order < MaxOrder; order++) {
            const u32 other = frame ^ (1u << order);
            if (blocks_[other].order != static_cast<int>(order))
                break;
            remove(other);
            frame &= other;
        }
        push(frame, order);
    }

    /// Order of the largest free block, -1 if there is none.
    [[nodiscard]] int largest() const
    {
        int order = MaxOrder;
        while (order >= 0 && first_[order] == NONE)
            order--;
        return order;
    }

private:
    struct block {
        u32 next, prev;
        int order = -1; // of the free block that begins here
    };

    void push(u32 frame, unsigned order)
    {
        blocks_[frame] = {first_[order], NONE, static_cast<int>(order)};
        if (first_[order] != NONE)
            blocks_[first_[order]].prev = frame;
        first_[order] = frame;
    }
    void remove(u32 frame)
    {
        const block gone = blocks_[frame];
        (gone.prev == NONE ? first_[gone.order] : blocks_[gone.prev].next) = gone.next;
        if (gone.next != NONE)
            blocks_[gone.next].prev = gone.prev;
        blocks_[frame].order = -1;
    }

    std::vector<block> blocks_;
    u32 first_[MaxOrder + 1];
};
