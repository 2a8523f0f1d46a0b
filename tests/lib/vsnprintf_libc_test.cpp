// HOST ONLY: it compares with the host's C library.
#include <tests/test.h>

#include <cstdarg>
#include <cstdio>
#include <random>
#include <string>

#include <kernel/lib/vsnprintf.h>

// Random formats and arguments; both engines must write the same text and return the same
// length, into buffers of random size. Left out is what C leaves undefined (the flag 0 or # where
// it means nothing) and what differs on purpose (%p).

namespace {

using random_source = std::mt19937;

int pick(random_source &random, int from, int to)
{
    return std::uniform_int_distribution<int>(from, to)(random);
}

std::string random_flags(random_source &random, const char *allowed)
{
    std::string flags;
    for (const char *flag = allowed; *flag != '\0'; ++flag) {
        if (pick(random, 0, 3) == 0)
            flags += *flag;
    }
    return flags;
}

std::string random_size(random_source &random)
{
    std::string text;
    if (pick(random, 0, 1) != 0)
        text += std::to_string(pick(random, 1, 30));
    if (pick(random, 0, 2) == 0) {
        text += '.';
        if (pick(random, 0, 3) != 0)
            text += std::to_string(pick(random, 0, 25));
    }
    return text;
}

long long random_number(random_source &random)
{
    std::uniform_int_distribution<long long> any;
    switch (pick(random, 0, 3)) {
    case 0:
        return 0;
    case 1:
        return pick(random, -20, 20);
    case 2:
        return static_cast<int>(any(random));
    default:
        return any(random) - any(random);
    }
}

/// Formats by both; tells the difference, or nothing.
std::string compare(size_t room, const char *format, ...)
{
    va_list ours, theirs;
    va_start(ours, format);
    va_copy(theirs, ours);
    std::string our_text(256, '#');
    std::string their_text(256, '#');
    int our_length = kvsnprintf(our_text.data(), room, format, ours);
    int their_length = vsnprintf(their_text.data(), room, format, theirs);
    va_end(theirs);
    va_end(ours);
    if (our_text == their_text && our_length == their_length)
        return "";
    return std::string(format) + ": ours \"" + our_text.c_str() + "\" (" +
           std::to_string(our_length) + "), libc's \"" + their_text.c_str() + "\" (" +
           std::to_string(their_length) + ")";
}

std::string compare_integer(random_source &random, size_t room)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "t", "j"};
    static const char letters[] = "diuoxX";
    char letter = letters[pick(random, 0, 5)];
    bool is_signed = letter == 'd' || letter == 'i';
    const char *flags = is_signed ? "-+ 0" : letter == 'u' ? "-0" : "-#0";
    int length = pick(random, 0, 7);
    std::string format =
        "<%" + random_flags(random, flags) + random_size(random) + lengths[length] + letter + ">%d";
    long long value = random_number(random);
    if (length < 3)
        return compare(room, format.c_str(), static_cast<int>(value), 77);
    return compare(room, format.c_str(), value, 77);
}

std::string compare_with_stars(random_source &random, size_t room)
{
    return compare(room, "%*.*lld|%-*x|%s", pick(random, -30, 30), pick(random, -3, 25),
                   random_number(random), pick(random, -30, 30), pick(random, 0, 99), "end");
}

std::string compare_text(random_source &random, size_t room)
{
    std::string text(static_cast<size_t>(pick(random, 0, 20)), 'x');
    std::string format = "%" + random_flags(random, "-") + random_size(random) + "s%c%%";
    return compare(room, format.c_str(), text.c_str(), 'y');
}

} // namespace

TEST(VsnprintfAgainstLibc, RandomFormatsGiveTheSameText)
{
    random_source random(20260501);
    for (int i = 0; i < 200000; ++i) {
        size_t room = pick(random, 0, 9) == 0 ? pick(random, 0, 40) : 200;
        int what = pick(random, 0, 9);
        std::string difference = what < 7    ? compare_integer(random, room)
                                 : what == 7 ? compare_with_stars(random, room)
                                             : compare_text(random, room);
        ASSERT_EQ(difference, "") << "round " << i;
    }
}
