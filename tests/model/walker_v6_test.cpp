// ARMv6's walker (XP = 1): words encoded by hand from DDI 0301H 6.11, tables 6-1 and 6-2.
#include <tests/model/few_words.h>
#include <tests/test.h>

namespace {

using namespace model;
using what = model::access;

/// An ARM1176 with tables at 0x4000 and 0x8000; domains 0 and 1 clients, 2 manager, 3 closed.
constexpr registers ARM1176{.sctlr = 0x00c5387d,
                            .ttbr0 = 0x4000,
                            .ttbr1 = 0x8000,
                            .ttbcr = 0,
                            .dacr = 0x35,
                            .prrr = 0xff0a81a8, // must not matter
                            .nmrr = 0x40e040e0,
                            .id_mmfr0 = 0x10201105}; // nor this

constexpr u32 S = 1 << 8, R = 1 << 9, AFE = 1 << 29; // SCTLR
constexpr u32 READ = 8, WRITE = 4, USER_READ = 2, USER_WRITE = 1;

mapping section(u32 word)
{
    const few_words memory{{{0x4000, word}}};
    return walk_v6(ARM1176, memory.view(), 0);
}
mapping page(u32 word)
{
    const few_words memory{{{0x4000, 0xc001}, {0xc000, word}}};
    return walk_v6(ARM1176, memory.view(), 0);
}
u32 section_of(u32 apx_ap)
{
    return (apx_ap & 4) << 13 | (apx_ap & 3) << 10 | 2;
}
u32 page_of(u32 apx_ap)
{
    return (apx_ap & 4) << 7 | (apx_ap & 3) << 4;
}

} // namespace

TEST(WalkerV6, KnowsTheTypesOfBothLevels)
{
    EXPECT_TRUE(section(0xfffffffc).why == fault::l1_translation);
    EXPECT_TRUE(section(0x12300003).why == fault::l1_translation) << "no PXN in ARMv6";
    EXPECT_EQ(section(0x12300002).size, 0x100000u);
    EXPECT_EQ(section(0x12300002).pa, 0x12300000u);
    EXPECT_TRUE(page(0xfffffffc).why == fault::l2_translation);
    EXPECT_EQ(page(0x12345001).size, 0x10000u);
    EXPECT_EQ(page(0x12345001).pa, 0x12340000u);
    EXPECT_EQ(page(0x12345002).size, 0x1000u);
    EXPECT_EQ(page(0x12345003).pa, 0x12345000u);
}

TEST(WalkerV6, ASupersectionHas32BitsOfAddressAndDomain0)
{
    const mapping m = section(0x12000002 | 0xf00000 | 1 << 18 | 9 << 5);
    EXPECT_EQ(m.size, 0x1000000u);
    EXPECT_EQ(m.pa, 0x12000000u);
    EXPECT_EQ(m.domain, 0);
}

TEST(WalkerV6, DecodesASectionsAttributes)
{
    struct {
        u32 bits;
        u8 ng, s, ap, tex, domain, xn, c, b;
    } const rows[] = {
        {1 << 17, 1, 0, 0, 0, 0, 0, 0, 0}, {1 << 16, 0, 1, 0, 0, 0, 0, 0, 0},
        {1 << 15, 0, 0, 4, 0, 0, 0, 0, 0}, {5 << 12, 0, 0, 0, 5, 0, 0, 0, 0},
        {3 << 10, 0, 0, 3, 0, 0, 0, 0, 0}, {9 << 5, 0, 0, 0, 0, 9, 0, 0, 0},
        {1 << 4, 0, 0, 0, 0, 0, 1, 0, 0},  {1 << 3, 0, 0, 0, 0, 0, 0, 1, 0},
        {1 << 2, 0, 0, 0, 0, 0, 0, 0, 1},  {1 << 9, 0, 0, 0, 0, 0, 0, 0, 0},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.bits);
        const mapping m = section(r.bits | 2);
        EXPECT_TRUE(m.ng == r.ng && m.s == r.s && m.ap == r.ap && m.tex == r.tex);
        EXPECT_TRUE(m.domain == r.domain && m.xn == r.xn && m.c == r.c && m.b == r.b);
    }
}

