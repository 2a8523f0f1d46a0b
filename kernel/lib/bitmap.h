// A fixed number of bits, counted from bit 0 of word 0, in words of 32 bits in both worlds.
//
// find_next_set and find_next_clear look at a word at a time and end at the size, so a loop over
// all set bits is
//     for (u32 i = map.find_next_set(0); i < map.size(); i = map.find_next_set(i + 1))
// No lock inside and no atomic writes. Linux: include/linux/bitmap.h, lib/find_bit.c.
#pragma once

#include <algorithm>
#include <bit>

#include <kernel/lib/types.h>

template <u32 Bits>
class bitmap {
public:
    static_assert(Bits > 0);

    [[nodiscard]] static constexpr u32 size() { return Bits; }

    /// Bit numbers below are smaller than size(); that is not checked. Linux: test_bit().
    [[nodiscard]] constexpr bool test(u32 bit) const
    {
        return (words_[bit / 32] >> (bit % 32)) & 1;
    }
    constexpr void set(u32 bit) { words_[bit / 32] |= 1u << (bit % 32); }
    constexpr void clear(u32 bit) { words_[bit / 32] &= ~(1u << (bit % 32)); }

    /// Sets `count` bits from `first` on. Linux: bitmap_set().
    constexpr void set_range(u32 first, u32 count)
    {
        each_word(first, count, [](u32 &word, u32 mask) { word |= mask; });
    }
    /// Clears `count` bits from `first` on. Linux: bitmap_clear().
    constexpr void clear_range(u32 first, u32 count)
    {
        each_word(first, count, [](u32 &word, u32 mask) { word &= ~mask; });
    }

    /// The first set bit at or after `from`, size() if there is none. Linux: find_next_bit().
    [[nodiscard]] constexpr u32 find_next_set(u32 from) const
    {
        return find([this](u32 i) { return words_[i]; }, from);
    }
    /// The first clear bit at or after `from`, size() if there is none.
    /// Linux: find_next_zero_bit().
    [[nodiscard]] constexpr u32 find_next_clear(u32 from) const
    {
        return find([this](u32 i) { return ~words_[i]; }, from);
    }

    /// How many bits are set. Linux: bitmap_weight().
    [[nodiscard]] constexpr u32 weight() const
    {
        u32 total = 0;
        for (u32 word : words_)
            total += static_cast<u32>(std::popcount(word));
        return total;
    }

private:
    static constexpr u32 words = (Bits + 31) / 32;

    template <class Change>
    constexpr void each_word(u32 first, u32 count, Change change)
    {
        for (u32 end = first + count; first < end;) {
            u32 low = first % 32;
            u32 here = std::min(32 - low, end - first);
            change(words_[first / 32], (~0u >> (32 - here)) << low);
            first += here;
        }
    }

    template <class Word>
    static constexpr u32 find(Word word, u32 from)
    {
        if (from >= Bits)
            return Bits;
        u32 i = from / 32;
        for (u32 rest = word(i) & (~0u << (from % 32));; rest = word(i)) {
            if (rest != 0)
                return std::min(i * 32 + static_cast<u32>(std::countr_zero(rest)), Bits);
            if (++i == words)
                return Bits;
        }
    }

    u32 words_[words] = {};
};
