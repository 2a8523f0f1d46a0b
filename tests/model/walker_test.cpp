// The oracle itself: words encoded by hand from the manual's figures, and the answers that DDI
// 0406C gives. Runs on the target too, where it judges live tables.
#include <tests/model/walker.h>
#include <tests/test.h>

namespace {

using namespace model;
using what = model::access;

/// Memory of a few words: everything else is a bus error.
struct little_memory {
    struct word {
        u32 pa, value;
    };
    word words[4] = {};

    static std::optional<u32> read(const void *context, u32 pa)
    {
        for (const word &w : static_cast<const little_memory *>(context)->words)
            if (w.pa == pa && pa != 0)
                return w.value;
        return std::nullopt;
    }
    [[nodiscard]] memory_view view() const { return {read, this}; }
};

/// A Cortex-A9 as Linux sets it up; tables at 0x60004000 and 0x60008000.
constexpr registers A9{.sctlr = 0x10c5387d,
                       .ttbr0 = 0x60004059,
                       .ttbr1 = 0x60008059,
                       .ttbcr = 0,
                       .dacr = 0x5,
                       .prrr = 0xff0a81a8,
                       .nmrr = 0x40e040e0,
                       .id_mmfr0 = 0x00100103};

mapping one_section(u32 word, const registers &regs = A9)
{
    const little_memory memory{{{0x60004000, word}}};
    return walk(regs, memory.view(), 0);
}
mapping one_page(u32 word, u32 link = 0x60002001)
{
    const little_memory memory{{{0x60004000, link}, {0x60002000, word}}};
    return walk(A9, memory.view(), 0);
}

} // namespace

TEST(Walker, FindsTheFirstLevelWord)
{
    const little_memory memory{{{0x60004000 + 0xfff * 4, 0x12300002}}};
    const mapping m = walk(A9, memory.view(), 0xffffffff);
    EXPECT_TRUE(m.mapped());
    EXPECT_EQ(m.va, 0xfff00000u);
    EXPECT_EQ(m.size, 0x100000u);
    EXPECT_EQ(m.pa, 0x12300000u);
    EXPECT_EQ(m.level, 1);
}

TEST(Walker, FindsTheSecondLevelWord)
{
    const little_memory memory{
        {{0x60004000 + 0x812 * 4, 0x60002c01 | 5 << 5}, {0x60002c00 + 0x34 * 4, 0x45678002}}};
    const mapping m = walk(A9, memory.view(), 0x81234abc);
    EXPECT_EQ(m.va, 0x81234000u);
    EXPECT_EQ(m.size, 0x1000u);
    EXPECT_EQ(m.pa, 0x45678000u);
    EXPECT_EQ(m.domain, 5);
    EXPECT_EQ(m.level, 2);
}

TEST(Walker, KnowsTheTypesOfTheFirstLevel)
{
    EXPECT_TRUE(one_section(0xfffffffc).why == fault::l1_translation);
    EXPECT_TRUE(one_section(0x00000003).why == fault::l1_translation); // no PXN: reserved
    registers a15 = A9;
    a15.id_mmfr0 = 0x10201105;
    EXPECT_TRUE(one_section(0x12300003, a15).mapped());
    const mapping super = one_section(0x12745012 | 1u << 18 | 0x1a0);
    EXPECT_EQ(super.size, 0x1000000u);
    EXPECT_EQ(super.pa, 0xd712000000u); // PA[39:36] = 13, PA[35:32] = 7
    EXPECT_EQ(super.domain, 0);
}

TEST(Walker, KnowsTheTypesOfTheSecondLevel)
{
    EXPECT_TRUE(one_page(0xfffffffc).why == fault::l2_translation);
    EXPECT_EQ(one_page(0x12345002).size, 0x1000u);
    EXPECT_EQ(one_page(0x12345003).size, 0x1000u);
    EXPECT_EQ(one_page(0x12345001).size, 0x10000u);
    EXPECT_EQ(one_page(0x12345001).pa, 0x12340000u);
}

TEST(Walker, AWordThatCannotBeReadIsAnExternalAbort)
{
    const little_memory nothing{};
    EXPECT_TRUE(walk(A9, nothing.view(), 0).why == fault::l1_external);
    EXPECT_TRUE(one_page(0, 0x70000001).why == fault::l2_external);
}

