// HOST ONLY: it boots machines of its own.
//
// Watermarks, reserves, fallback between zones and between migrate types, to the page.
#include <tests/host.h>
#include <tests/mm/page_fixture.h>

#include <kernel/core/printk.h>
#include <mm/page_verify.h>
#include <mm/show_mem.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL;
using page_test::GFP_ALL_MOVABLE;
using page_test::pageblock_of;
using page_test::type_of_block;
using page_test::usable_pages;

namespace {

zone &zone_of(zone_type index)
{
    return contig_page_data.node_zones[index];
}

/// DMA of 16 MB, NORMAL of 32 MB, HIGHMEM of 16 MB.
class ZonePressure : public ::testing::Test {
    page_machine machine{{{0, 48 * SZ_1M}, {SZ_1G / 2, 16 * SZ_1M}}, {.lowmem_size = 48 * SZ_1M}};

protected:
    void TearDown() override { EXPECT_EQ(verify_pages(console_printer), 0u); }

    /// Pages left in a zone when blocks of two pages can no longer be had: single pages would come
    /// by batches, which a watermark does not count.
    static void expect_left(zone_type z, u32 needed)
    {
        EXPECT_GE(usable_pages(zone_of(z)), needed) << zone_names[z];
        EXPECT_LE(usable_pages(zone_of(z)), needed + 1) << zone_names[z];
    }
    /// A pageblock of NORMAL of which the hoard has every page.
    static u32 block_held_whole(const block_hoard &all)
    {
        const zone &normal = zone_of(ZONE_NORMAL);
        const u32 end = (normal.zone_start_pfn.raw() + normal.spanned_pages) >> pageblock_order;
        for (u32 block = normal.base.raw() >> pageblock_order; block < end; block++) {
            u32 pages = 0;
            all.for_each([&](const page *p) { pages += pageblock_of(p) == block; });
            if (pages == pageblock_nr_pages)
                return block;
        }
        return ~0u;
    }
    static u32 min_of(zone_type z) { return zone_of(z).watermark[WMARK_MIN]; }
};

constexpr gfp_t quiet(gfp_t gfp)
{
    return gfp | __GFP_NOWARN;
}

} // namespace

// ------------------------------------------------------------------ watermarks

TEST_F(ZonePressure, WatermarksStandInOrder)
{
    for (const zone_type z : {ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM}) {
        EXPECT_GT(min_of(z), 0u);
        EXPECT_GT(zone_of(z).watermark[WMARK_LOW], min_of(z));
        EXPECT_GT(zone_of(z).watermark[WMARK_HIGH], zone_of(z).watermark[WMARK_LOW]);
    }
}

TEST_F(ZonePressure, WhoCanWaitStopsAtMin)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL), 1);
    expect_left(ZONE_NORMAL, min_of(ZONE_NORMAL));
    expect_left(ZONE_DMA, min_of(ZONE_DMA) + zone_of(ZONE_DMA).lowmem_reserve[ZONE_NORMAL]);
    // Nothing of HIGHMEM: neither taken nor kept for later.
    EXPECT_EQ(usable_pages(zone_of(ZONE_HIGHMEM)), zone_of(ZONE_HIGHMEM).managed_pages);
}

TEST_F(ZonePressure, WhoCannotWaitGoesDeeper)
{
    const u32 min = min_of(ZONE_NORMAL);
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL), 1);
    all.take_all(quiet(GFP_NOWAIT), 1);
    expect_left(ZONE_NORMAL, min);
    all.take_all(quiet(GFP_KERNEL | __GFP_HIGH), 1);
    expect_left(ZONE_NORMAL, min - min / 2);
    all.take_all(quiet(GFP_ATOMIC), 1);
    const u32 half = min - min / 2;
    expect_left(ZONE_NORMAL, half - half / 4);
}

TEST_F(ZonePressure, AtomicAloneIsNoReserve)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL | __GFP_ATOMIC), 1);
    expect_left(ZONE_NORMAL, min_of(ZONE_NORMAL));
}

TEST_F(ZonePressure, MemallocTakesAllUnlessItMayNot)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC), 1);
    expect_left(ZONE_NORMAL, min_of(ZONE_NORMAL));
    all.take_all(quiet(GFP_KERNEL | __GFP_MEMALLOC), 1);
    all.take_all(quiet(GFP_KERNEL | __GFP_MEMALLOC), 0);
    EXPECT_EQ(usable_pages(zone_of(ZONE_NORMAL)), 0u);
    EXPECT_EQ(usable_pages(zone_of(ZONE_DMA)), 0u);
}

TEST_F(ZonePressure, SinglePagesStopWithinABatchOfMin)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL), 0);
    const u32 left = usable_pages(zone_of(ZONE_NORMAL));
    EXPECT_LE(left, min_of(ZONE_NORMAL));
    EXPECT_GE(left + 62, min_of(ZONE_NORMAL));
}

TEST_F(ZonePressure, LargeBlocksHeedTheWatermarkToo)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL), 8);
    for (const zone_type z : {ZONE_NORMAL, ZONE_DMA})
        EXPECT_GE(usable_pages(zone_of(z)), min_of(z));
}

