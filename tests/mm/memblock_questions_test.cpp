// memblock's questions and walks: what the lists answer.
#include <tests/mm/memblock_fixture.h>

using namespace memblock_test;

class MemblockQuestions : public memblock_of<8> {};

TEST_F(MemblockQuestions, TellsMemoryAndReservedByTheByte)
{
    add(0x60000000, 0x4000);
    reserve(0x60001000, 0x1000);
    EXPECT_TRUE(blocks.is_memory(at(0x60000000)));
    EXPECT_TRUE(blocks.is_memory(at(0x60003fff)));
    EXPECT_FALSE(blocks.is_memory(at(0x60004000)));
    EXPECT_FALSE(blocks.is_memory(at(0x5fffffff)));
    EXPECT_FALSE(blocks.is_reserved(at(0x60000fff)));
    EXPECT_TRUE(blocks.is_reserved(at(0x60001000)));
    EXPECT_TRUE(blocks.is_reserved(at(0x60001fff)));
    EXPECT_FALSE(blocks.is_reserved(at(0x60002000)));
}

TEST_F(MemblockQuestions, RegionIsMemoryOnlyAsAWhole)
{
    add(0x60000000, 0x2000);
    add(0x60002000, 0x2000);
    add(0x60008000, 0x1000);
    add(0xfffff000, 0x1000);
    EXPECT_TRUE(blocks.is_region_memory(at(0x60000000), 0x4000));
    EXPECT_TRUE(blocks.is_region_memory(at(0x60001000), 0x3000));
    EXPECT_FALSE(blocks.is_region_memory(at(0x60001000), 0x3001));
    EXPECT_FALSE(blocks.is_region_memory(at(0x60003000), 0x6000));
    EXPECT_FALSE(blocks.is_region_memory(at(0x50000000), 0x1000));
    EXPECT_TRUE(blocks.is_region_memory(at(0xfffff000), 0x5000));
    EXPECT_TRUE(blocks.is_region_memory(at(0x60000000), 0));
}

TEST_F(MemblockQuestions, RegionIsReservedIfAnyByteIs)
{
    reserve(0x60001000, 0x1000);
    EXPECT_TRUE(blocks.is_region_reserved(at(0x60000000), 0x1001));
    EXPECT_FALSE(blocks.is_region_reserved(at(0x60000000), 0x1000));
    EXPECT_TRUE(blocks.is_region_reserved(at(0x60001fff), 0x1000));
    EXPECT_FALSE(blocks.is_region_reserved(at(0x60002000), 0x1000));
    EXPECT_FALSE(blocks.is_region_reserved(at(0x60001800), 0));
    EXPECT_TRUE(blocks.is_region_reserved(at(0x60001800), 0xffffffff));
}

TEST_F(MemblockQuestions, DramBeginsAndEndsWithItsRegions)
{
    add(0x60000000, 0x1000);
    add(0x80000000, 0x1000);
    EXPECT_EQ(blocks.start_of_dram().raw(), 0x60000000u);
    EXPECT_EQ(blocks.end_of_dram(), 0x80001000u);
}

// ---- walking ----

TEST_F(MemblockQuestions, FreeIsMemoryWithoutReservations)
{
    add(0x60000000, 0x8000);
    add(0x60010000, 0x4000);
    reserve(0x60000000, 0x1000); // at the front
    reserve(0x60002000, 0x1000); // two that touch, of different owners
    reserve(0x60003000, 0x1000, "kernel");
    reserve(0x60007000, 0xa000); // over the end, the hole, and into the next region
    reserve(0x60012000, 0x2000); // at the very end
    EXPECT_FREE("60001000-60001fff 60004000-60006fff 60011000-60011fff");
    EXPECT_FREE_BACKWARDS("60011000-60011fff 60004000-60006fff 60001000-60001fff");
}

TEST_F(MemblockQuestions, NothingIsFreeWhenAllIsReserved)
{
    add(0x60000000, 0x1000);
    add(0x60004000, 0x1000);
    reserve(0x50000000, 0x20000000);
    EXPECT_FREE("");
    EXPECT_FREE_BACKWARDS("");
}

TEST_F(MemblockQuestions, FreeMemoryFromAddressZeroIsFoundBothWays)
{
    add(0, 0x3000);
    reserve(0x1000, 0x1000);
    EXPECT_FREE("00000000-00000fff 00002000-00002fff");
    EXPECT_FREE_BACKWARDS("00002000-00002fff 00000000-00000fff");
    reserve(0, 0x1000);
    EXPECT_FREE_BACKWARDS("00002000-00002fff");
}

TEST_F(MemblockQuestions, WalksMayBeginInTheMiddle)
{
    add(0x60000000, 0x8000);
    reserve(0x60002000, 0x1000);
    EXPECT_EQ(blocks.next_free(0x60001000)->base.raw(), 0x60001000u);
    EXPECT_EQ(blocks.next_free(0x60002800)->base.raw(), 0x60003000u);
    EXPECT_EQ(blocks.next_memory(0x60004000)->base.raw(), 0x60004000u);
    EXPECT_EQ(blocks.next_reserved(0x60002800)->base.raw(), 0x60002800u);
    EXPECT_EQ(blocks.prev_free(0x60006000)->last.raw(), 0x60005fffu);
    EXPECT_EQ(blocks.prev_free(0x60002800)->last.raw(), 0x60001fffu);
    EXPECT_FALSE(blocks.prev_free(0x60000000).has_value());
    EXPECT_FALSE(blocks.next_free(0x60008000).has_value());
}

TEST_F(MemblockQuestions, WalkSurvivesReservingWhatItShows)
{
    add(0x60000000, 0x3000);
    add(0x60008000, 0x1000);
    u32 visits = 0;
    for (auto r = blocks.next_free(0); r; r = blocks.next_free(r->end())) {
        reserve(r->base.raw(), static_cast<u32>(r->size()));
        ++visits;
    }
    EXPECT_EQ(visits, 2u);
    EXPECT_FREE("");
}

TEST_F(MemblockQuestions, DumpShowsEveryEntryAndItsOwner)
{
    add(0x60000000, 0x4000);
    reserve(0x60001000, 0x1000, "kernel");
    reserve(0x60003000, 0x800);
    blocks.set_current_limit(at(0x60002000));
    blocks.dump_all();
    EXPECT_REPORT("memblock: memory 16384 bytes, reserved 6144 bytes, limit 0x60002000");
    EXPECT_REPORT("memory[0]\t0x60000000-0x60003fff, 16384 bytes\n");
    EXPECT_REPORT("reserved[0]\t0x60001000-0x60001fff, 4096 bytes, kernel\n");
    EXPECT_REPORT("reserved[1]\t0x60003000-0x600037ff, 2048 bytes\n");
}
