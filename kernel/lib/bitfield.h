// Fields of a 32-bit word, as a table that one can hold beside the manual.
//
// A descriptor or register is a struct of `using name = field<position, width>;`. Encoder,
// decoder, walk and ptdump are all made from that one table.
#pragma once

#include <kernel/lib/types.h>

/// Bits [Pos + Width - 1 : Pos] of a word.
template <unsigned Pos, unsigned Width>
struct field {
    static_assert(Width >= 1 && Pos + Width <= 32);
    static constexpr unsigned pos = Pos;
    static constexpr unsigned width = Width;
    static constexpr u32 mask = (Width == 32 ? 0xffffffffu : (1u << Width) - 1) << Pos;

    /// The field's value in `word`.
    static constexpr u32 get(u32 word) { return (word & mask) >> Pos; }
    /// A word with only this field set to `value`; bits that do not fit are dropped.
    static constexpr u32 make(u32 value) { return (value << Pos) & mask; }
};
