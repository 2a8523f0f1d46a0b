// HOST ONLY: it boots machines of its own.
//
// That the fixture of page tests boots what it is told.
#include <tests/mm/page_fixture.h>

#include <kernel/core/printk.h>
#include <mm/page_verify.h>
#include <tests/test.h>

TEST(PageMachine, HasPages)
{
    const page_machine machine({{0, 64 * SZ_1M}});
    EXPECT_GT(totalram_pages, 14000u);
    EXPECT_EQ(nr_free_pages(), totalram_pages);
    struct page *p = alloc_page(GFP_KERNEL);
    ASSERT_NE(p, nullptr);
    __free_page(p);
    EXPECT_EQ(nr_free_pages(), totalram_pages);
    EXPECT_EQ(verify_pages(console_printer), 0u);
}

TEST(PageMachine, HasHighmemAndHoles)
{
    const page_machine machine({{0, 32 * SZ_1M}, {512 * SZ_1M, 8 * SZ_1M}},
                               {.lowmem_size = 32 * SZ_1M, .parameters = "movablecore=4M"});
    EXPECT_EQ(totalhigh_pages, 2048u);
    EXPECT_EQ(contig_page_data.node_zones[ZONE_HIGHMEM].managed_pages, 1024u);
    EXPECT_EQ(contig_page_data.node_zones[ZONE_MOVABLE].managed_pages, 1024u);
    struct page *p = alloc_page(GFP_HIGHUSER_MOVABLE);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(page_zonenum(p), ZONE_MOVABLE);
    __free_page(p);
    EXPECT_EQ(verify_pages(console_printer), 0u);
}
