// HOST ONLY: it makes sets of tables on a machine of its own.
//
// The one writer of first-level entries, and the list of all sets of tables.
#include <tests/arch/fixture.h>

#include <cstring>

#include <asm/barrier.h>
#include <asm/tlbflush.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 L1_BYTES = PTRS_PER_PGD * sizeof(pgd_t);
constexpr virt_addr_t WINDOW{0xf9000000};

/// A kernel with room for tables made by hand.
class Pgd : public ::testing::TestWithParam<u32> {
protected:
    void SetUp() override
    {
        kernel.run_paging_init();
        for (mm_struct &mm : made) {
            mm = {static_cast<pgd_t *>(__alloc_bootmem(L1_BYTES, L1_BYTES, 0)), nullptr};
            memset(static_cast<void *>(mm.pgd), 0xa5, L1_BYTES); // contents are ignored
        }
    }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
    void del(mm_struct &mm)
    {
        pgd_list_del(mm);
        kernel.events.forget_first_level(from_ptr(mm.pgd));
    }
    [[nodiscard]] static u32 word(const mm_struct &mm, virt_addr_t va)
    {
        return pmd_off(mm.pgd, va)->raw();
    }

    booting_kernel kernel{{.cores = GetParam()}};
    mm_struct made[3];
};
INSTANTIATE_TEST_SUITE_P(Cores, Pgd, ::testing::Values(1u, 4u));

void write_everywhere(virt_addr_t va, u32 count, u32 first, u32 step)
{
    spin_guard guard(pgd_lock);
    set_pmd_run_everywhere(va, count, pmd_t(first), step);
}

std::vector<const mm_struct *> listed()
{
    spin_guard guard(pgd_lock);
    std::vector<const mm_struct *> all;
    for (const mm_struct *mm = pgd_list; mm != nullptr; mm = mm->next)
        all.push_back(mm);
    return all;
}

using list = std::vector<const mm_struct *>;

} // namespace

TEST_P(Pgd, ANewSetHasTheKernelsHalfAndNoUser)
{
    pgd_list_add(made[0]);
    end("pgd_list_add");
    for (u32 va = 0; va < TASK_SIZE.raw(); va += MB)
        ASSERT_EQ(word(made[0], virt_addr_t(va)), 0u) << std::hex << va;
    for (u64 va = TASK_SIZE.raw(); va < u64{1} << 32; va += MB)
        ASSERT_EQ(word(made[0], virt_addr_t(static_cast<u32>(va))),
                  word(init_mm, virt_addr_t(static_cast<u32>(va))));
    EXPECT_TRUE(kernel.walk(made[0], VECTORS_BASE).same(kernel.walk(VECTORS_BASE)));
}

TEST_P(Pgd, ANewSetIsCleanedWholeWhereWalksNeedIt)
{
    kernel.events.forget_counts();
    pgd_list_add(made[0]);
    EXPECT_EQ(kernel.events.count(hw_event::clean_line), GetParam() > 1 ? 0u : L1_BYTES / 32);
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 1u);
    EXPECT_EQ(kernel.events.count(hw_event::store_pgd), 0u);
}

TEST_P(Pgd, TheKernelsOwnSetIsLastInTheList)
{
    EXPECT_EQ(listed(), list({&init_mm}));
    pgd_list_add(made[0]);
    pgd_list_add(made[1]);
    EXPECT_EQ(listed(), list({&made[1], &made[0], &init_mm}));
}

TEST_P(Pgd, SetsLeaveTheListFromAnywhere)
{
    for (mm_struct &mm : made)
        pgd_list_add(mm);
    del(made[1]);
    EXPECT_EQ(listed(), list({&made[2], &made[0], &init_mm}));
    del(made[2]);
    EXPECT_EQ(listed(), list({&made[0], &init_mm}));
    del(made[0]);
    EXPECT_EQ(listed(), list({&init_mm}));
}

TEST_P(Pgd, LeavingTwiceOrUnaskedChangesNothing)
{
    pgd_list_add(made[0]);
    pgd_list_del(made[1]);
    EXPECT_EQ(listed(), list({&made[0], &init_mm}));
    pgd_list_del(init_mm);
    EXPECT_EQ(listed(), list({&made[0], &init_mm}));
    del(made[0]);
    pgd_list_del(made[0]);
    EXPECT_EQ(listed(), list({&init_mm}));
}

