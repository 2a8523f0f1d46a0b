// The hardware's page table descriptors, ARMv7-A short format: one table of fields each.
//
// DDI 0406C (ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition), B3.5.1:
// figure B3-4 first level, figure B3-5 second level. Attributes mean what B3.8.2 (TEX, C, B with
// TEX remap), B3.7.1 (AP) and B3.7.2 (XN) say. Linux: asm/pgtable-2level-hwdef.h.
#pragma once

#include <asm/page.h>
#include <kernel/lib/bitfield.h>

/// What both levels of descriptors say about memory, apart from where it is.
struct hw_attrs {
    u8 ap = 0;       ///< AP[2:0]: 001 kernel rw, 101 kernel ro, 011 all rw, 111 all ro (B3.7.1)
    u8 tex = 0;      ///< TEX[2:0]; with SCTLR.TRE only TEX[0] selects (B3.8.3)
    u8 c = 0, b = 0; ///< cacheable, bufferable (B3.8.2)
    u8 s = 0;        ///< shareable
    u8 ng = 0;       ///< not global: tagged with the ASID
    u8 xn = 0;       ///< execute never
    u8 domain = 0;   ///< 0 to 15; first level only (B3.7.3)

    constexpr bool operator==(const hw_attrs &) const = default;
    /// True if a privileged store passes the AP check.
    [[nodiscard]] constexpr bool writable() const { return ap >= 1 && ap <= 3; }
    /// True if a user load passes the AP check.
    [[nodiscard]] constexpr bool user() const { return ap == 2 || ap == 3 || ap >= 6; }
};

/// First-level section descriptor (B3.5.1, figure B3-4).
struct section_desc {
    using base = field<20, 12>; // PA[31:20]
    using ns = field<19, 1>;
    using super = field<18, 1>; // 0: section, 1: supersection
    using ng = field<17, 1>;    // not global: tagged with the ASID
    using s = field<16, 1>;     // shareable
    using ap2 = field<15, 1>;
    using tex = field<12, 3>;
    using ap10 = field<10, 2>;
    using domain = field<5, 4>;
    using xn = field<4, 1>;
    using c = field<3, 1>;
    using b = field<2, 1>;
    using type = field<0, 2>; // 0b10
};

/// First-level supersection descriptor: 16 equal copies, 16 MB (B3.5.1, figure B3-4).
struct supersection_desc : section_desc {
    using base = field<24, 8>;     // PA[31:24]
    using pa_35_32 = field<20, 4>; // 0: no memory of ours lies above 4 GB
    using pa_39_36 = field<5, 4>;  // likewise; a section has its domain here, these are in domain 0
};

/// First-level descriptor of a second-level table (B3.5.1, figure B3-4).
struct table_desc {
    using base = field<10, 22>; // PA[31:10]
    using domain = field<5, 4>;
    using ns = field<3, 1>;
    using pxn = field<2, 1>;
    using type = field<0, 2>; // 0b01
};

/// Second-level small page, 4 KB (B3.5.1, figure B3-5).
struct small_page_desc {
    using base = field<12, 20>; // PA[31:12]
    using ng = field<11, 1>;
    using s = field<10, 1>;
    using ap2 = field<9, 1>;
    using tex = field<6, 3>;
    using ap10 = field<4, 2>;
    using c = field<3, 1>;
    using b = field<2, 1>;
    using small = field<1, 1>; // 1
    using xn = field<0, 1>;
};

/// Second-level large page: 16 equal copies, 64 KB (B3.5.1, figure B3-5).
struct large_page_desc {
    using base = field<16, 16>; // PA[31:16]
    using xn = field<15, 1>;
    using tex = field<12, 3>;
    using ng = field<11, 1>;
    using s = field<10, 1>;
    using ap2 = field<9, 1>;
    using ap10 = field<4, 2>;
    using c = field<3, 1>;
    using b = field<2, 1>;
    using type = field<0, 2>; // 0b01
};

/// First-level section descriptor, ARMv5 (DDI 0100I B4.7.2; ARM926EJ-S TRM DDI 0198 3.3.3). No
/// execute never, no kernel read-only, no shareable bit; bit 4 must be one.
struct v5_section_desc {
    using base = field<20, 12>;
    using ap = field<10, 2>;
    using domain = field<5, 4>;
    using one = field<4, 1>;
    using c = field<3, 1>;
    using b = field<2, 1>;
    using type = field<0, 2>; // 0b10
};

