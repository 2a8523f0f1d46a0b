// memblock's lists: what add, remove, reserve and free leave behind.
#include <tests/mm/memblock_fixture.h>

#include <kernel/lib/errno.h>

using namespace memblock_test;

class Memblock : public memblock_of<8> {};

TEST_F(Memblock, KnowsNothingAtFirst)
{
    EXPECT_MEMORY("");
    EXPECT_RESERVED("");
    EXPECT_FREE("");
    EXPECT_FREE_BACKWARDS("");
    EXPECT_EQ(blocks.mem_size(), 0u);
    EXPECT_EQ(blocks.reserved_size(), 0u);
    EXPECT_EQ(blocks.start_of_dram().raw(), 0u);
    EXPECT_EQ(blocks.end_of_dram(), 0u);
    EXPECT_FALSE(blocks.is_memory(at(0)));
    EXPECT_FALSE(blocks.is_region_memory(at(0), 1));
}

// ---- add ----

TEST_F(Memblock, AddedRangeIsMemory)
{
    add(RAM, 0x4000);
    EXPECT_MEMORY("60000000-60003fff");
    EXPECT_EQ(blocks.mem_size(), 0x4000u);
}

TEST_F(Memblock, DisjointRangesAreSortedHoweverTheyCome)
{
    add(0x60008000, 0x1000);
    add(0x60000000, 0x1000);
    add(0x60004000, 0x1000);
    EXPECT_MEMORY("60000000-60000fff 60004000-60004fff 60008000-60008fff");
    EXPECT_EQ(blocks.memory_usage().used, 3u);
}

TEST_F(Memblock, RangeThatOverlapsTheFrontJoins)
{
    add(0x60004000, 0x2000);
    add(0x60003000, 0x2000);
    EXPECT_MEMORY("60003000-60005fff");
    EXPECT_EQ(blocks.mem_size(), 0x3000u);
}

TEST_F(Memblock, RangeThatOverlapsTheBackJoins)
{
    add(0x60004000, 0x2000);
    add(0x60005000, 0x2000);
    EXPECT_MEMORY("60004000-60006fff");
}

TEST_F(Memblock, RangeInsideAnotherChangesNothing)
{
    add(0x60004000, 0x4000);
    add(0x60005000, 0x1000);
    add(0x60004000, 0x1000);
    add(0x60007000, 0x1000);
    add(0x60004000, 0x4000);
    EXPECT_MEMORY("60004000-60007fff");
    EXPECT_EQ(blocks.memory_usage().used, 1u);
}

TEST_F(Memblock, RangeAroundOthersSwallowsThem)
{
    add(0x60002000, 0x1000);
    add(0x60004000, 0x1000);
    add(0x60006000, 0x1000);
    add(0x60000000, 0x10000);
    EXPECT_MEMORY("60000000-6000ffff");
    EXPECT_EQ(blocks.memory_usage().used, 1u);
}

TEST_F(Memblock, RangeBetweenTwoJoinsBoth)
{
    add(0x60000000, 0x1000);
    add(0x60002000, 0x1000);
    add(0x60001000, 0x1000);
    EXPECT_MEMORY("60000000-60002fff");
}

TEST_F(Memblock, RangeOverTheEndsOfTwoJoinsBoth)
{
    add(0x60000000, 0x2000);
    add(0x60004000, 0x2000);
    add(0x60001000, 0x4000);
    EXPECT_MEMORY("60000000-60005fff");
}

TEST_F(Memblock, NeighboursJoinOnEitherSide)
{
    add(0x60004000, 0x1000);
    add(0x60005000, 0x1000);
    add(0x60003000, 0x1000);
    EXPECT_MEMORY("60003000-60005fff");
}

TEST_F(Memblock, OneByteApartStaysApart)
{
    add(0x60000000, 0xfff);
    add(0x60001000, 0x1000);
    EXPECT_MEMORY("60000000-60000ffe 60001000-60001fff");
}

TEST_F(Memblock, NothingIsAddedBySizeZero)
{
    add(RAM, 0);
    EXPECT_MEMORY("");
    reserve(RAM, 0);
    EXPECT_RESERVED("");
}

TEST_F(Memblock, RangeMayEndAtTheTopOfTheSpace)
{
    add(0xfffff000, 0x1000);
    EXPECT_MEMORY("fffff000-ffffffff");
    EXPECT_EQ(blocks.end_of_dram(), PHYS_SPACE_END);
    EXPECT_TRUE(blocks.is_memory(at(0xffffffff)));
}

TEST_F(Memblock, RangeBeyondTheTopIsCutThere)
{
    add(0xffffe000, 0x8000);
    EXPECT_MEMORY("ffffe000-ffffffff");
    EXPECT_EQ(blocks.mem_size(), 0x2000u);
    remove(0xfffff000, 0xffffffff);
    EXPECT_MEMORY("ffffe000-ffffefff");
}