TEST(WalkerV6, DecodesAPagesAttributes)
{
    const mapping small = page(0x00000eff); // nG, S, APX, TEX 011, AP 11, C, B, XN
    EXPECT_TRUE(small.ng == 1 && small.s == 1 && small.ap == 7 && small.tex == 3);
    EXPECT_TRUE(small.c == 1 && small.b == 1 && small.xn == 1);
    const mapping large = page(0x0000d00d); // XN 15, TEX 101 at 14:12, C, B
    EXPECT_TRUE(large.ng == 0 && large.s == 0 && large.ap == 0 && large.tex == 5);
    EXPECT_TRUE(large.c == 1 && large.b == 1 && large.xn == 1);
}

TEST(WalkerV6, ApxApSAndRSayWhoMayWhat)
{
    struct {
        u32 s_and_r, apx_ap, rights;
    } const rows[] = {
        // DDI 0301H table 6-1; 111 by 6.5.2
        {0, 0, 0},
        {S, 0, READ},
        {R, 0, READ | USER_READ},
        {0, 1, READ | WRITE},
        {0, 2, READ | WRITE | USER_READ},
        {0, 3, READ | WRITE | USER_READ | USER_WRITE},
        {0, 4, 0},
        {S, 4, 0},
        {R, 4, 0},
        {0, 5, READ},
        {R, 5, READ},
        {0, 6, READ | USER_READ},
        {0, 7, READ | USER_READ},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.s_and_r | r.apx_ap);
        registers regs = ARM1176;
        regs.sctlr |= r.s_and_r;
        const auto rights = [&regs](const mapping &m) { return rights_of(format::v6, regs, m); };
        EXPECT_EQ(rights(section(section_of(r.apx_ap))), r.rights);
        EXPECT_EQ(rights(section(section_of(r.apx_ap) | 1 << 18)), r.rights);
        EXPECT_EQ(rights(page(page_of(r.apx_ap) | 2)), r.rights);
        EXPECT_EQ(rights(page(page_of(r.apx_ap) | 1)), r.rights);
    }
}

TEST(WalkerV6, XnForbidsExecutionAlone)
{
    for (const mapping &m :
         {section(section_of(1) | 1 << 4), page(page_of(1) | 3), page(page_of(1) | 1 | 1 << 15)}) {
        EXPECT_EQ(rights_of(format::v6, ARM1176, m), READ | WRITE);
        EXPECT_TRUE(check_v6(ARM1176, m, what::execute, mode::privileged) ==
                    (m.level == 1 ? fault::l1_permission : fault::l2_permission));
    }
    EXPECT_TRUE(check_v6(ARM1176, section(section_of(1)), what::execute, mode::privileged) ==
                fault::none);
    registers s_bit = ARM1176;
    s_bit.sctlr |= S;
    EXPECT_TRUE(check_v6(s_bit, section(0x12), what::execute, mode::privileged) ==
                fault::l1_permission);
}

TEST(WalkerV6, DomainsAndTheAccessFlagAreChecked)
{
    const auto in = [](u32 domain) {
        return check_v6(ARM1176, section(domain << 5 | 0x8402), what::write, mode::user);
    };
    EXPECT_TRUE(in(1) == fault::l1_permission);
    EXPECT_TRUE(in(2) == fault::none);
    EXPECT_TRUE(in(3) == fault::l1_domain);
    registers regs = ARM1176;
    regs.sctlr |= AFE | S;
    EXPECT_TRUE(check_v6(regs, section(2), what::read, mode::privileged) == fault::l1_access_flag);
    EXPECT_TRUE(check_v6(regs, page(2), what::read, mode::privileged) == fault::l2_access_flag);
    EXPECT_TRUE(check_v6(regs, page(0), what::read, mode::privileged) == fault::l2_translation);
}