TEST(Walker, DecodesASectionsAttributes)
{
    // nG 17, S 16, AP[2] 15, TEX 14:12, AP[1:0] 11:10, domain 8:5, XN 4, C 3, B 2
    struct {
        u32 bits;
        u8 ng, s, ap, tex, domain, xn, c, b;
    } const rows[] = {
        {1 << 17, 1, 0, 0, 0, 0, 0, 0, 0}, {1 << 16, 0, 1, 0, 0, 0, 0, 0, 0},
        {1 << 15, 0, 0, 4, 0, 0, 0, 0, 0}, {5 << 12, 0, 0, 0, 5, 0, 0, 0, 0},
        {3 << 10, 0, 0, 3, 0, 0, 0, 0, 0}, {9 << 5, 0, 0, 0, 0, 9, 0, 0, 0},
        {1 << 4, 0, 0, 0, 0, 0, 1, 0, 0},  {1 << 3, 0, 0, 0, 0, 0, 0, 1, 0},
        {1 << 2, 0, 0, 0, 0, 0, 0, 0, 1},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.bits);
        const mapping m = one_section(r.bits | 2);
        EXPECT_TRUE(m.ng == r.ng && m.s == r.s && m.ap == r.ap && m.tex == r.tex);
        EXPECT_TRUE(m.domain == r.domain && m.xn == r.xn && m.c == r.c && m.b == r.b);
    }
}

TEST(Walker, DecodesAPagesAttributes)
{
    const mapping small = one_page(0x00000eff); // nG, S, AP[2], TEX 011, AP 11, C, B, XN
    EXPECT_TRUE(small.ng == 1 && small.s == 1 && small.ap == 7 && small.tex == 3);
    EXPECT_TRUE(small.c == 1 && small.b == 1 && small.xn == 1);
    const mapping large = one_page(0x0000d00d); // XN 15, TEX 101 at 14:12, C, B
    EXPECT_TRUE(large.ng == 0 && large.s == 0 && large.ap == 0 && large.tex == 5);
    EXPECT_TRUE(large.c == 1 && large.b == 1 && large.xn == 1);
}

TEST(Walker, RemapsMemoryTypesByPrrrAndNmrr)
{
    struct {
        u32 tex_c_b;
        memory_type type;
        caching cached;
    } const rows[] = {
        {0, memory_type::strongly_ordered, caching::none},
        {1, memory_type::normal, caching::none},
        {2, memory_type::normal, caching::write_through},
        {3, memory_type::normal, caching::write_back},
        {4, memory_type::device, caching::none},
        {7, memory_type::normal, caching::write_back_allocate},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.tex_c_b);
        const u32 word = (r.tex_c_b & 4) << 10 | (r.tex_c_b & 3) << 2 | 2;
        const mapping m = one_section(word);
        EXPECT_TRUE(m.type == r.type && m.inner == r.cached && m.outer == r.cached);
        EXPECT_TRUE(one_section(word | 6 << 12).type == r.type) << "TEX[2:1] select nothing";
        // PRRR says: normal memory is shareable if S, device memory too, strongly ordered always.
        EXPECT_EQ(m.shareable, r.type == memory_type::strongly_ordered);
        EXPECT_EQ(one_section(word | 1 << 16).shareable, 1);
    }
    registers all_device = A9;
    all_device.prrr = 0x00015555;
    EXPECT_EQ(one_section(0x2, all_device).shareable, 1) << "DS0";
    EXPECT_EQ(one_section(0x10002, all_device).shareable, 0) << "DS1";
}

TEST(Walker, ChoosesTheTableByTtbcrN)
{
    for (u32 n = 0; n < 8; n++) {
        SCOPED_TRACE(n);
        registers regs = A9;
        regs.ttbcr = n;
        regs.ttbr0 = 0x60004059;
        const u32 border = n == 0 ? 0 : 1u << (32 - n); // first address of TTBR1
        const little_memory memory{
            {{0x60004000, 0x11100002}, {0x60008000 + (border >> 20) * 4, 0x22200002}}};
        EXPECT_EQ(walk(regs, memory.view(), 0).pa, 0x11100000u);
        if (n == 0)
            continue;
        EXPECT_EQ(walk(regs, memory.view(), border).pa, 0x22200000u);
    }
    // With N = 7 TTBR0's table is 128 bytes, and may begin at any multiple of that.
    registers small = A9;
    small.ttbcr = 7;
    small.ttbr0 = 0x600040d9;
    const little_memory memory{{{0x60004080, 0x11100002}}};
    EXPECT_EQ(walk(small, memory.view(), 0).pa, 0x11100000u);
}

TEST(Walker, APd0OrPd1WalkIsATranslationFault)
{
    const little_memory memory{{{0x60004000, 0x11100002}, {0x6000a000, 0x22200002}}};
    registers regs = A9;
    regs.ttbcr = 1 | 1 << 4;
    EXPECT_TRUE(walk(regs, memory.view(), 0).why == fault::l1_translation);
    EXPECT_TRUE(walk(regs, memory.view(), 0x80000000).mapped());
    regs.ttbcr = 1 | 1 << 5;
    EXPECT_TRUE(walk(regs, memory.view(), 0).mapped());
    EXPECT_TRUE(walk(regs, memory.view(), 0x80000000).why == fault::l1_translation);
}