TEST_F(Memblock, WholeSpaceCanBeMemory)
{
    add(0, 0x80000000);
    add(0x80000000, 0x80000000);
    EXPECT_MEMORY("00000000-ffffffff");
    EXPECT_EQ(blocks.mem_size(), PHYS_SPACE_END);
    EXPECT_EQ(blocks.memory_usage().used, 1u);
    EXPECT_FREE("00000000-ffffffff");
    EXPECT_FREE_BACKWARDS("00000000-ffffffff");
}

TEST_F(Memblock, LastByteAloneIsARange)
{
    add(0xffffffff, 1);
    EXPECT_MEMORY("ffffffff-ffffffff");
    remove(0xffffffff, 1);
    EXPECT_MEMORY("");
}

// ---- remove ----

TEST_F(Memblock, RemovedRangeIsGone)
{
    add(0x60000000, 0x1000);
    add(0x60004000, 0x1000);
    remove(0x60000000, 0x1000);
    EXPECT_MEMORY("60004000-60004fff");
}

TEST_F(Memblock, OnlyRangeCanBeRemoved)
{
    add(0x60000000, 0x1000);
    remove(0x60000000, 0x1000);
    EXPECT_MEMORY("");
    EXPECT_EQ(blocks.memory_usage().used, 0u);
    add(0x60002000, 0x1000);
    EXPECT_MEMORY("60002000-60002fff");
}

TEST_F(Memblock, RemovingWhatIsNotThereChangesNothing)
{
    add(0x60004000, 0x1000);
    remove(0x60000000, 0x4000);
    remove(0x60005000, 0x4000);
    remove(0x60004000, 0);
    EXPECT_MEMORY("60004000-60004fff");
}

TEST_F(Memblock, FrontCanBeRemoved)
{
    add(0x60004000, 0x4000);
    remove(0x60002000, 0x3000);
    EXPECT_MEMORY("60005000-60007fff");
}

TEST_F(Memblock, BackCanBeRemoved)
{
    add(0x60004000, 0x4000);
    remove(0x60007000, 0x3000);
    EXPECT_MEMORY("60004000-60006fff");
}

TEST_F(Memblock, MiddleCanBeRemoved)
{
    add(0x60004000, 0x4000);
    remove(0x60005000, 0x1000);
    EXPECT_MEMORY("60004000-60004fff 60006000-60007fff");
}

TEST_F(Memblock, RemovalMayTouchSeveralRanges)
{
    add(0x60000000, 0x2000);
    add(0x60004000, 0x1000);
    add(0x60006000, 0x2000);
    remove(0x60001000, 0x6000);
    EXPECT_MEMORY("60000000-60000fff 60007000-60007fff");
}

TEST_F(Memblock, RemovalNeedNotBeAligned)
{
    add(0x60000000, 0x10);
    remove(0x60000003, 1);
    EXPECT_MEMORY("60000000-60000002 60000004-6000000f");
}

TEST_F(Memblock, RemovalMayTakeOneByteOfAnEnd)
{
    add(0x60000000, 0x10);
    remove(0x5ffffff0, 0x11);
    EXPECT_MEMORY("60000001-6000000f");
    remove(0x6000000f, 0x10);
    EXPECT_MEMORY("60000001-6000000e");
}

// ---- reserve and free ----

TEST_F(Memblock, ReservedNeedNotBeMemory)
{
    reserve(0x10000000, 0x1000);
    EXPECT_RESERVED("10000000-10000fff");
    EXPECT_FREE("");
}

TEST_F(Memblock, ReservationsMergeAsMemoryDoes)
{
    reserve(0x60004000, 0x1000);
    reserve(0x60000000, 0x1000);
    reserve(0x60003000, 0x2000);
    reserve(0x60001000, 0x2000);
    EXPECT_RESERVED("60000000-60004fff");
    EXPECT_EQ(blocks.reserved_size(), 0x5000u);
}

TEST_F(Memblock, FreeingSplitsAReservation)
{
    reserve(0x60000000, 0x4000);
    free(0x60001000, 0x1000);
    EXPECT_RESERVED("60000000-60000fff 60002000-60003fff");
    free(0x60000000, 0x10000);
    EXPECT_RESERVED("");
    free(0x60000000, 0);
}

TEST_F(Memblock, NeighboursOfDifferentNamesStayApart)
{
    reserve(0x60000000, 0x1000, "kernel");
    reserve(0x60001000, 0x1000, "initrd");
    reserve(0x60002000, 0x1000);
    EXPECT_RESERVED("60000000-60000fff=kernel 60001000-60001fff=initrd 60002000-60002fff");
}

TEST_F(Memblock, NeighboursOfOneNameMergeByItsLetters)
{
    static const char here[] = "kernel";
    static const char there[] = "kernel";
    reserve(0x60000000, 0x1000, here);
    reserve(0x60001000, 0x1000, there);
    EXPECT_RESERVED("60000000-60001fff=kernel");
}

