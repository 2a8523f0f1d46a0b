// The model's three walkers behind one name: which format a machine's tables have.
#pragma once

#include <tests/model/walker_v5.h>
#include <tests/model/walker_v6.h>

namespace model {

enum class format : u8 { v5, v6, v7 };

/// Walks `va` as that generation does; ARMv7 without SCTLR.TRE (bit 28) has ARMv6's memory types.
inline mapping walk(format f, const registers &regs, const memory_view &memory, u32 va)
{
    if (f == format::v5)
        return walk_v5(regs, memory, va);
    if (f == format::v6)
        return walk_v6(regs, memory, va);
    mapping m = walk(regs, memory, va);
    if (m.mapped() && (regs.sctlr & 1u << 28) == 0)
        decode_type(m);
    return m;
}

inline fault check(format f, const registers &regs, const mapping &m, access what, mode who)
{
    if (f == format::v5)
        return check_v5(regs, m, what, who);
    return f == format::v6 ? check_v6(regs, m, what, who) : check(regs, m, what, who);
}

} // namespace model
