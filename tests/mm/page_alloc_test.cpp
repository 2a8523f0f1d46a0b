// The page allocator's face: every function of mm/page_alloc.h, what it gives, what it refuses, and
// that all comes back.
#include <tests/mm/page_test.h>

#include <mm/page_debug.h>

using page_test::page_hoard;

namespace {

class PageAlloc : public page_test::pages {
protected:
    void SetUp() override { free_before = nr_free_pages(); }
    void TearDown() override
    {
        EXPECT_EQ(nr_free_pages(), free_before);
        EXPECT_NO_REPORT("BUG");
        pages::TearDown();
    }

    /// The words of a block of lowmem.
    static u32 *words(page *p) { return static_cast<u32 *>(page_address(p)); }
    static bool all_zero(page *p, u32 pages)
    {
        const u32 *word = words(p);
        for (u32 i = 0; i < pages * (PAGE_SIZE / 4); i++)
            if (word[i] != 0)
                return false;
        return true;
    }
    static void dirty(page *p, u32 pages) { memset(page_address(p), 0x5a, pages * PAGE_SIZE); }
    /// A block of which every byte has been written lately: what zeroing must not rely on.
    static void leave_dirt(unsigned order)
    {
        page *p = alloc_pages(GFP_KERNEL, order);
        ASSERT_NE(p, nullptr);
        dirty(p, 1u << order);
        __free_pages(p, order);
    }
    static const char *text(const char *format, u32 number)
    {
        line.clear();
        line.out().printf(format, number);
        return line.c_str();
    }
    static inline text_buffer<128> line;

    unsigned long free_before = 0;
};

} // namespace

// ------------------------------------------------------------------ blocks

TEST_F(PageAlloc, ABlockOfEachOrderIsAlignedAndInUseOnce)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        SCOPED_TRACE(order);
        page *p = alloc_pages(GFP_KERNEL, order);
        ASSERT_NE(p, nullptr);
        EXPECT_EQ(page_to_pfn(p) % (1ul << order), 0u);
        EXPECT_EQ(p->flags & PAGE_FLAGS_CLEAR_AT_FREE, PAGE_IN_USE | order);
        EXPECT_EQ(compound_order(p), order);
        EXPECT_FALSE(PageCompound(p));
        EXPECT_EQ(page_count(p), 1);
        for (u32 i = 1; i < 1u << order; i++)
            ASSERT_EQ(page_count(p + i), 0);
        EXPECT_EQ(nr_free_pages(), free_before - (1ul << order));
        __free_pages(p, order);
        EXPECT_EQ(nr_free_pages(), free_before);
    }
}

TEST_F(PageAlloc, ABlockOfEachOrderIsZeroedWhereAsked)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        SCOPED_TRACE(order);
        leave_dirt(order);
        page *p = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
        ASSERT_NE(p, nullptr);
        EXPECT_TRUE(all_zero(p, 1u << order));
        EXPECT_EQ(p->flags & PAGE_FLAGS_CLEAR_AT_FREE, PAGE_IN_USE | order);
        dirty(p, 1u << order);
        __free_pages(p, order);
    }
}

TEST_F(PageAlloc, HighBlocksAreZeroedToo)
{
    page *p = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, 2);
    ASSERT_NE(p, nullptr);
    if (page_address(p)) {
        EXPECT_TRUE(all_zero(p, 4));
    }
    __free_pages(p, 2);
}

TEST_F(PageAlloc, BlocksOfManyOrdersAtOnceDoNotOverlap)
{
    page *blocks[MAX_ORDER];
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        blocks[order] = alloc_pages(GFP_KERNEL, order);
        ASSERT_NE(blocks[order], nullptr);
        memset(page_address(blocks[order]), static_cast<int>(order + 1), PAGE_SIZE << order);
    }
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        const u32 *word = words(blocks[order]);
        u32 different = 0;
        for (u32 i = 0; i < PAGE_SIZE / 4 << order; i++)
            different += word[i] != (order + 1) * 0x01010101;
        EXPECT_EQ(different, 0u) << "order " << order;
        __free_pages(blocks[order], order);
    }
}

// ------------------------------------------------------------------ compound blocks

