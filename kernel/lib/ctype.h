// Classes of ASCII characters. Unlike <cctype> these know no locale, take a plain char without
// undefined behaviour, and work at compile time.
#pragma once

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_alpha(char c)
{
    return is_lower(c) || is_upper(c);
}
constexpr bool is_alnum(char c)
{
    return is_alpha(c) || is_digit(c);
}
/// Blank, tab, line ends, vertical tab and form feed.
constexpr bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/// Printable, the blank included.
constexpr bool is_print(char c)
{
    return c >= ' ' && c <= '~';
}
/// The value of a digit of base 2 to 36, or -1 if `c` is no digit of any.
constexpr int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (is_lower(c))
        return c - 'a' + 10;
    if (is_upper(c))
        return c - 'A' + 10;
    return -1;
}
