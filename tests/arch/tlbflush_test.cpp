// HOST ONLY: it changes mappings on a machine of its own.
//
// The flushes of <asm/tlbflush.h> are whole: whoever has stored entries, and nothing more, owes
// nothing after one. The cores of one machine and of the other need different operations.
#include <tests/arch/fixture.h>

#include <asm/barrier.h>
#include <asm/tlbflush.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t SLOT = PAGE_OFFSET + 64 * SZ_1M;
constexpr virt_addr_t WINDOW{0xf9000000};

class TlbFlush : public ::testing::TestWithParam<u32> {
protected:
    void SetUp() override
    {
        kernel.run_paging_init();
        // Pages that may be executed: nothing is left out for them.
        create_mapping(
            {WINDOW, PFN_DOWN(linear_pa(SLOT)) + 1, 256 * PAGE_SIZE, MT_MEMORY_RWX, "test"});
        isb();
        end("create_mapping");
    }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
    static pte_t *pte_at(virt_addr_t va) { return pte_offset_kernel(pmd_off(init_mm.pgd, va), va); }
    static void unmap(virt_addr_t va, u32 count)
    {
        for (u32 i = 0; i < count; i++)
            set_pte_ext(pte_at(va) + i, pte_t(0), pte_ext::global);
    }

    booting_kernel kernel{{.banks = {{0, 256 * MB}}, .cores = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(Cores, TlbFlush, ::testing::Values(1u, 4u));

} // namespace

TEST_P(TlbFlush, OfARangeIsAllThatUnmappedPagesNeed)
{
    unmap(WINDOW, 3);
    flush_tlb_kernel_range(WINDOW, WINDOW + 3 * PAGE_SIZE);
    end("unmapping 3 pages");
    EXPECT_FALSE(kernel.walk(WINDOW).mapped());
    EXPECT_TRUE(kernel.walk(WINDOW + 3 * PAGE_SIZE).mapped());
}

TEST_P(TlbFlush, OfEverythingIsAllThatUnmappedPagesNeed)
{
    unmap(WINDOW, 256);
    flush_tlb_all();
    end("unmapping 256 pages");
}

TEST_P(TlbFlush, OfARangeGoesPageByPageUpToALimit)
{
    unmap(WINDOW, TLB_FLUSH_ALL_PAGES);
    kernel.events.forget_counts();
    flush_tlb_kernel_range(WINDOW, WINDOW + TLB_FLUSH_ALL_PAGES * PAGE_SIZE);
    end("unmapping as many pages as the limit");
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_mva), TLB_FLUSH_ALL_PAGES);
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_all), 0u);
    constexpr virt_addr_t rest = WINDOW + TLB_FLUSH_ALL_PAGES * PAGE_SIZE;
    unmap(rest, TLB_FLUSH_ALL_PAGES + 1);
    kernel.events.forget_counts();
    flush_tlb_kernel_range(rest, rest + (TLB_FLUSH_ALL_PAGES + 1) * PAGE_SIZE);
    end("unmapping one page more");
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_mva), 0u);
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_all), 1u);
}

TEST_P(TlbFlush, IsNotNeededForNewPagesButAnIsbIs)
{
    create_mapping(
        {WINDOW + 2 * MB, PFN_DOWN(linear_pa(SLOT)) + 1, 5 * PAGE_SIZE, MT_MEMORY_RW, "test"});
    isb();
    end("create_mapping");
    EXPECT_TRUE(kernel.walk(WINDOW + 2 * MB).mapped());
}
