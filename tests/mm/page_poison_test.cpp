// page_poison: writes to free pages are shown when the page is handed out again.
#include <tests/mm/page_test.h>

#include <algorithm>

#include <mm/highmem.h>
#include <mm/page_poison.h>

using page_test::page_hoard;
using page_test::text;

namespace {

class PagePoison : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "booted with debug options of its own";
        page_debug_set(PAGE_DEBUG_POISON);
        before = page_poison_counts;
    }
    void TearDown() override
    {
        page_debug_set(0);
        pages::TearDown();
    }

    static u8 *bytes_of(const page *p) { return static_cast<u8 *>(page_address(p)); }
    static bool is_poison(const u8 *bytes)
    {
        return std::all_of(bytes, bytes + PAGE_SIZE, [](u8 b) { return b == PAGE_POISON; });
    }

    poison_counts before{};
    page_hoard hoard;
};

constexpr u32 MANY = 4096;

} // namespace

TEST_F(PagePoison, AWriteAfterFreeIsShownWithItsBytesAndRepaired)
{
    page *p = alloc_page(GFP_KERNEL);
    u8 *bytes = bytes_of(p);
    __free_page(p);
    EXPECT_TRUE(is_poison(bytes));
    bytes[0x7e] = 0x55;
    bytes[0x7f] = 0;
    bytes[0x81] = 0xff;
    ASSERT_TRUE(hoard.take_until(p, MANY));
    const u32 va = from_ptr(bytes).raw();
    EXPECT_REPORT(text("BUG page 0x%05lx: written after it was freed: expected 0xaa, found 0x55 at "
                       "0x%08x, 3 bytes up to 0x%08x; repaired; found when ",
                       page_to_pfn(p), va + 0x7e, va + 0x81));
    EXPECT_REPORT(text("  0x%08x: aa aa aa aa aa aa aa aa aa aa aa aa aa aa 55 00\n"
                       "  0x%08x: aa ff aa aa aa aa aa aa aa aa aa aa aa aa aa aa\n",
                       va + 0x70, va + 0x80));
    EXPECT_TRUE(is_poison(bytes));
    EXPECT_EQ(page_poison_counts.damaged - before.damaged, 1u);
}

TEST_F(PagePoison, TheReportNamesWhoAllocated)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    bytes_of(p)[0] = 0;
    ASSERT_TRUE(hoard.take_until(p, MANY));
    EXPECT_REPORT(" allocated it, on cpu 0\n");
}

TEST_F(PagePoison, ASingleBitMayBeTheMemorysFault)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    bytes_of(p)[PAGE_SIZE - 1] ^= 0x10;
    ASSERT_TRUE(hoard.take_until(p, MANY));
    const u32 last = from_ptr(bytes_of(p)).raw() + PAGE_SIZE - 1;
    EXPECT_REPORT(
        text("expected 0xaa, found 0xba at 0x%08x, 1 bytes up to 0x%08x (one bit: perhaps "
             "the memory itself); repaired; found when ",
             last, last));
}

TEST_F(PagePoison, NoMoreThanFourRowsAreShown)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    std::fill(bytes_of(p), bytes_of(p) + PAGE_SIZE, u8{0});
    ASSERT_TRUE(hoard.take_until(p, MANY));
    EXPECT_REPORT("found 0x00 at ");
    for (u32 row = 0; row < 4; row++)
        EXPECT_REPORT(": 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n");
    EXPECT_NO_REPORT(": 00 00");
}

TEST_F(PagePoison, EveryPageOfABlockIsFilledAndChecked)
{
    page *p = alloc_pages(GFP_KERNEL, 2);
    __free_pages(p, 2);
    EXPECT_EQ(page_poison_counts.filled - before.filled, 4u);
    bytes_of(p + 3)[1] = 1;
    page *again = alloc_pages(GFP_KERNEL, 2);
    EXPECT_EQ(again, p);
    EXPECT_EQ(page_poison_counts.checked - before.checked, 4u);
    EXPECT_REPORT(": written after it was freed: expected 0xaa, found 0x01 at ");
    __free_pages(again, 2);
}

TEST_F(PagePoison, AHighPageIsMappedForTheCheck)
{
    page *p = alloc_page(GFP_HIGHUSER);
    if (!PageHighMem(p)) {
        __free_page(p);
        GTEST_SKIP() << "no high memory";
    }
    __free_page(p);
    auto *bytes = static_cast<u8 *>(kmap_local_page(p));
    EXPECT_TRUE(is_poison(bytes));
    bytes[5] = 5;
    kunmap_local(bytes);
    ASSERT_TRUE(hoard.take_until(p, MANY, GFP_HIGHUSER));
    EXPECT_REPORT(": written after it was freed: expected 0xaa, found 0x05 at ");
}

TEST_F(PagePoison, AHighPageWithoutASlotIsSkippedAndCounted)
{
    page *p = alloc_page(GFP_HIGHUSER);
    if (!PageHighMem(p)) {
        __free_page(p);
        GTEST_SKIP() << "no high memory";
    }
    page *other = alloc_page(GFP_HIGHUSER);
    __free_page(p); // filled
    void *slots[KMAP_SLOTS];
    for (void *&slot : slots)
        slot = kmap_local_page(other);
    EXPECT_TRUE(hoard.take_until(p, MANY, GFP_HIGHUSER)); // not checked
    EXPECT_FALSE(fill_with_poison(other));
    EXPECT_GE(page_poison_counts.skipped - before.skipped, 2u);
    for (u32 i = KMAP_SLOTS; i-- > 0;)
        kunmap_local(slots[i]);
    __free_page(other);
}

TEST_F(PagePoison, WhatIsUntouchedIsNotReported)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p);
    ASSERT_TRUE(hoard.take_until(p, MANY));
    EXPECT_TRUE(is_poison(bytes_of(p)));
    EXPECT_GE(page_poison_counts.checked - before.checked, 1u);
    const unsigned long zeroed = get_zeroed_page(GFP_KERNEL);
    EXPECT_EQ(*reinterpret_cast<u32 *>(zeroed), 0u);
    free_page(zeroed);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PagePoison, PagesFreedBeforeItWasOnAreNotChecked)
{
    page *p = alloc_page(GFP_KERNEL);
    page_debug_set(0);
    __free_page(p);
    page_debug_set(PAGE_DEBUG_POISON);
    bytes_of(p)[0] = 0;
    ASSERT_TRUE(hoard.take_until(p, MANY));
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PagePoison, WhatWasFilledBeforeItWasOffIsForgotten)
{
    page *p = alloc_page(GFP_KERNEL);
    __free_page(p); // filled
    page_debug_set(0);
    EXPECT_TRUE(hoard.take_until(p, MANY));
    hoard.release();
    page_debug_set(PAGE_DEBUG_POISON);
    bytes_of(p)[0] = 0;
    ASSERT_TRUE(hoard.take_until(p, MANY));
    EXPECT_NO_REPORT("BUG");
}
