// What may not be freed: each bug with the exact words of its report, in the release build with no
// option on, and that nothing is handed out twice afterwards.
#include <tests/mm/page_test.h>

#include <mm/bootmem.h>

using page_test::bug;
using page_test::free_order_of;
using page_test::page_hoard;
using page_test::quarantined_pages;
using page_test::text;

namespace {

/// More than a CPU keeps, so that pages of the zone come too.
constexpr u32 MANY = 600;

class PageBugs : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "these are reports of a kernel without debug options";
        drain_all_pages();
        quarantined_before = quarantined_pages();
    }

    void expect_quarantined(u32 pages) const
    {
        EXPECT_EQ(quarantined_pages() - quarantined_before, pages);
    }
    /// Takes many pages, which are all different, and none of them is `p`.
    static void expect_never_handed_out(const page *p)
    {
        page_hoard hoard;
        EXPECT_EQ(hoard.take(MANY), MANY);
        EXPECT_FALSE(hoard.has(p));
        EXPECT_TRUE(hoard.all_differ());
    }
    /// The block is still its owner's, who can free it, and it is handed out again.
    static void expect_still_in_use(page *p, unsigned order)
    {
        const unsigned long free_before = nr_free_pages();
        EXPECT_EQ(page_count(p), 1);
        __free_pages(p, order);
        EXPECT_NO_REPORT("BUG");
        EXPECT_EQ(nr_free_pages(), free_before + (1ul << order));
    }

    u32 quarantined_before = 0;
};

} // namespace

// ------------------------------------------------------------------ freed twice

TEST_F(PageBugs, APageThatIsFreedTwiceIsQuarantined)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    const unsigned long free_before = nr_free_pages();
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed twice (order 0): expected a block in use, found it free on this "
                         "CPU's list; quarantined"));
    EXPECT_EQ(nr_free_pages(), free_before - 1);
    expect_quarantined(1);
    expect_never_handed_out(p);
}

TEST_F(PageBugs, APageThatIsFreedTwiceAfterItMergedIsQuarantined)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    drain_all_pages();
    const int order = free_order_of(p);
    ASSERT_GE(order, 0);
    __free_page(p);
    EXPECT_REPORT(bug(p,
                      "freed twice (order 0): expected a block in use, found it free in a block "
                      "of order %d; quarantined",
                      order));
    expect_quarantined(1);
    expect_never_handed_out(p);
}

TEST_F(PageBugs, ABlockThatIsFreedTwiceIsQuarantinedWhole)
{
    page *p = alloc_pages(GFP_KERNEL, 3);
    __free_pages(p, 3);
    const int order = free_order_of(p);
    ASSERT_GE(order, 3);
    __free_pages(p, 3);
    EXPECT_REPORT(bug(p,
                      "freed twice (order 3): expected a block in use, found it free in a block "
                      "of order %d; quarantined",
                      order));
    expect_quarantined(8);
    for (u32 i = 0; i < 8; i++)
        EXPECT_EQ(p[i].flags & PAGE_STATE_MASK, PG_quarantine);
    expect_never_handed_out(p);
}

TEST_F(PageBugs, OnlyWhatIsStillFreeOfABlockThatIsFreedTwiceIsQuarantined)
{
    page *p = alloc_pages(GFP_KERNEL, 2);
    split_page(p, 2);
    for (u32 i : {1, 2, 3})
        __free_page(p + i);
    drain_all_pages();
    page *taken = p + 1; // is somebody else's now
    page_hoard others;
    ASSERT_TRUE(others.take_until(taken, MANY));
    const u32 free_now =
        static_cast<u32>(free_order_of(p + 2) >= 0) + static_cast<u32>(free_order_of(p + 3) >= 0);
    __free_page(p);
    drain_all_pages();
    __free_pages(p, 2);
    EXPECT_REPORT("freed twice (order 2): ");
    EXPECT_EQ(taken->flags & PAGE_STATE_MASK, PAGE_IN_USE);
    EXPECT_EQ(p->flags & PAGE_STATE_MASK, PG_quarantine);
    EXPECT_GE(quarantined_pages() - quarantined_before, 1 + free_now);
    others.release();
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageBugs, APageInQuarantineThatIsFreedAgainStaysThere)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed twice (order 0): expected a block in use, found it free on this "
                         "CPU's list; quarantined"));
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed (order 0): expected a page in use, found one in quarantine; it "
                         "stays there"));
    expect_quarantined(1);
}

TEST_F(PageBugs, AReferenceTooManyGivenBackIsAPageFreedTwice)
{
    page *p = alloc_page(GFP_KERNEL);
    get_page(p);
    put_page(p);
    put_page(p);
    EXPECT_NO_REPORT("BUG");
    put_page(p);
    EXPECT_REPORT("freed twice (order 0): ");
    expect_quarantined(1);
    expect_never_handed_out(p);
}

// ------------------------------------------------------------------ freed with the wrong order

TEST_F(PageBugs, TooSmallAnOrderFreesNothing)
{
    page *p = alloc_pages(GFP_KERNEL, 3);
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed with too small an order: expected 3, as it was allocated, found 0; "
                         "it stays in use"));
    __free_pages(p, 2);
    EXPECT_REPORT(bug(p, "freed with too small an order: expected 3, as it was allocated, found 2; "
                         "it stays in use"));
    expect_quarantined(0);
    expect_never_handed_out(p);
    expect_still_in_use(p, 3);
}

