// The command line, cut into words and handed to those who asked for them.
#include <kernel/core/early_param.h>

#include <boot/loader.h>
#include <kernel/lib/vsnprintf.h>
#include <tests/test.h>

namespace {

constinit char seen[512] = "";
constinit size_t used = 0;

/// Notes "name[value] " for each call.
void note(const char *name, const char *value)
{
    const bool given = value != nullptr;
    used += static_cast<size_t>(kscnprintf(seen + used, sizeof seen - used, "%s%s%s%s ", name,
                                           given ? "[" : "", given ? value : "", given ? "]" : ""));
}

int one(const char *value)
{
    note("one", value);
    return 0;
}
int two(const char *value)
{
    note("two", value);
    return -1; // refused: changes nothing for the others
}
int three(const char *value)
{
    note("three", value);
    return 0;
}
early_param("params_test_one", one);
early_param("params_test_two", two);
early_param("params-test-three", three);

const char *parse(const char *line)
{
    seen[0] = '\0';
    used = 0;
    parse_early_param(line);
    return seen;
}

} // namespace

TEST(Params, KnownNamesAreCalledInTheOrderOfTheLine)
{
    EXPECT_STREQ(parse("params_test_two=b params_test_one=a params_test_one=c"),
                 "two[b] one[a] one[c] ");
}

TEST(Params, NamesWithoutValueGetNone)
{
    EXPECT_STREQ(parse("params_test_one"), "one ");
    EXPECT_STREQ(parse("params_test_one="), "one[] ");
}

TEST(Params, UnknownNamesPassSilently)
{
    EXPECT_STREQ(parse("params_test_o=1 params_test_one2=2 =3 quiet params_test_one=4"), "one[4] ");
    EXPECT_NO_REPORT("param");
}

TEST(Params, EmptyLinesAreEmpty)
{
    EXPECT_STREQ(parse(""), "");
    EXPECT_STREQ(parse(" \t \n "), "");
}

TEST(Params, AnyWhiteSpacePartsWords)
{
    EXPECT_STREQ(parse("  params_test_one=1\tparams_test_one=2\nparams_test_one=3  "),
                 "one[1] one[2] one[3] ");
}

TEST(Params, QuotesHoldWordsTogether)
{
    EXPECT_STREQ(parse("params_test_one=\"a b\" params_test_one=c"), "one[a b] one[c] ");
    EXPECT_STREQ(parse("\"params_test_one=a b\" params_test_one=c"), "one[a b] one[c] ");
    EXPECT_STREQ(parse("x=\"params_test_one=1 \" params_test_one=2"), "one[2] ");
}

TEST(Params, QuotesInsideOfAWordStay)
{
    EXPECT_STREQ(parse("params_test_one=a\"b c\"d"), "one[a\"b c\"d] ");
}

TEST(Params, QuoteThatIsNotClosedHoldsToTheEnd)
{
    EXPECT_STREQ(parse("params_test_one=\"a b params_test_one=c"), "one[a b params_test_one=c] ");
    EXPECT_STREQ(parse("\""), "");
    EXPECT_STREQ(parse("params_test_one=\""), "one[] ");
}

TEST(Params, FirstEqualsSignPartsNameAndValue)
{
    EXPECT_STREQ(parse("params_test_one=a=b"), "one[a=b] ");
}

TEST(Params, DashAndUnderscoreAreTheSameInNames)
{
    EXPECT_STREQ(parse("params-test-one=a-b params_test_three=c_d"), "one[a-b] three[c_d] ");
}

TEST(Params, TwoDashesEndTheKernelsPart)
{
    EXPECT_STREQ(parse("params_test_one=1 -- params_test_one=2"), "one[1] ");
    EXPECT_STREQ(parse("--x params_test_one=1"), "one[1] ");
    EXPECT_STREQ(parse("-- params_test_one=2"), "");
}

TEST(Params, WordsOverTheLimitAreReported)
{
    static char line[COMMAND_LINE_SIZE + 64];
    size_t length = static_cast<size_t>(ksnprintf(line, sizeof line, "params_test_one="));
    for (size_t i = 0; i < COMMAND_LINE_SIZE; ++i)
        line[length++] = 'x';
    ksnprintf(line + length, sizeof line - length, " params_test_one=2");
    EXPECT_STREQ(parse(line), "one[2] ");
    EXPECT_REPORT("parse_early_param: a word of 1040 characters ignored: 1023 are the limit\n");
}
