// ARMv5's tables. Sections and tables are those of the ARM926EJ-S TRM, DDI 0198D.
#include <tests/model/walker_v5.h>

namespace model {

namespace {

constexpr u32 bits(u32 word, unsigned high, unsigned low)
{
    return (word >> low) & ((1u << (high - low + 1)) - 1);
}

mapping stop_v5(fault why, u8 level, u32 va, u32 size)
{
    mapping m{};
    m.why = why;
    m.level = level;
    m.va = va & ~(size - 1);
    m.size = size;
    return m;
}

/// C and B (table 4-4, the caches on): 00 not cached, not buffered; 01 not cached, buffered;
/// 10 write-through; 11 write-back. The words for the first two are ARMv6's for the same bits.
void type_v5(mapping &m, u32 word)
{
    m.c = static_cast<u8>(bits(word, 3, 3));
    m.b = static_cast<u8>(bits(word, 2, 2));
    m.inner = m.outer = caching::none;
    if (m.c) {
        m.type = memory_type::normal;
        m.inner = m.outer = m.b ? caching::write_back : caching::write_through;
    } else {
        m.type = m.b ? memory_type::device : memory_type::strongly_ordered;
    }
}

/// Bits [31:20] base, [11:10] AP, [8:5] domain, [3:2] C, B (table 3-2).
mapping section_v5(u32 word, u32 va)
{
    mapping m = stop_v5(fault::none, 1, va, 1u << 20);
    m.pa = word & 0xfff00000;
    m.ap = static_cast<u8>(bits(word, 11, 10));
    m.domain = static_cast<u8>(bits(word, 8, 5));
    type_v5(m, word);
    return m;
}

/// A large or small page: AP3 to AP0 in [11:4], one for each quarter (table 3-7).
mapping page_v5(u32 word, u32 va, u32 size)
{
    const u32 quarter = size / 4;
    const bool one_ap = bits(word, 11, 4) == bits(word, 5, 4) * 0x55;
    mapping m = stop_v5(fault::none, 2, va, one_ap ? size : quarter);
    m.pa = (word & ~(size - 1)) | (m.va & (size - 1));
    const u32 n = va / quarter % 4;
    m.ap = static_cast<u8>(bits(word, 5 + 2 * n, 4 + 2 * n));
    type_v5(m, word);
    return m;
}

/// One kilobyte: base [31:10], AP [5:4] (table 3-7).
mapping tiny_page_v5(u32 word, u32 va)
{
    mapping m = stop_v5(fault::none, 2, va, 1u << 10);
    m.pa = word & 0xfffffc00;
    m.ap = static_cast<u8>(bits(word, 5, 4));
    type_v5(m, word);
    return m;
}

enum class table_kind { coarse, fine };

/// A coarse table has 256 words of 4 KB each, a fine one 1024 of 1 KB each.
mapping second_level_v5(const memory_view &memory, u32 l1, u32 va, table_kind kind)
{
    const bool fine = kind == table_kind::fine;
    const u32 at = fine ? (l1 & 0xfffff000) | bits(va, 19, 10) << 2
                        : (l1 & 0xfffffc00) | bits(va, 19, 12) << 2;
    const u32 unit = fine ? 1u << 10 : 1u << 12; // what one word decides
    const std::optional<u32> word = memory.read(memory.context, at);
    if (!word)
        return stop_v5(fault::l2_external, 2, va, unit);
    switch (bits(*word, 1, 0)) {
    case 1:
        return page_v5(*word, va, 1u << 16);
    case 2:
        return page_v5(*word, va, 1u << 12);
    case 3:
        if (fine)
            return tiny_page_v5(*word, va);
        break; // reserved in a coarse table
    default:
        break;
    }
    return stop_v5(fault::l2_translation, 2, va, unit);
}

} // namespace

mapping walk_v5(const registers &regs, const memory_view &memory, u32 va)
{
    const std::optional<u32> word =
        memory.read(memory.context, (regs.ttbr0 & 0xffffc000) | bits(va, 31, 20) << 2);
    if (!word)
        return stop_v5(fault::l1_external, 1, va, 1u << 20);
    const u32 type = bits(*word, 1, 0);
    if (type == 0)
        return stop_v5(fault::l1_translation, 1, va, 1u << 20);
    if (type == 2)
        return section_v5(*word, va);
    mapping m =
        second_level_v5(memory, *word, va, type == 1 ? table_kind::coarse : table_kind::fine);
    m.domain = static_cast<u8>(bits(*word, 8, 5));
    return m;
}

namespace {

/// Table 3-12. SCTLR.S is bit 8, SCTLR.R bit 9; both at once are UNPREDICTABLE.
bool ap_allows_v5(u32 sctlr, u8 ap, access what, mode who)
{
    const bool write = what == access::write;
    switch (ap) {
    case 0:
        if (write)
            return false;
        if (bits(sctlr, 9, 8) == 1) // S: privileged read-only
            return who == mode::privileged;
        return bits(sctlr, 9, 8) == 2; // R: everybody read-only
    case 1:                            // privileged read-write
        return who == mode::privileged;
    case 2: // user read-only
        return who == mode::privileged || !write;
    default:
        return true;
    }
}

} // namespace

fault check_v5(const registers &regs, const mapping &m, access what, mode who)
{
    if (!m.mapped())
        return m.why;
    switch (bits(regs.dacr, 2 * m.domain + 1u, 2 * m.domain)) {
    case 1: // client
        break;
    case 3: // manager
        return fault::none;
    default:
        return m.level == 1 ? fault::l1_domain : fault::l2_domain;
    }
    if (!ap_allows_v5(regs.sctlr, m.ap, what, who))
        return m.level == 1 ? fault::l1_permission : fault::l2_permission;
    return fault::none;
}

} // namespace model
