// What is said when there is no page: once, in these words, and not for ever.
#include <tests/mm/page_test.h>

#include <mm/page_debug.h>
#include <mm/show_mem.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL_MOVABLE;
using page_test::names_caller;

namespace {

class ShowMem : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "guard pages are in the way";
        forget_warnings();
    }
    void TearDown() override
    {
        all.release();
        forget_warnings();
        pages::TearDown();
    }
    /// No block of the highest order is left.
    void use_up_large_blocks() { all.take_all(GFP_ALL_MOVABLE, MAX_ORDER - 1); }

    block_hoard all;
};

[[gnu::noinline]] page *hungry_worker()
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_ZERO, MAX_ORDER - 1);
    asm volatile(""); // no tail call: this function is where the call returns to
    return p;
}

constexpr char FAILURE[] = "page allocation failure";

} // namespace

TEST_F(ShowMem, AFailureIsReportedOnceWithItsCaller)
{
    use_up_large_blocks();
    EXPECT_EQ(hungry_worker(), nullptr);
    EXPECT_TRUE(names_caller(report_unread(), "hungry_worker",
                             reinterpret_cast<const void *>(&hungry_worker)));
    EXPECT_REPORT("page allocation failure: order:10, mode:0xdc0(GFP_KERNEL|__GFP_ZERO), by ");
    EXPECT_NO_REPORT(FAILURE);
}

TEST_F(ShowMem, EveryWayToAskReportsOnce)
{
    use_up_large_blocks();
    EXPECT_EQ(alloc_pages(GFP_ATOMIC, 10), nullptr);
    EXPECT_REPORT("page allocation failure: order:10, mode:0xa20(GFP_ATOMIC), by ");
    EXPECT_EQ(__get_free_pages(GFP_KERNEL, 10), 0u);
    EXPECT_REPORT("page allocation failure: order:10, mode:0xcc0(GFP_KERNEL), by ");
    EXPECT_EQ(alloc_pages_exact(513 * PAGE_SIZE, GFP_NOFS), nullptr);
    EXPECT_REPORT("page allocation failure: order:10, mode:0xc40(GFP_NOFS), by ");
    all.take_everything(GFP_ALL_MOVABLE);
    page *pages[4];
    EXPECT_EQ(alloc_pages_bulk(GFP_KERNEL, 4, pages), 0u);
    EXPECT_REPORT("page allocation failure: order:0, mode:0xcc0(GFP_KERNEL), by ");
    EXPECT_EQ(get_zeroed_page(GFP_KERNEL), 0u);
    EXPECT_REPORT("page allocation failure: order:0, mode:0xcc0(GFP_KERNEL), by ");
    EXPECT_EQ(alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO), nullptr);
    EXPECT_REPORT("page allocation failure: order:0, mode:0x100cca(GFP_HIGHUSER_MOVABLE), by ");
    EXPECT_NO_REPORT(FAILURE);
}

TEST_F(ShowMem, NowarnSaysNothing)
{
    use_up_large_blocks();
    EXPECT_EQ(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 10), nullptr);
    EXPECT_NO_REPORT(FAILURE);
}

TEST_F(ShowMem, AfterTenReportsThereIsSilence)
{
    use_up_large_blocks();
    for (u32 i = 0; i < 10; i++) {
        EXPECT_EQ(alloc_pages(GFP_KERNEL, 10), nullptr);
        EXPECT_REPORT(FAILURE);
        report_start(); // the zones of the report need not be kept
    }
    for (u32 i = 0; i < 3; i++)
        EXPECT_EQ(alloc_pages(GFP_KERNEL, 10), nullptr);
    EXPECT_NO_REPORT(FAILURE);
}

