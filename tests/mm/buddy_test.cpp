// The buddy engine: where blocks come from, what merging leaves, what each question answers.
#include <mm/buddy.h>
#include <tests/test.h>

namespace {

using engine = buddy<MAX_ORDER - 1>;
constexpr u32 PAGES = 8192;
constexpr migratetype MOVABLE = MIGRATE_MOVABLE;

alignas(4) u8 metadata[32 * 1024];

class Buddy : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_LE(engine::bytes_needed(PAGES), sizeof(metadata));
        buddy_.init(metadata, PAGES, MOVABLE);
    }
    void TearDown() override { EXPECT_EQ(nullptr, buddy_.verify()); }
    void fill() { buddy_.free_range(0, PAGES); }
    u32 take(unsigned order) { return buddy_.rmqueue_smallest(order, MOVABLE); }

    engine buddy_;
};

/// Free blocks of one order.
u32 count(const engine &b, unsigned wanted)
{
    u32 found = 0;
    b.for_each_free([&](u32, unsigned order, migratetype) { found += order == wanted; });
    return found;
}

} // namespace

TEST_F(Buddy, BeginsWithNothingFree)
{
    EXPECT_EQ(0u, buddy_.nr_free());
    EXPECT_EQ(-1, buddy_.largest(MOVABLE));
    EXPECT_FALSE(buddy_.is_free(0));
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        EXPECT_EQ(engine::NONE, take(order));
        EXPECT_FALSE(buddy_.has(order, MOVABLE));
    }
}

TEST_F(Buddy, ARangeBecomesTheLargestBlocksThatFit)
{
    buddy_.free_range(1, 4098); // 1, 2-3, 4-7, ..., 512-1023, 1024-2047, 2048-..., 4096-4097, 4098
    EXPECT_EQ(4098u, buddy_.nr_free());
    EXPECT_EQ(3u, count(buddy_, 10));
    for (unsigned order = 1; order < 10; order++)
        EXPECT_EQ(order == 1 ? 2u : 1u, count(buddy_, order)) << order;
    EXPECT_EQ(2u, count(buddy_, 0));
    EXPECT_EQ(10, buddy_.largest(MOVABLE));
}

TEST_F(Buddy, SplittingTakesTheFirstFramesAndListsTheUpperHalves)
{
    fill();
    EXPECT_EQ(0u, take(0));
    for (unsigned order = 0; order < 10; order++) {
        EXPECT_EQ(1u, count(buddy_, order)) << order;
        EXPECT_EQ(static_cast<int>(order), buddy_.free_order(1u << order));
    }
    EXPECT_EQ(PAGES / 1024 - 1, count(buddy_, 10));
}

TEST_F(Buddy, FreeingMergesAllTheWayUp)
{
    fill();
    const u32 page = take(0);
    buddy_.free_one_page(page, 0);
    EXPECT_EQ(PAGES / 1024, count(buddy_, 10));
    EXPECT_EQ(PAGES, buddy_.nr_free());
}

TEST_F(Buddy, EveryOrderComesAlignedAndGoesBackWhole)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        buddy_.init(metadata, PAGES, MOVABLE);
        fill();
        u32 taken = 0;
        for (u32 page; (page = take(order)) != engine::NONE; taken++)
            EXPECT_EQ(0u, page % (1u << order));
        EXPECT_EQ(PAGES >> order, taken);
        EXPECT_EQ(0u, buddy_.nr_free());
        for (u32 page = 0; page < PAGES; page += 1u << order)
            buddy_.free_one_page(page, order);
        EXPECT_EQ(PAGES / 1024, count(buddy_, 10));
        EXPECT_EQ(nullptr, buddy_.verify());
    }
}

TEST_F(Buddy, ABrokenChunkIsUsedBeforeAWholeOne)
{
    fill();
    const u32 first = take(0);
    for (u32 i = 1; i < 32; i++)
        EXPECT_EQ(first / 32, take(0) / 32);
    EXPECT_NE(first / 32, take(0) / 32);
}

TEST_F(Buddy, TheSmallestBlockThatFitsIsTakenFromAChunk)
{
    // Free in one chunk: frames 0-7 (order 3), 16 (order 0), 24-25 (order 1).
    buddy_.free_one_page(0, 3);
    buddy_.free_one_page(16, 0);
    buddy_.free_one_page(24, 1);
    EXPECT_EQ(16u, take(0));
    EXPECT_EQ(24u, take(0));
    EXPECT_EQ(25u, take(0));
    EXPECT_EQ(0u, take(2));
    EXPECT_EQ(4u, take(1));
}

