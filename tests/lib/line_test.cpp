// The line editor, key by key, in front of a terminal of one row that this file simulates.
#include <tests/test.h>

#include <cstring>

#include <kernel/monitor/line.h>

namespace {

const char *command_name(size_t i)
{
    static const char *const names[] = {"layout", "walk", "wait", "ptdump", nullptr};
    return names[i];
}

/// A terminal of one endless row, which knows what the editor uses of a terminal.
class terminal {
public:
    printer out() { return {&write, this}; }
    [[nodiscard]] const char *row() const { return row_; }
    [[nodiscard]] size_t column() const { return column_; }
    [[nodiscard]] const char *row_before() const { return row_before_; }
    [[nodiscard]] int bells() const { return bells_; }

private:
    static void write(void *context, const char *text, size_t length)
    {
        auto *self = static_cast<terminal *>(context);
        for (size_t i = 0; i < length; ++i)
            self->put(text[i]);
    }
    void put(char c)
    {
        if (c == '\n') {
            std::memcpy(row_before_, row_, sizeof(row_));
            std::memset(row_, 0, sizeof(row_));
            column_ = 0;
        } else if (c == '\b') {
            EXPECT_GT(column_, 0u);
            --column_;
        } else if (c == '\a') {
            ++bells_;
        } else {
            ASSERT_LT(column_, sizeof(row_) - 1);
            row_[column_++] = c;
        }
    }

    char row_[400] = {};
    char row_before_[400] = {};
    size_t column_ = 0;
    int bells_ = 0;
};

class Line : public ::testing::Test {
protected:
    Line() { editor.start(screen.out()); }

    /// Feeds all bytes; the event of the last one. Starts a new line where one ends.
    line_event type(const char *bytes)
    {
        line_event event = line_event::none;
        for (; *bytes != '\0'; ++bytes) {
            event = editor.feed(static_cast<u8>(*bytes), screen.out());
            if (event == line_event::none)
                continue;
            ended = event;
            std::memset(text, 0, sizeof(text));
            std::memcpy(text, editor.line().data(), editor.line().size());
            ++lines;
            editor.start(screen.out());
        }
        return event;
    }
    /// What is being edited.
    const char *editing()
    {
        std::memset(text, 0, sizeof(text));
        std::memcpy(text, editor.line().data(), editor.line().size());
        return text;
    }

    terminal screen;
    line_editor editor{"> ", command_name};
    line_event ended = line_event::none;
    int lines = 0;
    char text[line_editor::longest + 1] = {};
};

#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"
#define UP "\x1b[A"
#define DOWN "\x1b[B"

} // namespace

TEST_F(Line, EchoesWhatIsTyped)
{
    EXPECT_STREQ(screen.row(), "> ");
    EXPECT_EQ(type("walk 0"), line_event::none);
    EXPECT_STREQ(screen.row(), "> walk 0");
    EXPECT_EQ(type("\r"), line_event::ready);
    EXPECT_STREQ(text, "walk 0");
    EXPECT_STREQ(screen.row_before(), "> walk 0");
}

TEST_F(Line, CrLfAndCrLfEachEndOneLine)
{
    type("a\rb\nc\r\nd\n\r\n");
    EXPECT_EQ(lines, 5); // the last one is empty
    EXPECT_STREQ(text, "");
    type("x\r");
    type("\n");
    EXPECT_EQ(lines, 6); // LF of a CR that came in an earlier packet
    type("\n");
    EXPECT_EQ(lines, 7);
}

TEST_F(Line, BackspaceAndDeleteRemoveOneCharacter)
{
    type("abc\b");
    EXPECT_STREQ(editing(), "ab");
    type("\x7f\b\b\b");
    EXPECT_STREQ(editing(), "");
    EXPECT_EQ(screen.column(), 2u);
    type("abc" LEFT LEFT "\x1b[3~");
    EXPECT_STREQ(editing(), "ac");
    type("\x1b[3~\x1b[3~");
    EXPECT_STREQ(editing(), "a");
}

