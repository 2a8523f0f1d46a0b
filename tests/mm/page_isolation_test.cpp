// Ranges of frames taken out of the page allocator as they stand: alloc_contig_range().
#include <tests/mm/page_test.h>

#include <kernel/lib/errno.h>
#include <mm/page_isolation.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL_MOVABLE;
using page_test::page_hoard;
using page_test::type_of_block;

namespace {

class PageIsolation : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "guard pages are in the way";
        free_before = nr_free_pages();
        // Two whole pageblocks side by side, free and movable.
        page *last = nullptr;
        blocks.take_all(GFP_KERNEL | __GFP_MOVABLE | __GFP_NOWARN, pageblock_order);
        blocks.for_each([&](page *p) {
            blocks.for_each([&](const page *other) {
                if (!last && page_pfn(other) == page_pfn(p) + pageblock_nr_pages &&
                    page_zone(other) == page_zone(p))
                    last = p;
            });
        });
        ASSERT_NE(last, nullptr);
        first = last;
        start = page_to_pfn(first);
        blocks.release();
        drain_all_pages();
        types[0] = type_of_block(first);
        types[1] = type_of_block(first + pageblock_nr_pages);
        ASSERT_EQ(types[0], types[1]);
    }
    void TearDown() override
    {
        if (!first)
            return;
        EXPECT_EQ(nr_free_pages(), free_before);
        expect_types_as_before();
        EXPECT_NO_REPORT("BUG");
        pages::TearDown();
    }
    void expect_types_as_before() const
    {
        EXPECT_EQ(type_of_block(first), types[0]);
        EXPECT_EQ(type_of_block(first + pageblock_nr_pages), types[1]);
    }
    [[nodiscard]] int take(unsigned long from, unsigned long to, gfp_t gfp = GFP_KERNEL) const
    {
        return alloc_contig_range(start + from, start + to, types[0], gfp);
    }
    /// Takes it, looks at it, gives it back.
    void expect_can_be_had(unsigned long from, unsigned long to) const
    {
        SCOPED_TRACE(from);
        ASSERT_EQ(take(from, to), 0);
        expect_types_as_before();
        EXPECT_EQ(nr_free_pages(), free_before - (to - from));
        for (unsigned long i = from; i < to; i++) {
            ASSERT_EQ(page_count(first + i), 1);
            ASSERT_EQ(first[i].flags & PAGE_FLAGS_CLEAR_AT_FREE, PAGE_IN_USE);
        }
        EXPECT_EQ(verify_pages(console_printer), 0u);
        free_contig_range(start + from, to - from);
        EXPECT_EQ(nr_free_pages(), free_before);
    }

    block_hoard blocks;
    page *first = nullptr;
    unsigned long start = 0;
    migratetype types[2] = {};
    unsigned long free_before = 0;
};

bool is_in_a_zone(unsigned long pfn)
{
    for (const zone &z : contig_page_data.node_zones)
        if (z.holds(pfn_t(static_cast<u32>(pfn))))
            return true;
    return false;
}

} // namespace

TEST_F(PageIsolation, RangesOfAnyLengthAndPlaceCanBeHad)
{
    expect_can_be_had(0, pageblock_nr_pages);
    expect_can_be_had(0, 2ul * pageblock_nr_pages);
    expect_can_be_had(0, 1);
    expect_can_be_had(17, 18);
    expect_can_be_had(3, 1021);
    expect_can_be_had(1023, 1025); // across pageblocks
    expect_can_be_had(1000, 2047);
    expect_can_be_had(2047, 2048);
}

TEST_F(PageIsolation, ItsPagesAreSinglePages)
{
    ASSERT_EQ(take(5, 9), 0);
    get_page(first + 6);
    __free_page(first + 5);
    __free_page(first + 8);
    put_page(first + 6);
    put_page(first + 6);
    EXPECT_EQ(nr_free_pages(), free_before - 1);
    EXPECT_EQ(take(5, 9), -EBUSY);
    __free_page(first + 7);
    expect_can_be_had(5, 9);
}

TEST_F(PageIsolation, PagesAreZeroedWhereAsked)
{
    ASSERT_EQ(take(10, 12), 0);
    for (page *p = first + 10; p < first + 12; p++)
        if (void *bytes = page_address(p))
            memset(bytes, 0xee, PAGE_SIZE);
    free_contig_range(start + 10, 2);
    ASSERT_EQ(take(10, 12, GFP_KERNEL | __GFP_ZERO), 0);
    for (page *p = first + 10; p < first + 12; p++)
        if (const u32 *words = static_cast<u32 *>(page_address(p))) {
            u32 found = 0;
            for (u32 i = 0; i < PAGE_SIZE / 4; i++)
                found |= words[i];
            EXPECT_EQ(found, 0u);
        }
    free_contig_range(start + 10, 2);
}

TEST_F(PageIsolation, ARangeWithAPageInUseIsBusyAndNothingChanges)
{
    ASSERT_EQ(take(100, 101), 0);
    text_buffer<16> nothing;
    EXPECT_EQ(take(0, 200), -EBUSY);
    EXPECT_EQ(take(100, 101), -EBUSY);
    EXPECT_EQ(take(100, 1500), -EBUSY);
    EXPECT_EQ(take(50, 101), -EBUSY);
    expect_types_as_before();
    EXPECT_EQ(nr_free_pages(), free_before - 1);
    EXPECT_EQ(verify_pages(nothing.out()), 0u);
    ASSERT_EQ(take(0, 100), 0);
    ASSERT_EQ(take(101, 200), 0);
    free_contig_range(start, 200);
}

