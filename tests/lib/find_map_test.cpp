// A set of small numbers that knows its smallest member.
#include <kernel/lib/find_map.h>
#include <tests/test.h>

namespace {

constexpr u32 ENTRIES = 5000;
u32 memory[find_map::words_needed(ENTRIES)];

class FindMap : public testing::Test {
protected:
    void SetUp() override
    {
        for (u32 &word : memory)
            word = 0;
        map_.init(memory, ENTRIES);
    }
    void TearDown() override { EXPECT_TRUE(map_.consistent(ENTRIES)); }
    find_map map_;
};

} // namespace

TEST_F(FindMap, BeginsEmpty)
{
    EXPECT_TRUE(map_.empty());
    EXPECT_EQ(0u, map_.count(ENTRIES));
}

TEST_F(FindMap, FirstIsTheSmallestWhateverTheOrderOfAdding)
{
    constexpr u32 numbers[] = {4999, 1024, 31, 32, 1023, 0};
    u32 smallest = ENTRIES;
    for (u32 n : numbers) {
        map_.add(n);
        smallest = n < smallest ? n : smallest;
        EXPECT_EQ(smallest, map_.first());
        EXPECT_TRUE(map_.has(n));
    }
    EXPECT_EQ(6u, map_.count(ENTRIES));
    for (u32 n : {0u, 31u, 32u, 1023u, 1024u, 4999u}) {
        EXPECT_EQ(n, map_.first());
        map_.remove(n);
        EXPECT_FALSE(map_.has(n));
    }
    EXPECT_TRUE(map_.empty());
}

TEST_F(FindMap, AWordStaysKnownWhileItHasAMember)
{
    map_.add(2048);
    map_.add(2050);
    map_.remove(2048);
    EXPECT_EQ(2050u, map_.first());
    map_.remove(2050);
    EXPECT_TRUE(map_.empty());
}

TEST_F(FindMap, LevelsThatDisagreeAreNoticed)
{
    // A leaf that has become empty may be known as one with members, but not the other way round.
    map_.add(100);
    memory[100 / 32] = 0;
    EXPECT_TRUE(map_.consistent(ENTRIES));
    memory[2000 / 32] = word_bit(2000 % 32);
    EXPECT_FALSE(map_.consistent(ENTRIES));
    memory[2000 / 32] = 0;
}