TEST_P(Pgd, ARunIsWrittenToEverySet)
{
    pgd_list_add(made[0]);
    pgd_list_add(made[1]);
    write_everywhere(WINDOW, 9, 0x20011412, MB);
    isb();
    end("set_pmd_run_everywhere");
    for (const mm_struct *mm : listed())
        for (u32 i = 0; i < 9; i++)
            ASSERT_EQ(word(*mm, WINDOW + i * MB), 0x20011412u + i * MB);
    EXPECT_EQ(word(init_mm, WINDOW + 9 * MB), 0u);
}

TEST_P(Pgd, ASetThatHasLeftIsNotWrittenAnyMore)
{
    pgd_list_add(made[0]);
    del(made[0]);
    write_everywhere(WINDOW, 1, 0x20011412, 0);
    isb();
    end("set_pmd_run_everywhere");
    EXPECT_EQ(word(made[0], WINDOW), 0u);
}

TEST_P(Pgd, RunsOfEveryLengthAndPlaceAreWrittenExactly)
{
    for (u32 start = 0; start < 9; start++)
        for (u32 count = 1; count < 20; count++) {
            SCOPED_TRACE(start * 100 + count);
            const virt_addr_t va = WINDOW + start * MB;
            set_pmd_run(init_mm, va, count, pmd_t(0x30011412), MB);
            isb();
            end("set_pmd_run");
            for (u32 i = 0; i < 32; i++) {
                const u32 distance = i - start;
                ASSERT_EQ(word(init_mm, WINDOW + i * MB),
                          distance < count ? 0x30011412 + distance * MB : 0);
            }
            set_pmd_run(init_mm, va, count, pmd_t(0), 0);
            flush_tlb_all();
            end("clearing");
        }
}

TEST_P(Pgd, ARunsLinesAreCleanedOnceEachWhereWalksNeedIt)
{
    kernel.events.forget_counts();
    // 8 entries a line of 32 bytes: the last of one line, a whole one, the first of a third.
    set_pmd_run(init_mm, WINDOW + 7 * MB, 10, pmd_t(0x30011412), MB);
    EXPECT_EQ(kernel.events.count(hw_event::clean_line), GetParam() > 1 ? 0u : 3u);
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 1u);
}

TEST_P(Pgd, OneDsbEndsARunInAllSets)
{
    pgd_list_add(made[0]);
    pgd_list_add(made[1]);
    kernel.events.forget_counts();
    write_everywhere(WINDOW, 16, 0x20011412, MB);
    EXPECT_EQ(kernel.events.count(hw_event::store_pgd), 48u);
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 1u);
}

TEST_P(Pgd, APopulatedSlotPointsToBothHalvesOfItsTableInEverySet)
{
    pgd_list_add(made[0]);
    auto *table = static_cast<pte_t *>(alloc_bootmem_pages(PAGE_SIZE));
    clear_table(table);
    const u32 pa = linear_pa(from_ptr(table)).raw();
    {
        spin_guard guard(pgd_lock);
        __pmd_populate(WINDOW + 0x1ff000, phys_addr_t(pa), table_bits(0)); // any address of it
    }
    end("__pmd_populate");
    for (const mm_struct *mm : listed()) {
        EXPECT_EQ(word(*mm, WINDOW), pa + 0x800 + 1);
        EXPECT_EQ(word(*mm, WINDOW + MB), pa + 0xc00 + 1);
        EXPECT_EQ(word(*mm, WINDOW + 2 * MB), 0u);
    }
}

TEST_P(Pgd, AClearedTableIsAllFaultsForLinuxAndTheHardware)
{
    auto *table = static_cast<u32 *>(alloc_bootmem_pages(PAGE_SIZE));
    memset(table, 0xff, PAGE_SIZE);
    kernel.events.forget_counts();
    clear_table(reinterpret_cast<pte_t *>(table));
    end("clear_table");
    for (u32 i = 0; i < PAGE_SIZE / 4; i++)
        ASSERT_EQ(table[i], 0u);
    // Only the hardware's half is walked.
    EXPECT_EQ(kernel.events.count(hw_event::clean_line), GetParam() > 1 ? 0u : 2048 / 32);
}
