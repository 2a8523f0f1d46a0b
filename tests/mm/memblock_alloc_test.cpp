// memblock's searches: where memory is found, and where it is not.
#include <tests/mm/memblock_fixture.h>

#include <algorithm>

using namespace memblock_test;

class MemblockAlloc : public memblock_of<8> {
protected:
    static constexpr phys_addr_t ANY_MIN{0};

    u32 alloc(u32 size, u32 align = 64, phys_addr_t min = ANY_MIN,
              phys_addr_t max = MEMBLOCK_ALLOC_ACCESSIBLE)
    {
        return blocks.phys_alloc_range(size, align, min, max).raw();
    }
    void bottom_up() { blocks.set_direction(memblock::direction::bottom_up); }
};

TEST_F(MemblockAlloc, TakesTheTopByDefault)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0x1000), 0x6000f000u);
    EXPECT_RESERVED("6000f000-6000ffff");
    EXPECT_EQ(alloc(0x1000), 0x6000e000u);
    EXPECT_RESERVED("6000e000-6000ffff");
}

TEST_F(MemblockAlloc, TakesTheBottomWhenTold)
{
    add(RAM, 0x10000);
    bottom_up();
    EXPECT_TRUE(blocks.get_direction() == memblock::direction::bottom_up);
    EXPECT_EQ(alloc(0x1000), 0x60000000u);
    EXPECT_EQ(alloc(0x1000), 0x60001000u);
    EXPECT_RESERVED("60000000-60001fff");
}

TEST_F(MemblockAlloc, AlignmentLeavesAGap)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0x10, 0x1000), 0x6000f000u);
    EXPECT_EQ(alloc(0x10, 0x1000), 0x6000e000u);
    bottom_up();
    EXPECT_EQ(alloc(0x10, 0x1000), 0x60000000u);
    EXPECT_EQ(alloc(0x10, 0x1000), 0x60001000u);
}

TEST_F(MemblockAlloc, AlignmentZeroIsACacheLine)
{
    add(RAM, 0x1001);
    EXPECT_EQ(alloc(1, 0) % MEMBLOCK_DEFAULT_ALIGN, 0u);
}

TEST_F(MemblockAlloc, AlignmentMayBeTwoGigabytes)
{
    add(0x70000000, 0x20000000);
    EXPECT_EQ(alloc(0x1000, 0x80000000), 0x80000000u);
    EXPECT_EQ(alloc(0x1000, 0x80000000), 0u);
    bottom_up();
    EXPECT_EQ(alloc(0x1000, 0x80000000), 0u);
}

TEST_F(MemblockAlloc, RefusesNonsenseWithALine)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0), 0u);
    EXPECT_REPORT("memblock: 0 bytes aligned to 64 refused: no size");
    EXPECT_EQ(alloc(0x100, 48), 0u);
    EXPECT_REPORT("memblock: 256 bytes aligned to 48 refused: the alignment is no power of two");
    EXPECT_TRUE(blocks.alloc(0x100, 3, at(RAM), MEMBLOCK_ALLOC_ACCESSIBLE) == nullptr);
    EXPECT_REPORT("memblock: 256 bytes aligned to 3 refused");
    EXPECT_NO_REPORT("refused");
    EXPECT_RESERVED("");
}

TEST_F(MemblockAlloc, GoesBelowWhatIsReservedAtTheTop)
{
    add(RAM, 0x10000);
    reserve(0x6000e000, 0x2000);
    EXPECT_EQ(alloc(0x1000), 0x6000d000u);
}

TEST_F(MemblockAlloc, GoesAboveWhatIsReservedAtTheBottom)
{
    add(RAM, 0x10000);
    reserve(0x60000000, 0x2000);
    bottom_up();
    EXPECT_EQ(alloc(0x1000), 0x60002000u);
}

TEST_F(MemblockAlloc, GapThatFitsExactlyIsTaken)
{
    add(RAM, 0x10000);
    reserve(0x60000000, 0x4000);
    reserve(0x60006000, 0xa000);
    EXPECT_EQ(alloc(0x2001), 0u);
    EXPECT_EQ(alloc(0x2000), 0x60004000u);
    EXPECT_RESERVED("60000000-6000ffff");
    EXPECT_EQ(alloc(1, 1), 0u);
}

TEST_F(MemblockAlloc, GapsTooSmallArePassedOver)
{
    add(RAM, 0x10000);
    reserve(0x6000f000, 0x800);  // leaves 0x800 at the top
    reserve(0x6000d000, 0x1800); // and 0x800 more
    EXPECT_EQ(alloc(0x1000), 0x6000c000u);
    bottom_up();
    reserve(0x60000800, 0x800);
    EXPECT_EQ(alloc(0x1000), 0x60001000u);
}

