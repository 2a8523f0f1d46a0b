// ARMv6: walker.h's walk with its own memory types and rights. Tables of DDI 0301H.
#include <tests/model/walker_v6.h>

namespace model {

void decode_type(mapping &m)
{
    const u32 cb = m.c * 2u + m.b;
    const auto is = [&m](memory_type type, caching cached, u32 shareable) {
        m.type = type;
        m.inner = m.outer = cached;
        m.shareable = static_cast<u8>(shareable);
    };
    is(memory_type::reserved, caching::none, 0);
    if (m.tex >= 4) { // 1BB AA: outer and inner policy by themselves
        is(memory_type::normal, caching::none, m.s);
        m.outer = static_cast<caching>(m.tex - 4); // numbered as in table 6-3
        m.inner = static_cast<caching>(cb);
        return;
    }
    switch (m.tex * 4u + cb) {
    case 0: // 000 0 0
        return is(memory_type::strongly_ordered, caching::none, 1);
    case 1: // 000 0 1
        return is(memory_type::device, caching::none, 1);
    case 2: // 000 1 0
        return is(memory_type::normal, caching::write_through, m.s);
    case 3: // 000 1 1
        return is(memory_type::normal, caching::write_back, m.s);
    case 4: // 001 0 0
        return is(memory_type::normal, caching::none, m.s);
    case 7: // 001 1 1
        return is(memory_type::normal, caching::write_back_allocate, m.s);
    case 8: // 010 0 0: device that is not shared
        return is(memory_type::device, caching::none, 0);
    default: // reserved (001 1 0 is IMPLEMENTATION DEFINED on other CPUs)
        return;
    }
}

mapping walk_v6(const registers &regs, const memory_view &memory, u32 va)
{
    registers no_pxn = regs;
    no_pxn.id_mmfr0 = 0; // first-level type 0b11 is reserved
    mapping m = walk(no_pxn, memory, va);
    if (!m.mapped())
        return m;
    m.pa &= 0xffffffff; // a supersection's PA[39:32] are zero here
    decode_type(m);
    return m;
}

fault check_v6(const registers &regs, const mapping &m, access what, mode who)
{
    constexpr u32 AFE = 1u << 29;
    if (m.mapped() && m.ap == 0 && !(regs.sctlr & AFE)) {
        // Table 6-1: read-only for those that S or R name. Domain and XN are judged as ever.
        mapping as_if = m;
        const u32 rs = regs.sctlr >> 8 & 3; // SCTLR.R, SCTLR.S
        if (what != access::write && (rs == 2 || (rs == 1 && who == mode::privileged)))
            as_if.ap = 3;
        return check(regs, as_if, what, who);
    }
    return check(regs, m, what, who);
}

} // namespace model
