// ARMv5's walker: words encoded by hand from DDI 0198D 3.2 and 3.4, and their answers.
#include <tests/model/few_words.h>
#include <tests/test.h>

namespace {

using namespace model;
using what = model::access;

/// An ARM926 with tables at 0x4000; domains 0 and 1 clients, 2 manager, 3 closed.
constexpr registers ARM926{.sctlr = 0x5317d & ~0x300u,
                           .ttbr0 = 0x4000,
                           .ttbr1 = 0,
                           .ttbcr = 0,
                           .dacr = 0x35,
                           .prrr = 0,
                           .nmrr = 0,
                           .id_mmfr0 = 0};

constexpr u32 S = 1 << 8, R = 1 << 9; // SCTLR
constexpr u32 READ = 8, WRITE = 4, USER_READ = 2, USER_WRITE = 1;

mapping section(u32 word)
{
    const few_words memory{{{0x4000, word}}};
    return walk_v5(ARM926, memory.view(), 0x12345);
}
/// The entry of address 0x2a00, which is in its page's third quarter, in a coarse table.
mapping coarse(u32 word, u32 va = 0x2a00)
{
    const few_words memory{{{0x4000, 0x8011}, {0x8000 + (va >> 12) * 4, word}}};
    return walk_v5(ARM926, memory.view(), va);
}
mapping fine(u32 word, u32 va = 0x2a00)
{
    const few_words memory{{{0x4000, 0x9013}, {0x9000 + (va >> 10) * 4, word}}};
    return walk_v5(ARM926, memory.view(), va);
}
u32 rights(const mapping &m, u32 s_and_r = 0)
{
    registers regs = ARM926;
    regs.sctlr |= s_and_r;
    return rights_of(format::v5, regs, m);
}

} // namespace

TEST(WalkerV5, ASectionMapsAMegabyte)
{
    const mapping m = section(0x12300000 | 3 << 10 | 5 << 5 | 0x1e);
    EXPECT_TRUE(m.mapped() && m.level == 1 && m.va == 0 && m.size == 0x100000);
    EXPECT_EQ(m.pa, 0x12300000u);
    EXPECT_TRUE(m.ap == 3 && m.domain == 5 && m.c == 1 && m.b == 1);
    EXPECT_TRUE(m.xn == 0 && m.ng == 0 && m.s == 0 && m.tex == 0);
    EXPECT_EQ(section(0x12300012 | 0xff000).size, 0x100000u) << "no supersections, no TEX";
}

TEST(WalkerV5, TheFirstLevelIsIndexedByTheTopTwelveBits)
{
    registers regs = ARM926;
    regs.ttbr0 = 0x7fff; // [13:0] are no address
    const few_words memory{{{0x4000 + 0xfff * 4, 0x12300012}}};
    EXPECT_EQ(walk_v5(regs, memory.view(), 0xffffffff).va, 0xfff00000u);
    EXPECT_EQ(walk_v5(regs, memory.view(), 0xffffffff).pa, 0x12300000u);
}

TEST(WalkerV5, FaultsHaveTheirLevel)
{
    EXPECT_TRUE(section(0xfffffffc).why == fault::l1_translation);
    EXPECT_TRUE(coarse(0xfffffffc).why == fault::l2_translation);
    EXPECT_TRUE(fine(0xfffffffc).why == fault::l2_translation);
    EXPECT_TRUE(coarse(0xffffffff).why == fault::l2_translation) << "tiny pages: fine tables only";
    EXPECT_EQ(coarse(0).size, 0x1000u);
    EXPECT_EQ(fine(0).size, 0x400u);
    const few_words nothing{};
    EXPECT_TRUE(walk_v5(ARM926, nothing.view(), 0).why == fault::l1_external);
    const few_words astray{{{0x4000, 0x8011}}};
    EXPECT_TRUE(walk_v5(ARM926, astray.view(), 0).why == fault::l2_external);
}

TEST(WalkerV5, ACoarseTableHas256WordsAndAlignsTo1Kilobyte)
{
    const few_words memory{
        {{0x4000 + 0x812 * 4, 0x8c11 | 1 << 5}, {0x8c00 + 0x34 * 4, 0x45678002}}};
    const mapping m = walk_v5(ARM926, memory.view(), 0x81234abc);
    EXPECT_TRUE(m.mapped() && m.level == 2 && m.domain == 1);
    EXPECT_EQ(m.va, 0x81234000u);
    EXPECT_EQ(m.pa, 0x45678000u);
    EXPECT_EQ(m.size, 0x1000u);
}

TEST(WalkerV5, AFineTableHas1024WordsAndAlignsTo4Kilobytes)
{
    const few_words memory{
        {{0x4000 + 0x812 * 4, 0x9e13 | 1 << 5}, {0x9000 + 0xd2 * 4, 0x45678c3f}}};
    const mapping m = walk_v5(ARM926, memory.view(), 0x81234abc);
    EXPECT_TRUE(m.mapped() && m.level == 2 && m.domain == 1);
    EXPECT_EQ(m.va, 0x81234800u);
    EXPECT_EQ(m.pa, 0x45678c00u);
    EXPECT_EQ(m.size, 0x400u);
    EXPECT_EQ(m.ap, 3);
}