TEST(Walker, ChecksApAsInTableB3_8)
{
    struct {
        u32 ap;
        bool kernel_read, kernel_write, user_read, user_write;
    } const rows[] = {
        {0, false, false, false, false}, {1, true, true, false, false},
        {2, true, true, true, false},    {3, true, true, true, true},
        {4, false, false, false, false}, {5, true, false, false, false},
        {6, true, false, true, false},   {7, true, false, true, false},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.ap);
        const mapping m = one_section((r.ap & 4) << 13 | (r.ap & 3) << 10 | 2);
        const auto passes = [&](what does, mode who) {
            const fault f = check(A9, m, does, who);
            EXPECT_TRUE(f == fault::none || f == fault::l1_permission);
            return f == fault::none;
        };
        EXPECT_EQ(passes(what::read, mode::privileged), r.kernel_read);
        EXPECT_EQ(passes(what::write, mode::privileged), r.kernel_write);
        EXPECT_EQ(passes(what::execute, mode::privileged), r.kernel_read);
        EXPECT_EQ(passes(what::read, mode::user), r.user_read);
        EXPECT_EQ(passes(what::write, mode::user), r.user_write);
        EXPECT_EQ(passes(what::execute, mode::user), r.user_read);
    }
}

TEST(Walker, ChecksXnAfterAp)
{
    const mapping m = one_section(0x412); // kernel rw, XN
    EXPECT_TRUE(check(A9, m, what::read, mode::privileged) == fault::none);
    EXPECT_TRUE(check(A9, m, what::execute, mode::privileged) == fault::l1_permission);
    EXPECT_TRUE(check(A9, one_page(0x13), what::execute, mode::privileged) == fault::l2_permission);
}

TEST(Walker, ChecksTheDomain)
{
    registers regs = A9;
    regs.dacr = 1u << 0 | 2u << 2 | 3u << 4; // 0 client, 1 reserved, 2 manager, 3 no access
    const u32 kernel_ro = 0x8402;
    const auto write_to = [&](u32 domain) {
        return check(regs, one_section(kernel_ro | domain << 5), what::write, mode::user);
    };
    EXPECT_TRUE(write_to(0) == fault::l1_permission);
    EXPECT_TRUE(write_to(1) == fault::l1_domain);
    EXPECT_TRUE(write_to(2) == fault::none);
    EXPECT_TRUE(write_to(3) == fault::l1_domain);
    EXPECT_TRUE(check(regs, one_page(0x32, 0x60002001 | 3 << 5), what::read, mode::privileged) ==
                fault::l2_domain);
}

TEST(Walker, ChecksTheAccessFlagIfAfeIsSet)
{
    registers regs = A9;
    regs.sctlr |= 1u << 29;
    EXPECT_TRUE(check(regs, one_section(0x802), what::read, mode::user) == fault::l1_access_flag);
    EXPECT_TRUE(check(regs, one_section(0xc02), what::read, mode::user) == fault::none);
    EXPECT_TRUE(check(regs, one_page(0x22), what::read, mode::user) == fault::l2_access_flag);
    EXPECT_TRUE(check(regs, one_page(0x32), what::read, mode::user) == fault::none);
}

TEST(Walker, WhatIsNotMappedFailsEveryCheckWithItsFault)
{
    EXPECT_TRUE(check(A9, one_section(0), what::read, mode::privileged) == fault::l1_translation);
    EXPECT_TRUE(check(A9, one_page(0), what::read, mode::privileged) == fault::l2_translation);
}

TEST(Walker, FaultsHaveTheManualsNumbers)
{
    EXPECT_EQ(static_cast<u32>(fault::l1_translation), 0x05u);
    EXPECT_EQ(static_cast<u32>(fault::l2_translation), 0x07u);
    EXPECT_EQ(static_cast<u32>(fault::l1_domain), 0x09u);
    EXPECT_EQ(static_cast<u32>(fault::l2_domain), 0x0bu);
    EXPECT_EQ(static_cast<u32>(fault::l1_permission), 0x0du);
    EXPECT_EQ(static_cast<u32>(fault::l2_permission), 0x0fu);
    EXPECT_EQ(static_cast<u32>(fault::l1_access_flag), 0x03u);
    EXPECT_EQ(static_cast<u32>(fault::l2_access_flag), 0x06u);
    EXPECT_EQ(static_cast<u32>(fault::l1_external), 0x0cu);
    EXPECT_EQ(static_cast<u32>(fault::l2_external), 0x0eu);
}

TEST(Walker, PlacesAndRightsAreToldApart)
{
    const mapping rw = one_section(0x12300402);
    EXPECT_TRUE(rw.same(one_section(0x12300402)));
    for (const u32 right : {0x8000u, 0x10u, 0x20u}) { // AP[2], XN, domain
        EXPECT_TRUE(rw.same_place(one_section(0x12300402 ^ right)));
        EXPECT_FALSE(rw.same(one_section(0x12300402 ^ right)));
    }
    for (const u32 place : {0x100000u, 0x1000u, 0x8u, 0x4u, 0x10000u, 0x20000u}) // PA TEX C B S nG
        EXPECT_FALSE(rw.same_place(one_section(0x12300402 ^ place)));
    EXPECT_FALSE(rw.same_place(one_section(0)));
}
