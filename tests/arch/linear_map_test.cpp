// HOST ONLY: it takes pages of lowmem away, of a machine of its own.
//
// Pages out of the linear map and back: what the tables say, which barriers and flushes there are,
// what a process feels that touches such a page; and guard pages that fault.
#include <tests/arch/fixture.h>
#include <tests/mm/page_fixture.h>

#include <cstring>

#include <mm/debug_guardpage.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>

namespace {

constexpr virt_addr_t SLOT = PAGE_OFFSET + 64 * SZ_1M;

class LinearMap : public ::testing::TestWithParam<u32> {
protected:
    void SetUp() override
    {
        kernel.run_paging_init();
        ASSERT_EQ(split_sections(SLOT), split_result::done);
        end("split_sections");
    }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
    static page *page_at(virt_addr_t va) { return virt_to_page(to_ptr(va)); }
    static u32 read(virt_addr_t va) { return *static_cast<volatile u32 *>(to_ptr(va)); }

    booting_kernel kernel{{.banks = {{0, 256 * SZ_1M}, {512 * SZ_1M, 4 * SZ_1M}},
                           .cores = GetParam(),
                           .vmalloc_size = VMALLOC_DEFAULT}};
};
INSTANTIATE_TEST_SUITE_P(Cores, LinearMap, ::testing::Values(1u, 4u));

} // namespace

TEST_P(LinearMap, PagesAreAbsentAndPresentAgainAsTheyWere)
{
    const virt_addr_t va = SLOT + 5 * PAGE_SIZE;
    const std::string rights = kernel.rights(va);
    *static_cast<u32 *>(to_ptr(va)) = 0x1234;
    ASSERT_TRUE(kernel_map_pages(page_at(va), 3, linear_map::absent));
    end("absent");
    for (u32 i = 0; i < 3; i++) {
        EXPECT_FALSE(kernel.walk(va + i * PAGE_SIZE).mapped());
        EXPECT_FAULT_AT(va + i * PAGE_SIZE, (void) read(va + i * PAGE_SIZE));
    }
    EXPECT_TRUE(kernel.walk(va - PAGE_SIZE).mapped());
    EXPECT_TRUE(kernel.walk(va + 3 * PAGE_SIZE).mapped());
    EXPECT_EQ(read(va + 3 * PAGE_SIZE), 0u);

    ASSERT_TRUE(kernel_map_pages(page_at(va), 3, linear_map::present));
    end("present");
    EXPECT_EQ(kernel.rights(va), rights);
    EXPECT_EQ(read(va), 0x1234u);
    EXPECT_EQ(kernel.differences(), "");
}

TEST_P(LinearMap, RefusesWhatIsNotSoAndChangesNothing)
{
    // Mapped by a section; absent already or not at all; half and half.
    EXPECT_FALSE(kernel_map_pages(page_at(SLOT - PAGE_SIZE), 1, linear_map::absent));
    EXPECT_FALSE(kernel_map_pages(page_at(SLOT), 1, linear_map::present));
    ASSERT_TRUE(kernel_map_pages(page_at(SLOT + PAGE_SIZE), 1, linear_map::absent));
    EXPECT_FALSE(kernel_map_pages(page_at(SLOT), 2, linear_map::absent));
    EXPECT_FALSE(kernel_map_pages(page_at(SLOT), 2, linear_map::present));
    EXPECT_TRUE(kernel.walk(SLOT).mapped());
    EXPECT_FALSE(kernel.walk(SLOT + PAGE_SIZE).mapped());
    ASSERT_TRUE(kernel_map_pages(page_at(SLOT + PAGE_SIZE), 1, linear_map::present));
    end("all");
}

TEST_P(LinearMap, IsSplitButForTheImage)
{
    const u32 pages = split_linear_map();
    // Less 4 MB of image and the slot that was split before.
    EXPECT_EQ(pages, (256u - 4 - 2 + 4) * 256);
    EXPECT_EQ(kernel.walk(PAGE_OFFSET + 3 * SZ_1M).size, SZ_1M);
    EXPECT_EQ(kernel.walk(PAGE_OFFSET + 4 * SZ_1M).size, PAGE_SIZE);
    EXPECT_EQ(kernel.walk(PAGE_OFFSET + 256 * SZ_1M - 1).size, PAGE_SIZE);
    end("split_linear_map");
}

// ------------------------------------------------------------------ options from boot on

TEST(GuardPagesAtBoot, RunningOffAPageFaultsAtOnce)
{
    page_machine machine({{0, 64 * SZ_1M}}, {.parameters = "debug_guardpage_minorder=1"});
    EXPECT_REPORT("debug_guardpage: 15360 pages of lowmem can be unmapped\n");
    page *p = alloc_page(GFP_KERNEL);
    ASSERT_EQ(page_guard_counts().unmapped, 1u);
    auto *bytes = static_cast<volatile char *>(page_address(p));
    const virt_addr_t behind = from_ptr(bytes + PAGE_SIZE);
    bytes[PAGE_SIZE - 1] = 1;
    EXPECT_FAULT_AT(behind, bytes[PAGE_SIZE] = 1);
    EXPECT_FAULT_AT(behind, (void) bytes[PAGE_SIZE]);
    __free_page(p);
    EXPECT_EQ(page_guard_counts().pages, 0u);
    bytes[PAGE_SIZE] = 1;
    EXPECT_NO_REPORT("BUG");
    page_debug_set(0);
    debug_guardpage_minorder = 0;
}

TEST(PageOwnerAtBoot, HasARecordForEachFrame)
{
    page_machine machine({{0, 48 * SZ_1M}, {SZ_1G / 2, 16 * SZ_1M}},
                         {.lowmem_size = 48 * SZ_1M, .parameters = "page_owner=on"});
    EXPECT_REPORT("page_owner: 135168 records, 4224 KB\n"); // of 32 bytes here
    text_buffer<1024> said;
    page *low = alloc_page(GFP_KERNEL);
    page *high = alloc_pages(GFP_HIGHUSER, 1);
    EXPECT_EQ(print_page_owners(said.out(), "").pages, 3u) << said.c_str();
    __free_page(low);
    __free_pages(high, 1);
    EXPECT_EQ(print_page_owners(said.out(), "").pages, 0u);
    page_debug_set(0);
    page_owner_use(pfn_t(0), {});
}

TEST(PageOwnerAtBoot, IsOffWithoutMemoryForTheRecords)
{
    // A bank at the end of the space: so many frames that lowmem cannot hold their records.
    page_machine machine(
        {{0, 32 * SZ_1M}, {SZ_1G - SZ_1M, SZ_1M}},
        {.lowmem_size = 32 * SZ_1M, .parameters = "page_owner=on", .before_mem_init = [] {
             while (alloc_bootmem_nopanic(SZ_1M)) {}
         }});
    EXPECT_REPORT("page_owner: off: no memory for 262144 records, 8192 KB\n");
    EXPECT_EQ(page_debug, 0u);
}
