// HOST ONLY: needs a hole in private:, to spoil what only the engine writes
// verify() names each kind of damage; and the words and classes it relies on are told apart.
#define private public
#include <mm/buddy.h>
#undef private
#include <tests/test.h>

namespace {

using engine = buddy<MAX_ORDER - 1>;
constexpr u32 PAGES = 4096;
alignas(4) u8 metadata[16 * 1024];

class BuddyVerify : public testing::Test {
protected:
    void SetUp() override
    {
        b_.init(metadata, PAGES, MIGRATE_MOVABLE);
        b_.free_range(0, PAGES - 40);
        ASSERT_EQ(nullptr, b_.verify());
    }
    engine b_;
};

} // namespace

TEST_F(BuddyVerify, ChunkInsideABlockWithFramesOfItsOwn)
{
    b_.words_[3] = 1;
    EXPECT_STREQ("a chunk inside a free block has free frames of its own", b_.verify());
}

TEST_F(BuddyVerify, ChunkInNoList)
{
    b_.klass_[PAGES / 32 - 2] = 0xff;
    EXPECT_STREQ("a chunk with free frames is in no list", b_.verify());
}

TEST_F(BuddyVerify, OrderThatDoesNotExist)
{
    b_.klass_[0] = 11;
    EXPECT_STREQ("a chunk has an order that does not exist", b_.verify());
}

TEST_F(BuddyVerify, WordOfAnotherClass)
{
    b_.words_[PAGES / 32 - 2] = 0x80000001;
    EXPECT_STREQ("a chunk is listed under another class than its word's", b_.verify());
}

TEST_F(BuddyVerify, BlockAtAnImpossiblePlace)
{
    b_.klass_[0] = 0xff;
    b_.klass_[1] = 6;
    EXPECT_STREQ("a free block is not where blocks of its order can be", b_.verify());
}

TEST_F(BuddyVerify, BuddiesNotMerged)
{
    b_.unlist(0, MIGRATE_MOVABLE);
    b_.list(0, 9, MIGRATE_MOVABLE);
    b_.list(16, 9, MIGRATE_MOVABLE);
    EXPECT_STREQ("two free buddies were not merged", b_.verify());
}

TEST_F(BuddyVerify, BlockMissingFromItsMap)
{
    b_.maps_[10][MIGRATE_MOVABLE].remove(0);
    EXPECT_STREQ("a free block is missing from its map", b_.verify());
}

TEST_F(BuddyVerify, WrongCount)
{
    b_.nr_free_[MIGRATE_MOVABLE]++;
    EXPECT_STREQ("the count of free frames is wrong", b_.verify());
}

TEST_F(BuddyVerify, WrongMaskOfOrders)
{
    b_.orders_[MIGRATE_MOVABLE] = 0;
    EXPECT_STREQ("the mask of orders is wrong", b_.verify());
}

TEST_F(BuddyVerify, MapThatNamesTooMuch)
{
    b_.maps_[2][MIGRATE_CMA].add(7);
    EXPECT_STREQ("a map names what is not free", b_.verify());
}

TEST_F(BuddyVerify, MapWhoseLevelsDisagree)
{
    b_.maps_[10][MIGRATE_MOVABLE].top_ = 0;
    EXPECT_STREQ("a map names what is not free", b_.verify());
}
