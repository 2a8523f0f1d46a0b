// Printers: what a buffer keeps, what it counts, what is cut.
#include <tests/test.h>

#include <kernel/lib/printer.h>

TEST(Printer, GathersTextInABuffer)
{
    text_buffer<32> text;
    printer out = text.out();
    out.write("one ");
    EXPECT_EQ(out.printf("two %d", 3), 5);
    EXPECT_STREQ(text.c_str(), "one two 3");
    EXPECT_EQ(text.view().size(), 9u);
    EXPECT_TRUE(text.contains("two"));
    EXPECT_FALSE(text.contains("four"));
}

TEST(Printer, CountsWhatTheBufferCannotHold)
{
    text_buffer<8> text;
    text.out().write("0123456789");
    EXPECT_STREQ(text.c_str(), "0123456");
    EXPECT_EQ(text.dropped(), 3u);
    text.clear();
    EXPECT_STREQ(text.c_str(), "");
    EXPECT_EQ(text.dropped(), 0u);
}

TEST(Printer, ALineIsCutAtItsLongest)
{
    static text_buffer<2 * printer::longest> text;
    text.clear();
    int length = text.out().printf("%*s", static_cast<int>(printer::longest) + 100, "end");
    EXPECT_EQ(length, static_cast<int>(printer::longest));
    EXPECT_EQ(text.view().size(), printer::longest);
    EXPECT_FALSE(text.contains("end"));
}

TEST(Printer, HandsALineOverInOnePiece)
{
    int pieces = 0;
    printer counter = {[](void *context, const char *, size_t) { ++*static_cast<int *>(context); },
                       &pieces};
    counter.printf("%s and %d and %x", "text", 1, 2);
    EXPECT_EQ(pieces, 1);
}
