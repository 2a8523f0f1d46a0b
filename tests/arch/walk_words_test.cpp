// ARMv7 ONLY: its hand-made tables are in ARMv7's format
//
// The words in which a walk is told: every step, every field, and what is wrong with the tables.
#include <tests/arch/hand_made.h>
#include <tests/test.h>

namespace {

// Words written by hand from figures B3-4 and B3-5 of DDI 0406C.
constexpr u32 SECTION = 0x0001940e;      // S, APX, TEX 001, AP 01, C, B, domain 0
constexpr u32 SUPERSECTION = 0x0005940e; // the same with bit 18
constexpr u32 SMALL = 0x0000065e;        // S, APX, TEX 001, AP 01, C, B
constexpr u32 LARGE = 0x0000961d;        // S, APX, AP 01, C, B; TEX 001 and XN at [14:12] and 15

class WalkWords : public ::testing::Test {
protected:
    const text_buffer<1024> &words(const mmu_registers &regs, u32 va)
    {
        text.clear();
        print_walk(text.out(), regs, virt_addr_t(va));
        return text;
    }
    const text_buffer<1024> &words(u32 va) { return words(tables.regs(), va); }

    hand_made_tables tables;
    text_buffer<1024> text;
};

} // namespace

TEST_F(WalkWords, ASectionIsToldFieldByField)
{
    tables.l1(0xc0100000) = 0x60100000 | 0x1940e;
    words(0xc0123456);
    EXPECT_TRUE(text.contains("walk of 0xc0123456\n"));
    EXPECT_TRUE(text.contains("TTBCR = 0x00000000: N=0, so TTBR0 = "));
    EXPECT_TRUE(text.contains("= 0x6011940e: section, domain 0: client\n"));
    EXPECT_TRUE(text.contains("AP=101 XN=0: kernel/user r-/-- X ;"));
    EXPECT_TRUE(text.contains("TEX=001 C=1 B=1: write-back allocate;  S=1: shareable;"));
    EXPECT_TRUE(text.contains("nG=0: global\n"));
    EXPECT_TRUE(text.contains("  => 0x60123456\n"));
}

TEST_F(WalkWords, OtherAttributesAreToldToo)
{
    tables.l1(0x00100000) = 0x60100000 | 0x20c12 | 1 << 5; // nG, AP 11, XN, strongly ordered
    words(0x00100000);
    EXPECT_TRUE(text.contains("domain 1: no access"));
    EXPECT_TRUE(text.contains("kernel/user rw/rw XN"));
    EXPECT_TRUE(text.contains("strongly ordered;  S=0: not shareable;  nG=1: one ASID's"));
    mmu_registers regs = tables.regs();
    regs.dacr = 0x0c;
    EXPECT_TRUE(words(regs, 0x00100000).contains("domain 1: manager"));
    regs.dacr = 0x08;
    EXPECT_TRUE(words(regs, 0x00100000).contains("domain 1: reserved"));
}

TEST_F(WalkWords, ASupersectionIsToldAsDomain0WhateverItsBits)
{
    tables.l1(0xc0500000) = 0x61000000 | SUPERSECTION | 0x1e0;
    EXPECT_TRUE(words(0xc0500000).contains("supersection, domain 0: client"));
}

TEST_F(WalkWords, APageIsToldInBothViews)
{
    tables.l1(0xffe00000) = tables.link() | 3 << 5;
    tables.l2(0x12) = 0x60345000 | SMALL;
    tables.linux_pte(0x12) = 0x603454df;
    words(0xffe12abc);
    EXPECT_TRUE(text.contains(": table, domain 3: client\n"));
    EXPECT_TRUE(text.contains("  L2[0x12] at "));
    EXPECT_TRUE(text.contains("= 0x6034565e: small page\n"));
    EXPECT_TRUE(text.contains("= 0x603454df: pfn 0x60345 PRESENT YOUNG DIRTY RDONLY SHARED, "
                              "WRITEALLOC\n"));
    EXPECT_TRUE(text.contains("  => 0x60345abc\n"));
}

TEST_F(WalkWords, EveryFlagOfALinuxPteHasItsWord)
{
    tables.l1(0x00100000) = tables.link();
    tables.linux_pte(0) = 0x60345b00; // user, xn, none, nothing else
    EXPECT_TRUE(words(0x00100000).contains("pfn 0x60345 USER XN NONE, UNCACHED\n"));
    EXPECT_TRUE(text.contains("fault: nothing mapped in this page\n"));
    EXPECT_TRUE(text.contains("  => not mapped\n"));
}

TEST_F(WalkWords, AnEmptyLinuxPteIsNone)
{
    tables.l1(0x00100000) = tables.link();
    EXPECT_TRUE(words(0x00100000).contains("= 0x00000000: none\n"));
}

TEST_F(WalkWords, ALargePageIsToldAsOne)
{
    tables.l1(0x00100000) = (tables.l2_pa() - 2048) | 1;
    tables.linux_pte(0) = 0x60340000 | LARGE;
    EXPECT_TRUE(words(0x00100000).contains(": large page\n"));
    EXPECT_FALSE(text.contains("Linux PTE"));
}

TEST_F(WalkWords, AFaultOfTheFirstLevelIsTold)
{
    EXPECT_TRUE(words(0xdeadb000).contains("= 0x00000000: fault: nothing mapped in this megabyte"));
    EXPECT_FALSE(text.contains("domain"));
    EXPECT_TRUE(text.contains("  => not mapped\n"));
}

TEST_F(WalkWords, TablesThatCannotBeReadAreToldAndLeftAlone)
{
    mmu_registers regs = tables.regs();
    regs.ttbr0 = 0;
    EXPECT_TRUE(words(regs, 0xc0000000)
                    .contains("first-level word at 0x00003000: not in mapped "
                              "RAM, not read\n"));
    tables.l1(0xc0000000) = 0x10000000 | 1;
    EXPECT_TRUE(words(0xc0001000)
                    .contains("second-level word at 0x10000004: not in mapped RAM, "
                              "not read\n"));
}

TEST_F(WalkWords, TheReservedTypeIsNamed)
{
    tables.l1(0xc0000000) = 0x60000000 | SECTION | 1; // 0b11
    EXPECT_TRUE(words(0xc0000000).contains(": reserved type, a fault\n"));
    EXPECT_TRUE(text.contains("  => not mapped\n"));
}

TEST_F(WalkWords, AWalkThatIsSwitchedOffIsToldSo)
{
    mmu_registers regs = tables.regs();
    regs.ttbcr = 1 | 1 << 4; // PD0
    EXPECT_TRUE(words(regs, 0).contains("walks through TTBR0 are switched off: TTBCR.PD0 = 1"));
    EXPECT_TRUE(text.contains("=> not mapped"));
    regs.ttbcr = 1 | 1 << 5; // PD1
    EXPECT_TRUE(words(regs, 0x80000000).contains("TTBCR.PD1 = 1"));
}