TEST_F(PageAlloc, PagesOfACompoundBlockKnowTheirHead)
{
    for (unsigned order = 1; order < MAX_ORDER; order++) {
        SCOPED_TRACE(order);
        page *p = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
        ASSERT_NE(p, nullptr);
        EXPECT_TRUE(p->flags & PG_head);
        EXPECT_EQ(compound_head(p), p);
        EXPECT_EQ(compound_order(p), order);
        for (u32 i = 1; i < 1u << order; i++) {
            ASSERT_TRUE(PageCompound(p + i));
            ASSERT_EQ(compound_head(p + i), p);
            ASSERT_EQ(compound_order(p + i), 0u);
        }
        __free_pages(p, order);
        for (u32 i = 0; i < 1u << order; i++)
            ASSERT_FALSE(PageCompound(p + i));
    }
}

TEST_F(PageAlloc, ASinglePageIsNoCompoundBlock)
{
    page *p = alloc_page(GFP_KERNEL | __GFP_COMP);
    ASSERT_NE(p, nullptr);
    EXPECT_FALSE(PageCompound(p));
    EXPECT_EQ(compound_head(p), p);
    __free_page(p);
}

// ------------------------------------------------------------------ references

TEST_F(PageAlloc, TheLastReferenceFreesThePage)
{
    page *p = alloc_page(GFP_KERNEL);
    get_page(p);
    get_page(p);
    EXPECT_EQ(page_count(p), 3);
    put_page(p);
    __free_page(p); // the same thing by another name
    EXPECT_EQ(page_count(p), 1);
    EXPECT_EQ(nr_free_pages(), free_before - 1);
    put_page(p);
    EXPECT_EQ(page_count(p), 0);
}

TEST_F(PageAlloc, TheLastReferenceFreesABlockWhole)
{
    page *p = alloc_pages(GFP_KERNEL, 3);
    get_page(p);
    __free_pages(p, 3);
    EXPECT_EQ(page_count(p), 1);
    EXPECT_EQ(nr_free_pages(), free_before - 8);
    put_page(p);
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(PageAlloc, AReferenceToATailIsOneToTheBlock)
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
    get_page(p + 3);
    EXPECT_EQ(page_count(p), 2);
    EXPECT_EQ(page_count(p + 3), 0);
    put_page(p + 1);
    EXPECT_EQ(page_count(p), 1);
    put_page(p + 2);
    EXPECT_EQ(nr_free_pages(), free_before);
}

// ------------------------------------------------------------------ split_page

TEST_F(PageAlloc, ASplitBlockIsSinglePages)
{
    page *p = alloc_pages(GFP_KERNEL, 4);
    split_page(p, 4);
    for (u32 i = 0; i < 16; i++) {
        EXPECT_EQ(page_count(p + i), 1);
        EXPECT_EQ(p[i].flags & PAGE_FLAGS_CLEAR_AT_FREE, PAGE_IN_USE);
    }
    for (u32 i = 0; i < 16; i += 2)
        __free_page(p + i);
    EXPECT_EQ(nr_free_pages(), free_before - 8);
    for (u32 i = 1; i < 16; i += 2)
        put_page(p + i);
}

TEST_F(PageAlloc, OnlyWhatIsABlockOfThatOrderIsSplit)
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
    const u32 flags = p->flags;
    split_page(p, 2);
    EXPECT_REPORT("refused: it is compound\n");
    EXPECT_EQ(p->flags, flags);
    __free_pages(p, 2);

    p = alloc_pages(GFP_KERNEL, 2);
    split_page(p, 3);
    EXPECT_REPORT("refused: it is no plain block of that order\n");
    EXPECT_EQ(p->flags & PAGE_FLAGS_CLEAR_AT_FREE, PAGE_IN_USE | 2);
    __free_pages(p, 2);
    drain_all_pages();
    split_page(p, 0); // it is free
    EXPECT_REPORT("refused: it is not in use\n");
    EXPECT_EQ(p->flags & PAGE_FLAGS_CLEAR_AT_FREE, 0u);
}

// ------------------------------------------------------------------ alloc_pages_exact