TEST_F(ZonePressure, ALowZoneKeepsPagesFromThoseWhoCouldGoHigher)
{
    zone &dma = zone_of(ZONE_DMA);
    EXPECT_EQ(dma.lowmem_reserve[ZONE_DMA], 0u);
    EXPECT_EQ(dma.lowmem_reserve[ZONE_NORMAL], zone_of(ZONE_NORMAL).managed_pages / 256);
    EXPECT_EQ(dma.lowmem_reserve[ZONE_HIGHMEM],
              (zone_of(ZONE_NORMAL).managed_pages + zone_of(ZONE_HIGHMEM).managed_pages) / 256);
    block_hoard all;
    all.take_all(quiet(GFP_HIGHUSER), 1);
    expect_left(ZONE_HIGHMEM, min_of(ZONE_HIGHMEM));
    expect_left(ZONE_NORMAL,
                min_of(ZONE_NORMAL) + zone_of(ZONE_NORMAL).lowmem_reserve[ZONE_HIGHMEM]);
    expect_left(ZONE_DMA, min_of(ZONE_DMA) + dma.lowmem_reserve[ZONE_HIGHMEM]);
    all.take_all(quiet(GFP_KERNEL), 1);
    expect_left(ZONE_NORMAL, min_of(ZONE_NORMAL));
    expect_left(ZONE_DMA, min_of(ZONE_DMA) + dma.lowmem_reserve[ZONE_NORMAL]);
    all.take_all(quiet(GFP_DMA | GFP_KERNEL), 1);
    expect_left(ZONE_DMA, min_of(ZONE_DMA));
}

TEST_F(ZonePressure, TheFirstTryStopsAtLowInEveryZone)
{
    // Two zones: the lower one is used down to its watermark low before the higher one is taken
    // from low to min.
    zone &normal = zone_of(ZONE_NORMAL);
    block_hoard all;
    u32 left = 0;
    while (const page *p = all.take(quiet(GFP_KERNEL), 1)) {
        if (page_zone(p) != &normal)
            break;
        left = usable_pages(normal);
    }
    EXPECT_GE(left, normal.watermark[WMARK_LOW]);
    EXPECT_LE(left, normal.watermark[WMARK_LOW] + 1);
}

TEST_F(ZonePressure, NofailGetsTheLastPageAndPanicsWithoutOne)
{
    block_hoard all;
    all.take_all(quiet(GFP_KERNEL), 1);
    all.take_all(quiet(GFP_ATOMIC), 0);
    const unsigned long low = nr_free_buffer_pages();
    EXPECT_GT(low, 0u);
    page *p = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
    ASSERT_NE(p, nullptr);
    __free_page(p);
    all.take_all(GFP_ALL, 0);
    forget_warnings();
    EXPECT_PANIC((void) alloc_page(GFP_KERNEL | __GFP_NOFAIL),
                 "no page of order 0 for __GFP_NOFAIL, asked for by ");
}

// ------------------------------------------------------------------ migrate types

TEST_F(ZonePressure, AnotherTypesBlockIsTakenOverIfHalfOfItIsFree)
{
    // All blocks are movable at the beginning.
    page *p = alloc_page(GFP_KERNEL);
    EXPECT_EQ(type_of_block(p), MIGRATE_UNMOVABLE);
    block_hoard movable, unmovable;
    // While there are other blocks, nobody's page goes into the other type's block.
    for (u32 i = 0; i < 2500; i++)
        ASSERT_NE(pageblock_of(movable.take(GFP_KERNEL | __GFP_MOVABLE, 0)), pageblock_of(p));
    for (u32 i = 0; i < 400; i++)
        ASSERT_EQ(type_of_block(unmovable.take(GFP_KERNEL, 0)), MIGRATE_UNMOVABLE);
    __free_page(p);
}

TEST_F(ZonePressure, ABlockThatIsMostlyUsedKeepsItsType)
{
    block_hoard all;
    all.take_all(GFP_ALL | __GFP_MOVABLE, 0);
    const u32 block = block_held_whole(all);
    u32 freed = 0;
    all.release_if([&](page *p) { return pageblock_of(p) == block && freed++ < 511; });
    drain_all_pages();
    page *p = alloc_page(GFP_ALL);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(pageblock_of(p), block);
    EXPECT_EQ(type_of_block(p), MIGRATE_MOVABLE);
    __free_page(p);
    drain_all_pages();
    // One more, and half of it is free.
    freed = 0;
    all.release_if([&](page *each) { return pageblock_of(each) == block && freed++ < 1; });
    drain_all_pages();
    p = alloc_page(GFP_ALL);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(pageblock_of(p), block);
    EXPECT_EQ(type_of_block(p), MIGRATE_UNMOVABLE);
    __free_page(p);
}

