// HOST ONLY: the model's TLB uses the C++ library.
//
// What a CPU forgets, and when (rules in tlb.h): each step of the manual's sequence left out.
#include <tests/host.h>
#include <tests/model/tlb.h>

namespace {

using model::cpu_profile;
using model::mapping;
using reach = model::tlb::reach;

constexpr u32 MB = 1u << 20;
constexpr u32 VA = 0xc0100000;

mapping section(u32 va, u32 pa, u8 xn = 1)
{
    mapping m{};
    m.level = 1;
    m.va = va;
    m.size = MB;
    m.pa = pa;
    m.ap = 1;
    m.xn = xn;
    m.type = model::memory_type::normal;
    return m;
}

/// Each CPU, and the reach that its flushes must have.
class Tlb : public ::testing::TestWithParam<cpu_profile> {
protected:
    void gone(u8 xn = 1) { tlb.gone(section(VA, 0x60100000, xn)); }
    void invalidate() { tlb.invalidate(VA, all); }
    [[nodiscard]] bool clean() const { return tlb.stale().empty() && tlb.predicted().empty(); }

    const reach all = GetParam().cores > 1 ? reach::all_cores : reach::this_core;
    model::tlb tlb{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Cpus, Tlb,
                         ::testing::Values(cpu_profile{5, 1}, cpu_profile{6, 1}, cpu_profile{7, 1},
                                           cpu_profile{7, 4}));

} // namespace

TEST_P(Tlb, ForgetsAfterBarrierInvalidateBarrier)
{
    gone();
    EXPECT_EQ(tlb.stale().size(), 1u);
    tlb.barrier();
    invalidate();
    EXPECT_EQ(tlb.stale().size(), 1u);
    tlb.barrier();
    EXPECT_TRUE(clean());
}

TEST_P(Tlb, WithoutTheFirstBarrierTheOldWordIsWalkedAgain)
{
    gone();
    invalidate();
    tlb.barrier();
    tlb.barrier();
    EXPECT_FALSE(clean());
}

TEST_P(Tlb, WithoutTheInvalidateItStays)
{
    gone();
    for (int i = 0; i < 3; i++)
        tlb.barrier();
    EXPECT_FALSE(clean());
}

TEST_P(Tlb, WithoutTheSecondBarrierItIsStillInUse)
{
    gone();
    tlb.barrier();
    invalidate();
    EXPECT_FALSE(clean());
}

TEST_P(Tlb, AnyAddressOfTheEntryServesAndNoOther)
{
    gone();
    tlb.barrier();
    tlb.invalidate(VA - 1, all);
    tlb.invalidate(VA + MB, all);
    tlb.barrier();
    EXPECT_FALSE(clean());
    tlb.invalidate(VA + MB - 1, all);
    tlb.barrier();
    EXPECT_TRUE(clean());
}

TEST_P(Tlb, InvalidateAllReachesEverything)
{
    gone();
    tlb.gone(section(0xf0000000, 0x10000000));
    tlb.barrier();
    tlb.invalidate_all(all);
    tlb.barrier();
    EXPECT_TRUE(clean());
}

TEST_P(Tlb, AFlushEndsWithAnIsbWhereThereIsOne)
{
    gone();
    tlb.barrier();
    invalidate();
    tlb.barrier();
    EXPECT_EQ(tlb.owes_isb(), GetParam().architecture >= 6);
    tlb.instruction_barrier();
    EXPECT_FALSE(tlb.owes_isb());
}

TEST_P(Tlb, WhatWasExecutedMayBePredictedWhereBranchesAre)
{
    gone(0);
    tlb.barrier();
    invalidate();
    tlb.barrier();
    EXPECT_TRUE(tlb.stale().empty());
    EXPECT_EQ(tlb.predicted().size(), GetParam().architecture >= 6 ? 1u : 0u);
}

TEST_P(Tlb, PredictionsGoBetweenTheInvalidateAndTheBarrier)
{
    gone(0);
    tlb.barrier();
    invalidate();
    tlb.invalidate_branches(all);
    tlb.barrier();
    EXPECT_TRUE(clean());
}

TEST_P(Tlb, PredictionsThatGoTooEarlyComeBack)
{
    gone(0);
    tlb.barrier();
    tlb.invalidate_branches(all);
    invalidate();
    tlb.barrier();
    EXPECT_EQ(clean(), GetParam().architecture == 5);
}

TEST_P(Tlb, AnotherMappingOfTheAddressConflictsUntilAllIsDone)
{
    const mapping other = section(VA, 0x70000000);
    mapping page = section(VA + 0x1000, 0x60101000);
    page.size = 0x1000;
    gone();
    tlb.barrier();
    invalidate();
    EXPECT_NE(tlb.conflict(other), nullptr);
    EXPECT_NE(tlb.conflict(page), nullptr);
    EXPECT_EQ(tlb.conflict(section(VA, 0x60100000)), nullptr) << "the same place";
    EXPECT_EQ(tlb.conflict(section(VA + MB, 0x70000000)), nullptr) << "another address";
    tlb.barrier();
    EXPECT_EQ(tlb.conflict(other), nullptr);
}

TEST(TlbOfFourCores, AFlushOfOneCoreLeavesTheOthers)
{
    model::tlb tlb({7, 4});
    tlb.gone(section(VA, 0x60100000, 0));
    tlb.barrier();
    tlb.invalidate(VA, reach::this_core);
    tlb.invalidate_all(reach::this_core);
    tlb.barrier();
    EXPECT_EQ(tlb.stale().size(), 1u);
    tlb.invalidate_all(reach::all_cores);
    tlb.invalidate_branches(reach::this_core);
    tlb.barrier();
    EXPECT_TRUE(tlb.stale().empty());
    EXPECT_EQ(tlb.predicted().size(), 1u);
}