TEST_F(PageAlloc, ExactlySoManyPagesAsNeeded)
{
    for (const u32 bytes : {1u, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 5 * PAGE_SIZE - 1,
                            8 * PAGE_SIZE, 700 * PAGE_SIZE, 1024 * PAGE_SIZE}) {
        SCOPED_TRACE(bytes);
        const u32 pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
        void *area = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_ZERO);
        ASSERT_NE(area, nullptr);
        EXPECT_EQ(nr_free_pages(), free_before - pages);
        page *first = virt_to_page(area);
        EXPECT_TRUE(all_zero(first, pages));
        for (u32 i = 0; i < pages; i++)
            ASSERT_EQ(page_count(first + i), 1);
        memset(area, 0xff, bytes);
        free_pages_exact(area, bytes);
        EXPECT_EQ(nr_free_pages(), free_before);
    }
}

TEST_F(PageAlloc, ExactSizesThatCannotBeAreRefused)
{
    EXPECT_EQ(alloc_pages_exact(0, GFP_KERNEL), nullptr);
    EXPECT_REPORT("alloc_pages_exact: 0 bytes, gfp 0xcc0 refused\n");
    EXPECT_EQ(alloc_pages_exact(1024 * PAGE_SIZE + 1, GFP_KERNEL), nullptr);
    EXPECT_REPORT("alloc_pages_exact: 4194305 bytes, gfp 0xcc0 refused\n");
    EXPECT_EQ(alloc_pages_exact(~size_t{0}, GFP_KERNEL), nullptr);
    EXPECT_REPORT("refused\n");
    EXPECT_EQ(alloc_pages_exact(~size_t{0} / PAGE_SIZE * PAGE_SIZE + 1, GFP_KERNEL), nullptr);
    EXPECT_REPORT("refused\n");
    EXPECT_EQ(alloc_pages_exact(PAGE_SIZE, GFP_HIGHUSER), nullptr);
    EXPECT_REPORT("alloc_pages_exact: 4096 bytes, gfp 0x100cc2 refused\n");
    EXPECT_EQ(alloc_pages_exact(PAGE_SIZE, GFP_KERNEL | __GFP_COMP), nullptr);
    EXPECT_REPORT("refused\n");
}

TEST_F(PageAlloc, WhatIsTooLargeForEvenALargeWordIsRefused)
{
    if constexpr (sizeof(size_t) > sizeof(u32)) {
        // More pages than 32 bits count: the number must not come round.
        EXPECT_EQ(alloc_pages_exact((size_t{1} << (31 + PAGE_SHIFT)) * 2 + 1, GFP_KERNEL), nullptr);
        EXPECT_REPORT("refused\n");
    }
}

// ------------------------------------------------------------------ many at once

TEST_F(PageAlloc, PagesInBulkAreSinglePages)
{
    page *pages[200];
    ASSERT_EQ(alloc_pages_bulk(GFP_KERNEL, 200, pages), 200u);
    EXPECT_EQ(nr_free_pages(), free_before - 200);
    for (u32 i = 0; i < 200; i++) {
        ASSERT_EQ(page_count(pages[i]), 1);
        words(pages[i])[1] = i;
    }
    for (u32 i = 0; i < 200; i++)
        ASSERT_EQ(words(pages[i])[1], i);
    free_pages_bulk(200, pages);
    EXPECT_EQ(alloc_pages_bulk(GFP_KERNEL, 0, pages), 0u);
    free_pages_bulk(0, pages);
}

TEST_F(PageAlloc, PagesInBulkAreZeroedWhereAsked)
{
    page *pages[20];
    ASSERT_EQ(alloc_pages_bulk(GFP_KERNEL, 20, pages), 20u);
    for (page *p : pages)
        dirty(p, 1);
    free_pages_bulk(20, pages);
    ASSERT_EQ(alloc_pages_bulk(GFP_KERNEL | __GFP_ZERO, 20, pages), 20u);
    for (page *p : pages)
        EXPECT_TRUE(all_zero(p, 1));
    free_pages_bulk(20, pages);
}

// ------------------------------------------------------------------ by address

