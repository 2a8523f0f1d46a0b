// Small readers of text: numbers as people type them, and how far two words are apart.
#pragma once

#include <optional>
#include <string_view>

#include <kernel/lib/types.h>

/// The number that `text` spells, whole: decimal, or hexadecimal after 0x.
///
/// @return  nothing if a character is no digit, there is none, or it needs more than 32 bits
/// Context: any. Linux: kstrtou32().
[[nodiscard]] std::optional<u32> parse_u32(std::string_view text);

/// Letters to insert, drop, replace or swap with the next to get from `a` to `b` (the
/// restricted Damerau-Levenshtein distance): "wlak" is 1 from "walk". For hints after a typing
/// error.
///
/// Words over 31 characters count as infinitely far apart (~0u). Context: any.
[[nodiscard]] u32 edit_distance(std::string_view a, std::string_view b);