TEST_F(MemblockAlloc, GapLargeEnoughButMisalignedIsPassedOver)
{
    add(RAM, 0x10000);
    reserve(0x6000f800, 0x800);
    reserve(0x6000d000, 0x1800); // free: 0x6000e800-0x6000f7ff, no whole page in it
    EXPECT_EQ(alloc(0x1000, 0x1000), 0x6000c000u);
}

TEST_F(MemblockAlloc, SecondRegionServesWhenTheFirstIsTooSmall)
{
    add(0x60000000, 0x1000);
    add(0x60008000, 0x4000);
    bottom_up();
    EXPECT_EQ(alloc(0x2000), 0x60008000u);
    add(0x70000000, 0x1000);
    blocks.set_direction(memblock::direction::top_down);
    EXPECT_EQ(alloc(0x2000), 0x6000a000u);
}

TEST_F(MemblockAlloc, NeverCrossesAHole)
{
    add(0x60000000, 0x1800);
    add(0x60002000, 0x1800);
    EXPECT_EQ(alloc(0x2000), 0u);
}

TEST_F(MemblockAlloc, ReturnsZeroWhenNothingFits)
{
    EXPECT_EQ(alloc(1), 0u);
    add(RAM, 0x1000);
    EXPECT_EQ(alloc(0x1001), 0u);
    EXPECT_EQ(alloc(0xffffffff), 0u);
    EXPECT_RESERVED("");
    bottom_up();
    EXPECT_EQ(alloc(0x1001), 0u);
    EXPECT_EQ(alloc(0xffffffff), 0u);
}

TEST_F(MemblockAlloc, ReturnsZeroWhenTheReservedListIsFull)
{
    add(RAM, 0x10000);
    for (u32 i = 0; i < 8; ++i)
        reserve(RAM + i * 0x2000, 0x1000, "taken");
    EXPECT_EQ(alloc(0x800), 0u);
    EXPECT_EQ(blocks.reserved_size(), 0x8000u);
}

TEST_F(MemblockAlloc, NeverGivesTheFirstPageOfTheSpace)
{
    add(0, 0x3000);
    bottom_up();
    EXPECT_EQ(alloc(0x1000), 0x1000u);
    blocks.set_direction(memblock::direction::top_down);
    EXPECT_EQ(alloc(0x1000), 0x2000u);
    EXPECT_EQ(alloc(0x10), 0u);
}

TEST_F(MemblockAlloc, ReachesTheTopOfTheSpace)
{
    add(0xffff0000, 0x10000);
    EXPECT_EQ(alloc(0x1000, 0x1000), 0xfffff000u);
    EXPECT_EQ(alloc(0x800, 0x1000), 0xffffe000u);
    bottom_up();
    EXPECT_EQ(alloc(0xe000), 0xffff0000u);
    EXPECT_EQ(alloc(0x800, 0x800), 0xffffe800u);
    EXPECT_RESERVED("ffff0000-ffffffff");
}

// ---- between min and max ----

TEST_F(MemblockAlloc, StaysBetweenMinAndMax)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60008000)), 0x60007000u);
    bottom_up();
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60008000)), 0x60004000u);
}

TEST_F(MemblockAlloc, WindowThatFitsExactlyIsTaken)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60005000)), 0x60004000u);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60005000)), 0u);
}

TEST_F(MemblockAlloc, WindowTooNarrowOrUpsideDownGivesNothing)
{
    add(RAM, 0x10000);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60004fff)), 0u);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60008000), at(0x60004000)), 0u);
    bottom_up();
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60004fff)), 0u);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60008000), at(0x60004000)), 0u);
}

TEST_F(MemblockAlloc, WindowPartlyReservedGivesTheRest)
{
    add(RAM, 0x10000);
    reserve(0x60004000, 0x1000);
    reserve(0x60007000, 0x1000);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60008000)), 0x60006000u);
    bottom_up();
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60008000)), 0x60005000u);
    EXPECT_EQ(alloc(0x1000, 64, at(0x60004000), at(0x60008000)), 0u);
    EXPECT_RESERVED("60004000-60007fff");
}

TEST_F(MemblockAlloc, WindowWiderThanTheMemoryIsFine)
{
    add(0x60001000, 0x2000);
    EXPECT_EQ(alloc(0x1000, 64, at(0x10000000), at(0x70000000)), 0x60002000u);
    bottom_up();
    EXPECT_EQ(alloc(0x1000, 64, at(0x10000000), at(0x70000000)), 0x60001000u);
}

