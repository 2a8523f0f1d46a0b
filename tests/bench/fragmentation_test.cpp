// HOST ONLY: 32 million steps, in a program of its own that is optimised.
//
// Where the engine puts blocks is worth something: it leaves more large ones than the plain lists.
#include <tests/bench/fragmentation.h>

#include <gtest/gtest.h>

#include <tests/bench/lifo_buddy.h>
#include <tests/bench/tree_buddy.h>

namespace {

constexpr u32 seeds = 8;

void expect_at_least_as_good(const fragmentation &ours, const fragmentation &theirs)
{
    EXPECT_GE(ours.order_9, theirs.order_9) << "blocks of order 9";
    EXPECT_GE(ours.largest, theirs.largest) << "largest free block / free";
    EXPECT_LE(ours.failed, theirs.failed) << "failed allocations";
}

} // namespace

TEST(Placement, BeatsLastInFirstOutWhenHalfIsInUse)
{
    const fragmentation ours = measure_fragmentation<engine<16>>(50, seeds);
    const fragmentation lists = measure_fragmentation<lifo_buddy<16>>(50, seeds);
    expect_at_least_as_good(ours, lists);
    EXPECT_GT(ours.order_9, lists.order_9 + 1);
}

TEST(Placement, BeatsLastInFirstOutWhenNearlyAllIsInUse)
{
    const fragmentation ours = measure_fragmentation<engine<16>>(90, seeds);
    const fragmentation lists = measure_fragmentation<lifo_buddy<16>>(90, seeds);
    expect_at_least_as_good(ours, lists);
    EXPECT_GT(ours.order_9, lists.order_9 + 1);
}

TEST(Placement, FailsLessOftenThanTheFullestSubtree)
{
    const fragmentation ours = measure_fragmentation<engine<16>>(90, seeds);
    const fragmentation tree = measure_fragmentation<tree_buddy<16>>(90, seeds);
    EXPECT_LT(ours.failed, tree.failed);
}

// Whoever is told that something is free in the references must find it there.
template <class Allocator>
void take_everything_twice()
{
    Allocator arena(MEASURED_PAGES);
    for (int round = 0; round < 2; round++) {
        EXPECT_EQ(arena.largest(), 16);
        std::vector<bool> taken(MEASURED_PAGES);
        for (u32 i = 0; i < MEASURED_PAGES / 4; i++) {
            const u32 frame = arena.take(2);
            ASSERT_LT(frame, MEASURED_PAGES);
            ASSERT_EQ(frame % 4, 0u);
            ASSERT_FALSE(taken[frame]) << frame;
            taken[frame] = true;
        }
        EXPECT_EQ(arena.take(0), Allocator::NONE);
        EXPECT_EQ(arena.largest(), -1);
        for (u32 i = 0; i < MEASURED_PAGES / 4; i++)
            arena.give(i * 4, 2);
    }
}

TEST(LifoBuddy, GivesEachBlockOnceAndMergesAll)
{
    take_everything_twice<lifo_buddy<16>>();
}

TEST(TreeBuddy, GivesEachBlockOnceAndMergesAll)
{
    take_everything_twice<tree_buddy<16>>();
}