TEST_F(ShowMem, TheReportTellsOfEachZone)
{
    all.take_everything(GFP_ALL_MOVABLE);
    EXPECT_EQ(alloc_page(GFP_HIGHUSER_MOVABLE), nullptr);
    EXPECT_REPORT("page allocation failure: order:0, mode:0x100cca(GFP_HIGHUSER_MOVABLE), by ");
    for (const zone &z : contig_page_data.node_zones) {
        if (!z.populated())
            continue;
        text_buffer<256> line;
        line.out().printf("%s free:0kB pcp:0kB min:%ukB low:%ukB high:%ukB present:%ukB "
                          "managed:%ukB\n",
                          z.name, z.watermark[WMARK_MIN] * 4, z.watermark[WMARK_LOW] * 4,
                          z.watermark[WMARK_HIGH] * 4, z.present_pages * 4, z.managed_pages * 4);
        EXPECT_REPORT(line.c_str());
        line.clear();
        line.out().printf("lowmem_reserve[]: %u %u %u %u\n", z.lowmem_reserve[0],
                          z.lowmem_reserve[1], z.lowmem_reserve[2], z.lowmem_reserve[3]);
        EXPECT_REPORT(line.c_str());
        line.clear();
        line.out().printf("%s: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB "
                          "0*2048kB 0*4096kB = 0kB\n",
                          z.name);
        EXPECT_REPORT(line.c_str());
    }
}

TEST_F(ShowMem, FreeBlocksAreToldWithTheirTypes)
{
    all.take_everything(GFP_ALL_MOVABLE);
    page *one = nullptr;
    all.for_each([&](page *p) { one = compound_order(p) == 10 ? p : one; });
    ASSERT_NE(one, nullptr);
    all.release_if([=](const page *p) { return p == one; });
    const zone &z = *page_zone(one);
    text_buffer<2048> said;
    show_free_areas(said.out());
    text_buffer<256> line;
    line.out().printf("%s: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB "
                      "0*2048kB 1*4096kB (%c) = 4096kB\n",
                      z.name, "UME"[page_test::type_of_block(one)]);
    EXPECT_TRUE(said.contains(line.view())) << said.c_str();
    line.clear();
    line.out().printf("%s free:4096kB pcp:0kB ", z.name);
    EXPECT_TRUE(said.contains(line.view())) << said.c_str();
}

TEST_F(ShowMem, BlocksOfTwoTypesAreToldTogether)
{
    // Two free blocks of order 10 with everything else in use, one of them of another type.
    all.take_everything(GFP_ALL_MOVABLE);
    page *two[2] = {};
    all.for_each([&](page *p) {
        if (compound_order(p) == 10 && (!two[0] || page_zone(two[0]) == page_zone(p)))
            two[two[0] != nullptr] = p;
    });
    ASSERT_NE(two[1], nullptr);
    all.release_if([=](const page *p) { return p == two[0] || p == two[1]; });
    zone &z = *page_zone(two[0]);
    const migratetype was = page_test::type_of_block(two[0]);
    const auto set_type = [&](migratetype type) {
        const spin_irq_guard guard(z.lock);
        z.free_area.set_block_type(page_pfn(two[0]) - z.base, type);
    };
    set_type(MIGRATE_CMA);
    text_buffer<2048> said;
    show_free_areas(said.out());
    set_type(was);
    text_buffer<64> line;
    line.out().printf(" 2*4096kB (%cC) = 8192kB\n", "UME"[page_test::type_of_block(two[1])]);
    EXPECT_TRUE(said.contains(line.view())) << said.c_str();
}

TEST_F(ShowMem, PagesOnListsAreToldApart)
{
    drain_all_pages();
    const zone &z = *contig_page_data.node_zonelists[ZONE_NORMAL].zones[0];
    __free_page(alloc_page(GFP_KERNEL)); // 63 are on the list now
    text_buffer<2048> said;
    show_free_areas(said.out());
    text_buffer<64> before;
    before.out().printf("%s free:", z.name);
    const char *line = strstr(said.c_str(), before.c_str());
    ASSERT_NE(line, nullptr);
    EXPECT_EQ(strncmp(strstr(line, " pcp:"), " pcp:252kB ", 11), 0) << said.c_str();
    EXPECT_EQ(nr_free_buffer_pages() <= nr_free_pages(), true);
}
