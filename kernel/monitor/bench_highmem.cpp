// Benches of high memory: one CPU's slots, and the window that all share.
//
// The page goes through a register that the compiler knows nothing about, in each round: what
// kmap_local_page() of a lowmem page costs is not moved out of the loop.
// Linux's figures and our budgets for each row: tests/bench/budgets.txt.
#include <kernel/monitor/bench.h>

#include <mm/highmem.h>
#include <mm/page_alloc.h>

namespace {

constexpr u32 rotating = 1024;
constinit page *pages[rotating] = {};
constinit u32 page_count = 0;

void free_pages_of_bench()
{
    while (page_count != 0)
        __free_page(pages[--page_count]);
}

const char *take_pages(gfp_t gfp, u32 count, u32 highmem)
{
    for (; page_count < count; page_count++) {
        page *const p = alloc_page(gfp | __GFP_NOWARN);
        if (!p)
            return "there is not enough memory";
        pages[page_count] = p;
        if ((PageHighMem(p) != 0) != (highmem != 0)) {
            page_count++;
            return "there is not enough highmem";
        }
    }
    return nullptr;
}

constexpr bench_state one_high_page{[] { return take_pages(GFP_HIGHUSER, 1, 1); },
                                    free_pages_of_bench};
constexpr bench_state one_low_page{[] { return take_pages(GFP_KERNEL, 1, 0); },
                                   free_pages_of_bench};
constexpr bench_state many_high_pages{[] { return take_pages(GFP_HIGHUSER, rotating, 1); },
                                      free_pages_of_bench};

/// The same page, as if it came from anywhere.
[[gnu::always_inline]] inline page *any(page *p)
{
    asm volatile("" : "+r"(p));
    return p;
}

void local_pairs(u32 iterations)
{
    page *const p = pages[0];
    for (u32 i = iterations; i != 0; --i)
        kunmap_local(kmap_local_page(any(p)));
}

} // namespace

BENCH_IN(one_high_page, kmap_local_highmem_pair, 1000)
{
    local_pairs(iterations);
}

BENCH_IN(one_low_page, kmap_local_lowmem_pair, 1000)
{
    local_pairs(iterations);
}

BENCH_IN(one_high_page, kmap_hot_pair, 1000)
{
    page *const p = pages[0];
    for (u32 i = iterations; i != 0; --i) {
        (void) kmap(any(p));
        kunmap(any(p));
    }
}

BENCH_IN(many_high_pages, kmap_rotating_1024_pair, 8 * rotating)
{
    for (u32 i = iterations; i != 0; --i) {
        page *const p = pages[i % rotating];
        (void) kmap(p);
        kunmap(p);
    }
}