/// First-level descriptor of a coarse second-level table, ARMv5: bit 4 must be one.
struct v5_table_desc {
    using base = field<10, 22>;
    using domain = field<5, 4>;
    using one = field<4, 1>;
    using type = field<0, 2>; // 0b01
};

/// Second-level small page, ARMv5: an access permission for each kilobyte (DDI 0100I B4.7.3).
struct v5_small_page_desc {
    using base = field<12, 20>;
    using ap3 = field<10, 2>;
    using ap2 = field<8, 2>;
    using ap1 = field<6, 2>;
    using ap0 = field<4, 2>;
    using c = field<3, 1>;
    using b = field<2, 1>;
    using type = field<0, 2>; // 0b10; a large page (0b01) has the same fields, base<16, 16>
    static constexpr u32 ap_of(u32 word, u32 quarter) { return (word >> (4 + 2 * quarter)) & 3; }
};

/// What a first-level word is (B3.5.1, table of bits[1:0] and [18]).
enum class l1_kind : u8 { fault, table, section, supersection, reserved };
constexpr l1_kind l1_kind_of(u32 word)
{
    switch (table_desc::type::get(word)) {
    case 1:
        return l1_kind::table;
    case 2:
        return section_desc::super::get(word) ? l1_kind::supersection : l1_kind::section;
    case 3: // a section with PXN where the CPU has that; Cortex-A9 has not: a translation fault
        return l1_kind::reserved;
    default:
        return l1_kind::fault;
    }
}

/// What a second-level word is.
enum class l2_kind : u8 { fault, large, small };
constexpr l2_kind l2_kind_of(u32 word)
{
    if (small_page_desc::small::get(word))
        return l2_kind::small;
    return large_page_desc::type::get(word) == 1 ? l2_kind::large : l2_kind::fault;
}

/// The fields that sections, supersections, small and large pages all have, as one word.
/// @tparam Desc  the table of fields; its `base` and type bits are left 0
template <class Desc>
constexpr u32 encode_attrs(const hw_attrs &a)
{
    return Desc::ng::make(a.ng) | Desc::s::make(a.s) | Desc::ap2::make(a.ap >> 2) |
           Desc::tex::make(a.tex) | Desc::ap10::make(a.ap) | Desc::xn::make(a.xn) |
           Desc::c::make(a.c) | Desc::b::make(a.b);
}
template <class Desc>
constexpr hw_attrs decode_attrs(u32 word, u32 domain)
{
    return {.ap = static_cast<u8>(Desc::ap2::get(word) << 2 | Desc::ap10::get(word)),
            .tex = static_cast<u8>(Desc::tex::get(word)),
            .c = static_cast<u8>(Desc::c::get(word)),
            .b = static_cast<u8>(Desc::b::get(word)),
            .s = static_cast<u8>(Desc::s::get(word)),
            .ng = static_cast<u8>(Desc::ng::get(word)),
            .xn = static_cast<u8>(Desc::xn::get(word)),
            .domain = static_cast<u8>(domain)};
}

/// A section's attributes as a word without a base. Kernel: `pa.raw() | section_bits(a)`.
constexpr u32 section_bits(const hw_attrs &a)
{
    return encode_attrs<section_desc>(a) | section_desc::domain::make(a.domain) |
           section_desc::type::make(2);
}
/// A supersection's, on processors that have them (CPU_HAS_SUPERSECTIONS); a.domain must be 0. The
/// base is a multiple of 16 MB, and sixteen words are equal: `pa.raw() | supersection_bits(a)`.
constexpr u32 supersection_bits(const hw_attrs &a)
{
    return encode_attrs<supersection_desc>(a) | supersection_desc::super::make(1) |
           supersection_desc::type::make(2);
}
constexpr u32 small_page_bits(const hw_attrs &a)
{
    return encode_attrs<small_page_desc>(a) | small_page_desc::small::make(1);
}
constexpr u32 table_bits(u32 domain)
{
    return table_desc::domain::make(domain) | table_desc::type::make(1);
}

