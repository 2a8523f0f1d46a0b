// How GoogleTest prints our 32-bit types when a comparison fails: 0x60000000, not four bytes.
#pragma once

#include <concepts>
#include <cstdio>
#include <ostream>

/// Found by GoogleTest for whatever has raw(): addresses, frame numbers, table entries.
template <class T>
requires requires(const T &value)
{
    {
        value.raw()
        } -> std::convertible_to<unsigned>;
}
void PrintTo(const T &value, std::ostream *out)
{
    char text[16];
    snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(value.raw()));
    *out << text;
}