TEST_F(Buddy, OfTwoChunksTheLowerOneIsTaken)
{
    buddy_.free_one_page(64, 2);
    buddy_.free_one_page(320, 2);
    buddy_.free_one_page(0, 3); // the next class, at a lower address
    EXPECT_EQ(0u, take(2));
    EXPECT_EQ(4u, take(2));
    EXPECT_EQ(64u, take(2));
    EXPECT_EQ(320u, take(2));
}

TEST_F(Buddy, BuddiesOfDifferentSizeDoNotMerge)
{
    fill();
    const u32 page = take(10);
    EXPECT_EQ(0u, page);
    buddy_.free_one_page(32, 5);
    buddy_.free_one_page(0, 4); // the buddy of 32 is 0-31, and only half of it is free
    EXPECT_EQ(5, buddy_.free_order(32));
    EXPECT_EQ(4, buddy_.free_order(0));
    buddy_.free_one_page(16, 4);
    EXPECT_EQ(6, buddy_.free_order(0));
    buddy_.free_range(64, 1024 - 64);
}

TEST_F(Buddy, BulkTakesFromOneChunkAfterTheOther)
{
    fill();
    u32 expected = 0;
    const u32 got =
        buddy_.rmqueue_bulk(100, MOVABLE, [&](u32 page) { EXPECT_EQ(expected++, page); });
    EXPECT_EQ(100u, got);
    EXPECT_EQ(PAGES - 100, buddy_.nr_free());
    EXPECT_EQ(PAGES - 100, buddy_.rmqueue_bulk(PAGES, MOVABLE, [](u32) {}));
    EXPECT_EQ(0u, buddy_.rmqueue_bulk(1, MOVABLE, [](u32) {}));
}

TEST_F(Buddy, ABlockCanBeTakenExactly)
{
    fill();
    EXPECT_TRUE(buddy_.take_exactly(1000, 3));
    EXPECT_FALSE(buddy_.take_exactly(1000, 3));
    EXPECT_FALSE(buddy_.take_exactly(992, 5));
    EXPECT_TRUE(buddy_.take_exactly(1008, 4));
    EXPECT_TRUE(buddy_.take_exactly(2048, 10));
    EXPECT_FALSE(buddy_.take_exactly(2048 + 64, 6));
    EXPECT_EQ(PAGES - 8 - 16 - 1024, buddy_.nr_free());
    EXPECT_FALSE(buddy_.is_free(1007));
    EXPECT_TRUE(buddy_.is_free(999));
}

TEST_F(Buddy, ATypeHasItsOwnBlocks)
{
    fill();
    EXPECT_EQ(engine::NONE, buddy_.rmqueue_smallest(0, MIGRATE_UNMOVABLE));
    EXPECT_EQ(1024u, buddy_.set_block_type(1500, MIGRATE_UNMOVABLE));
    const u32 page = buddy_.rmqueue_smallest(0, MIGRATE_UNMOVABLE);
    EXPECT_EQ(1024u, page);
    EXPECT_EQ(MIGRATE_UNMOVABLE, buddy_.block_type(page));
    EXPECT_EQ(1023u, buddy_.nr_free(MIGRATE_UNMOVABLE));
    // It comes back to the type of its pageblock, whatever that is by then.
    EXPECT_EQ(1023u, buddy_.set_block_type(page, MIGRATE_RECLAIMABLE));
    buddy_.free_one_page(page, 0);
    EXPECT_EQ(1024u, buddy_.nr_free(MIGRATE_RECLAIMABLE));
    EXPECT_EQ(0u, buddy_.set_block_type(page, MIGRATE_RECLAIMABLE));
}

TEST_F(Buddy, NothingComesFromAnIsolatedBlock)
{
    buddy_.free_range(0, 1024);
    buddy_.set_block_type(0, MIGRATE_ISOLATE);
    EXPECT_EQ(engine::NONE, take(0));
    EXPECT_EQ(0u, buddy_.nr_usable());
    EXPECT_EQ(1024u, buddy_.nr_free());
}

TEST_F(Buddy, FreeFramesOfAPageblockAreCounted)
{
    fill();
    EXPECT_EQ(1024u, buddy_.free_in_block(5));
    EXPECT_TRUE(buddy_.take_exactly(64, 6));
    EXPECT_TRUE(buddy_.take_exactly(3, 0));
    EXPECT_EQ(1024u - 65, buddy_.free_in_block(5));
    EXPECT_EQ(1024u - 65, buddy_.free_in_block(1023));
}

TEST(BuddySize, AFrameCostsLessThanHalfAByte)
{
    EXPECT_LT(engine::bytes_needed(262144), 262144u / 2);
    EXPECT_LT(buddy<16>::bytes_needed(65536), 65536u / 2);
}

TEST(BuddySize, FourGigabytesFit)
{
    EXPECT_EQ(1u << 20, engine::MAX_PAGES);
}
