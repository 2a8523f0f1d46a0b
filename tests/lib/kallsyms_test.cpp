// kallsyms over a table made by hand, and the running kernel's own where it has one.
#include <tests/test.h>

#include <kernel/core/kallsyms.h>
#include <kernel/core/panic.h>
#include <kernel/lib/printer.h>

namespace {

constexpr u32 starts[] = {0xc0100000, 0xc0100020, 0xc0100100, 0xc0100200};
constexpr u32 offsets[] = {0, 6, 20};
constexpr char names[] = "first\0memblock::add\0last";
static_assert(sizeof(names) == 25);

constexpr symbol_table table = {starts, offsets, names};

class formatted_symbol {
public:
    formatted_symbol(u32 address, symbol_style style, size_t size = 64)
    {
        length = format_symbol(table, address, style, text, size);
    }
    char text[64];
    size_t length;
};

} // namespace

TEST(Kallsyms, FindsTheFunctionThatHoldsAnAddress)
{
    EXPECT_EQ(table.find(0xc0100000)->name, "first");
    EXPECT_EQ(table.find(0xc010001f)->name, "first");
    EXPECT_EQ(table.find(0xc0100020)->name, "memblock::add");
    EXPECT_EQ(table.find(0xc0100020)->start, 0xc0100020u);
    EXPECT_EQ(table.find(0xc0100020)->size, 0xe0u);
    EXPECT_EQ(table.find(0xc01001ff)->name, "last");
}

TEST(Kallsyms, FindsNothingOutsideTheTable)
{
    EXPECT_FALSE(table.find(0).has_value());
    EXPECT_FALSE(table.find(0xc00fffff).has_value());
    EXPECT_FALSE(table.find(0xc0100200).has_value());
    EXPECT_FALSE(table.find(0xffffffff).has_value());
}

TEST(Kallsyms, AnEmptyTableFindsNothing)
{
    EXPECT_FALSE(symbol_table{}.find(0xc0100000).has_value());
}

TEST(Kallsyms, FormatsInThreeStyles)
{
    EXPECT_STREQ(formatted_symbol(0xc0100024, symbol_style::offset).text, "memblock::add+0x4/0xe0");
    EXPECT_STREQ(formatted_symbol(0xc0100024, symbol_style::name).text, "memblock::add");
    EXPECT_STREQ(formatted_symbol(0xc0100300, symbol_style::offset).text, "0xc0100300");
}

TEST(Kallsyms, AReturnAddressBelongsToTheFunctionThatCalled)
{
    // The call was the last instruction of `first`.
    EXPECT_STREQ(formatted_symbol(0xc0100020, symbol_style::return_address).text,
                 "first+0x20/0x20");
    EXPECT_STREQ(formatted_symbol(0xc0100200, symbol_style::return_address).text,
                 "last+0x100/0x100");
}

TEST(Kallsyms, CutsToTheBuffer)
{
    formatted_symbol cut(0xc0100024, symbol_style::offset, 9);
    EXPECT_STREQ(cut.text, "memblock");
    EXPECT_EQ(cut.length, 8u);
}

TEST(Kallsyms, TheKernelKnowsItsOwnNames)
{
    if (kernel_symbols().starts.empty())
        GTEST_SKIP() << "no table in this program";
    text_buffer<64> text;
    text.out().printf("%ps", reinterpret_cast<void *>(&panic));
    EXPECT_STREQ(text.c_str(), "panic");
}
