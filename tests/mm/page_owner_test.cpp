// page_owner: who allocated, by call site; who freed; what a split block's pages say.
#include <tests/mm/page_test.h>

#include <algorithm>

#include <mm/page_owner.h>

using page_test::names_caller;

namespace {

/// Records for the frames around a page, as long as a test runs.
class PageOwner : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "booted with debug options of its own";
        records = static_cast<page_owner_record *>(
            alloc_pages_exact(WINDOW * sizeof(page_owner_record), GFP_KERNEL));
        ASSERT_NE(records, nullptr);
        page *p = alloc_page(GFP_KERNEL);
        page_owner_use(page_pfn(p) - WINDOW / 2, {records, WINDOW});
        __free_page(p);
        page_debug_set(PAGE_DEBUG_OWNER);
    }
    void TearDown() override
    {
        if (!records)
            return;
        page_debug_set(0);
        page_owner_use(pfn_t(0), {});
        free_pages_exact(records, WINDOW * sizeof(page_owner_record));
        pages::TearDown();
    }

    static constexpr u32 WINDOW = 8192;
    page_owner_record *records = nullptr;
    text_buffer<2048> said;
};

#define OF(function) #function, reinterpret_cast < const void *>(&(function))

[[gnu::noinline]] page *leaky_worker()
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
    asm volatile(""); // no tail call: this function is where the call returns to
    return p;
}
[[gnu::noinline]] page *other_worker()
{
    page *p = alloc_page(GFP_HIGHUSER);
    asm volatile("");
    return p;
}
[[gnu::noinline]] void tidy_worker(page *p)
{
    __free_pages(p, 2);
    asm volatile("");
}

} // namespace

TEST_F(PageOwner, NamesTheCallSiteThatLeaks)
{
    page *leaks[] = {leaky_worker(), leaky_worker(), leaky_worker()};
    page_owner_sums sums = print_page_owners(said.out(), "");
    EXPECT_EQ(sums.sites, 1u);
    EXPECT_EQ(sums.blocks, 3u);
    EXPECT_EQ(sums.pages, 12u);
    EXPECT_TRUE(said.contains("   pages   blocks  allocated by\n      12        3  "))
        << said.c_str();
    EXPECT_TRUE(said.contains("\n1 call sites, 3 blocks, 12 pages\n")) << said.c_str();
    EXPECT_TRUE(names_caller(said.c_str(), OF(leaky_worker))) << said.c_str();
    for (page *p : leaks)
        __free_pages(p, 2);
    sums = print_page_owners(said.out(), "");
    EXPECT_EQ(sums.blocks, 0u);
}

TEST_F(PageOwner, ShowsTheSiteWithMostPagesFirstAndOnlyThoseThatFit)
{
    page *singles[] = {other_worker(), other_worker(), other_worker()};
    page *block = leaky_worker();
    // High pages may lie outside the records.
    const bool both = print_page_owners(said.out(), "").sites == 2;
    if (both) {
        EXPECT_TRUE(said.contains("\n       4        1  ")) << said.c_str();
    }
    const size_t first = said.view().find("allocated by\n");
    EXPECT_TRUE(names_caller(said.c_str() + first, OF(leaky_worker))) << said.c_str();
    said.clear();
    EXPECT_EQ(print_page_owners(said.out(), "no such function").sites, 0u);
    EXPECT_STREQ(said.c_str(),
                 "   pages   blocks  allocated by\n0 call sites, 0 blocks, 0 pages\n");
    for (page *p : singles)
        __free_page(p);
    __free_pages(block, 2);
}

TEST_F(PageOwner, TellsOfABlockWhoAllocatedItAndOfAFreeOneWhoFreedIt)
{
    page *p = leaky_worker();
    print_page_owner(said.out(), p + 3, "  ");
    EXPECT_TRUE(said.view().starts_with("  allocated by ")) << said.c_str();
    EXPECT_TRUE(names_caller(said.c_str(), OF(leaky_worker))) << said.c_str();
    EXPECT_TRUE(said.contains(" on cpu 0, ")) << said.c_str();
    EXPECT_TRUE(said.contains(" s after boot, order 2, gfp GFP_KERNEL|__GFP_ZERO\n"))
        << said.c_str();
    EXPECT_FALSE(said.contains("freed"));
    tidy_worker(p);
    said.clear();
    print_page_owner(said.out(), p, "");
    EXPECT_TRUE(said.contains(", order 2, gfp GFP_KERNEL|__GFP_ZERO; free since\nlast freed by "))
        << said.c_str();
    EXPECT_TRUE(names_caller(said.c_str(), OF(tidy_worker))) << said.c_str();
}

TEST_F(PageOwner, AReportOfABugTellsOfBothToo)
{
    page *p = leaky_worker();
    tidy_worker(p);
    tidy_worker(p);
    EXPECT_REPORT("freed twice (order 2): ");
    const char *lines = report_unread();
    EXPECT_TRUE(std::string_view(lines).starts_with("page_owner: allocated by ")) << lines;
    EXPECT_TRUE(names_caller(lines, OF(leaky_worker))) << lines;
    EXPECT_REPORT("page_owner: allocated by ");
    EXPECT_REPORT("page_owner: last freed by ");
}

TEST_F(PageOwner, EachPageOfASplitBlockHasItsOwner)
{
    void *area = alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL);
    const page_owner_sums sums = print_page_owners(said.out(), "");
    EXPECT_EQ(sums.sites, 1u);
    EXPECT_EQ(sums.blocks, 3u);
    EXPECT_EQ(sums.pages, 3u);
    free_pages_exact(area, 3 * PAGE_SIZE);
    EXPECT_EQ(print_page_owners(said.out(), "").blocks, 0u);
}

TEST_F(PageOwner, KnowsNothingOfFramesWithoutARecord)
{
    page_owner_use(pfn_t(0), {records, 1});
    page *p = leaky_worker();
    split_page(p, 2);
    print_page_owner(said.out(), p, "");
    EXPECT_STREQ(said.c_str(), "");
    for (u32 i = 0; i < 4; i++)
        __free_page(p + i);
    EXPECT_EQ(print_page_owners(said.out(), "").blocks, 0u);
}

TEST_F(PageOwner, CountsSitesThatFindNoRoomAsOne)
{
    // Call sites as nobody has them, straight into the records.
    const pfn_t first = page_pfn(virt_to_page(records));
    page_owner_use(first, {records, 400});
    for (u32 i = 0; i < 300; i++)
        set_page_owner(pfn_to_page(first + i), 0, GFP_KERNEL,
                       reinterpret_cast<const void *>(16ul * (i + 1)));
    static text_buffer<16384> all;
    all.clear();
    const page_owner_sums sums = print_page_owners(all.out(), "");
    EXPECT_EQ(sums.sites, 257u);
    EXPECT_EQ(sums.blocks, 300u);
    EXPECT_TRUE(all.contains("      44       44  (sites beyond the first 256)\n")) << all.c_str();
}
