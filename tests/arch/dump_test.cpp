// ARMv7 ONLY: its hand-made tables are in ARMv7's format
//
// ptdump on tables made by hand: what is one run and what is not, both views, damaged tables.
#include <tests/arch/hand_made.h>
#include <tests/test.h>

#include <cstring>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 DATA = 0x1141e;    // section: rw, XN, write-back allocate, shareable
constexpr u32 DATA_PAGE = 0x45f; // the same as a small page
constexpr u32 DATA_PTE = 0x65f;  // its Linux PTE
constexpr virt_addr_t FIRST{0}, LAST{0xffffffff};

class Dump : public ::testing::Test {
protected:
    u32 dump(virt_addr_t start = FIRST, virt_addr_t end = LAST)
    {
        text.clear();
        return print_tables(text.out(), tables.regs(), start, end);
    }
    /// The lines after the heading.
    [[nodiscard]] std::string_view rows() const
    {
        const std::string_view all = text.view();
        return all.substr(all.find('\n') + 1);
    }

    hand_made_tables tables;
    text_buffer<4096> text;
};

} // namespace

TEST_F(Dump, EmptyTablesAreAHeadingAlone)
{
    EXPECT_EQ(dump(), 0u);
    EXPECT_TRUE(text.contains("address                 size physical   kind     access   memory "
                              "(hardware)   S G d | Linux PTE\n"));
    EXPECT_TRUE(rows().empty());
}

TEST_F(Dump, NeighbouringSectionsAreOneRun)
{
    for (u32 i = 0; i < 3; i++)
        tables.l1(0xc0000000 + i * MB) = (0x60000000 + i * MB) | DATA;
    EXPECT_EQ(dump(), 1u);
    EXPECT_EQ(rows(), "0xc0000000-0xc02fffff     3M 0x60000000 section  rw/-- XN write-back "
                      "allocate Sg d0 | -\n");
}

TEST_F(Dump, AnotherPlaceOrOtherAttributesBeginANewRun)
{
    tables.l1(0xc0000000) = 0x60000000 | DATA;
    tables.l1(0xc0100000) = 0x60300000 | DATA;           // elsewhere
    tables.l1(0xc0200000) = 0x60400000 | 0x1940e;        // text
    tables.l1(0xc0300000) = 0x60500000 | DATA | 3 << 5;  // domain 3
    tables.l1(0xc0500000) = 0x60700000 | DATA | 0x20000; // after a hole, not global
    EXPECT_EQ(dump(), 5u);
    EXPECT_TRUE(text.contains("0xc0200000-0xc02fffff     1M 0x60400000 section  r-/-- X  "));
    EXPECT_TRUE(text.contains("Sg d3 | -\n"));
    EXPECT_TRUE(text.contains("Sn d0 | -\n"));
}

TEST_F(Dump, PagesShowBothViews)
{
    tables.l1(0xf8800000) = tables.link();
    for (u32 i = 4; i < 7; i++) {
        tables.l2(i) = (0x61000000 + i * PAGE_SIZE) | DATA_PAGE;
        tables.linux_pte(i) = (0x61000000 + i * PAGE_SIZE) | DATA_PTE;
    }
    EXPECT_EQ(dump(), 1u);
    EXPECT_EQ(rows(), "0xf8804000-0xf8806fff    12K 0x61004000 page     rw/-- XN write-back "
                      "allocate Sg d0 | PYD- rw NX WRITEALLOC\n");
}

TEST_F(Dump, ARunOfPagesGoesOnFromOneTableToTheNext)
{
    tables.l1(0xf8800000) = tables.link();
    tables.l1(0xf8900000) = tables.link(1);
    for (u32 i = 254; i < 258; i++) {
        tables.l2(i) = (0x61000000 + i * PAGE_SIZE) | DATA_PAGE;
        tables.linux_pte(i) = (0x61000000 + i * PAGE_SIZE) | DATA_PTE;
    }
    EXPECT_EQ(dump(), 1u);
    EXPECT_TRUE(text.contains("0xf88fe000-0xf8901fff    16K 0x610fe000"));
}

TEST_F(Dump, PagesThatDifferForLinuxAloneAreTwoRuns)
{
    tables.l1(0xf8800000) = tables.link();
    tables.l2(0) = 0x61000000 | 0x65f;
    tables.l2(1) = 0x61001000 | 0x65f;
    tables.linux_pte(0) = 0x61000000 | (DATA_PTE & ~L_PTE_DIRTY);
    tables.linux_pte(1) = 0x61001000 | DATA_PTE | L_PTE_RDONLY;
    EXPECT_EQ(dump(), 2u);
    EXPECT_TRUE(text.contains("| PY-- rw NX WRITEALLOC\n"));
    EXPECT_TRUE(text.contains("| PYD- ro NX WRITEALLOC\n"));
}

TEST_F(Dump, APageThatWaitsToBeTouchedIsShownThoughTheHardwareFaults)
{
    tables.l1(0x00100000) = tables.link() | 1 << 5;
    tables.linux_pte(8) = 0x61000000 | L_PTE_PRESENT | L_PTE_USER | L_PTE_MT_WRITEBACK;
    EXPECT_EQ(dump(), 1u);
    EXPECT_TRUE(text.contains("0x00108000-0x00108fff     4K -          fault   "));
    EXPECT_TRUE(text.contains("| P--U rw x  WRITEBACK\n"));
}