TEST_F(Line, TypingInTheMiddleMovesTheRest)
{
    type("wk" LEFT "al");
    EXPECT_STREQ(editing(), "walk");
    EXPECT_STREQ(screen.row(), "> walk");
    EXPECT_EQ(screen.column(), 5u);
    type("\x01>\x05!");
    EXPECT_STREQ(editing(), ">walk!");
}

TEST_F(Line, ErasesToTheStartToTheEndAndByWord)
{
    type("one two  three");
    type("\x17");
    EXPECT_STREQ(editing(), "one two  ");
    type("\x17");
    EXPECT_STREQ(editing(), "one ");
    type("two" LEFT LEFT "\x0b");
    EXPECT_STREQ(editing(), "one t");
    type(LEFT "\x15");
    EXPECT_STREQ(editing(), "t");
    EXPECT_EQ(screen.column(), 2u);
}

TEST_F(Line, ControlCDropsTheLine)
{
    type("poweroff\x03");
    EXPECT_EQ(ended, line_event::dropped);
    EXPECT_STREQ(text, "");
    EXPECT_STREQ(screen.row_before(), "> poweroff^C");
    type("ok\r");
    EXPECT_EQ(ended, line_event::ready);
    EXPECT_STREQ(text, "ok");
}

TEST_F(Line, HistoryComesBackNewestFirst)
{
    type("one\rtwo\rthree\r");
    type("new" UP);
    EXPECT_STREQ(editing(), "three");
    type(UP UP);
    EXPECT_STREQ(editing(), "one");
    EXPECT_STREQ(screen.row(), "> one  ");
    EXPECT_EQ(screen.bells(), 0);
    type(UP);
    EXPECT_EQ(screen.bells(), 1);
    type(DOWN);
    EXPECT_STREQ(editing(), "two");
    type(DOWN DOWN);
    EXPECT_STREQ(editing(), "new");
    type(DOWN "\x10\r");
    EXPECT_STREQ(text, "three");
}

TEST_F(Line, HistoryKeepsTheNewestAndNoRepetitions)
{
    for (char c = 'a'; c <= 'z'; ++c) {
        const char line[] = {c, '\r', c, '\r', '\r', '\0'};
        type(line);
    }
    for (size_t i = 0; i < line_editor::history_size; ++i)
        type(UP);
    EXPECT_STREQ(editing(), "k"); // 16 back from z
    EXPECT_EQ(screen.bells(), 0);
}

TEST_F(Line, TabCompletesAName)
{
    type("la\t");
    EXPECT_STREQ(editing(), "layout ");
    type("\r la\t");
    EXPECT_STREQ(editing(), " layout ");
    type("\rlayout; pt\t0");
    EXPECT_STREQ(editing(), "layout; ptdump 0");
}

TEST_F(Line, TabAddsWhatSeveralNamesShareThenListsThem)
{
    type("w\t");
    EXPECT_STREQ(editing(), "wa");
    type("\t");
    EXPECT_STREQ(screen.row_before(), "walk  wait  ");
    EXPECT_STREQ(screen.row(), "> wa");
    type("l\t");
    EXPECT_STREQ(editing(), "walk ");
}

TEST_F(Line, TabWithoutAMatchRings)
{
    type("zz\t");
    EXPECT_STREQ(editing(), "zz");
    EXPECT_EQ(screen.bells(), 1);
}

TEST_F(Line, TabAmongArgumentsIsABlank)
{
    type("walk \t0xc0\t1");
    EXPECT_STREQ(editing(), "walk  0xc0 1");
}

TEST_F(Line, ALineThatIsTooLongIsNotHandedOut)
{
    for (size_t i = 0; i < line_editor::longest; ++i)
        type("x");
    EXPECT_EQ(screen.bells(), 0);
    type("y");
    EXPECT_EQ(screen.bells(), 1);
    EXPECT_EQ(type("\r"), line_event::too_long);
    EXPECT_STREQ(text, "");
    type("ok\r");
    EXPECT_STREQ(text, "ok");
}

