// memparse: sizes as people write them.
#include <kernel/lib/memparse.h>

#include <tests/test.h>

namespace {

struct example {
    const char *text;
    u64 value;
    const char *rest;
};

} // namespace

TEST(Memparse, ReadsNumbersInThreeBasesWithUnits)
{
    const example examples[] = {
        {"0", 0, ""},
        {"64", 64, ""},
        {"64K", 64 << 10, ""},
        {"64k", 64 << 10, ""},
        {"3M", 3 << 20, ""},
        {"3m@", 3 << 20, "@"},
        {"2G", u64{2} << 30, ""},
        {"8g", u64{8} << 30, ""},
        {"0x10", 16, ""},
        {"0XffM", u64{255} << 20, ""},
        {"0xAbCdEf", 0xabcdef, ""},
        {"010", 8, ""},
        {"07K", 7 << 10, ""},
    };
    for (const example &e : examples) {
        SCOPED_TRACE(e.text);
        char *rest = nullptr;
        EXPECT_EQ(memparse(e.text, &rest), e.value);
        EXPECT_STREQ(rest, e.rest);
    }
}

TEST(Memparse, StopsAtTheFirstStrangeCharacter)
{
    const example examples[] = {
        {"", 0, ""},      {"M", 0, "M"},      {"-5", 0, "-5"},       {" 5", 0, " 5"},
        {"12Q", 12, "Q"}, {"1KB", 1024, "B"}, {"1MM", 1 << 20, "M"}, {"0x", 0, "x"},
        {"0xg", 0, "xg"}, {"09", 0, "9"},     {"12a", 12, "a"},      {"@5", 0, "@5"},
    };
    for (const example &e : examples) {
        SCOPED_TRACE(e.text);
        char *rest = nullptr;
        EXPECT_EQ(memparse(e.text, &rest), e.value);
        EXPECT_STREQ(rest, e.rest);
    }
}

TEST(Memparse, StaysAtTheTopInsteadOfWrapping)
{
    const u64 top = ~u64{0};
    EXPECT_EQ(memparse("18446744073709551615", nullptr), top);
    EXPECT_EQ(memparse("18446744073709551614", nullptr), top - 1);
    EXPECT_EQ(memparse("18446744073709551616", nullptr), top);
    EXPECT_EQ(memparse("99999999999999999999999", nullptr), top);
    EXPECT_EQ(memparse("0xffffffffffffffff", nullptr), top);
    EXPECT_EQ(memparse("0x10000000000000000", nullptr), top);
    EXPECT_EQ(memparse("0x400000000G", nullptr), top);
    EXPECT_EQ(memparse("0x3ffffffffG", nullptr), top - (u64{1} << 30) + 1);
}