TEST_F(PageBugs, TooLargeAnOrderFreesNothing)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_pages(p, 3);
    EXPECT_REPORT(bug(p, "freed with too large an order: expected 0, as it was allocated, found 3; "
                         "it stays in use"));
    expect_quarantined(0);
    expect_never_handed_out(p);
    expect_still_in_use(p, 0);
}

TEST_F(PageBugs, AnImpossibleOrderFreesNothing)
{
    page *p = alloc_page(GFP_KERNEL);
    // 0x80 with what says "in use" is what says "in use", and 0x100 what says "reserved".
    for (unsigned order : {11u, 31u, 0x80u, 0x100u, ~0u}) {
        __free_pages(p, order);
        EXPECT_REPORT(
            bug(p, "freed (order %u): expected an order of 0 to 10; nothing is freed", order));
    }
    expect_still_in_use(p, 0);
}

TEST_F(PageBugs, ATailPageOfACompoundBlockIsNotFreed)
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
    __free_page(p + 5);
    EXPECT_REPORT(bug(p + 5,
                      "freed in the middle (order 0): expected the first page of a block, found "
                      "page 5 of the compound block of order 3 at 0x%05lx; it stays in use",
                      page_to_pfn(p)));
    expect_quarantined(0);
    expect_never_handed_out(p + 5);
    expect_still_in_use(p, 3);
}

TEST_F(PageBugs, ATailPageOfAPlainBlockIsNotFreed)
{
    page *p = alloc_pages(GFP_KERNEL, 4);
    __free_pages(p + 12, 2);
    EXPECT_REPORT(bug(p + 12,
                      "freed in the middle (order 2): expected the first page of a block, found "
                      "page 12 of the block of order 4 at 0x%05lx; it stays in use",
                      page_to_pfn(p)));
    expect_never_handed_out(p + 12);
    expect_still_in_use(p, 4);
}

// ------------------------------------------------------------------ no page at all

TEST_F(PageBugs, APointerIntoAStructPageIsNotFreed)
{
    page *p = alloc_page(GFP_KERNEL);
    auto *inside = reinterpret_cast<page *>(reinterpret_cast<char *>(p) + 4);
    __free_page(inside);
    EXPECT_REPORT(
        text("BUG struct page 0x%08x: freed (order 0): expected the beginning of a struct "
             "page, found byte 4 of page 0x%05lx's; nothing is freed; by ",
             from_ptr(inside).raw(), page_to_pfn(p)));
    expect_still_in_use(p, 0);
}

TEST_F(PageBugs, APageBeyondTheLastOneIsNotFreed)
{
    page *p = pfn_to_page(max_pfn - 1);
    while (is_struct_page(p))
        p++;
    __free_pages(p, 1);
    EXPECT_REPORT(text("BUG struct page 0x%08x: freed (order 1): expected a struct page, found "
                       "none at that address; nothing is freed; by ",
                       from_ptr(p).raw()));
}

TEST_F(PageBugs, AForeignPointerIsNotFreed)
{
    alignas(page) static char foreign[sizeof(page)];
    char on_stack[2 * sizeof(page)];
    for (void *pointer : {static_cast<void *>(foreign), static_cast<void *>(on_stack),
                          to_ptr(virt_addr_t(0xdeadbee0)), static_cast<void *>(nullptr)}) {
        auto *p = static_cast<page *>(pointer);
        __free_page(p);
        EXPECT_REPORT(text("BUG struct page 0x%08x: freed (order 0): expected a struct page, found "
                           "none at that address; nothing is freed; by ",
                           from_ptr(p).raw()));
    }
}

TEST_F(PageBugs, AnAddressInsideAPageIsNotFreed)
{
    const unsigned long addr = __get_free_page(GFP_KERNEL);
    page *p = virt_to_page(reinterpret_cast<void *>(addr));
    free_page(addr + 16);
    EXPECT_REPORT(text("BUG address 0x%08x: freed (order 0): expected the beginning of a page, "
                       "found byte 16 of page 0x%05lx; nothing is freed; by ",
                       static_cast<u32>(addr + 16), page_to_pfn(p)));
    expect_still_in_use(p, 0);
}

TEST_F(PageBugs, AnAddressThatIsNotLowmemIsNotFreed)
{
    for (virt_addr_t va : {VMALLOC_END, PAGE_OFFSET - PAGE_SIZE, virt_addr_t(0x1000)}) {
        free_pages(reinterpret_cast<unsigned long>(to_ptr(va)), 2);
        EXPECT_REPORT(text("BUG address 0x%08x: freed (order 2): expected an address of lowmem, "
                           "found one that is not; nothing is freed; by ",
                           va.raw()));
    }
}

TEST_F(PageBugs, TheAddressThatAHighPageWouldHaveIsNotFreed)
{
    page *p = alloc_page(GFP_HIGHUSER);
    if (!PageHighMem(p)) {
        __free_page(p);
        GTEST_SKIP() << "no high memory";
    }
    const virt_addr_t va = linear_va(page_to_phys(p));
    free_page(reinterpret_cast<unsigned long>(to_ptr(va)));
    EXPECT_REPORT(text("BUG address 0x%08x: freed (order 0): expected an address of lowmem, found "
                       "one that is not; nothing is freed; by ",
                       va.raw()));
    expect_still_in_use(p, 0);
}