TEST(WalkerV5, ASmallPageHasAnApForEachKilobyte)
{
    constexpr u32 word = 0x45678000 | 3 << 10 | 2 << 8 | 1 << 6 | 0 << 4 | 2;
    for (u32 quarter = 0; quarter < 4; quarter++) {
        SCOPED_TRACE(quarter);
        for (const mapping &m : {coarse(word, 0x2000 + quarter * 0x400),
                                 fine(word, 0x2000 + quarter * 0x400 + 0x3ff)}) {
            EXPECT_EQ(m.ap, quarter);
            EXPECT_EQ(m.va, 0x2000 + quarter * 0x400);
            EXPECT_EQ(m.pa, 0x45678000 + quarter * 0x400);
            EXPECT_EQ(m.size, 0x400u);
        }
    }
    EXPECT_EQ(coarse(0x45678552).size, 0x1000u) << "four equal APs: one page";
    EXPECT_EQ(coarse(0x45678552).pa, 0x45678000u);
}

TEST(WalkerV5, ALargePageHasAnApForEach16Kilobytes)
{
    constexpr u32 word = 0x45670000 | 3 << 10 | 2 << 8 | 1 << 6 | 0 << 4 | 1;
    for (u32 quarter = 0; quarter < 4; quarter++) {
        SCOPED_TRACE(quarter);
        const mapping m = coarse(word, 0x10000 + quarter * 0x4000 + 0x3000);
        EXPECT_EQ(m.ap, quarter);
        EXPECT_EQ(m.va, 0x10000 + quarter * 0x4000);
        EXPECT_EQ(m.pa, 0x45670000 + quarter * 0x4000);
        EXPECT_EQ(m.size, 0x4000u);
    }
    const mapping whole = coarse(0x45670551, 0x1f000);
    EXPECT_TRUE(whole.size == 0x10000 && whole.va == 0x10000 && whole.pa == 0x45670000);
}

TEST(WalkerV5, ApSAndRSayWhoMayWhat)
{
    struct {
        u32 s_and_r, ap, rights;
    } const rows[] = {
        // DDI 0198D table 3-12
        {0, 0, 0},
        {S, 0, READ},
        {R, 0, READ | USER_READ},
        {0, 1, READ | WRITE},
        {S, 1, READ | WRITE},
        {R, 1, READ | WRITE},
        {0, 2, READ | WRITE | USER_READ},
        {S, 2, READ | WRITE | USER_READ},
        {R, 2, READ | WRITE | USER_READ},
        {0, 3, READ | WRITE | USER_READ | USER_WRITE},
        {S, 3, READ | WRITE | USER_READ | USER_WRITE},
        {R, 3, READ | WRITE | USER_READ | USER_WRITE},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.s_and_r | r.ap);
        EXPECT_EQ(rights(section(r.ap << 10 | 0x12), r.s_and_r), r.rights);
        EXPECT_EQ(rights(coarse(r.ap * 0x550 | 2), r.s_and_r), r.rights);
        EXPECT_EQ(rights(coarse(r.ap * 0x550 | 1), r.s_and_r), r.rights);
        EXPECT_EQ(rights(fine(r.ap << 4 | 3), r.s_and_r), r.rights);
    }
    EXPECT_EQ(rights(section(0x12), S | R), 0u) << "UNPREDICTABLE: nothing to rely on";
}

TEST(WalkerV5, WhatCanBeReadCanBeExecuted)
{
    const mapping kernel_only = section(1 << 10 | 0x12);
    EXPECT_TRUE(check_v5(ARM926, kernel_only, what::execute, mode::privileged) == fault::none);
    EXPECT_TRUE(check_v5(ARM926, kernel_only, what::execute, mode::user) == fault::l1_permission);
    EXPECT_TRUE(check_v5(ARM926, coarse(0x2), what::execute, mode::privileged) ==
                fault::l2_permission);
}

TEST(WalkerV5, DomainsAreCheckedBeforeAp)
{
    const auto in = [](u32 domain) {
        return check_v5(ARM926, section(domain << 5 | 0x12), what::write, mode::user);
    };
    EXPECT_TRUE(in(0) == fault::l1_permission);
    EXPECT_TRUE(in(2) == fault::none) << "manager";
    EXPECT_TRUE(in(3) == fault::l1_domain);
    const few_words memory{{{0x4000, 0x8011 | 3 << 5}, {0x8000, 0x552}}};
    const mapping page = walk_v5(ARM926, memory.view(), 0);
    EXPECT_TRUE(check_v5(ARM926, page, what::read, mode::privileged) == fault::l2_domain);
    registers reserved = ARM926;
    reserved.dacr = 2;
    EXPECT_TRUE(check_v5(reserved, section(0x12), what::read, mode::privileged) ==
                fault::l1_domain);
    EXPECT_TRUE(check_v5(ARM926, section(0), what::read, mode::privileged) ==
                fault::l1_translation);
}

TEST(WalkerV5, CAndBAreTheMemoryType)
{
    struct {
        u32 cb;
        memory_type type;
        caching cached;
    } const rows[] = {
        {0, memory_type::strongly_ordered, caching::none},
        {1, memory_type::device, caching::none}, // buffered
        {2, memory_type::normal, caching::write_through},
        {3, memory_type::normal, caching::write_back},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.cb);
        for (const mapping &m : {section(r.cb << 2 | 0x12), coarse(r.cb << 2 | 1),
                                 coarse(r.cb << 2 | 2), fine(r.cb << 2 | 3)}) {
            EXPECT_TRUE(m.type == r.type);
            EXPECT_TRUE(m.inner == r.cached && m.outer == r.cached);
        }
    }
}
