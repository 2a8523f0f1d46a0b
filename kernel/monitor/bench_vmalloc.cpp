// Benches of vmalloc and vmap: pairs of sizes from 1 to 256 pages, alone and with a thousand areas
// beside them. Lazy areas gather and are purged meanwhile: their share of the flush is in the figures.
// Linux's figures and our budgets: tests/bench/budgets.txt.
#include <kernel/monitor/bench.h>

#include <mm/page_alloc.h>
#include <mm/vmalloc.h>

namespace {

constexpr u32 LIVE = 1000;
constinit void *live[LIVE] = {};

const char *make_live()
{
    for (void *&each : live)
        if (!(each = vmalloc(PAGE_SIZE)))
            return "there is not enough memory";
    return nullptr;
}
void free_live()
{
    for (void *&each : live) {
        vfree(each);
        each = nullptr;
    }
}
constexpr bench_state among_live{make_live, free_live};

constexpr u32 MAPPED = 16;
constinit struct page *pages[MAPPED] = {};

const char *take_pages()
{
    return alloc_pages_bulk(GFP_HIGHUSER, MAPPED, pages) == MAPPED ? nullptr : "no memory";
}
void give_pages()
{
    free_pages_bulk(MAPPED, pages);
}
constexpr bench_state with_pages{take_pages, give_pages};

inline void pairs(u32 iterations, u32 page_count)
{
    for (u32 i = iterations; i != 0; --i)
        vfree(vmalloc(page_count * PAGE_SIZE));
}

} // namespace

// More rounds than lazy areas can gather, so that each measurement pays for its purges.
BENCH(vmalloc_1_pair, 4000)
{
    pairs(iterations, 1);
}
BENCH(vmalloc_4_pair, 2000)
{
    pairs(iterations, 4);
}
BENCH(vmalloc_16_pair, 1000)
{
    pairs(iterations, 16);
}
BENCH(vmalloc_64_pair, 300)
{
    pairs(iterations, 64);
}
BENCH(vmalloc_256_pair, 100)
{
    pairs(iterations, 256);
}
BENCH_IN(among_live, vmalloc_1_pair_1000_live, 4000)
{
    pairs(iterations, 1);
}
BENCH_IN(among_live, vmalloc_16_pair_1000_live, 1000)
{
    pairs(iterations, 16);
}
BENCH_IN(with_pages, vmap_16_pair, 1000)
{
    for (u32 i = iterations; i != 0; --i)
        vunmap(vmap(pages, MAPPED, VM_MAP, PAGE_KERNEL));
}
