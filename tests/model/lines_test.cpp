// HOST ONLY: the writers of the kernel's entries are observed on the host alone.
//
// When a walker sees a stored word, by CPU (rules in lines.h), and that the writer of each
// generation of PTEs keeps to it.
#include <tests/host.h>
#include <tests/model/lines.h>

#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/proc-v7.h>
#include <asm/cpu_facts.h>
#include <asm/observe.h>
#include <asm/pgtable.h>

namespace {

using model::cpu_profile;

constexpr cpu_profile ARM926{5, 1}, ARM1176{6, 1}, A9_ALONE{7, 1}, A9_OF_FOUR{7, 4};
constexpr u32 WORD = 0xc0004040;

/// Each CPU whose walker looks beyond the data cache.
class CleanedLines : public ::testing::TestWithParam<cpu_profile> {
protected:
    model::lines lines{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Cpus, CleanedLines, ::testing::Values(ARM926, ARM1176, A9_ALONE));

/// Nothing is left to do, or to see.
void expect_settled(model::lines &lines)
{
    EXPECT_EQ(lines.barrier(), std::nullopt);
    EXPECT_EQ(lines.unseen(), 0u);
}

} // namespace

TEST_P(CleanedLines, AStoreIsSeenAfterCleanAndBarrier)
{
    lines.store(WORD);
    EXPECT_EQ(lines.first_unseen(), WORD);
    EXPECT_TRUE(lines.clean(WORD));
    EXPECT_EQ(lines.first_unseen(), WORD);
    expect_settled(lines);
}

TEST_P(CleanedLines, ABarrierAloneIsNotEnough)
{
    lines.store(WORD);
    EXPECT_EQ(lines.barrier(), WORD);
}

TEST_P(CleanedLines, ACleanReachesItsLineAlone)
{
    lines.store(WORD);
    lines.store(WORD + 28);
    EXPECT_FALSE(lines.clean(WORD - 4));
    EXPECT_FALSE(lines.clean(WORD + 32));
    EXPECT_TRUE(lines.clean(WORD + 16));
    expect_settled(lines);
}

TEST_P(CleanedLines, AStoreAfterTheCleanIsDirtyAgain)
{
    lines.store(WORD);
    EXPECT_TRUE(lines.clean(WORD));
    lines.store(WORD);
    EXPECT_EQ(lines.barrier(), WORD);
}

TEST_P(CleanedLines, ASecondCleanIsForNothing)
{
    lines.store(WORD);
    EXPECT_TRUE(lines.clean(WORD));
    EXPECT_FALSE(lines.clean(WORD));
}

TEST(CoherentLines, ABarrierIsEnough)
{
    model::lines lines(A9_OF_FOUR);
    lines.store(WORD);
    EXPECT_EQ(lines.first_unseen(WORD - 60, 64), WORD);
    EXPECT_EQ(lines.first_unseen(WORD - 60, 60), std::nullopt);
    EXPECT_EQ(lines.first_unseen(WORD + 4, 64), std::nullopt);
    EXPECT_FALSE(lines.clean(WORD)) << "needed by nobody";
    expect_settled(lines);
}

// ---- The writers of PTEs ----

namespace {

struct writer {
    cpu_profile cpu;
    void (*set_pte_ext)(pte_t *ptep, pte_t pte, pte_ext ext);
};

constinit thread_local model::lines *written = nullptr;
constinit thread_local u32 useless = 0;

void note(hw_event event, virt_addr_t va, u32)
{
    if (event == hw_event::store_pte)
        written->store(va.raw());
    if (event == hw_event::clean_line && !written->clean(va.raw()))
        useless++;
}

class PteWriter : public ::testing::TestWithParam<writer> {
protected:
    void SetUp() override
    {
        before_ = cpu_facts;
        cpu_facts.smp = GetParam().cpu.cores > 1;
        cpu_facts.architecture = GetParam().cpu.architecture;
        written = &lines;
        useless = 0;
        current_hw_observer = note;
    }
    void TearDown() override
    {
        current_hw_observer = nullptr;
        cpu_facts = before_;
    }

    model::lines lines{GetParam().cpu};

private:
    struct cpu_facts before_;
};
INSTANTIATE_TEST_SUITE_P(Cpus, PteWriter,
                         ::testing::Values(writer{ARM926, cpu_arm926_set_pte_ext},
                                           writer{ARM1176, cpu_v6_set_pte_ext},
                                           writer{A9_ALONE, cpu_v7_set_pte_ext},
                                           writer{A9_OF_FOUR, cpu_v7_set_pte_ext}));

} // namespace

TEST_P(PteWriter, LeavesEachEntryWhereABarrierMakesItVisible)
{
    auto *table = static_cast<pte_t *>(to_ptr(PAGE_OFFSET + SZ_1M));
    for (const u32 index : {0u, 7u, 8u, 511u}) {
        GetParam().set_pte_ext(table + index, pte_t(0x60000000 | L_PTE_KERNEL), pte_ext::global);
        EXPECT_EQ(lines.first_unseen(), from_ptr(hw_pte_of(table + index)).raw());
        expect_settled(lines);
    }
    EXPECT_EQ(useless, 0u) << "cleans of what nobody needs clean";
}
