// fail_page_alloc: the rules, one by one; the n-th; and that every function of the page allocator
// lives with a failure at each place.
#include <tests/mm/fail_nth.h>

#include <mm/fail_page_alloc.h>
#include <mm/page_isolation.h>

namespace {

class FailPageAlloc : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "booted with debug options of its own";
    }
    void TearDown() override
    {
        page_debug_set(0);
        pages::TearDown();
    }

    /// Asks `count` times; "w" and "F" for what works and what fails.
    const char *ask(u32 count, unsigned order = 0)
    {
        answers.clear();
        while (count-- != 0)
            answers.out().write(should_fail_alloc_page(GFP_KERNEL, order) ? "F" : "w");
        return answers.c_str();
    }
    text_buffer<256> answers;
};

} // namespace

TEST_F(FailPageAlloc, EachIntervalthFails)
{
    fail_page_alloc_start({.interval = 3, .probability = 100, .space = 0, .times = -1});
    EXPECT_STREQ(ask(10), "wwFwwFwwFw");
    EXPECT_REPORT("fail_page_alloc: forcing failure 1: order 0, gfp 0xcc0, on cpu 0\n");
    EXPECT_REPORT("fail_page_alloc: forcing failure 2: order 0, gfp 0xcc0, on cpu 0\n");
    const fail_counts counts = fail_page_alloc_stop();
    EXPECT_EQ(counts.asked, 10u);
    EXPECT_EQ(counts.failed, 3u);
    EXPECT_STREQ(ask(3), "www");
}

TEST_F(FailPageAlloc, TheFirstPagesAreSafe)
{
    fail_page_alloc_start({.interval = 1, .probability = 100, .space = 5, .times = -1});
    EXPECT_STREQ(ask(3, 1), "wwF"); // 2 and 2 pages; the next 2 are more than is left
    fail_page_alloc_start({.interval = 0, .probability = 100, .space = 4, .times = -1});
    EXPECT_STREQ(ask(5), "wwwFF");
}

TEST_F(FailPageAlloc, NotMoreThanSoManyTimes)
{
    fail_page_alloc_start({.interval = 1, .probability = 100, .space = 0, .times = 2});
    EXPECT_STREQ(ask(5), "FFwww");
}

TEST_F(FailPageAlloc, ByChanceAndTheSameEachTime)
{
    const fault_attr half{.interval = 1, .probability = 50, .space = 0, .times = -1};
    fail_page_alloc_start(half);
    text_buffer<256> first;
    first.out().write(ask(200));
    const u32 failed = fail_page_alloc_stop().failed;
    EXPECT_REPORT("forcing failure 9: order 0, gfp 0xcc0, on cpu 0\n");
    EXPECT_REPORT("forcing failure 10: order 0, gfp 0xcc0, on cpu 0; no more are printed\n");
    EXPECT_NO_REPORT("forcing failure 11");
    EXPECT_GT(failed, 70u);
    EXPECT_LT(failed, 130u);
    fail_page_alloc_start(half);
    EXPECT_STREQ(ask(200), first.c_str());
    fail_page_alloc_start({.interval = 1, .probability = 0, .space = 0, .times = -1});
    EXPECT_STREQ(ask(5), "wwwww");
}

TEST_F(FailPageAlloc, NofailNeverFails)
{
    fail_page_alloc_start({.interval = 1, .probability = 100, .space = 0, .times = -1});
    EXPECT_FALSE(should_fail_alloc_page(GFP_KERNEL | __GFP_NOFAIL, 0));
    EXPECT_EQ(fail_page_alloc_counts().asked, 0u);
}

TEST_F(FailPageAlloc, TheNthAloneOrAllFromItOnSilently)
{
    fail_page_alloc_nth(3, fail_mode::once);
    EXPECT_STREQ(ask(6), "wwFwww");
    fail_page_alloc_nth(3, fail_mode::persistently);
    EXPECT_STREQ(ask(6), "wwFFFF");
    EXPECT_NO_REPORT("fail_page_alloc");
}

TEST_F(FailPageAlloc, AnAllocationThatFailsOnPurposeReturnsNull)
{
    fail_page_alloc_nth(1, fail_mode::once);
    EXPECT_EQ(alloc_pages(GFP_KERNEL, 3), nullptr);
    page *p = alloc_pages(GFP_KERNEL, 3);
    EXPECT_NE(p, nullptr);
    __free_pages(p, 3);
}

// ------------------------------------------------------------------ every function

namespace {

void alloc_and_free(gfp_t gfp, unsigned order)
{
    if (page *p = alloc_pages(gfp, order))
        __free_pages(p, order);
}
void bulk()
{
    page *pages[10];
    free_pages_bulk(alloc_pages_bulk(GFP_KERNEL, 10, pages), pages);
}
void exact()
{
    if (void *area = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL))
        free_pages_exact(area, 5 * PAGE_SIZE);
}
void address()
{
    free_pages(__get_free_pages(GFP_KERNEL, 2), 2);
}
void zeroed()
{
    free_page(get_zeroed_page(GFP_KERNEL));
}
void referenced()
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
    if (!p)
        return;
    get_page(p);
    put_page(p);
    put_page(p + 1);
}
void split()
{
    page *p = alloc_pages(GFP_KERNEL, 2);
    if (!p)
        return;
    split_page(p, 2);
    for (u32 i = 0; i < 4; i++)
        __free_page(p + i);
}
/// A run that somebody wants and another one that is in its way.
void contiguous()
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, pageblock_order);
    if (!p)
        return;
    const unsigned long pfn = page_to_pfn(p);
    __free_pages(p, pageblock_order);
    drain_all_pages();
    if (alloc_contig_range(pfn, pfn + 64, MIGRATE_MOVABLE, GFP_KERNEL) == 0)
        free_contig_range(pfn, 64);
}
void three_at_once()
{
    page *a = alloc_page(GFP_KERNEL);
    page *b = alloc_pages(GFP_HIGHUSER, 1);
    const unsigned long c = get_zeroed_page(GFP_DMA);
    if (a)
        __free_page(a);
    if (b)
        __free_pages(b, 1);
    free_page(c);
}

} // namespace

TEST_F(FailPageAlloc, EveryFunctionSurvivesAFailureAtEachPlaceWithoutALeak)
{
    EXPECT_EQ(survive_failures("alloc_pages(0)", [] { alloc_and_free(GFP_KERNEL, 0); }), 1u);
    EXPECT_EQ(survive_failures("alloc_pages(3)", [] { alloc_and_free(GFP_KERNEL, 3); }), 1u);
    EXPECT_EQ(
        survive_failures("alloc_pages(COMP)", [] { alloc_and_free(GFP_USER | __GFP_COMP, 4); }),
        1u);
    EXPECT_EQ(
        survive_failures("alloc_pages(ZERO)", [] { alloc_and_free(GFP_USER | __GFP_ZERO, 0); }),
        1u);
    EXPECT_EQ(survive_failures("alloc_pages_bulk", bulk), 10u);
    EXPECT_EQ(survive_failures("alloc_pages_exact", exact), 1u);
    EXPECT_EQ(survive_failures("__get_free_pages", address), 1u);
    EXPECT_EQ(survive_failures("get_zeroed_page", zeroed), 1u);
    EXPECT_EQ(survive_failures("get_page, put_page", referenced), 1u);
    EXPECT_EQ(survive_failures("split_page", split), 1u);
    EXPECT_EQ(survive_failures("alloc_contig_range", contiguous), 1u);
    EXPECT_EQ(survive_failures("three at once", three_at_once), 3u);
}
