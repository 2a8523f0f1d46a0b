// bitmap: single bits, ranges over words, searches that end at the size.
#include <tests/test.h>

#include <kernel/lib/bitmap.h>

TEST(Bitmap, BeginsClear)
{
    bitmap<70> map;
    EXPECT_EQ(map.size(), 70u);
    EXPECT_EQ(map.weight(), 0u);
    EXPECT_EQ(map.find_next_set(0), 70u);
    EXPECT_EQ(map.find_next_clear(0), 0u);
}

TEST(Bitmap, SetsAndClearsSingleBits)
{
    bitmap<70> map;
    for (u32 bit : {0u, 31u, 32u, 63u, 69u})
        map.set(bit);
    EXPECT_EQ(map.weight(), 5u);
    EXPECT_TRUE(map.test(31));
    EXPECT_FALSE(map.test(30));
    map.clear(31);
    EXPECT_FALSE(map.test(31));
    u32 seen[8];
    u32 count = 0;
    for (u32 i = map.find_next_set(0); i < map.size(); i = map.find_next_set(i + 1))
        seen[count++] = i;
    ASSERT_EQ(count, 4u);
    EXPECT_EQ(seen[0], 0u);
    EXPECT_EQ(seen[1], 32u);
    EXPECT_EQ(seen[2], 63u);
    EXPECT_EQ(seen[3], 69u);
}

TEST(Bitmap, RangesCrossWords)
{
    bitmap<128> map;
    map.set_range(30, 70);
    EXPECT_EQ(map.weight(), 70u);
    EXPECT_EQ(map.find_next_set(0), 30u);
    EXPECT_EQ(map.find_next_clear(30), 100u);
    map.clear_range(32, 64);
    EXPECT_EQ(map.weight(), 6u);
    EXPECT_EQ(map.find_next_clear(30), 32u);
    EXPECT_EQ(map.find_next_set(32), 96u);
    map.set_range(0, 128);
    EXPECT_EQ(map.weight(), 128u);
    EXPECT_EQ(map.find_next_clear(0), 128u);
    map.set_range(5, 0);
    EXPECT_EQ(map.weight(), 128u);
}

TEST(Bitmap, SearchesEndAtTheSize)
{
    bitmap<33> map;
    map.set_range(0, 33);
    EXPECT_EQ(map.find_next_clear(0), 33u); // bits 33 to 63 are clear, and do not exist
    EXPECT_EQ(map.find_next_set(33), 33u);
    EXPECT_EQ(map.find_next_set(1000), 33u);
}

TEST(Bitmap, WorksAtCompileTime)
{
    constexpr auto map = [] {
        bitmap<40> made;
        made.set_range(10, 20);
        return made;
    }();
    static_assert(map.weight() == 20 && map.find_next_set(0) == 10);
    EXPECT_TRUE(map.test(29));
}
