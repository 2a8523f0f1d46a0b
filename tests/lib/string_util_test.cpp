// Numbers from text, distances of words, classes of characters.
#include <tests/test.h>

#include <kernel/lib/ctype.h>
#include <kernel/lib/string_util.h>

TEST(StringUtil, ReadsDecimalAndHexadecimalNumbers)
{
    EXPECT_EQ(*parse_u32("0"), 0u);
    EXPECT_EQ(*parse_u32("4294967295"), ~0u);
    EXPECT_EQ(*parse_u32("0xc0100000"), 0xc0100000u);
    EXPECT_EQ(*parse_u32("0XfFfFfFfF"), ~0u);
    EXPECT_EQ(*parse_u32("007"), 7u);
}

TEST(StringUtil, RefusesWhatIsNoNumber)
{
    for (const char *text : {"", "0x", "x", "12Q", "0xg", "-1", "+1", " 1", "1 ", "a"})
        EXPECT_FALSE(parse_u32(text).has_value()) << text;
}

TEST(StringUtil, RefusesWhatNeedsMoreThan32Bits)
{
    EXPECT_FALSE(parse_u32("4294967296").has_value());
    EXPECT_FALSE(parse_u32("42949672950").has_value());
    EXPECT_FALSE(parse_u32("0x100000000").has_value());
    EXPECT_EQ(*parse_u32("0x00000000ffffffff"), ~0u);
}

TEST(StringUtil, CountsEdits)
{
    EXPECT_EQ(edit_distance("walk", "walk"), 0u);
    EXPECT_EQ(edit_distance("wlak", "walk"), 1u); // two letters swapped
    EXPECT_EQ(edit_distance("wal", "walk"), 1u);
    EXPECT_EQ(edit_distance("walks", "walk"), 1u);
    EXPECT_EQ(edit_distance("talk", "walk"), 1u);
    EXPECT_EQ(edit_distance("", "walk"), 4u);
    EXPECT_EQ(edit_distance("layout", "ptdump"), 6u);
}

TEST(StringUtil, LongWordsAreInfinitelyFarApart)
{
    EXPECT_EQ(edit_distance("a", "0123456789012345678901234567890"), 31u);
    EXPECT_EQ(edit_distance("a", "01234567890123456789012345678901"), ~0u);
}

TEST(Ctype, KnowsAsciiOnly)
{
    EXPECT_TRUE(is_space(' ') && is_space('\t') && is_space('\r') && !is_space('x'));
    EXPECT_TRUE(is_print(' ') && is_print('~') && !is_print('\x7f') && !is_print('\xe4'));
    EXPECT_TRUE(is_alnum('9') && is_alnum('z') && is_alnum('A') && !is_alnum('_'));
    EXPECT_EQ(digit_value('9'), 9);
    EXPECT_EQ(digit_value('f'), 15);
    EXPECT_EQ(digit_value('F'), 15);
    EXPECT_EQ(digit_value('-'), -1);
}
