// memblock's lists when they get long: they move into bigger arrays, out of their own memory.
#include <tests/mm/memblock_fixture.h>

#include <kernel/lib/errno.h>

using namespace memblock_test;

class MemblockGrowth : public memblock_of<2> {
protected:
    /// Fills both entries of the reserved list, in memory far away from the arena.
    void fill_reserved()
    {
        reserve(0x10000000, 0x100);
        reserve(0x10001000, 0x100);
    }
};

TEST_F(MemblockGrowth, IsAnErrorUntilAllowed)
{
    add(RAM, 0x10000);
    fill_reserved();
    EXPECT_EQ(blocks.reserve(at(0x10002000), 0x100), -ENOMEM);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff");
    blocks.allow_resize();
    reserve(0x10002000, 0x100);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 10002000-100020ff "
                    "6000f000-6000ffff=memblock");
    EXPECT_EQ(blocks.reserved_usage().room, PAGE_SIZE / sizeof(memblock_region));
}

TEST_F(MemblockGrowth, IsAnErrorWithoutMemory)
{
    blocks.allow_resize();
    add(RAM, 0x800);
    fill_reserved();
    EXPECT_EQ(blocks.reserve(at(0x10002000), 0x100), -ENOMEM);
    EXPECT_REPORT("memblock: no 4096 bytes below 0x100000000 for a longer list of reserved");
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff");
}

TEST_F(MemblockGrowth, OfTheMemoryListIsBookedInTheReservedList)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    add(0x70000000, 0x1000);
    blocks.set_current_limit(at(RAM + 0x10000));
    add(0x70002000, 0x1000);
    EXPECT_MEMORY("60000000-6000ffff 70000000-70000fff 70002000-70002fff");
    EXPECT_RESERVED("6000f000-6000ffff=memblock");
    EXPECT_EQ(blocks.memory_usage().room, PAGE_SIZE / sizeof(memblock_region));
}

TEST_F(MemblockGrowth, OfTheMemoryListGrowsTheReservedListFirstIfThatIsFull)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    add(0x70000000, 0x1000);
    blocks.set_current_limit(at(RAM + 0x10000));
    fill_reserved();
    add(0x70002000, 0x1000);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 6000e000-6000ffff=memblock");
}

TEST_F(MemblockGrowth, OfTheMemoryListFailsIfTheReservedListCannotGrow)
{
    blocks.allow_resize();
    add(RAM, 0x800);
    add(0x70000000, 0x100);
    fill_reserved();
    EXPECT_EQ(blocks.add(at(0x70002000), 0x100), -ENOMEM);
    EXPECT_REPORT("for a longer list of reserved");
    EXPECT_EQ(blocks.remove(at(0x60000100), 0x100), -ENOMEM);
    EXPECT_REPORT("for a longer list of reserved");
    EXPECT_MEMORY("60000000-600007ff 70000000-700000ff");
}

TEST_F(MemblockGrowth, OfTheMemoryListMayFailAfterTheReservedListHasGrown)
{
    blocks.allow_resize();
    add(RAM, 0x1000);
    add(0x70000000, 0x100);
    fill_reserved();
    EXPECT_EQ(blocks.add(at(0x70002000), 0x100), -ENOMEM);
    EXPECT_REPORT("for a longer list of memory");
    EXPECT_MEMORY("60000000-60000fff 70000000-700000ff");
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 60000000-60000fff=memblock");
}

TEST_F(MemblockGrowth, TakesMemoryOutsideOfWhatIsBeingReserved)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    fill_reserved();
    reserve(RAM + 0x8000, 0x7800); // above it only half a page is left
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 60007000-60007fff=memblock "
                    "60008000-6000f7ff");
}

TEST_F(MemblockGrowth, PrefersMemoryAboveWhatIsBeingReserved)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    fill_reserved();
    reserve(RAM + 0x8000, 0x1000);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 60008000-60008fff "
                    "6000f000-6000ffff=memblock");
}

TEST_F(MemblockGrowth, FailsIfOnlyWhatIsBeingReservedIsLeft)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    fill_reserved();
    EXPECT_EQ(blocks.reserve(at(RAM), 0x10000), -ENOMEM);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff");
}

TEST_F(MemblockGrowth, StaysBelowTheCurrentLimit)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    blocks.set_current_limit(at(RAM + 0x4000));
    fill_reserved();
    reserve(0x10002000, 0x100);
    EXPECT_TRUE(blocks.is_reserved(at(RAM + 0x3000)));
    EXPECT_FALSE(blocks.is_reserved(at(RAM + 0x4000)));
}