TEST_F(MemblockAlloc, MisalignedMinIsRoundedUp)
{
    add(RAM, 0x10000);
    bottom_up();
    EXPECT_EQ(alloc(0x100, 0x1000, at(0x60004001)), 0x60005000u);
    blocks.set_direction(memblock::direction::top_down);
    EXPECT_EQ(alloc(0x100, 0x1000, at(0x60004001), at(0x60005000)), 0u);
}

TEST_F(MemblockAlloc, AnywhereIsAboveTheCurrentLimit)
{
    add(RAM, 0x10000);
    blocks.set_current_limit(at(0x60008000));
    EXPECT_EQ(blocks.get_current_limit().raw(), 0x60008000u);
    EXPECT_EQ(alloc(0x1000), 0x60007000u);
    EXPECT_EQ(alloc(0x1000, 64, ANY_MIN, MEMBLOCK_ALLOC_ANYWHERE), 0x6000f000u);
    EXPECT_EQ(alloc(0x1000, 64, ANY_MIN, at(0x6000c000)), 0x6000b000u);
}

// ---- pointers ----

TEST_F(MemblockAlloc, PointersLeadToZeroedMemory)
{
    std::fill(arena, arena + ARENA_SIZE, u8{0xaa});
    add(RAM, 0x10000);
    auto *p = static_cast<u8 *>(blocks.alloc(0x100, 64, ANY_MIN, MEMBLOCK_ALLOC_ACCESSIBLE, "me"));
    ASSERT_TRUE(p == arena + 0xff00);
    EXPECT_TRUE(std::all_of(p, p + 0x100, [](u8 byte) { return byte == 0; }));
    EXPECT_EQ(p[-1], 0xaa);
    EXPECT_RESERVED("6000ff00-6000ffff=me");
}

TEST_F(MemblockAlloc, RawPointersLeadToMemoryAsItWas)
{
    std::fill(arena, arena + ARENA_SIZE, u8{0xaa});
    add(RAM, 0x10000);
    auto *p =
        static_cast<u8 *>(blocks.alloc_raw(0x100, 64, ANY_MIN, MEMBLOCK_ALLOC_ACCESSIBLE, "me"));
    ASSERT_TRUE(p == arena + 0xff00);
    EXPECT_TRUE(std::all_of(p, p + 0x100, [](u8 byte) { return byte == 0xaa; }));
}

TEST_F(MemblockAlloc, PointersNeverLeadAboveTheCurrentLimit)
{
    add(RAM, 0x10000);
    blocks.set_current_limit(at(0x60004000));
    const auto offset = [&](phys_addr_t max) {
        return static_cast<u8 *>(blocks.alloc(0x1000, 64, ANY_MIN, max)) - arena;
    };
    EXPECT_EQ(offset(MEMBLOCK_ALLOC_ANYWHERE), 0x3000);
    EXPECT_EQ(offset(at(0x60008000)), 0x2000);
    EXPECT_EQ(offset(at(0x60002000)), 0x1000);
}

TEST_F(MemblockAlloc, MinIsForgottenWhenNothingFitsAboveIt)
{
    add(RAM, 0x10000);
    void *p = blocks.alloc(0x1000, 64, at(0x6000f800), MEMBLOCK_ALLOC_ACCESSIBLE);
    EXPECT_TRUE(p == arena + 0xf000);
    EXPECT_TRUE(blocks.alloc(0x1000, 64, at(0x70000000), MEMBLOCK_ALLOC_ACCESSIBLE) ==
                arena + 0xe000);
}

TEST_F(MemblockAlloc, PointerIsNullWhenNothingFits)
{
    add(RAM, 0x1000);
    EXPECT_TRUE(blocks.alloc(0x2000, 64, ANY_MIN, MEMBLOCK_ALLOC_ACCESSIBLE) == nullptr);
    EXPECT_TRUE(blocks.alloc_raw(0x2000, 64, at(RAM), MEMBLOCK_ALLOC_ACCESSIBLE) == nullptr);
    EXPECT_RESERVED("");
}

TEST_F(MemblockAlloc, FreedMemoryIsGivenAgain)
{
    add(RAM, 0x4000);
    const u32 first = alloc(0x4000, 0x1000);
    EXPECT_EQ(alloc(0x1000), 0u);
    free(first + 0x1000, 0x1000);
    EXPECT_EQ(alloc(0x1000, 0x1000), first + 0x1000);
}
