// Guard pages: what stands around a small block, when it goes back, and what is found when one was
// written. Here lowmem is mapped by sections, so that poison must do; pages that fault are in
// tests/arch/linear_map_test.cpp.
#include <tests/mm/page_test.h>

#include <mm/debug_guardpage.h>

namespace {

class GuardPages : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "booted with debug options of its own";
#if defined(__ARM_ARCH) && __ARM_ARCH < 6
        GTEST_SKIP()
            << "not right on versatilepb yet: ten guard pages of the first blocks stay behind";
#endif
        debug_guardpage_minorder = 3;
        page_debug_set(PAGE_DEBUG_GUARD);
        free_before = nr_free_pages();
    }
    void TearDown() override
    {
        page_debug_set(0);
        debug_guardpage_minorder = 0;
        EXPECT_EQ(page_guard_counts().pages, 0u);
        pages::TearDown();
    }

    static bool is_guard(const page *p)
    {
        return p->flags & PG_guard;
    }
    /// A single page whose other 7 of 2^3 frames are guards. Pages among others come first, where
    /// memory is broken up: they are held meanwhile.
    static page *page_among_guards()
    {
        page_test::page_hoard others;
        for (u32 tries = 0; tries < 5000; tries++) {
            page *p = alloc_page(GFP_KERNEL);
            bool alone = page_to_pfn(p) % 8 == 0;
            for (u32 i = 1; alone && i < 8; i++)
                alone = is_guard(p + i);
            if (alone)
                return p;
            __free_page(p);
            others.take(1);
        }
        ADD_FAILURE() << "no page among guards";
        return nullptr;
    }

    unsigned long free_before = 0;
};

} // namespace

TEST_F(GuardPages, ASinglePageStandsAmongThem)
{
    page *p = page_among_guards();
    for (u32 i = 1; i < 8; i++)
        EXPECT_TRUE(is_guard(p + i)) << i;
    EXPECT_EQ(nr_free_pages(), free_before - 8);
    EXPECT_EQ(verify_pages(console_printer), 0u);
    __free_page(p);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    EXPECT_EQ(nr_free_pages(), free_before);
    EXPECT_FALSE(is_guard(p + 1));
    EXPECT_NO_REPORT("BUG");
}

TEST_F(GuardPages, TwoBlocksDoNotShareThem)
{
    page *a = page_among_guards();
    page *b = alloc_pages(GFP_KERNEL, 1);
    EXPECT_NE(page_to_pfn(a) / 8, page_to_pfn(b) / 8);
    __free_pages(b, 1);
    EXPECT_TRUE(is_guard(a + 1));
    __free_page(a);
    EXPECT_EQ(page_guard_counts().pages, 0u);
}

TEST_F(GuardPages, ALargeBlockHasNone)
{
    page *p = alloc_pages(GFP_KERNEL, 3);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    __free_pages(p, 3);
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(GuardPages, TheyStayUntilTheLastPageOfASplitBlockIsFree)
{
    page *first = page_among_guards();
    __free_page(first);
    page *p = alloc_pages(GFP_KERNEL, 1);
    const u32 guards = page_guard_counts().pages;
    split_page(p, 1);
    __free_page(p);
    EXPECT_EQ(page_guard_counts().pages, guards);
    __free_page(p + 1);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(GuardPages, APageInQuarantineDoesNotKeepThem)
{
    page *first = page_among_guards();
    __free_page(first);
    page *p = alloc_pages(GFP_KERNEL, 1);
    split_page(p, 1);
    __free_page(p + 1);
    __free_page(p + 1);
    EXPECT_REPORT("freed twice (order 0): ");
    __free_page(p);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    EXPECT_EQ(nr_free_pages(), free_before - 1);
}

TEST_F(GuardPages, AGuardPageIsNeverHandedOut)
{
    page *p = page_among_guards();
    {
        page_test::page_hoard hoard;
        EXPECT_EQ(hoard.take(100), 100u);
        for (u32 i = 1; i < 8; i++)
            EXPECT_FALSE(hoard.has(p + i));
    }
    __free_page(p);
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(GuardPages, FreeingOneIsABug)
{
    page *p = page_among_guards();
    __free_page(p + 1);
    EXPECT_REPORT("freed (order 0): expected a page in use, found a guard page; it stays one; by ");
    __free_page(p);
}

TEST_F(GuardPages, AWriteToOneIsFoundWhenItsBlockIsFreed)
{
    page *p = page_among_guards();
    if (page_guard_counts().unmapped != 0) {
        __free_page(p);
        GTEST_SKIP() << "they are unmapped here: the write would fault";
    }
    auto *bytes = static_cast<u8 *>(page_address(p));
    bytes[PAGE_SIZE] = 7; // one byte too far
    __free_page(p);
    const u32 va = from_ptr(bytes + PAGE_SIZE).raw();
    EXPECT_REPORT(
        page_test::text("BUG page 0x%05lx: a guard page was written: expected 0xaa, found 0x07 at "
                        "0x%08x, 1 bytes up to 0x%08x; repaired; found when ",
                        page_to_pfn(p + 1), va, va));
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(GuardPages, AreReleasedWhenTheOptionGoesOff)
{
    page *p = page_among_guards();
    page_debug_set(0);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    EXPECT_EQ(nr_free_pages(), free_before - 1);
    __free_page(p);
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(GuardPages, HighPagesHaveThemTooBehindPoison)
{
    page *p = alloc_page(GFP_HIGHUSER);
    EXPECT_EQ(page_guard_counts().unmapped, 0u);
    __free_page(p);
    EXPECT_EQ(nr_free_pages(), free_before);
    EXPECT_NO_REPORT("BUG");
}