TEST_F(ZonePressure, BlocksAreTakenFromTheTypeThatHasTheLargest)
{
    // Unmovable requests may take from reclaimable and movable blocks: the larger one is broken.
    block_hoard all, some;
    all.take_all(GFP_ALL | __GFP_MOVABLE, MAX_ORDER - 1);
    page *whole = nullptr;
    all.for_each([&](page *p) {
        if (page_zone(p) == &zone_of(ZONE_NORMAL))
            whole = p;
    });
    some.take_all(GFP_ALL | __GFP_RECLAIMABLE, 0);
    u32 freed = 0; // single reclaimable pages, and one whole movable block
    some.release_if([&](page *p) {
        return page_zone(p) == &zone_of(ZONE_NORMAL) && page_pfn(p).raw() % 2 == 0 && freed++ < 200;
    });
    drain_all_pages();
    all.release_if([&](page *p) { return p == whole; });
    page *p = alloc_page(GFP_ALL);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(pageblock_of(p), pageblock_of(whole));
    EXPECT_EQ(type_of_block(whole), MIGRATE_UNMOVABLE);
    __free_page(p);
}

TEST_F(ZonePressure, AFallbackThatIsTooSmallIsNone)
{
    block_hoard all;
    all.take_all(GFP_ALL | __GFP_MOVABLE, 0);
    u32 freed = 0;
    all.release_if([&](page *p) { return page_pfn(p).raw() % 4 == 0 && freed++ < 300; });
    EXPECT_EQ(alloc_pages(GFP_ALL, 1), nullptr);
    page *p = alloc_pages(GFP_ALL, 0);
    EXPECT_NE(p, nullptr);
    __free_page(p);
}

TEST_F(ZonePressure, AFallbackThatIsTooSmallChangesNoType)
{
    block_hoard all;
    all.take_all(GFP_ALL | __GFP_MOVABLE, 0);
    const u32 block = block_held_whole(all);
    // Half of the block is free, but no two pages side by side.
    EXPECT_EQ(all.release_if([=](const page *p) {
        return pageblock_of(p) == block && page_pfn(p).raw() % 2 == 0;
    }),
              pageblock_nr_pages / 2);
    EXPECT_EQ(alloc_pages(GFP_ALL, 1), nullptr);
    const page *first = pfn_to_page(pfn_t(block << pageblock_order));
    EXPECT_EQ(type_of_block(first), MIGRATE_MOVABLE);
    page *p = alloc_page(GFP_ALL);
    EXPECT_NE(p, nullptr);
    EXPECT_EQ(type_of_block(first), MIGRATE_UNMOVABLE);
    __free_page(p);
}

// ------------------------------------------------------------------ a zone MOVABLE

TEST(MovableZone, IsForMovableHighRequestsAlone)
{
    const page_machine machine({{0, 32 * SZ_1M}, {SZ_1G / 2, 16 * SZ_1M}},
                               {.lowmem_size = 32 * SZ_1M, .parameters = "movablecore=8M"});
    block_hoard all;
    u32 seen = 0, last = ZONE_MOVABLE, ups = 0;
    while (const page *p = all.take(quiet(GFP_HIGHUSER_MOVABLE), 3)) {
        seen |= 1u << page_zonenum(p);
        ups += page_zonenum(p) > last;
        last = page_zonenum(p);
    }
    EXPECT_EQ(seen, 15u);
    EXPECT_LE(ups, 1u);
    all.release();
    for (const gfp_t gfp : {GFP_HIGHUSER, GFP_KERNEL | __GFP_MOVABLE, GFP_KERNEL}) {
        while (const page *p = all.take(quiet(gfp), 3))
            ASSERT_NE(page_zonenum(p), ZONE_MOVABLE);
        all.release();
    }
    EXPECT_EQ(verify_pages(console_printer), 0u);
}

TEST(MovableZone, MayBeCutFromLowmem)
{
    const page_machine machine({{0, 48 * SZ_1M}},
                               {.lowmem_size = 48 * SZ_1M, .parameters = "movablecore=8M"});
    page *p = alloc_page(GFP_HIGHUSER_MOVABLE);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(page_zonenum(p), ZONE_MOVABLE);
    EXPECT_FALSE(PageHighMem(p));
    EXPECT_NE(page_address(p), nullptr);
    __free_page(p);
    struct sysinfo info;
    si_meminfo(&info);
    EXPECT_EQ(info.freehigh, 0u);
    EXPECT_EQ(info.freeram, nr_free_pages());
    EXPECT_EQ(verify_pages(console_printer), 0u);
}

// ------------------------------------------------------------------ CPUs

TEST_F(ZonePressure, EachCpuHasListsOfItsOwn)
{
    const unsigned long free_before = nr_free_pages();
    page *p = alloc_page(GFP_KERNEL);
    host_cpu = 2;
    __free_page(p);
    const zone &normal = zone_of(ZONE_NORMAL);
    EXPECT_EQ(normal.pageset[2].lists[MIGRATE_UNMOVABLE].count(), 1u);
    EXPECT_EQ(normal.pageset[0].lists[MIGRATE_UNMOVABLE].count(), 62u);
    EXPECT_EQ(nr_free_pages(), free_before); // they count as free
    page *again = alloc_page(GFP_KERNEL);
    EXPECT_EQ(again, p);
    host_cpu = 0;
    __free_page(again);
    EXPECT_EQ(nr_free_pages(), free_before);
}
