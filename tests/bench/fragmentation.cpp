// What each placement leaves of large blocks, as JSON lines (scripts/lib/hostbench.py makes a
// table of them).
#include <tests/bench/fragmentation.h>

#include <cstdio>

#include <tests/bench/lifo_buddy.h>
#include <tests/bench/modes.h>
#include <tests/bench/tree_buddy.h>

namespace {

template <class Allocator>
void print_rows(const char *name, u32 seeds)
{
    for (u32 fill : {50u, 90u}) {
        const fragmentation found = measure_fragmentation<Allocator>(fill, seeds);
        std::printf(
            "{\"bench\":\"fragmentation_%s_%u\",\"placement\":\"%s\",\"fill\":%u,\"seeds\":%u,"
            "\"order_9\":%.2f,\"least\":%.2f,\"of\":%u,\"largest\":%.3f,\"failed\":%.1f}\n",
            name, fill, Allocator::name, fill, seeds, found.order_9, found.least,
            MEASURED_PAGES * (100 - fill) / 100 / 512, found.largest, found.failed);
        std::fflush(stdout);
    }
}

} // namespace

int print_fragmentation(unsigned seeds)
{
    print_rows<lifo_buddy<16>>("lifo", seeds);
    print_rows<tree_buddy<16>>("tree", seeds);
    print_rows<engine<16>>("engine", seeds);
    return 0;
}
