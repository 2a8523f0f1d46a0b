// ARMv7 ONLY: its hand-made tables are in ARMv7's format
//
// The walk in software, on tables made by hand: each kind of entry, each way a table can be
// damaged, and its answers beside the model's. (The words in which it is told:
// walk_words_test.cpp.)
#include <tests/arch/hand_made.h>
#include <tests/test.h>

#include <mm/memblock.h>

namespace {

constexpr u32 MB = SZ_1M;
// Words written by hand from figures B3-4 and B3-5 of DDI 0406C.
constexpr u32 SECTION = 0x0001940e;      // S, APX, TEX 001, AP 01, C, B, domain 0
constexpr u32 SUPERSECTION = 0x0005940e; // the same with bit 18
constexpr u32 SMALL = 0x0000065e;        // S, APX, TEX 001, AP 01, C, B
constexpr u32 LARGE = 0x0000961d;        // S, APX, AP 01, C, B; TEX 001 and XN at [14:12] and 15

class Walk : public ::testing::Test {
protected:
    translation walk(u32 va) { return translate(tables.regs(), virt_addr_t(va)); }
    hand_made_tables tables;
};

constexpr hw_attrs KERNEL_TEXT{
    .ap = 5, .tex = 1, .c = 1, .b = 1, .s = 1, .ng = 0, .xn = 0, .domain = 0};

/// A cheap source of words that look like nothing in particular.
class noise {
public:
    u32 next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_;
    }

private:
    u32 state_ = 2463534242;
};

model::fault fault_of(walk_end end)
{
    switch (end) {
    case walk_end::l1_off:
    case walk_end::l1_fault:
        return model::fault::l1_translation;
    case walk_end::l1_unreadable:
        return model::fault::l1_external;
    case walk_end::l2_unreadable:
        return model::fault::l2_external;
    case walk_end::l2_fault:
        return model::fault::l2_translation;
    default:
        return model::fault::none;
    }
}

/// True if our walk and the model's say the same of `va`.
bool agrees(const mmu_registers &regs, u32 va)
{
    const translation t = translate(regs, virt_addr_t(va));
    const model::mapping m = hand_made_tables::model_walk(regs, va);
    if (fault_of(t.end) != m.why)
        return false;
    if (!t.mapped())
        return true;
    const hw_attrs attrs{.ap = m.ap,
                         .tex = m.tex,
                         .c = m.c,
                         .b = m.b,
                         .s = m.s,
                         .ng = m.ng,
                         .xn = m.xn,
                         .domain = m.domain};
    return t.pa.raw() == static_cast<u32>(m.pa + (va - m.va)) && t.attrs == attrs;
}

} // namespace

// ---- Each kind of entry ----

TEST_F(Walk, NothingIsAFaultOfAMegabyte)
{
    const translation t = walk(0x12345678);
    EXPECT_TRUE(t.end == walk_end::l1_fault);
    EXPECT_FALSE(t.mapped());
    EXPECT_EQ(t.size(), MB);
    EXPECT_EQ(t.l1_at.raw(), tables.l1_pa() + 0x123 * 4);
    EXPECT_EQ(t.has_linux_pte, 0);
}

TEST_F(Walk, ASectionKeepsTheLowTwentyBits)
{
    tables.l1(0xc0100000) = 0x60100000 | SECTION;
    const translation t = walk(0xc01fedcb);
    EXPECT_TRUE(t.end == walk_end::section);
    EXPECT_EQ(t.pa.raw(), 0x601fedcbu);
    EXPECT_TRUE(t.attrs == KERNEL_TEXT);
    EXPECT_EQ(t.size(), MB);
}

TEST_F(Walk, ASectionHasADomain)
{
    tables.l1(0xc0100000) = SECTION | 3 << 5;
    EXPECT_EQ(walk(0xc0100000).attrs.domain, 3);
}

