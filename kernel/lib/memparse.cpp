// memparse: the base from the first characters, digits as long as they are digits of that base,
// one letter for the unit. A number that does not fit stays at ~0, so that "too big" is seen by
// whoever checks the size and does not come back as something small.
// Linux: lib/cmdline.c.
#include <kernel/lib/memparse.h>

#include <limits>

#include <kernel/lib/ctype.h>

namespace {

constexpr u64 TOO_BIG = std::numeric_limits<u64>::max();

constexpr u64 times(u64 a, u64 b)
{
    return a > TOO_BIG / b ? TOO_BIG : a * b;
}

constexpr bool digit_of(u64 base, char c)
{
    const int value = digit_value(c);
    return value >= 0 && static_cast<u64>(value) < base;
}

constexpr u64 unit_of(char c)
{
    switch (c) {
    case 'k':
    case 'K':
        return u64{1} << 10;
    case 'm':
    case 'M':
        return u64{1} << 20;
    case 'g':
    case 'G':
        return u64{1} << 30;
    default:
        return 1;
    }
}

} // namespace

u64 memparse(const char *ptr, char **retp)
{
    const char *at = ptr;
    u64 base = 10;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && digit_of(16, at[2])) {
        base = 16;
        at += 2;
    } else if (at[0] == '0') {
        base = 8;
    }

    u64 value = 0;
    const char *first = at;
    for (; digit_of(base, *at); ++at) {
        const u64 digit = static_cast<u64>(digit_value(*at));
        const u64 shifted = times(value, base);
        value = shifted > TOO_BIG - digit ? TOO_BIG : shifted + digit;
    }
    if (at != first) {
        const u64 unit = unit_of(*at);
        value = times(value, unit);
        at += unit != 1;
    }
    if (retp != nullptr)
        *retp = const_cast<char *>(at);
    return value;
}