TEST_F(PageIsolation, WhatThisCpuKeepsIsGivenBackFirst)
{
    // A page of the range is on the list of this CPU.
    ASSERT_EQ(take(0, 64), 0);
    for (u32 i = 0; i < 64; i++)
        __free_page(first + i);
    EXPECT_EQ(take(0, 64), 0);
    free_contig_range(start, 64);
}

TEST_F(PageIsolation, APageblockOfAnotherTypeIsBusy)
{
    const migratetype other = types[0] == MIGRATE_MOVABLE ? MIGRATE_CMA : MIGRATE_MOVABLE;
    EXPECT_EQ(alloc_contig_range(start, start + 8, other, GFP_KERNEL), -EBUSY);
    // The second pageblock is isolated by somebody else: the first one stays what it is.
    ASSERT_EQ(start_isolate_page_range(start + 1024, start + 1025, types[0]), 0);
    EXPECT_EQ(take(1000, 1100), -EBUSY);
    EXPECT_EQ(type_of_block(first), types[0]);
    EXPECT_EQ(type_of_block(first + 1024), MIGRATE_ISOLATE);
    undo_isolate_page_range(start + 1024, start + 1025, types[0]);
    expect_can_be_had(1000, 1100);
}

TEST_F(PageIsolation, NothingIsAllocatedFromIsolatedBlocks)
{
    ASSERT_EQ(start_isolate_page_range(start + 5, start + 6, types[0]), 0);
    EXPECT_EQ(type_of_block(first), MIGRATE_ISOLATE);
    EXPECT_EQ(type_of_block(first + 1024), types[1]);
    EXPECT_TRUE(test_pages_isolated(start, start + 1024));
    EXPECT_FALSE(test_pages_isolated(start, start + 1025));
    EXPECT_EQ(nr_free_pages(), free_before); // free they are
    {
        block_hoard all;
        all.take_everything(GFP_ALL_MOVABLE);
        all.for_each([&](const page *p) { ASSERT_FALSE(p >= first && p < first + 1024); });
        EXPECT_EQ(all.pages(), free_before - 1024);
    }
    undo_isolate_page_range(start + 5, start + 6, types[0]);
    EXPECT_FALSE(test_pages_isolated(start, start + 1024));
}

TEST_F(PageIsolation, IsolatedPagesAreTestedOneByOne)
{
    ASSERT_EQ(take(7, 8), 0);
    ASSERT_EQ(start_isolate_page_range(start, start + 1, types[0]), 0);
    EXPECT_FALSE(test_pages_isolated(start, start + 20));
    EXPECT_TRUE(test_pages_isolated(start, start + 7));
    EXPECT_TRUE(test_pages_isolated(start + 8, start + 20));
    // What is freed into an isolated block stays there.
    __free_page(first + 7);
    drain_all_pages();
    EXPECT_TRUE(test_pages_isolated(start, start + 20));
    undo_isolate_page_range(start, start + 1, types[0]);
}

TEST_F(PageIsolation, RangesThatAreNoneAreRefused)
{
    const unsigned long bad[][2] = {
        {start, start}, {start + 5, start}, {0xfffffff0, 0xfffffff8}, {~0ul - 5, ~0ul}};
    for (const auto &range : bad) {
        EXPECT_EQ(alloc_contig_range(range[0], range[1], MIGRATE_MOVABLE, GFP_KERNEL), -EINVAL);
        EXPECT_REPORT("refused: not the RAM of one zone\n");
        EXPECT_EQ(start_isolate_page_range(range[0], range[1], MIGRATE_MOVABLE), -EINVAL);
        undo_isolate_page_range(range[0], range[1], MIGRATE_MOVABLE);
        EXPECT_FALSE(test_pages_isolated(range[0], range[1]));
    }
}

TEST_F(PageIsolation, ARangeAcrossZonesIsRefused)
{
    zone *low = contig_page_data.node_zonelists[ZONE_NORMAL].zones[1];
    if (!low)
        GTEST_SKIP() << "there is one zone";
    const unsigned long border = low->zone_start_pfn.raw() + low->spanned_pages;
    EXPECT_EQ(alloc_contig_range(border - 1, border + 1, MIGRATE_MOVABLE, GFP_KERNEL), -EINVAL);
    EXPECT_REPORT("alloc_contig_range: pfns ");
}

TEST_F(PageIsolation, FramesBehindTheEndOfRamAreRefused)
{
    for (const zone &z : contig_page_data.node_zones) {
        if (!z.populated())
            continue;
        const unsigned long end = z.zone_start_pfn.raw() + z.spanned_pages;
        for (unsigned long pfn = end; pfn < end + 40000; pfn += 997)
            if (!is_in_a_zone(pfn)) {
                EXPECT_EQ(alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE, GFP_KERNEL), -EINVAL);
            }
    }
}

TEST_F(PageIsolation, AHoleIsNotFree)
{
    // The image is no hole, but it is not free either, and never will be.
    const unsigned long image = PHYS_PFN_OFFSET.raw() + SZ_1M / PAGE_SIZE;
    EXPECT_EQ(alloc_contig_range(image, image + 2, type_of_block(pfn_to_page(image)), GFP_KERNEL),
              -EBUSY);
}

TEST_F(PageIsolation, ASpoiledPageIsQuarantinedAndTheOthersGoBack)
{
    const u32 quarantined = page_test::quarantined_pages();
    // Somebody writes into the struct page of a free page.
    first[300].flags |= PG_locked;
    EXPECT_EQ(take(296, 310), -EBUSY);
    EXPECT_REPORT("BUG page ");
    EXPECT_EQ(page_test::quarantined_pages(), quarantined + 1);
    EXPECT_EQ(first[300].flags & PAGE_STATE_MASK, PG_quarantine);
    free_before -= 1;
    expect_can_be_had(296, 300);
    expect_can_be_had(301, 310);
}