TEST_F(Walk, ASupersectionKeepsTheLowTwentyFourBitsAndIsDomain0)
{
    tables.l1(0xc0500000) = 0x61000000 | SUPERSECTION | 0x1e0;
    const translation t = walk(0xc05fedcb);
    EXPECT_TRUE(t.end == walk_end::supersection);
    EXPECT_EQ(t.pa.raw(), 0x615fedcbu);
    EXPECT_TRUE(t.attrs == KERNEL_TEXT);
}

TEST_F(Walk, ASmallPageComesWithItsLinuxPte)
{
    tables.l1(0xffe00000) = tables.link() | 3 << 5;
    tables.l2(0x12) = 0x60345000 | SMALL;
    tables.linux_pte(0x12) = 0x603454df;
    const translation t = walk(0xffe12abc);
    EXPECT_TRUE(t.end == walk_end::small_page);
    EXPECT_EQ(t.pa.raw(), 0x60345abcu);
    EXPECT_EQ(t.attrs.domain, 3);
    EXPECT_EQ(t.attrs.ap, 5);
    EXPECT_EQ(t.l2_at.raw(), tables.l2_pa(0x12));
    EXPECT_EQ(t.has_linux_pte, 1);
    EXPECT_EQ(t.linux_pte, 0x603454dfu);
    EXPECT_EQ(t.size(), PAGE_SIZE);
}

TEST_F(Walk, TheSecondMegabyteUsesTheSecondHalf)
{
    tables.l1(0xfff00000) = tables.link(1);
    tables.l2(256 + 0xf0) = 0x60100000 | SMALL;
    EXPECT_EQ(walk(0xffff0004).pa.raw(), 0x60100004u);
    EXPECT_EQ(walk(0xffff0004).l2_at.raw(), tables.l2_pa(256 + 0xf0));
}

TEST_F(Walk, ALargePageKeepsTheLowSixteenBits)
{
    tables.l1(0x00100000) = tables.link();
    tables.l2(0x23) = 0x60340000 | LARGE;
    const translation t = walk(0x00123456);
    EXPECT_TRUE(t.end == walk_end::large_page);
    EXPECT_EQ(t.pa.raw(), 0x60343456u);
    EXPECT_EQ(t.attrs.tex, 1);
    EXPECT_EQ(t.attrs.xn, 1);
}

TEST_F(Walk, AFaultOfTheSecondLevelIsOfAPage)
{
    tables.l1(0x00100000) = tables.link();
    tables.linux_pte(0x23) = 0x60340041; // present, dirty, not young
    const translation t = walk(0x00123456);
    EXPECT_TRUE(t.end == walk_end::l2_fault);
    EXPECT_EQ(t.size(), PAGE_SIZE);
    EXPECT_EQ(t.linux_pte, 0x60340041u);
}

TEST_F(Walk, ATableInTheLowerHalfOfAPageHasNoLinuxPtes)
{
    tables.l1(0x00100000) = (tables.l2_pa() - 2048) | 1;
    tables.linux_pte(0) = 0x60340000 | SMALL;
    const translation t = walk(0x00100000);
    EXPECT_TRUE(t.end == walk_end::small_page);
    EXPECT_EQ(t.has_linux_pte, 0);
}

// ---- Which table ----

TEST_F(Walk, TtbcrNSplitsTheAddressesBetweenTheTables)
{
    // TTBR0's table of 2 GB is 8 KB: at 8 KB into ours, where TTBR1's has 0x80000000.
    mmu_registers regs = tables.regs();
    regs.ttbcr = 1;
    regs.ttbr0 = (tables.l1_pa() + 0x2000) | 0x59;
    tables.l1(0x80000000) = 0x60000000 | SECTION;
    const translation low = translate(regs, virt_addr_t(0));
    EXPECT_EQ(low.ttbr, 0);
    EXPECT_EQ(low.l1_at.raw(), tables.l1_pa() + 0x2000);
    EXPECT_EQ(low.pa.raw(), 0x60000000u);
    const translation last = translate(regs, virt_addr_t(0x7fffffff));
    EXPECT_EQ(last.ttbr, 0);
    const translation high = translate(regs, virt_addr_t(0x80000000));
    EXPECT_EQ(high.ttbr, 1);
    EXPECT_EQ(high.pa.raw(), 0x60000000u);
}