TEST_F(PageAlloc, AddressesAreThoseOfThePages)
{
    const unsigned long addr = __get_free_pages(GFP_KERNEL, 2);
    ASSERT_NE(addr, 0u);
    EXPECT_EQ(addr % (4 * PAGE_SIZE), 0u);
    page *p = virt_to_page(reinterpret_cast<void *>(addr));
    EXPECT_EQ(page_address(p), reinterpret_cast<void *>(addr));
    EXPECT_EQ(compound_order(p), 2u);
    free_pages(addr, 2);

    const unsigned long one = __get_free_page(GFP_KERNEL);
    memset(reinterpret_cast<void *>(one), 0x77, PAGE_SIZE);
    free_page(one);
    const unsigned long zeroes = get_zeroed_page(GFP_KERNEL);
    EXPECT_TRUE(all_zero(virt_to_page(reinterpret_cast<void *>(zeroes)), 1));
    free_page(zeroes);
    const unsigned long more = __get_free_page(GFP_KERNEL | __GFP_ZERO);
    EXPECT_TRUE(all_zero(virt_to_page(reinterpret_cast<void *>(more)), 1));
    free_page(more);
    free_page(0);
    free_pages(0, 5);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageAlloc, AHighPageHasNoAddressToGive)
{
    EXPECT_EQ(__get_free_pages(GFP_HIGHUSER, 0), 0u);
    EXPECT_REPORT("__get_free_pages: __GFP_HIGHMEM refused: a high page has no address (by ");
    const unsigned long addr = get_zeroed_page(GFP_HIGHUSER); // Linux drops the flag there, too
    EXPECT_NE(addr, 0u);
    free_page(addr);
    page *p = alloc_page(GFP_HIGHUSER);
    EXPECT_EQ(page_address(p) == nullptr, PageHighMem(p));
    __free_page(p);
}

// ------------------------------------------------------------------ masks and orders

TEST_F(PageAlloc, MasksThatContradictThemselvesAreRefused)
{
    const gfp_t contradictions[] = {
        __GFP_DMA | __GFP_HIGHMEM,         __GFP_DMA | __GFP_DMA32,
        __GFP_HIGHMEM | __GFP_DMA32,       __GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32,
        __GFP_MOVABLE | __GFP_RECLAIMABLE,
    };
    for (const gfp_t where : contradictions) {
        const gfp_t gfp = GFP_KERNEL | where;
        for (const unsigned order : {0u, 1u, 10u}) {
            SCOPED_TRACE(gfp.raw());
            EXPECT_EQ(alloc_pages(gfp, order), nullptr);
            EXPECT_REPORT(text("alloc_pages: gfp %#x refused: two zones or two migrate types (by ",
                               gfp.raw()));
        }
    }
    page *pages[2];
    EXPECT_EQ(alloc_pages_bulk(GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE, 2, pages), 0u);
    EXPECT_REPORT("refused");
    EXPECT_NO_REPORT("refused");
}

TEST_F(PageAlloc, AnOrderThatIsTooLargeIsRefused)
{
    for (const unsigned order : {MAX_ORDER, MAX_ORDER + 1, 31u, 32u, ~0u}) {
        SCOPED_TRACE(order);
        EXPECT_EQ(alloc_pages(GFP_KERNEL, order), nullptr);
        EXPECT_REPORT(text("alloc_pages: order %u refused: the highest is 10 (by ", order));
        EXPECT_EQ(__get_free_pages(GFP_KERNEL | __GFP_ZERO, order), 0u);
        EXPECT_REPORT(text("alloc_pages: order %u refused: the highest is 10 (by ", order));
    }
}

// ------------------------------------------------------------------ counts

TEST_F(PageAlloc, TheCountsOfFreePagesFollow)
{
    struct sysinfo before, after;
    si_meminfo(&before);
    EXPECT_EQ(before.freeram, nr_free_pages());
    EXPECT_EQ(before.totalram, totalram_pages);
    EXPECT_EQ(before.totalhigh, totalhigh_pages);
    EXPECT_EQ(before.mem_unit, PAGE_SIZE);
    EXPECT_LE(before.freeram, before.totalram);
    EXPECT_LE(before.freehigh, before.totalhigh);

    page *low = alloc_pages(GFP_KERNEL, 3);
    const unsigned long buffers = nr_free_buffer_pages();
    EXPECT_EQ(buffers, before.freeram - before.freehigh - 8);
    page *high = alloc_page(GFP_HIGHUSER);
    const u32 of_high = PageHighMem(high) ? 1 : 0;
    si_meminfo(&after);
    EXPECT_EQ(after.freeram, before.freeram - 9);
    EXPECT_EQ(after.freehigh, before.freehigh - of_high);
    EXPECT_EQ(nr_free_buffer_pages(), buffers - 1 + of_high);
    __free_page(high);
    __free_pages(low, 3);
}
