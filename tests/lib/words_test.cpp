// The words of the tests themselves, so that shim and GoogleTest are seen to agree.
#include <tests/test.h>

#include <cstring>

#include <asm/page.h>
#include <kernel/core/printk.h>

TEST(Words, CompareNumbersPlacesAndTexts)
{
    int *nothing = nullptr;
    EXPECT_EQ(1, 1u);
    EXPECT_EQ(nothing, nullptr);
    EXPECT_NE(phys_addr_t(1), phys_addr_t(2));
    EXPECT_LT(pfn_t(1), pfn_t(2));
    EXPECT_LE(2, 2);
    EXPECT_GT(3, 2);
    EXPECT_GE(2, 2);
    EXPECT_NEAR(5u, 7u, 2u);
    EXPECT_STREQ("lowmem", "lowmem");
    EXPECT_STRNE("lowmem", "highmem");
    EXPECT_TRUE(nothing == nullptr) << "a message that nobody sees, " << 1 << phys_addr_t(2).raw();
    EXPECT_FALSE(nothing);
}

TEST(Words, ReportsAreReadLineByLine)
{
    printk("first: %d\nsecond\nthird\n", 1);
    EXPECT_REPORT("first: 1");
    EXPECT_REPORT("second\n");
    EXPECT_NO_REPORT("first");
    EXPECT_REPORT("third");
    EXPECT_NO_REPORT("third");
}

TEST(Words, ReportsOfTheTestBeforeAreForgotten)
{
    EXPECT_NO_REPORT("second");
}

namespace {

class WordsFixture : public ::testing::Test {
protected:
    void SetUp() override { value = 7; }
    void TearDown() override { torn_down++; }

    int value = 0;
    static inline int torn_down = 0;
};

} // namespace

TEST_F(WordsFixture, SetUpRanBefore)
{
    EXPECT_EQ(value, 7);
    value = 8;
}

TEST_F(WordsFixture, EachTestHasAFixtureOfItsOwn)
{
    EXPECT_EQ(value, 7);
}

namespace {

struct text_case {
    const char *text;
    u32 length;
};
class WordsWithValues : public ::testing::TestWithParam<text_case> {};
constexpr text_case listed[] = {{"", 0}, {"four", 4}};

} // namespace

TEST_P(WordsWithValues, RunOnceForEachValue)
{
    SCOPED_TRACE(GetParam().text);
    EXPECT_EQ(strlen(GetParam().text), GetParam().length);
}
INSTANTIATE_TEST_SUITE_P(Here, WordsWithValues, ::testing::Values(text_case{"a", 1}));
INSTANTIATE_TEST_SUITE_P(Listed, WordsWithValues, ::testing::ValuesIn(listed));
