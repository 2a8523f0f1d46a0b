// Benches of pages: single ones, hot blocks, splitting and merging, a thousand at a time.
//
// What a block costs depends on what is free around it, so each state is made, not found:
//
//   hot    the only free block of its order, its buddy in use: taking and freeing it splits and
//          merges nothing
//   split  no free block of the order, nor of the next ones up to a free block so many levels
//          larger: taking splits them all, freeing merges them all
//
// Both come about by taking blocks, smallest first as the allocator gives them, until it has to
// split: then all smaller ones are in use. What was taken is held until the bench is done.
// What each row may cost: tests/bench/budgets.txt.
#include <algorithm>
#include <array>

#include <kernel/monitor/bench.h>
#include <kernel/monitor/bench_orders.h>
#include <mm/page_alloc.h>

namespace {

constexpr gfp_t quietly = GFP_KERNEL | __GFP_NOWARN;
constexpr unsigned largest = MAX_ORDER - 1;

// ------------------------------------------------------------------ states

/// Blocks in use that nobody wants, linked by their owner's words.
constinit page *held = nullptr;

void hold(page *block)
{
    set_page_private(block, reinterpret_cast<unsigned long>(held));
    held = block;
}

void release_held()
{
    while (page *block = held) {
        held = reinterpret_cast<page *>(page_private(block));
        __free_pages(block, compound_order(block));
    }
}

/// Takes blocks until a run of them fills a larger block from its first frame on, so that the
/// allocator has just split it: then the last of the run is freed.
template <unsigned Order>
const char *hot()
{
    // Blocks of one chunk are listed together: all others of that chunk must be in use too.
    constexpr unsigned around = std::max(Order + 1, CHUNK_ORDER);
    u32 next = 0;
    for (u32 run = 0; run << Order < 1u << around;) {
        page *block = alloc_pages(quietly, Order);
        if (!block)
            return "no block was split before memory was used up";
        const u32 pfn = page_pfn(block).raw();
        const bool first = pfn % (1u << around) == 0;
        run = first ? 1 : run != 0 && pfn == next ? run + 1 : 0;
        next = pfn + (1u << Order);
        hold(block);
    }
    page *last = held;
    held = reinterpret_cast<page *>(page_private(last));
    __free_pages(last, Order);
    page *again = alloc_pages(quietly, Order);
    if (again)
        __free_pages(again, Order);
    return again == last ? nullptr : "another block than the one that was made is taken";
}

/// Has `block`, just taken, been cut out of a free block that is `levels` orders larger? Then all
/// that was left of that one are its upper halves.
bool was_split(const page *block, unsigned order, unsigned levels)
{
    zone *z = page_zone(block);
    spin_irq_guard lock(z->lock);
    const u32 frame = page_pfn(block) - z->base;
    bool all = frame % (1u << (order + levels)) == 0;
    for (unsigned half = order; all && half < order + levels; half++)
        all = z->free_area.free_order(frame + (1u << half)) == static_cast<int>(half);
    return all;
}

template <unsigned Order, unsigned Levels>
const char *split()
{
    for (;;) {
        page *block = alloc_pages(quietly, Order);
        if (!block)
            return "no block was split before memory was used up";
        if (was_split(block, Order, Levels)) {
            __free_pages(block, Order);
            return nullptr;
        }
        hold(block);
    }
}

constexpr bench_state hot_o3{hot<3>, release_held};
constexpr bench_state hot_o5{hot<5>, release_held};
constexpr bench_state hot_o9{hot<9>, release_held};
constexpr bench_state split_1{split<largest - 1, 1>, release_held};
constexpr bench_state split_5{split<largest - 5, 5>, release_held};
constexpr bench_state split_9{split<largest - 9, 9>, release_held};

inline void pairs(u32 iterations, gfp_t gfp, unsigned order)
{
    for (u32 i = iterations; i != 0; --i)
        __free_pages(alloc_pages(gfp, order), order);
}

// ------------------------------------------------------------------ a thousand at once

using bench_orders::batch_size;
using bench_orders::shuffled;
constinit std::array<page *, batch_size> batch{};
constexpr bench_state shuffle_first{bench_orders::shuffle, nullptr};

inline void take_batch(gfp_t gfp)
{
    for (page *&each : batch)
        each = alloc_page(gfp);
}

} // namespace

// ------------------------------------------------------------------ benches

BENCH(alloc_page_o0_pair, 1000)
{
    for (u32 i = iterations; i != 0; --i)
        __free_page(alloc_page(GFP_KERNEL));
}

BENCH(alloc_page_highuser_pair, 1000)
{
    for (u32 i = iterations; i != 0; --i)
        __free_page(alloc_page(GFP_HIGHUSER));
}

BENCH(get_free_page_pair, 1000)
{
    for (u32 i = iterations; i != 0; --i)
        free_page(__get_free_page(GFP_KERNEL));
}

BENCH(get_zeroed_page_pair, 1000)
{
    for (u32 i = iterations; i != 0; --i)
        free_page(get_zeroed_page(GFP_KERNEL));
}

BENCH_IN(hot_o3, alloc_pages_o3_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, 3);
}
BENCH_IN(hot_o5, alloc_pages_o5_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, 5);
}
BENCH_IN(hot_o9, alloc_pages_o9_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, 9);
}

BENCH_IN(split_1, alloc_pages_split_1_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, largest - 1);
}
BENCH_IN(split_5, alloc_pages_split_5_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, largest - 5);
}
BENCH_IN(split_9, alloc_pages_split_9_pair, 1000)
{
    pairs(iterations, GFP_KERNEL, largest - 9);
}

BENCH_LOOPS(no_state, alloc_page_batch_1024, 16 * batch_size)
{
    for (u32 i = iterations; i != 0; i -= batch_size) {
        take_batch(GFP_KERNEL);
        for (u32 last = batch_size; last != 0; --last)
            __free_page(batch[last - 1]);
    }
}

BENCH_LOOPS(no_state, alloc_page_batch_1024_fifo, 16 * batch_size)
{
    for (u32 i = iterations; i != 0; i -= batch_size) {
        take_batch(GFP_KERNEL);
        for (page *each : batch)
            __free_page(each);
    }
}

BENCH_LOOPS(shuffle_first, alloc_page_batch_1024_random, 16 * batch_size)
{
    for (u32 i = iterations; i != 0; i -= batch_size) {
        take_batch(GFP_KERNEL);
        for (u16 each : shuffled)
            __free_page(batch[each]);
    }
}
