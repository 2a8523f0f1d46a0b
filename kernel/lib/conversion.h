// One conversion of a printf format, taken apart, and the arguments that it asks for. Internal to
// kernel/lib/vsnprintf.cpp; how formats look is told in vsnprintf.h.
#pragma once

#include <cstdarg>

#include <kernel/lib/types.h>

/// The caller's arguments, passed on by reference: a va_list is an array in one world and a
/// structure in the other, and only a structure around it behaves the same in both.
struct arguments {
    va_list list;
};

enum class length_modifier : u8 { none, hh, h, l, ll, z, t, j };

/// One conversion, taken apart.
struct conversion {
    bool left = false;
    bool plus = false;
    bool blank = false;
    bool zero = false;
    bool alternate = false;
    int width = 0;
    int precision = -1; // none given
    length_modifier length = length_modifier::none;
    char letter = '\0';
};

/// The conversion at `fmt`, just behind its '%'; `fmt` moves past its letter.
conversion parse_conversion(const char *&fmt, arguments &args);

/// The next argument as a conversion with this length takes it, widened to 64 bits.
s64 fetch_signed(length_modifier length, arguments &args);
u64 fetch_unsigned(length_modifier length, arguments &args);