TEST(WalkerV6, TexCBMeanWhatTableB4_3Says)
{
    constexpr auto SO = memory_type::strongly_ordered;
    constexpr auto DEVICE = memory_type::device;
    constexpr auto NORMAL = memory_type::normal;
    constexpr auto RESERVED = memory_type::reserved;
    constexpr u8 BY_S = 2;
    struct {
        u32 tex, c, b;
        memory_type type;
        caching cached;
        u8 shareable; // BY_S: as the S bit says
    } const rows[] = {
        {0, 0, 0, SO, caching::none, 1},
        {0, 0, 1, DEVICE, caching::none, 1},
        {0, 1, 0, NORMAL, caching::write_through, BY_S},
        {0, 1, 1, NORMAL, caching::write_back, BY_S},
        {1, 0, 0, NORMAL, caching::none, BY_S},
        {1, 0, 1, RESERVED, caching::none, 0},
        {1, 1, 0, RESERVED, caching::none, 0}, // IMPLEMENTATION DEFINED
        {1, 1, 1, NORMAL, caching::write_back_allocate, BY_S},
        {2, 0, 0, DEVICE, caching::none, 0},
        {2, 0, 1, RESERVED, caching::none, 0},
        {2, 1, 0, RESERVED, caching::none, 0},
        {2, 1, 1, RESERVED, caching::none, 0},
        {3, 0, 0, RESERVED, caching::none, 0},
        {3, 1, 1, RESERVED, caching::none, 0},
    };
    for (const auto &r : rows) {
        for (u32 s = 0; s < 2; s++) {
            SCOPED_TRACE(r.tex << 8 | r.c << 4 | r.b);
            const u32 cb = r.c << 3 | r.b << 2;
            for (const mapping &m :
                 {section(s << 16 | r.tex << 12 | cb | 2), page(s << 10 | r.tex << 6 | cb | 2),
                  page(s << 10 | r.tex << 12 | cb | 1)}) {
                EXPECT_TRUE(m.type == r.type);
                EXPECT_TRUE(m.inner == r.cached && m.outer == r.cached);
                EXPECT_EQ(m.shareable, r.shareable == BY_S ? s : r.shareable);
            }
        }
    }
}

TEST(WalkerV6, Tex1xxHasInnerAndOuterPolicyOfTheirOwn)
{
    constexpr caching policy[4] = {caching::none, caching::write_back_allocate,
                                   caching::write_through, caching::write_back};
    for (u32 outer = 0; outer < 4; outer++)
        for (u32 inner = 0; inner < 4; inner++) {
            SCOPED_TRACE(outer << 4 | inner);
            const mapping m = section(1 << 16 | (4 | outer) << 12 | inner << 2 | 2);
            EXPECT_TRUE(m.type == memory_type::normal && m.shareable == 1);
            EXPECT_TRUE(m.outer == policy[outer] && m.inner == policy[inner]);
        }
}

TEST(WalkerV6, TtbcrSplitsTheAddresses)
{
    registers regs = ARM1176;
    regs.ttbcr = 1;
    const few_words memory{{{0x4000, 0x11100002}, {0x8000 + 0x800 * 4, 0x22200002}}};
    EXPECT_EQ(walk_v6(regs, memory.view(), 0).pa, 0x11100000u);
    EXPECT_EQ(walk_v6(regs, memory.view(), 0x80000000).pa, 0x22200000u);
    regs.ttbcr |= 1 << 5; // PD1
    EXPECT_TRUE(walk_v6(regs, memory.view(), 0x80000000).why == fault::l1_translation);
}

TEST(WalkerFormats, AreToldApartByTheSameWord)
{
    const few_words memory{{{0x4000, 0x0001941e}}};
    registers regs = ARM1176;
    const mapping v5 = walk(format::v5, regs, memory.view(), 0);
    const mapping v6 = walk(format::v6, regs, memory.view(), 0);
    regs.sctlr |= 1 << 28;
    const mapping v7 = walk(format::v7, regs, memory.view(), 0);
    EXPECT_TRUE(v5.ap == 1 && v5.xn == 0 && v5.inner == caching::write_back);
    EXPECT_TRUE(v6.ap == 5 && v6.xn == 1 && v6.inner == caching::write_back_allocate);
    EXPECT_TRUE(v7.ap == 5 && v7.xn == 1 && v7.inner == caching::write_back_allocate);
    regs.sctlr &= ~(1u << 28);
    regs.prrr = regs.nmrr = 0;
    EXPECT_TRUE(walk(format::v7, regs, memory.view(), 0).inner == caching::write_back_allocate)
        << "without TEX remap ARMv7 reads TEX, C, B as ARMv6";
}
