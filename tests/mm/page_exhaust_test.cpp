// All pages taken, down to the last, and given back: on the target of the real machine.
#include <tests/mm/page_test.h>

#include <mm/page_debug.h>
#include <mm/vmstat.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL;
using page_test::GFP_ALL_MOVABLE;
using page_test::listed_pages;
using page_test::usable_pages;

namespace {

class PageExhaust : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "with debug options CPUs have no lists, and guards take pages";
        print_free(before);
        free_before = nr_free_pages();
    }
    void TearDown() override
    {
        if (free_before == 0)
            return;
        print_free(after);
        EXPECT_STREQ(after.c_str(), before.c_str());
        EXPECT_EQ(nr_free_pages(), free_before);
        EXPECT_NO_REPORT("BUG");
        pages::TearDown();
    }

    /// Free blocks of each zone and order; as few as there can be, so two texts can be compared.
    static void print_free(text_buffer<2048> &text)
    {
        drain_all_pages();
        print_buddyinfo(text.out());
        EXPECT_EQ(text.dropped(), 0u);
    }
    static zone &zone_of(zone_type index) { return contig_page_data.node_zones[index]; }

    text_buffer<2048> before, after;
    unsigned long free_before = 0;
};

} // namespace

TEST_F(PageExhaust, EveryPageCanBeHadInBlocksAndComesBack)
{
    block_hoard all;
    all.take_everything(GFP_ALL_MOVABLE);
    EXPECT_EQ(all.pages(), free_before);
    EXPECT_EQ(nr_free_pages(), 0u);
    EXPECT_EQ(alloc_page(GFP_ALL), nullptr);
    EXPECT_EQ(alloc_page(GFP_ALL_MOVABLE), nullptr);
}

TEST_F(PageExhaust, EveryPageCanBeHadOneByOneAndComesBack)
{
    block_hoard all;
    EXPECT_EQ(all.take_all(GFP_ALL_MOVABLE, 0), free_before);
    EXPECT_EQ(nr_free_pages(), 0u);
}

TEST_F(PageExhaust, WhatIsFreedInAnyOrderMergesAgain)
{
    block_hoard all;
    all.take_all(GFP_ALL_MOVABLE, 0);
    for (const u32 third : {2u, 0u, 1u})
        all.release_if([=](page *p) { return page_pfn(p).raw() % 3 == third; });
    EXPECT_EQ(all.pages(), 0u);
}

TEST_F(PageExhaust, PagesThatListsHoldApartAreALargeBlockForThoseWhoCanWait)
{
    block_hoard all;
    const u32 blocks = all.take_all(GFP_ALL_MOVABLE, MAX_ORDER - 1);
    all.release();
    all.take_all(GFP_ALL_MOVABLE, 0);
    all.release(); // the last ones stay on this CPU's lists
    EXPECT_EQ(all.take_all(GFP_ALL_MOVABLE, MAX_ORDER - 1), blocks);
}

TEST_F(PageExhaust, PagesOnTheListOfAnotherTypeAreFound)
{
    block_hoard all;
    all.take_everything(GFP_ALL);
    u32 freed = 0;
    all.release_if([&](page *p) { return compound_order(p) == 0 && freed++ < 50; });
    if (freed == 0)
        GTEST_SKIP() << "there is no single page";
    page *p = alloc_page(GFP_ALL | __GFP_RECLAIMABLE);
    EXPECT_NE(p, nullptr);
    if (p)
        __free_page(p);
}

// ------------------------------------------------------------------ zones

TEST_F(PageExhaust, ARequestGoesDownTheZonesAndUpOnce)
{
    struct {
        gfp_t gfp;
        zone_type highest;
    } const requests[] = {{GFP_DMA, ZONE_DMA},
                          {GFP_KERNEL, ZONE_NORMAL},
                          {GFP_HIGHUSER, ZONE_HIGHMEM},
                          {GFP_HIGHUSER_MOVABLE, ZONE_MOVABLE}};
    for (const auto &request : requests) {
        SCOPED_TRACE(request.gfp.raw());
        u32 free_above[MAX_NR_ZONES];
        for (const zone_type z : {ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE})
            free_above[z] = zone_of(z).populated() ? usable_pages(zone_of(z)) : 0;
        block_hoard all;
        u32 last = request.highest, ups = 0;
        while (const page *p = all.take(request.gfp | __GFP_NOWARN, 5)) {
            const u32 now = page_zonenum(p);
            ASSERT_EQ(page_zonenum(p + 31), now); // one block is of one zone
            ups += now > last;
            last = now;
        }
        EXPECT_LE(last, request.highest);
        EXPECT_LE(ups, 1u); // down to the watermarks low first, then down to min
        for (const zone_type z : {ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE})
            if (z > request.highest && zone_of(z).populated()) {
                EXPECT_EQ(usable_pages(zone_of(z)), free_above[z]);
            }
    }
}

// ------------------------------------------------------------------ this CPU's lists

TEST_F(PageExhaust, AListIsFilledByABatchAndEmptiedByABatch)
{
    const pcp_list &list =
        zone_of(ZONE_NORMAL).populated()
            ? zone_of(ZONE_NORMAL).pageset[raw_smp_processor_id()].lists[MIGRATE_UNMOVABLE]
            : zone_of(ZONE_DMA).pageset[raw_smp_processor_id()].lists[MIGRATE_UNMOVABLE];
    EXPECT_EQ(list.count(), 0u);
    block_hoard some;
    some.take(GFP_KERNEL, 0);
    EXPECT_EQ(list.count(), 62u);
    for (u32 i = 0; i < 62; i++)
        some.take(GFP_KERNEL, 0);
    EXPECT_EQ(list.count(), 0u);
    for (u32 i = 0; i < 170 - 63; i++)
        some.take(GFP_KERNEL, 0);
    drain_all_pages();
    some.release();
    EXPECT_EQ(list.count(), 170u);
    page *p = alloc_pages(GFP_KERNEL, 1);
    split_page(p, 1);
    __free_page(p);
    EXPECT_EQ(list.count(), 171u - 63);
    __free_page(p + 1);
    EXPECT_EQ(list.count(), 172u - 63);
    drain_all_pages();
    EXPECT_EQ(list.count(), 0u);
}

TEST_F(PageExhaust, ListsNeverKeepMoreThanTheyMay)
{
    const gfp_t masks[] = {
        GFP_KERNEL,   GFP_KERNEL | __GFP_MOVABLE, GFP_KERNEL | __GFP_RECLAIMABLE,  GFP_DMA,
        GFP_HIGHUSER, GFP_HIGHUSER_MOVABLE,       GFP_HIGHUSER | __GFP_RECLAIMABLE};
    block_hoard some;
    for (u32 round = 0; round < 8; round++) {
        for (u32 i = 0; i < 700; i++)
            some.take(masks[(i + round) % std::size(masks)], 0);
        some.release_if([&](page *p) {
            for (const zone &z : contig_page_data.node_zones)
                EXPECT_LE(listed_pages(z), z.index >= ZONE_HIGHMEM ? 128u : 512u);
            return page_pfn(p).raw() % 8 >= round;
        });
    }
    some.release();
    for (const zone &z : contig_page_data.node_zones)
        EXPECT_LE(listed_pages(z), z.index >= ZONE_HIGHMEM ? 128u : 512u);
}
