// A table walk as the manual says it. Section numbers are those of DDI 0406C.b.
#include <tests/model/walker.h>

namespace model {

namespace {

/// Bits [high:low] of a word, as the manual writes them.
constexpr u32 bits(u32 word, unsigned high, unsigned low)
{
    return (word >> low) & ((1u << (high - low + 1)) - 1);
}
constexpr u8 bit(u32 word, unsigned n)
{
    return static_cast<u8>((word >> n) & 1);
}

/// Which table base, and is walking through it allowed? (B3.5.4, B4.1.153 TTBCR)
struct table_base {
    u32 pa;
    u8 disabled;
};

table_base base_for(const registers &regs, u32 va)
{
    const u32 n = bits(regs.ttbcr, 2, 0);
    const u32 top = n == 0 ? 0 : va >> (32 - n);
    if (top != 0)
        return {regs.ttbr1 & 0xffffc000, bit(regs.ttbcr, 5)};        // PD1; always 16 KB
    return {regs.ttbr0 >> (14 - n) << (14 - n), bit(regs.ttbcr, 4)}; // PD0
}

/// TEX remap (B3.8.3): {TEX[0], C, B} is n, PRRR.TRn the type, NMRR.IRn and ORn the caching.
void remap(mapping &m, const registers &regs)
{
    const unsigned n = (m.tex & 1u) << 2 | m.c << 1 | m.b;
    m.type = static_cast<memory_type>(bits(regs.prrr, 2 * n + 1, 2 * n));
    m.inner = m.outer = caching::none;
    m.shareable = 1;
    if (m.type == memory_type::normal) {
        m.inner = static_cast<caching>(bits(regs.nmrr, 2 * n + 1, 2 * n));
        m.outer = static_cast<caching>(bits(regs.nmrr, 2 * n + 17, 2 * n + 16));
        m.shareable = bit(regs.prrr, m.s ? 19 : 18); // NS1, NS0
    } else if (m.type == memory_type::device) {
        m.shareable = bit(regs.prrr, m.s ? 17 : 16); // DS1, DS0
    }
}

mapping stop(fault why, u8 level, u32 va, u32 size)
{
    mapping m{};
    m.why = why;
    m.level = level;
    m.va = va / size * size;
    m.size = size;
    return m;
}

/// Figure B3-4, section and supersection.
mapping section(const registers &regs, u32 word, u32 va)
{
    const bool super = bit(word, 18) != 0;
    mapping m = stop(fault::none, 1, va, super ? 1u << 24 : 1u << 20);
    if (super)
        m.pa = u64{bits(word, 8, 5)} << 36 | u64{bits(word, 23, 20)} << 32 | (word & 0xff000000);
    else
        m.pa = word & 0xfff00000;
    m.domain = super ? 0 : static_cast<u8>(bits(word, 8, 5)); // supersections: domain 0
    m.ng = bit(word, 17);
    m.s = bit(word, 16);
    m.ap = static_cast<u8>(bit(word, 15) << 2 | bits(word, 11, 10));
    m.tex = static_cast<u8>(bits(word, 14, 12));
    m.xn = bit(word, 4);
    m.c = bit(word, 3);
    m.b = bit(word, 2);
    remap(m, regs);
    return m;
}

/// Figure B3-5, large and small pages.
mapping page(const registers &regs, u32 word, u32 va, u8 domain)
{
    const bool small = bit(word, 1) != 0;
    mapping m = stop(fault::none, 2, va, small ? 1u << 12 : 1u << 16);
    m.pa = word & ~(m.size - 1);
    m.domain = domain;
    m.ng = bit(word, 11);
    m.s = bit(word, 10);
    m.ap = static_cast<u8>(bit(word, 9) << 2 | bits(word, 5, 4));
    m.tex = static_cast<u8>(small ? bits(word, 8, 6) : bits(word, 14, 12));
    m.xn = bit(word, small ? 0 : 15);
    m.c = bit(word, 3);
    m.b = bit(word, 2);
    remap(m, regs);
    return m;
}

mapping second_level(const registers &regs, const memory_view &memory, u32 l1, u32 va)
{
    const u32 at = (l1 & 0xfffffc00) | bits(va, 19, 12) << 2;
    const std::optional<u32> word = memory.read(memory.context, at);
    const u8 domain = static_cast<u8>(bits(l1, 8, 5));
    mapping m{};
    if (!word)
        m = stop(fault::l2_external, 2, va, 1u << 12);
    else if (bits(*word, 1, 0) == 0)
        m = stop(fault::l2_translation, 2, va, 1u << 12);
    else
        m = page(regs, *word, va, domain);
    m.domain = domain;
    return m;
}

} // namespace

bool mapping::same_place(const mapping &other) const
{
    return why == other.why && va == other.va && size == other.size && pa == other.pa &&
           tex == other.tex && c == other.c && b == other.b && s == other.s && ng == other.ng;
}

bool mapping::same(const mapping &other) const
{
    return same_place(other) && ap == other.ap && xn == other.xn && domain == other.domain;
}

mapping walk(const registers &regs, const memory_view &memory, u32 va)
{
    const table_base base = base_for(regs, va);
    if (base.disabled)
        return stop(fault::l1_translation, 1, va, 1u << 20);
    const std::optional<u32> word = memory.read(memory.context, base.pa + (va >> 20) * 4);
    if (!word)
        return stop(fault::l1_external, 1, va, 1u << 20);
    // Bits [1:0], B3.5.1. 0b11 is a section with PXN where ID_MMFR0.VMSA (B4.1.89) says that
    // there is PXN, and reserved, a translation fault, where there is not.
    switch (bits(*word, 1, 0)) {
    case 1:
        return second_level(regs, memory, *word, va);
    case 2:
        return section(regs, *word, va);
    case 3:
        if (bits(regs.id_mmfr0, 3, 0) >= 4)
            return section(regs, *word, va);
        break;
    default:
        break;
    }
    return stop(fault::l1_translation, 1, va, 1u << 20);
}

namespace {

/// Table B3-8 (AFE = 0). Reserved encodings have no rights here.
bool ap_allows(u8 ap, access what, mode who)
{
    const bool write = what == access::write;
    switch (ap) {
    case 1: // privileged read-write
        return who == mode::privileged;
    case 2: // user read-only
        return who == mode::privileged || !write;
    case 3:
        return true;
    case 5: // privileged read-only
        return who == mode::privileged && !write;
    case 6: // deprecated spelling of 7
    case 7:
        return !write;
    default: // 0 no access, 4 reserved
        return false;
    }
}

} // namespace

fault check(const registers &regs, const mapping &m, access what, mode who)
{
    if (!m.mapped())
        return m.why;
    const bool first = m.level == 1;
    // SCTLR.AFE: AP[0] is the access flag; where it is set, AP[2:1] mean what they mean without.
    if (bit(regs.sctlr, 29) && (m.ap & 1) == 0)
        return first ? fault::l1_access_flag : fault::l2_access_flag;
    switch (bits(regs.dacr, 2 * m.domain + 1, 2 * m.domain)) {
    case 1: // client
        break;
    case 3: // manager: no check
        return fault::none;
    default:
        return first ? fault::l1_domain : fault::l2_domain;
    }
    if (!ap_allows(m.ap, what, who) || (what == access::execute && m.xn))
        return first ? fault::l1_permission : fault::l2_permission;
    return fault::none;
}

} // namespace model
