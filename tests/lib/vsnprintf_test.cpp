// What each conversion prints; lib/vsnprintf_libc_test.cpp tries all combinations.
#include <tests/test.h>

#include <climits>
#include <cstdarg>

#include <asm/page.h>
#include <kernel/lib/vsnprintf.h>

namespace {

/// What a format makes; without the compiler's check, because some are wrong on purpose.
class formatted {
public:
    explicit formatted(const char *fmt, ...)
    {
        va_list args;
        va_start(args, fmt);
        length = kvsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
    }
    char text[200];
    int length;
};

#define EXPECT_FORMAT(expected, ...) EXPECT_STREQ(formatted(__VA_ARGS__).text, expected)

} // namespace

TEST(Vsnprintf, CopiesTextWithoutConversions)
{
    EXPECT_FORMAT("", "");
    EXPECT_FORMAT("plain, with a % sign", "plain, with a %% sign");
}

TEST(Vsnprintf, WritesSignedNumbersOfEveryLength)
{
    EXPECT_FORMAT("0 -1 2147483647 -2147483648", "%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
    EXPECT_FORMAT("-128 -1", "%hhd %hhd", 128, 0xff);
    EXPECT_FORMAT("-32768", "%hd", 0x8000);
    EXPECT_FORMAT("-5", "%ld", -5L);
    EXPECT_FORMAT("-9223372036854775808 9223372036854775807", "%lld %lld", LLONG_MIN, LLONG_MAX);
    EXPECT_FORMAT("-7 -8", "%td %jd", std::ptrdiff_t{-7}, -8LL);
}

TEST(Vsnprintf, WritesUnsignedNumbersOfEveryLength)
{
    EXPECT_FORMAT("4294967295", "%u", ~0u);
    EXPECT_FORMAT("255 65535", "%hhu %hu", 0x1ff, 0x1ffff);
    EXPECT_FORMAT("18446744073709551615", "%llu", ~0ull);
    EXPECT_FORMAT("4294967296 10000000000", "%llu %llu", 1ull << 32, 10000000000ull);
    EXPECT_FORMAT("12 13", "%zu %ju", size_t{12}, 13ull);
    EXPECT_FORMAT("1777777777777777777777", "%llo", ~0ull);
    EXPECT_FORMAT("deadBEEF", "%x%X", 0xdeadu, 0xbeefu);
    EXPECT_FORMAT("fedcba9876543210", "%llx", 0xfedcba9876543210ull);
}

TEST(Vsnprintf, PadsToTheWidth)
{
    EXPECT_FORMAT("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
    EXPECT_FORMAT("[  -42][-0042]", "[%5d][%05d]", -42, -42);
    EXPECT_FORMAT("[   42][42   ]", "[%*d][%*d]", 5, 42, -5, 42);
    EXPECT_FORMAT("[  ab][ab  ][a]", "[%4s][%-4s][%.1s]", "ab", "ab", "ab");
    EXPECT_FORMAT("[  x][x  ]", "[%3c][%-3c]", 'x', 'x');
}

TEST(Vsnprintf, ShowsSignsAndPrefixesWhenAsked)
{
    EXPECT_FORMAT("+1 -1 +0", "%+d %+d %+d", 1, -1, 0);
    EXPECT_FORMAT("[ 1][-1]", "[% d][% d]", 1, -1);
    EXPECT_FORMAT("0x1f 0X1F 0 037 0", "%#x %#X %#x %#o %#o", 31, 31, 0, 31, 0);
    EXPECT_FORMAT("[0x001f][  0x1f]", "[%#06x][%#6x]", 31, 31);
}

TEST(Vsnprintf, PrecisionIsTheLeastNumberOfDigits)
{
    EXPECT_FORMAT("[007][  007][-007]", "[%.3d][%5.3d][%.3d]", 7, 7, -7);
    EXPECT_FORMAT("[  007]", "[%05.3d]", 7); // and switches the flag 0 off
    EXPECT_FORMAT("[][  ][0]", "[%.0d][%2.0d][%#.0o]", 0, 0, 0);
    EXPECT_FORMAT("[7]", "[%.*d]", -1, 7);
}

TEST(Vsnprintf, SaysWhatIsWrongWithAString)
{
    EXPECT_FORMAT("(null)", "%s", static_cast<const char *>(nullptr));
    EXPECT_FORMAT("(efault)", "%s", reinterpret_cast<const char *>(0x10ul));
}

TEST(Vsnprintf, ReadsNoFurtherThanThePrecision)
{
    const char unterminated[3] = {'a', 'b', 'c'};
    EXPECT_FORMAT("abc", "%.3s", unterminated);
}

TEST(Vsnprintf, PointersAreMachineAddressesOfEightDigits)
{
    EXPECT_FORMAT("0xc0004000", "%p", reinterpret_cast<void *>(0xc0004000ul));
    EXPECT_FORMAT("0x00000000", "%p", static_cast<void *>(nullptr));
    EXPECT_FORMAT("[  0x00000123]", "[%12px]", reinterpret_cast<void *>(0x123ul));
}

TEST(Vsnprintf, PhysicalAddressesAreGivenByPointer)
{
    phys_addr_t base(0x60000000);
    EXPECT_FORMAT("0x60000000.", "%pa.", &base);
}

TEST(Vsnprintf, AnAddressWithoutASymbolIsPrintedBare)
{
    EXPECT_FORMAT("0x00000010 0x00000010 0x00000010", "%pS %ps %pB",
                  reinterpret_cast<void *>(0x10ul), reinterpret_cast<void *>(0x10ul),
                  reinterpret_cast<void *>(0x10ul));
}

TEST(Vsnprintf, AnUnknownConversionEndsTheFormatting)
{
    // What follows can't be matched with arguments any more.
    EXPECT_FORMAT("1 %y %d", "%d %y %d", 1, 2);
    EXPECT_FORMAT("%", "%");
    EXPECT_FORMAT("%-5l", "%-5l");
}

TEST(Vsnprintf, CutsToTheBufferAndTellsTheWholeLength)
{
    char text[6] = "xxxxx";
    EXPECT_EQ(ksnprintf(text, 4, "%d", 12345), 5);
    EXPECT_STREQ(text, "123");
    EXPECT_EQ(text[4], 'x');
    EXPECT_EQ(ksnprintf(text, 1, "%s", "abc"), 3);
    EXPECT_STREQ(text, "");
    EXPECT_EQ(ksnprintf(nullptr, 0, "%8d", 1), 8);
}

TEST(Vsnprintf, ScnprintfTellsWhatIsInTheBuffer)
{
    char text[4];
    EXPECT_EQ(kscnprintf(text, sizeof(text), "%d", 12345), 3);
    EXPECT_EQ(kscnprintf(text, sizeof(text), "%d", 12), 2);
    EXPECT_EQ(kscnprintf(text, 0, "%d", 12), 0);
}

TEST(Vsnprintf, HugeWidthsCostNothing)
{
    char text[8];
    EXPECT_EQ(ksnprintf(text, sizeof(text), "%2147483647d", 1), INT_MAX);
    EXPECT_STREQ(text, "       ");
    EXPECT_EQ(formatted("%99999999999d", 1).length, INT_MAX);
    EXPECT_EQ(formatted("%*d", INT_MIN, 1).length, INT_MAX);
}