TEST_F(MemblockGrowth, GivesTheOldArrayBack)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    const u32 first_room = PAGE_SIZE / sizeof(memblock_region);
    for (u32 i = 0; i < first_room; ++i)
        reserve(0x10000000 + i * 0x1000, 0x100);
    EXPECT_EQ(blocks.reserved_size(), first_room * 0x100 + 2 * PAGE_SIZE);
    EXPECT_FALSE(blocks.is_reserved(at(RAM + 0xf000)));
    EXPECT_TRUE(blocks.is_reserved(at(RAM + 0xd000)));
    for (u32 i = 0; i < first_room; ++i)
        EXPECT_TRUE(blocks.is_reserved(at(0x10000000 + i * 0x1000)));
}

TEST_F(MemblockGrowth, OldArrayInTheWayOfAReservationBecomesTheirs)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    const u32 first_room = PAGE_SIZE / sizeof(memblock_region);
    for (u32 i = 0; i < first_room - 1; ++i)
        reserve(0x10000000 + i * 0x1000, 0x100);
    EXPECT_EQ(blocks.reserved_usage().used, first_room);
    reserve(RAM + 0xf000, 0x1000, "too late"); // it is memblock's: nothing to do
    EXPECT_EQ(blocks.reserved_usage().used, first_room);
    reserve(RAM + 0xe000, 0x2000, "in time"); // needs an entry, so the array moves and is theirs
    EXPECT_TRUE(blocks.next_reserved(RAM + 0xf000)->name[0] == 'i');
    EXPECT_EQ(blocks.next_reserved(RAM + 0xe000)->size(), 0x2000u);
}

TEST_F(MemblockGrowth, FreeingFromTheMiddleMayGrowTheList)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    reserve(0x10000000, 0x4000);
    reserve(0x20000000, 0x4000);
    free(0x10001000, 0x1000);
    EXPECT_RESERVED("10000000-10000fff 10002000-10003fff 20000000-20003fff "
                    "6000f000-6000ffff=memblock");
}

TEST_F(MemblockGrowth, OwnArraysAreNeitherFreedNorRemoved)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    add(0x70000000, 0x1000);
    blocks.set_current_limit(at(RAM + 0x10000));
    add(0x70002000, 0x1000); // the memory list's
    fill_reserved();
    reserve(0x10002000, 0x100); // the reserved list's
    EXPECT_EQ(blocks.free(at(RAM + 0xf800), 0x100), -EINVAL);
    EXPECT_REPORT("memblock: 0x6000f800-0x6000f8ff stays in reserved: it holds memblock's own");
    EXPECT_EQ(blocks.remove(at(RAM), 0xf000), -EINVAL);
    EXPECT_REPORT("memblock: 0x60000000-0x6000efff stays in memory: it holds memblock's own");
    blocks.enforce_memory_limit(0x4000);
    EXPECT_REPORT("stays in memory");
    EXPECT_MEMORY("60000000-6000ffff 70000000-70000fff 70002000-70002fff");
}

TEST_F(MemblockGrowth, AllocationMayGrowTheList)
{
    blocks.allow_resize();
    add(RAM, 0x10000);
    fill_reserved();
    const phys_addr_t p =
        blocks.phys_alloc_range(0x1000, 64, at(0), MEMBLOCK_ALLOC_ACCESSIBLE, "mine");
    EXPECT_EQ(p.raw(), 0x6000f000u);
    EXPECT_RESERVED("10000000-100000ff 10001000-100010ff 6000e000-6000efff=memblock "
                    "6000f000-6000ffff=mine");
}

/// The n-th growth finds no memory: whatever was asked then has not happened, all before has.
TEST_F(MemblockGrowth, NthFailureLeavesTheListsAsTheyWere)
{
    // Growth n needs its new array while the old one is still there.
    for (u32 pages = 0; pages <= 8; ++pages) {
        SCOPED_TRACE(pages);
        memblock_region memory[2] = {};
        memblock_region reserved[2] = {};
        memblock own(memory, reserved, arena_va);
        own.allow_resize();
        ASSERT_EQ(own.add(at(RAM), pages * PAGE_SIZE), 0);
        u32 done = 0;
        while (done < 3000 && own.reserve(at(0x10000000 + done * 0x1000), 0x100) == 0)
            ++done;
        ASSERT_LT(done, 3000u);
        EXPECT_REPORT("for a longer list of reserved");
        u64 own_size = 0;
        u32 theirs = 0;
        for (auto r = own.next_reserved(0); r; r = own.next_reserved(r->end())) {
            if (r->name != nullptr)
                own_size += r->size();
            else
                theirs += r->base.raw() == 0x10000000 + theirs * 0x1000 && r->size() == 0x100;
        }
        EXPECT_EQ(theirs, done);
        EXPECT_LE(own_size, pages * PAGE_SIZE);
        // One entry less, and the next reservation works again.
        EXPECT_EQ(own.free(at(0x10000000), 0x100), 0);
        EXPECT_EQ(own.reserve(at(0x20000000), 0x100), 0);
    }
}