TEST_F(Walk, WithN2Ttbr0HasOneGigabyte)
{
    mmu_registers regs = tables.regs();
    regs.ttbcr = 2;
    EXPECT_EQ(translate(regs, virt_addr_t(0x3fffffff)).ttbr, 0);
    EXPECT_EQ(translate(regs, virt_addr_t(0x40000000)).ttbr, 1);
}

TEST_F(Walk, AWalkThatIsSwitchedOffReadsNothing)
{
    tables.l1(0) = tables.l1(0x80000000) = 0x60000000 | SECTION;
    mmu_registers regs = tables.regs();
    regs.ttbcr = 1 | 1 << 4; // PD0
    EXPECT_TRUE(translate(regs, virt_addr_t(0)).end == walk_end::l1_off);
    EXPECT_TRUE(translate(regs, virt_addr_t(0x80000000)).mapped());
    regs.ttbcr = 1 | 1 << 5; // PD1
    EXPECT_TRUE(translate(regs, virt_addr_t(0x80000000)).end == walk_end::l1_off);
    EXPECT_TRUE(translate(regs, virt_addr_t(0)).mapped());
}

// ---- Damage ----

TEST_F(Walk, ATableOutsideRamIsNotFollowed)
{
    mmu_registers regs = tables.regs();
    for (const u32 base : {0u, 0x10000000u, 0xffffc000u, PHYS_OFFSET.raw() - 0x4000}) {
        regs.ttbr0 = base | 0x59;
        EXPECT_TRUE(translate(regs, virt_addr_t(0xc0000000)).end == walk_end::l1_unreadable);
    }
    for (const u32 base : {0u, 0x10000000u, 0xfffffc00u, PHYS_OFFSET.raw() - 0x400}) {
        tables.l1(0xc0000000) = base | 1;
        const translation t = walk(0xc0000000);
        EXPECT_TRUE(t.end == walk_end::l2_unreadable);
        EXPECT_EQ(t.has_linux_pte, 0);
    }
}

TEST_F(Walk, RamThatIsNotMappedIsNotRead)
{
    const phys_addr_t limit = memblock_get_current_limit();
    tables.l1(0) = limit.raw() | 1;
    EXPECT_TRUE(walk(0).end == walk_end::l2_unreadable);
}

TEST_F(Walk, TheReservedTypeIsAFaultOnACpuWithoutPxn)
{
    tables.l1(0xc0000000) = 0x60000000 | SECTION | 1; // 0b11
    EXPECT_TRUE(walk(0xc0000000).end == walk_end::l1_fault);
}

TEST_F(Walk, SaysWhatTheModelSaysOfAnyWords)
{
    noise random;
    for (u32 i = 0; i < 4096; i++)
        tables.l1(i << 20) = random.next();
    for (u32 i = 0; i < 512; i++) {
        tables.linux_pte(i) = random.next();
        tables.l2(i) = random.next();
    }
    // A third of the megabytes through the page of second level, wherever in it.
    for (u32 i = 0; i < 4096; i += 3)
        tables.l1(i << 20) =
            (tables.l2_pa() - 2048 + (random.next() & 0xc00)) | (random.next() & 0x3fc) | 1;
    for (u32 ttbcr = 0; ttbcr < 64; ttbcr++) {
        mmu_registers regs = tables.regs();
        regs.ttbcr = ttbcr;
        regs.ttbr0 |= random.next() & 0x3fff;
        for (u32 i = 0; i < 512; i++) {
            const u32 va = random.next();
            if (agrees(regs, va))
                continue;
            ADD_FAILURE() << "TTBCR " << ttbcr << ", address " << va;
            return;
        }
    }
}
