// The kernel's page allocator on a machine of the host's, as an allocator to measure: zones,
// per-CPU lists and every check that is always on.
//
// The machine has 64 MB of lowmem for the kernel's own needs and a zone HIGHMEM of exactly
// MEASURED_PAGES; blocks come from there, down to its last page (__GFP_MEMALLOC: watermarks are
// for other tests). At most one at a time.
#pragma once

#include <tests/bench/allocators.h>
#include <tests/mm/page_fixture.h>

class zones {
public:
    static constexpr struct page *NONE = nullptr;

    explicit zones(gfp_t gfp = GFP_HIGHUSER | __GFP_MEMALLOC | __GFP_NOWARN)
        : machine_({{0, lowmem}, {lowmem, MEASURED_PAGES * PAGE_SIZE}}, {.lowmem_size = lowmem}),
          gfp_(gfp)
    {
    }
    [[nodiscard]] struct page *take(unsigned order) { return alloc_pages(gfp_, order); }
    void give(struct page *block, unsigned order) { __free_pages(block, order); }

    /// Blocks of the highest order if all of HIGHMEM is in such when no CPU keeps pages, else 0.
    [[nodiscard]] u32 whole_blocks() const
    {
        drain_all_pages();
        zone &high = contig_page_data.node_zones[ZONE_HIGHMEM];
        spin_irq_guard held(high.lock);
        u32 whole = 0;
        u32 smaller = 0;
        high.free_area.for_each_free([&](u32, unsigned order, migratetype) {
            (order == MAX_ORDER - 1 ? whole : smaller)++;
        });
        return smaller == 0 && !high.free_area.verify() ? whole : 0;
    }

private:
    static constexpr u32 lowmem = 64 * SZ_1M;

    page_machine machine_;
    gfp_t gfp_;
};
