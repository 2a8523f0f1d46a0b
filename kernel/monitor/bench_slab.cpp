// Benches of objects: pairs, bulks, a thousand at a time in three orders, an empty cache, and what
// making the caches costs. What each row may cost: tests/bench/budgets.txt.
#include <array>

#include <kernel/monitor/bench.h>
#include <kernel/monitor/bench_orders.h>
#include <mm/slab.h>

namespace {

constinit kmem_cache *cache_128 = nullptr;

const char *make_cache_128()
{
    cache_128 = kmem_cache_create("bench-128", 128, 0, SLAB_NO_MERGE, nullptr);
    return cache_128 ? nullptr : "no memory for the cache";
}
void end_cache_128()
{
    kmem_cache_destroy(cache_128);
}
constexpr bench_state with_cache_128{make_cache_128, end_cache_128};

template <u32 Size>
inline void pairs(u32 iterations)
{
    for (u32 i = iterations; i != 0; --i)
        kfree(kmalloc(Size, GFP_KERNEL));
}

constinit std::array<void *, bench_orders::batch_size> batch{};
constexpr bench_state shuffle_first{bench_orders::shuffle, nullptr};

inline void take_batch()
{
    for (void *&each : batch)
        each = kmalloc(64, GFP_KERNEL);
}

} // namespace

BENCH(kmalloc_8_pair, 1000)
{
    pairs<8>(iterations);
}
BENCH(kmalloc_64_pair, 1000)
{
    pairs<64>(iterations);
}
BENCH(kmalloc_256_pair, 1000)
{
    pairs<256>(iterations);
}
BENCH(kmalloc_1024_pair, 1000)
{
    pairs<1024>(iterations);
}
BENCH(kmalloc_4096_pair, 1000)
{
    pairs<4096>(iterations);
}
BENCH(kmalloc_8192_pair, 1000)
{
    pairs<8192>(iterations);
}

BENCH_IN(with_cache_128, kmem_cache_128_pair, 1000)
{
    kmem_cache *s = cache_128;
    for (u32 i = iterations; i != 0; --i)
        kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
}

// No object of the cache is live between two pairs.
BENCH_IN(with_cache_128, kmalloc_64_empty_cache_pair, 1000)
{
    pairs<64>(iterations);
}

BENCH_LOOPS(with_cache_128, kmem_cache_bulk_64, 64 * 64)
{
    kmem_cache *s = cache_128;
    void *objects[64];
    for (u32 i = iterations; i != 0; i -= 64) {
        if (kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objects) == 64)
            kmem_cache_free_bulk(s, 64, objects);
    }
}

BENCH_LOOPS(no_state, kmalloc_64_batch_1024_lifo, 16 * bench_orders::batch_size)
{
    for (u32 i = iterations; i != 0; i -= bench_orders::batch_size) {
        take_batch();
        for (u32 last = bench_orders::batch_size; last != 0; --last)
            kfree(batch[last - 1]);
    }
}
BENCH_LOOPS(no_state, kmalloc_64_batch_1024_fifo, 16 * bench_orders::batch_size)
{
    for (u32 i = iterations; i != 0; i -= bench_orders::batch_size) {
        take_batch();
        for (void *each : batch)
            kfree(each);
    }
}
BENCH_LOOPS(shuffle_first, kmalloc_64_batch_1024_random, 16 * bench_orders::batch_size)
{
    for (u32 i = iterations; i != 0; i -= bench_orders::batch_size) {
        take_batch();
        for (u16 each : bench_orders::shuffled)
            kfree(batch[each]);
    }
}
