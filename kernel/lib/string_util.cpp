// Numbers from text, and distances between words.
//
// edit_distance fills the usual table row by row: cell (i, j) is the least number of edits
// between the first i letters of a and the first j of b. Only three rows are alive at a time,
// and words are short, so they stand on the stack.

#include <kernel/lib/string_util.h>

#include <algorithm>
#include <array>

#include <kernel/lib/ctype.h>

std::optional<u32> parse_u32(std::string_view text)
{
    u32 base = 10;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text.remove_prefix(2);
    }
    if (text.empty())
        return std::nullopt;
    u32 value = 0;
    for (char c : text) {
        int digit = digit_value(c);
        if (digit < 0 || static_cast<u32>(digit) >= base)
            return std::nullopt;
        u32 room = ~0u - static_cast<u32>(digit);
        if (value > room / base)
            return std::nullopt;
        value = value * base + static_cast<u32>(digit);
    }
    return value;
}

u32 edit_distance(std::string_view a, std::string_view b)
{
    constexpr size_t longest = 31;
    if (a.size() > longest || b.size() > longest)
        return ~0u;
    using row = std::array<u32, longest + 1>;
    row two_above{}, above{}, here{};
    for (size_t j = 0; j <= b.size(); ++j)
        here[j] = static_cast<u32>(j);
    for (size_t i = 1; i <= a.size(); ++i) {
        two_above = above;
        above = here;
        here[0] = static_cast<u32>(i);
        for (size_t j = 1; j <= b.size(); ++j) {
            u32 replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            here[j] = std::min({above[j] + 1, here[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = std::min(here[j], two_above[j - 2] + 1);
        }
    }
    return here[b.size()];
}
