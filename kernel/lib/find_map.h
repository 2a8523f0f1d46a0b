// A set of small numbers that knows its smallest member at once.
//
//   top      X.......           one word: which words of `middle` are not zero
//   middle   X..X.... | ...     which words of `leaves` may have members
//   leaves   .X...... | ...     the members, first one in the highest bit of the first word
//
// Bit 31 stands for the first number of a word, so one CLZ finds the first member of a word and
// three find it in a set of 32768 numbers.
// Removing clears a bit of a leaf and no more: that a leaf has become empty is noted when somebody
// looks for the first member and finds none there. So what is taken and put back, the common case,
// touches one word and looks at another. No lock inside.
// Linux has find_first_bit(), which reads word after word.
#pragma once

#include <kernel/lib/types.h>

/// The word with only number `i` (0 to 31) of a word in it.
constexpr u32 word_bit(u32 i)
{
    return 0x80000000u >> i;
}
/// The first number in a word that is not zero.
constexpr u32 first_in_word(u32 word)
{
    return static_cast<u32>(__builtin_clz(word));
}

class alignas(16) find_map { // so that a shift leads to one of many
public:
    static constexpr u32 MAX_ENTRIES = 32 * 32 * 32;
    static constexpr u32 NONE = ~0u;

    /// Words of memory that a set of the numbers below `entries` (at most MAX_ENTRIES) needs.
    static constexpr u32 words_needed(u32 entries)
    {
        return (entries + 31) / 32 + (entries + 1023) / 1024;
    }

    /// An empty set of numbers below `entries`. `memory` has words_needed(entries) words, zeroed.
    void init(u32 *memory, u32 entries)
    {
        leaves_ = memory;
        middle_ = memory + (entries + 31) / 32;
        top_ = 0;
    }

    /// The smallest member, or NONE. Notes leaves that turn out to be empty.
    [[nodiscard]] u32 first()
    {
        while (top_ != 0) {
            const u32 m = first_in_word(top_);
            const u32 l = m * 32 + first_in_word(middle_[m]);
            const u32 leaf = leaves_[l];
            if (__builtin_expect(leaf != 0, 1))
                return l * 32 + first_in_word(leaf);
            middle_[m] &= ~word_bit(l % 32);
            if (middle_[m] == 0)
                top_ &= ~word_bit(m);
        }
        return NONE;
    }
    [[nodiscard]] bool empty() { return first() == NONE; }
    [[nodiscard]] bool has(u32 n) const { return leaves_[n / 32] & word_bit(n % 32); }

    void add(u32 n)
    {
        const u32 old = leaves_[n / 32];
        leaves_[n / 32] = old | word_bit(n % 32);
        if (old == 0 && (middle_[n / 1024] & word_bit(n / 32 % 32)) == 0) {
            middle_[n / 1024] |= word_bit(n / 32 % 32);
            top_ |= word_bit(n / 1024);
        }
    }
    void remove(u32 n) { leaves_[n / 32] &= ~word_bit(n % 32); }

    /// True if every level says of the one below what is so; an empty leaf may count as one that
    /// has members. `entries` as given to init().
    [[nodiscard]] bool consistent(u32 entries) const
    {
        u32 top = 0;
        for (u32 m = 0; m < (entries + 1023) / 1024; m++) {
            for (u32 l = m * 32; l < m * 32 + 32 && l < (entries + 31) / 32; l++)
                if (leaves_[l] != 0 && (middle_[m] & word_bit(l % 32)) == 0)
                    return false;
            if (middle_[m] != 0)
                top |= word_bit(m);
        }
        return top == top_;
    }

    /// How many members.
    [[nodiscard]] u32 count(u32 entries) const
    {
        u32 sum = 0;
        for (u32 l = 0; l < (entries + 31) / 32; l++)
            sum += static_cast<u32>(__builtin_popcount(leaves_[l]));
        return sum;
    }

private:
    u32 *leaves_ = nullptr;
    u32 *middle_ = nullptr;
    u32 top_ = 0;
};