/// Attributes of a section or supersection word, with its domain (ARMv6 with XP = 1, ARMv7).
constexpr hw_attrs section_attrs_of(u32 word)
{
    const bool super = section_desc::super::get(word) != 0;
    return decode_attrs<section_desc>(word, super ? 0 : section_desc::domain::get(word));
}
/// Attributes of a small or large page word (ARMv6 with XP = 1, ARMv7); domain 0.
constexpr hw_attrs page_attrs_of(u32 word, virt_addr_t)
{
    return l2_kind_of(word) == l2_kind::large ? decode_attrs<large_page_desc>(word, 0)
                                              : decode_attrs<small_page_desc>(word, 0);
}

/// What one generation's descriptors look like, for code that must work with all of them.
/// `hw_attrs` is the common tongue: what a generation has not (execute never on ARMv5) is 0.
struct descriptor_format {
    u32 (*section)(const hw_attrs &attrs);    ///< section word without address
    u32 (*small_page)(const hw_attrs &attrs); ///< small page word without address
    u32 (*table)(u32 domain);                 ///< table word without address
    l1_kind (*l1)(u32 word);
    l2_kind (*l2)(u32 word);
    hw_attrs (*section_attrs)(u32 word); ///< of a section or supersection, with its domain
    /// Of a small or large page, for the address `va` in it (ARMv5 has rights for each quarter);
    /// domain left 0.
    hw_attrs (*page_attrs)(u32 word, virt_addr_t va);
    /// "write-back", "device", ...: what TEX, C, B mean.
    const char *(*region_text)(const hw_attrs &attrs);
};

constexpr u32 SECTION_SHIFT = 20;
constexpr u32 SECTION_SIZE = 1u << SECTION_SHIFT;
constexpr u32 SUPERSECTION_SIZE = 1u << 24;
constexpr u32 SUPERSECTION_WORDS = SUPERSECTION_SIZE / SECTION_SIZE;
constexpr u32 LARGE_PAGE_SIZE = SZ_64K;

// Domains, as Linux numbers them (asm/domain.h); DACR is B4.1.43.
constexpr u32 DOMAIN_KERNEL = 0;
constexpr u32 DOMAIN_USER = 1;
constexpr u32 DOMAIN_VECTORS = 3;
/// Kernel and vectors are clients (checked against AP); the user's domain is closed.
constexpr u32 DACR_INIT = 1u << (2 * DOMAIN_KERNEL) | 1u << (2 * DOMAIN_VECTORS);

namespace hwdef_proof {
constexpr hw_attrs every{.ap = 5, .tex = 1, .c = 1, .b = 0, .s = 1, .ng = 1, .xn = 1, .domain = 3};
static_assert(decode_attrs<section_desc>(section_bits(every), 3) == every);
static_assert(section_desc::domain::get(section_bits(every)) == 3);
static_assert(decode_attrs<small_page_desc>(small_page_bits(every), 3) == every);
static_assert(decode_attrs<large_page_desc>(encode_attrs<large_page_desc>(every), 3) == every);
static_assert(l1_kind_of(section_bits(every)) == l1_kind::section);
constexpr hw_attrs super{.ap = 5, .tex = 1, .c = 1, .b = 0, .s = 1, .ng = 1, .xn = 1, .domain = 0};
static_assert(section_attrs_of(supersection_bits(super)) == super);
static_assert(l1_kind_of(supersection_bits(super)) == l1_kind::supersection);
static_assert((supersection_bits(super) &
               (supersection_desc::base::mask | supersection_desc::pa_35_32::mask |
                supersection_desc::pa_39_36::mask)) == 0);
static_assert(l2_kind_of(small_page_bits(every)) == l2_kind::small);
static_assert(l1_kind_of(table_bits(3)) == l1_kind::table && table_bits(3) == 0x61);
// Linux's words for the kernel's data on one CPU and on several.
constexpr hw_attrs rw_up{.ap = 1, .tex = 0, .c = 1, .b = 1, .s = 0, .ng = 0, .xn = 1, .domain = 0};
constexpr hw_attrs rw_smp{.ap = 1, .tex = 1, .c = 1, .b = 1, .s = 1, .ng = 0, .xn = 1, .domain = 0};
static_assert(section_bits(rw_up) == 0x0041e && section_bits(rw_smp) == 0x1141e);
static_assert(small_page_bits(rw_up) == 0x01f && small_page_bits(rw_smp) == 0x45f);
} // namespace hwdef_proof