TEST_F(Line, OneThatWasShortenedInTimeIs)
{
    for (size_t i = 0; i < line_editor::longest + 1; ++i)
        type("x");
    type("\b");
    EXPECT_EQ(type("\r"), line_event::ready);
    EXPECT_EQ(std::strlen(text), line_editor::longest - 1);
}

TEST_F(Line, UnknownKeysDoNothing)
{
    type("a\x1b[5~\x1b[15~\x1bx\x1b[Z\x07\xc3\xa4\xff\x1b[1;5Cb");
    EXPECT_STREQ(editing(), "ab");
}

TEST_F(Line, AnUnfinishedSequenceDoesNotEatTheEndOfTheLine)
{
    EXPECT_EQ(type("a\x1b\r"), line_event::ready);
    EXPECT_STREQ(text, "a");
    EXPECT_EQ(type("b\x1b[\r"), line_event::ready);
    EXPECT_STREQ(text, "b");
    EXPECT_EQ(type("c\x1b[1\r"), line_event::ready);
    EXPECT_STREQ(text, "c");
}

TEST_F(Line, HomeAndEndHaveManyNames)
{
    for (const char *home : {"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01"}) {
        type("b");
        type(home);
        type("a");
        EXPECT_STREQ(editing(), "ab") << home + 1;
        type("\x03");
    }
    for (const char *end : {"\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x05"}) {
        type("ab" LEFT LEFT);
        type(end);
        type("c");
        EXPECT_STREQ(editing(), "abc") << end + 1;
        type("\x03");
    }
}

namespace {

/// What editing should come to, said as simply as possible.
struct model {
    char text[line_editor::longest + 1] = {};
    size_t length = 0;
    size_t cursor = 0;

    void insert(char c)
    {
        if (length == line_editor::longest)
            return;
        for (size_t i = length++; i > cursor; --i)
            text[i] = text[i - 1];
        text[cursor++] = c;
    }
    void remove_before(size_t count)
    {
        for (; count > 0 && cursor > 0; --count) {
            --cursor;
            remove_at();
        }
    }
    void remove_at()
    {
        for (size_t i = cursor; i < length; ++i)
            text[i] = text[i + 1];
        length -= cursor < length;
    }
};

} // namespace

TEST_F(Line, TheScreenShowsTheLineAfterAnyKeys)
{
    model wanted;
    u32 random = 12345;
    for (int i = 0; i < 4000; ++i) {
        random = random * 1103515245 + 12345;
        u32 key = (random >> 16) % 40;
        if (key < 24) {
            char typed[] = {static_cast<char>('a' + key % 20), '\0'};
            if (key >= 20)
                typed[0] = ' ';
            type(typed);
            wanted.insert(typed[0]);
        } else if (key < 27) {
            type("\b");
            wanted.remove_before(1);
        } else if (key < 32) {
            type(LEFT);
            wanted.cursor -= wanted.cursor > 0;
        } else if (key < 36) {
            type(RIGHT);
            wanted.cursor += wanted.cursor < wanted.length;
        } else if (key == 36) {
            type("\x1b[3~");
            wanted.remove_at();
        } else if (key == 37) {
            type("\x17");
            while (wanted.cursor > 0 && wanted.text[wanted.cursor - 1] == ' ')
                wanted.remove_before(1);
            while (wanted.cursor > 0 && wanted.text[wanted.cursor - 1] != ' ')
                wanted.remove_before(1);
        } else if (key == 38) {
            type("\x01");
            wanted.cursor = 0;
        } else {
            type("\x05");
            wanted.cursor = wanted.length;
        }
        ASSERT_STREQ(editing(), wanted.text);
        ASSERT_EQ(screen.column(), 2 + wanted.cursor);
        ASSERT_EQ(std::strncmp(screen.row() + 2, wanted.text, wanted.length), 0);
        // Behind the line only blanks are left of what stood there.
        for (const char *rest = screen.row() + 2 + wanted.length; *rest != '\0'; ++rest)
            ASSERT_EQ(*rest, ' ');
    }
}