TEST_F(Memblock, FirstOwnerKeepsWhatIsReservedTwice)
{
    reserve(0x60001000, 0x1000, "kernel");
    reserve(0x60000000, 0x3000, "loader");
    EXPECT_RESERVED("60000000-60000fff=loader 60001000-60001fff=kernel 60002000-60002fff=loader");
    reserve(0x60001800, 0x100, "thief");
    EXPECT_EQ(blocks.reserved_usage().used, 3u);
}

TEST_F(Memblock, PartsOfASplitReservationKeepTheName)
{
    reserve(0x60000000, 0x3000, "kernel");
    free(0x60001000, 0x1000);
    EXPECT_RESERVED("60000000-60000fff=kernel 60002000-60002fff=kernel");
}

// ---- what happens when a list is full and may not grow ----

TEST_F(Memblock, FullListRefusesAndStaysAsItWas)
{
    for (u32 i = 0; i < 8; ++i)
        add(RAM + i * 0x2000, 0x1000);
    const list_text before = memory_of(blocks);
    EXPECT_EQ(blocks.add(at(0x70000000), 0x1000), -ENOMEM);
    EXPECT_EQ(blocks.add(at(RAM), 0x10000), -ENOMEM); // it would need an entry for each gap
    EXPECT_EQ(blocks.remove(at(RAM + 0x100), 0x100), -ENOMEM);
    EXPECT_MEMORY(before.text);
}

TEST_F(Memblock, FullListStillTakesWhatNeedsNoEntry)
{
    for (u32 i = 0; i < 8; ++i)
        add(RAM + i * 0x2000, 0x1000);
    add(RAM, 0x1000);
    remove(RAM + 0x100, 0x2000);
    EXPECT_EQ(blocks.memory_usage().used, 8u);
    remove(RAM, 0x100);
    EXPECT_EQ(blocks.memory_usage().used, 7u);
}

// ---- limits ----

TEST_F(Memblock, LimitForgetsWhatLiesBeyondIt)
{
    add(0x60000000, 0x4000);
    add(0x60008000, 0x4000);
    reserve(0x60001000, 0x100);
    reserve(0x60009000, 0x2000);
    blocks.enforce_memory_limit(0x6000);
    EXPECT_MEMORY("60000000-60003fff 60008000-60009fff");
    EXPECT_RESERVED("60001000-600010ff 60009000-60009fff");
}

TEST_F(Memblock, LimitAtTheEndOfARegionForgetsAllBehindIt)
{
    add(0x60000000, 0x4000);
    add(0x60008000, 0x4000);
    blocks.enforce_memory_limit(0x4000);
    EXPECT_MEMORY("60000000-60003fff");
}

TEST_F(Memblock, LimitBeyondTheMemoryOrZeroChangesNothing)
{
    add(0x60000000, 0x4000);
    blocks.enforce_memory_limit(0x4000);
    blocks.enforce_memory_limit(PHYS_SPACE_END);
    blocks.enforce_memory_limit(0);
    EXPECT_MEMORY("60000000-60003fff");
    add(0xffff0000, 0x10000);
    blocks.enforce_memory_limit(0x14000);
    EXPECT_MEMORY("60000000-60003fff ffff0000-ffffffff");
}

TEST_F(Memblock, LimitNeedsNoRoomInFullLists)
{
    for (u32 i = 0; i < 8; ++i) {
        add(0x60000000 + i * 0x2000, 0x1000);
        reserve(0x60000000 + i * 0x800, 0x400);
    }
    blocks.enforce_memory_limit(0x1a00); // the cut is inside the second region
    EXPECT_MEMORY("60000000-60000fff 60002000-600029ff");
    EXPECT_EQ(blocks.reserved_usage().used, 6u);
}

TEST_F(Memblock, TrimmingKeepsWholeUnits)
{
    add(0x60000000, 0x4000);
    add(0x60008100, 0x3f00);
    add(0x60010000, 0x2fff);
    blocks.trim_memory(0x1000);
    EXPECT_MEMORY("60000000-60003fff 60009000-6000bfff 60010000-60011fff");
}

TEST_F(Memblock, TrimmingDropsWhatHoldsNoWholeUnit)
{
    add(0x60000800, 0x1000);
    add(0x60004100, 0x100);
    add(0x60008000, 0x1000);
    blocks.trim_memory(0x1000);
    EXPECT_MEMORY("60008000-60008fff");
}

TEST_F(Memblock, TrimmingReachesTheTopOfTheSpace)
{
    add(0xffffe800, 0x1800);
    blocks.trim_memory(0x1000);
    EXPECT_MEMORY("fffff000-ffffffff");
    blocks.trim_memory(0x2000);
    EXPECT_MEMORY("");
}
