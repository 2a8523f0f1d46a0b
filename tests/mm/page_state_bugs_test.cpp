// Pages whose flags or count forbid that they are freed or handed out: the exact words, and what
// becomes of them.
#include <tests/mm/page_test.h>

using page_test::bug;
using page_test::page_hoard;
using page_test::quarantined_pages;

namespace {

constexpr u32 MANY = 600; // more than a CPU keeps

class PageState : public page_test::pages {
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

    u32 quarantined_before = 0;
};

struct forbidden {
    u32 flag;
    const char *text;
};
constexpr forbidden FORBIDDEN[] = {
    {PG_guard, "freed (order 2): expected a page in use, found a guard page; it stays one"},
    {PG_slab, "freed (order 2): expected a page, found a slab (kfree() takes its objects); it "
              "stays in use"},
    {2u << PAGE_MEMTYPE_SHIFT, "freed (order 2): expected write-back memory, found another memory "
                               "type; it stays in use"},
    {PG_locked, "freed (order 2): expected an unlocked page, found it locked; it stays in use"},
};

} // namespace

TEST_F(PageState, AFlagThatForbidsFreeingIsNamed)
{
    page *p = alloc_pages(GFP_KERNEL, 2);
    for (const forbidden &f : FORBIDDEN) {
        p->flags |= f.flag;
        __free_pages(p, 2);
        p->flags &= ~f.flag;
        EXPECT_REPORT(bug(p, "%s", f.text));
    }
    expect_quarantined(0);
    __free_pages(p, 2);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageState, AReservedPageIsNotFreed)
{
    page *p = pfn_to_page(contig_page_data.node_start_pfn);
    while (!PageReserved(p))
        p++;
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed (order 0): expected a page that was allocated, found a reserved "
                         "one; it stays reserved"));
    EXPECT_TRUE(PageReserved(p));
    expect_quarantined(0);
}

TEST_F(PageState, ABlockInUseWithoutAReferenceIsQuarantinedWhole)
{
    page *p = alloc_pages(GFP_KERNEL, 2);
    p->_refcount = -1;
    __free_pages(p, 2);
    EXPECT_REPORT(bug(p, "freed (order 2): expected a reference count of 1, found -1; "
                         "quarantined"));
    expect_quarantined(4);
    page *single = alloc_page(GFP_KERNEL);
    single->_refcount = 0;
    __free_page(single);
    EXPECT_REPORT(bug(single, "freed (order 0): expected a reference count of 1, found 0; "
                              "quarantined"));
    expect_quarantined(5);
    page_hoard hoard;
    EXPECT_EQ(hoard.take(MANY), MANY);
    for (const page *each : {p, p + 1, p + 2, p + 3, single})
        EXPECT_FALSE(hoard.has(each));
}

TEST_F(PageState, FlagsThatMakeNoSenseAreShown)
{
    page *p = alloc_page(GFP_KERNEL);
    p->flags |= PG_tail;
    __free_page(p);
    EXPECT_REPORT(bug(p, "freed (order 0): expected flags 0x0080 and count 1, found 0x0480 and 1; "
                         "it stays as it is"));
    p->flags &= ~PG_tail;
    __free_page(p);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageState, APageOnTheListThatIsNotFreeIsNotHandedOut)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p); // the next one that is handed out
    p->flags |= PAGE_IN_USE;
    page *other = alloc_page(GFP_KERNEL);
    EXPECT_NE(other, p);
    EXPECT_REPORT(bug(p, "handed out (order 0): expected a free page, flags 0x0000 and count 0, "
                         "found 0x0080 and 0; quarantined"));
    __free_page(other);
    EXPECT_NO_REPORT("BUG");
    expect_quarantined(1);
}

TEST_F(PageState, OfABlockThatIsNotFreeTheFreePagesGoBack)
{
    page *p = alloc_pages(GFP_KERNEL, 3);
    __free_pages(p, 3);
    drain_all_pages();
    const unsigned long free_before = nr_free_pages();
    p->flags |= PG_locked;
    p[5].flags |= PG_slab;
    page *other = alloc_pages(GFP_KERNEL, 3);
    ASSERT_NE(other, p);
    EXPECT_REPORT(bug(p, "handed out (order 3): expected a free page, flags 0x0000 and count 0, "
                         "found 0x0800 and 0; quarantined"));
    EXPECT_EQ(p->flags & PAGE_STATE_MASK, PG_quarantine);
    EXPECT_EQ(p[5].flags & PAGE_STATE_MASK, PG_quarantine);
    expect_quarantined(2);
    __free_pages(other, 3);
    EXPECT_EQ(nr_free_pages(), free_before - 2);
}

// ------------------------------------------------------------------ who did it

namespace {

[[gnu::noinline]] void free_from_here(page *p)
{
    __free_page(p);
    asm volatile(""); // no tail call: this function is where the call returns to
}

} // namespace

TEST_F(PageState, TheReportNamesWhoFreedAndOnWhichCpu)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    free_from_here(p);
    const char *by = strstr(report_unread(), "; by ");
    ASSERT_NE(by, nullptr);
    const char *end = strchr(by, '\n');
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(strncmp(end - 9, " on cpu 0", 9), 0);
    EXPECT_TRUE(page_test::names_caller(by, "free_from_here",
                                        reinterpret_cast<const void *>(&free_from_here)))
        << by;
}
