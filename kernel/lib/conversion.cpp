// Reading a format between '%' and the conversion's letter, in the order in which C writes it:
// flags, width, precision, length. What is missing keeps its default.

#include <kernel/lib/conversion.h>

#include <limits>

#include <kernel/lib/ctype.h>

namespace {

/// Digits at `fmt`, which moves past them; what no int holds becomes the largest int.
int parse_number(const char *&fmt)
{
    constexpr int most = std::numeric_limits<int>::max();
    int value = 0;
    for (; is_digit(*fmt); ++fmt)
        value = value > (most - 9) / 10 ? most : value * 10 + (*fmt - '0');
    return value;
}

length_modifier parse_length(const char *&fmt)
{
    switch (*fmt) {
    case 'h':
        if (*++fmt != 'h')
            return length_modifier::h;
        ++fmt;
        return length_modifier::hh;
    case 'l':
        if (*++fmt != 'l')
            return length_modifier::l;
        ++fmt;
        return length_modifier::ll;
    case 'z':
        ++fmt;
        return length_modifier::z;
    case 't':
        ++fmt;
        return length_modifier::t;
    case 'j':
        ++fmt;
        return length_modifier::j;
    default:
        return length_modifier::none;
    }
}

void parse_flags(const char *&fmt, conversion &spec)
{
    for (;; ++fmt) {
        switch (*fmt) {
        case '-':
            spec.left = true;
            break;
        case '+':
            spec.plus = true;
            break;
        case ' ':
            spec.blank = true;
            break;
        case '0':
            spec.zero = true;
            break;
        case '#':
            spec.alternate = true;
            break;
        default:
            return;
        }
    }
}

} // namespace

conversion parse_conversion(const char *&fmt, arguments &args)
{
    conversion spec;
    parse_flags(fmt, spec);
    if (*fmt == '*') {
        ++fmt;
        spec.width = va_arg(args.list, int);
        if (spec.width < 0) {
            spec.left = true;
            // The most negative int has no positive twin.
            spec.width = -(spec.width + 1);
            spec.width += spec.width != std::numeric_limits<int>::max();
        }
    } else {
        spec.width = parse_number(fmt);
    }
    if (*fmt == '.') {
        ++fmt;
        if (*fmt == '*') {
            ++fmt;
            spec.precision = va_arg(args.list, int);
            if (spec.precision < 0)
                spec.precision = -1;
        } else {
            spec.precision = parse_number(fmt);
        }
    }
    spec.length = parse_length(fmt);
    spec.letter = *fmt;
    if (*fmt != '\0')
        ++fmt;
    return spec;
}

s64 fetch_signed(length_modifier length, arguments &args)
{
    switch (length) {
    case length_modifier::hh:
        return static_cast<signed char>(va_arg(args.list, int));
    case length_modifier::h:
        return static_cast<short>(va_arg(args.list, int));
    case length_modifier::l:
        return va_arg(args.list, long);
    case length_modifier::ll:
    case length_modifier::j:
        return va_arg(args.list, long long);
    case length_modifier::z:
    case length_modifier::t:
        return va_arg(args.list, std::ptrdiff_t);
    case length_modifier::none:
        break;
    }
    return va_arg(args.list, int);
}

u64 fetch_unsigned(length_modifier length, arguments &args)
{
    switch (length) {
    case length_modifier::hh:
        return static_cast<unsigned char>(va_arg(args.list, unsigned int));
    case length_modifier::h:
        return static_cast<unsigned short>(va_arg(args.list, unsigned int));
    case length_modifier::l:
        return va_arg(args.list, unsigned long);
    case length_modifier::ll:
    case length_modifier::j:
        return va_arg(args.list, unsigned long long);
    case length_modifier::z:
    case length_modifier::t:
        return va_arg(args.list, size_t);
    case length_modifier::none:
        break;
    }
    return va_arg(args.list, unsigned int);
}