TEST_F(Dump, ATableInTheLowerHalfOfAPageHasNoLinuxView)
{
    tables.l1(0xf8800000) = (tables.l2_pa() - 2048) | 1;
    tables.linux_pte(0) = 0x61000000 | DATA_PAGE;
    EXPECT_EQ(dump(), 1u);
    EXPECT_TRUE(text.contains("Sg d0 | -\n"));
}

TEST_F(Dump, WithAndWithoutALinuxViewAreTwoRuns)
{
    tables.l1(0xf8800000) = tables.link();
    tables.l1(0xf8900000) = (tables.l2_pa() - 2048) | 1;
    tables.l2(255) = 0x610ff000 | DATA_PAGE; // its Linux PTE is empty
    tables.linux_pte(0) = 0x61100000 | DATA_PAGE;
    EXPECT_EQ(dump(), 3u); // and the fault that the word is, seen as a Linux PTE
    EXPECT_TRUE(text.contains("Sg d0 | ---- rw x  UNCACHED\n"));
    EXPECT_TRUE(text.contains("Sg d0 | -\n"));
}

TEST_F(Dump, SupersectionsAndLargePagesAreRunsOfTheirCopies)
{
    for (u32 i = 0; i < 16; i++) {
        tables.l1(0xd0000000 + i * MB) = 0x61000000 | DATA | 1 << 18;
        tables.l2(16 + i) = 0x62000000 | 0x941d; // large: XN, TEX 001, S, AP 01, C, B
    }
    tables.l1(0xe0000000) = tables.link();
    EXPECT_EQ(dump(), 2u);
    EXPECT_TRUE(text.contains("0xd0000000-0xd0ffffff    16M 0x61000000 supersec "));
    EXPECT_TRUE(text.contains("0xe0010000-0xe001ffff    64K 0x62000000 large    "));
}

TEST_F(Dump, AMissingCopyOfASupersectionIsSeen)
{
    for (u32 i = 0; i < 16; i++)
        tables.l1(0xd0000000 + i * MB) = 0x61000000 | DATA | 1 << 18;
    tables.l1(0xd0700000) = 0;
    EXPECT_EQ(dump(), 2u);
    EXPECT_TRUE(text.contains("0xd0000000-0xd06fffff     7M 0x61000000 supersec "));
    EXPECT_TRUE(text.contains("0xd0800000-0xd0ffffff     8M 0x61800000 supersec "));
}

TEST_F(Dump, AMissingCopyOfALargePageIsSeen)
{
    for (u32 i = 0; i < 16; i++)
        tables.l2(i) = 0x62000000 | 0x941d;
    tables.l1(0xe0000000) = tables.link();
    tables.l2(3) = 0;
    EXPECT_EQ(dump(), 2u);
    EXPECT_TRUE(text.contains("0xe0000000-0xe0002fff    12K 0x62000000 large    "));
    EXPECT_TRUE(text.contains("0xe0004000-0xe000ffff    48K 0x62004000 large    "));
}

TEST_F(Dump, AWindowShowsOnlyItself)
{
    for (u32 i = 0; i < 4; i++)
        tables.l1(0xc0000000 + i * MB) = (0x60000000 + i * MB) | DATA;
    EXPECT_EQ(dump(virt_addr_t(0xc0100000), virt_addr_t(0xc02fffff)), 1u);
    EXPECT_TRUE(text.contains("0xc0100000-0xc02fffff     2M 0x60100000"));
    EXPECT_EQ(dump(virt_addr_t(0xc0080000), virt_addr_t(0xc00fffff)), 1u);
    EXPECT_TRUE(text.contains("0xc0080000-0xc00fffff   512K 0x60080000"));
}

TEST_F(Dump, TheLastPageOfAllIsARun)
{
    tables.l1(0xfff00000) = tables.link(1);
    tables.l2(511) = 0x61000000 | DATA_PAGE;
    tables.linux_pte(511) = 0x61000000 | DATA_PTE;
    EXPECT_EQ(dump(), 1u);
    EXPECT_TRUE(text.contains("0xfffff000-0xffffffff     4K 0x61000000"));
}

TEST_F(Dump, EntriesThatLeadOutOfRamAreShown)
{
    tables.l1(0xc0000000) = 0x10000000 | 1;
    tables.l1(0xc0100000) = 0x10000400 | 1;
    EXPECT_EQ(dump(), 1u);
    EXPECT_TRUE(text.contains("0xc0000000-0xc01fffff     2M -          bad L2  "));
}

TEST_F(Dump, AFirstLevelOutsideRamIsOneRunOfFourGigabytes)
{
    mmu_registers regs = tables.regs();
    regs.ttbr0 = 0x10000000;
    EXPECT_EQ(print_tables(text.out(), regs, FIRST, LAST), 1u);
    EXPECT_TRUE(text.contains("0x00000000-0xffffffff  4096M -          bad L1  "));
}

TEST_F(Dump, AnyWordsAtAllAreSurvived)
{
    u32 word = 1;
    for (u32 i = 0; i < 4096; i++)
        tables.l1(i << 20) = word = word * 1664525 + 1013904223;
    for (u32 i = 0; i < 512; i++) {
        tables.linux_pte(i) = word = word * 1664525 + 1013904223;
        tables.l2(i) = word = word * 1664525 + 1013904223;
    }
    tables.l1(0x80000000) = tables.link();
    EXPECT_GT(dump(), 100u);
    EXPECT_GT(text.dropped(), 0u);
}
