// The border between lowmem and highmem: the figures of the design, and the odd cases.
#include <arch/arm/mm/layout.h>

#include <tests/test.h>

namespace {

constexpr u32 MB = SZ_1M;

class Layout : public ::testing::Test {
protected:
    Layout()
    {
        // The figures are those of a board with RAM at 0x60000000, whatever this build's is.
        request.phys_offset = phys_addr_t(0x60000000);
        request.page_offset = virt_addr_t(0xc0000000);
        request.vmalloc_end = virt_addr_t(0xff000000);
        request.vmalloc_size = 104 * MB;
    }
    void bank(u32 start, u32 size) { banks.bank[banks.nr_banks++] = {phys_addr_t(start), size, 7}; }
    void draw() { result = adjust_lowmem_bounds(banks, request); }
    void expect_bank(int index, u32 start, u32 size, u32 highmem)
    {
        SCOPED_TRACE(index);
        ASSERT_LT(index, banks.nr_banks);
        EXPECT_EQ(banks.bank[index].start.raw(), start);
        EXPECT_EQ(banks.bank[index].size, size);
        EXPECT_EQ(banks.bank[index].highmem, highmem);
    }
    [[nodiscard]] u32 vmalloc_room() const { return result.vmalloc_end - result.vmalloc_start; }

    struct meminfo banks = {};
    layout_request request;
    memory_layout result{};
};

} // namespace

TEST_F(Layout, GigabyteGives896MegabytesOfLowmem)
{
    bank(0x60000000, 1024 * MB);
    draw();
    EXPECT_EQ(result.lowmem_limit.raw(), 0x98000000u);
    EXPECT_EQ(result.lowmem_end.raw(), 0x98000000u);
    EXPECT_EQ(result.high_memory.raw(), 0xf8000000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xf8800000u);
    EXPECT_EQ(result.vmalloc_end.raw(), 0xff000000u);
    EXPECT_EQ(result.vmalloc_size, 104 * MB);
    ASSERT_EQ(banks.nr_banks, 2);
    expect_bank(0, 0x60000000, 896 * MB, 0);
    expect_bank(1, 0x98000000, 128 * MB, 1);
    EXPECT_NO_REPORT("vmalloc");
}

TEST_F(Layout, VmallocOf512MegabytesLeaves488OfLowmem)
{
    bank(0x60000000, 1024 * MB);
    request.vmalloc_size = 512 * MB;
    draw();
    EXPECT_EQ(result.high_memory - request.page_offset, 488 * MB);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xdf000000u);
    EXPECT_EQ(vmalloc_room(), 512 * MB);
    expect_bank(0, 0x60000000, 488 * MB, 0);
    expect_bank(1, 0x7e800000, 536 * MB, 1);
    EXPECT_NO_REPORT("vmalloc");
}

TEST_F(Layout, HalfAGigabyteHasNoHighmem)
{
    bank(0x60000000, 512 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 1);
    expect_bank(0, 0x60000000, 512 * MB, 0);
    EXPECT_EQ(result.high_memory.raw(), 0xe0000000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xe0800000u);
    EXPECT_EQ(result.lowmem_limit.raw(), 0x98000000u);
}

TEST_F(Layout, LowmemEndingOddlyGivesVmallocRoundedDown)
{
    request.vmalloc_end = virt_addr_t(0xfa000000);
    bank(0x60000000, 0x19f00000);
    draw();
    EXPECT_EQ(result.high_memory.raw(), 0xd9f00000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xda000000u);
    EXPECT_EQ(vmalloc_room(), 512 * MB);
}

TEST_F(Layout, BanksWithHolesEndWhereTheLastOneDoes)
{
    bank(0x60000000, 64 * MB);
    bank(0x70000000, 64 * MB);
    bank(0x9c000000, 64 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 3);
    expect_bank(0, 0x60000000, 64 * MB, 0);
    expect_bank(1, 0x70000000, 64 * MB, 0);
    expect_bank(2, 0x9c000000, 64 * MB, 1);
    EXPECT_EQ(result.lowmem_end.raw(), 0x74000000u);
    EXPECT_EQ(result.high_memory.raw(), 0xd4000000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xd4800000u);
}

TEST_F(Layout, BankThatBeginsAtTheBorderIsHighmem)
{
    bank(0x60000000, 896 * MB);
    bank(0x98000000, 1 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 2);
    expect_bank(0, 0x60000000, 896 * MB, 0);
    expect_bank(1, 0x98000000, 1 * MB, 1);
}

TEST_F(Layout, SplitBankKeepsTheOrderOfTheOthers)
{
    bank(0x60000000, 16 * MB);
    bank(0x97000000, 32 * MB);
    bank(0x9a000000, 16 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 4);
    expect_bank(1, 0x97000000, 16 * MB, 0);
    expect_bank(2, 0x98000000, 16 * MB, 1);
    expect_bank(3, 0x9a000000, 16 * MB, 1);
    EXPECT_EQ(result.lowmem_end.raw(), 0x98000000u);
}

TEST_F(Layout, SecondDrawingFindsTheBanksSplitAlready)
{
    bank(0x60000000, 1024 * MB);
    draw();
    draw();
    ASSERT_EQ(banks.nr_banks, 2);
    expect_bank(0, 0x60000000, 896 * MB, 0);
    expect_bank(1, 0x98000000, 128 * MB, 1);
    request.vmalloc_size = 40 * MB;
    draw(); // the border moves up: the old one stays as a border between banks
    ASSERT_EQ(banks.nr_banks, 3);
    expect_bank(1, 0x98000000, 64 * MB, 0);
    expect_bank(2, 0x9c000000, 64 * MB, 1);
}

TEST_F(Layout, SplitWithoutRoomDropsTheHighPart)
{
    for (u32 i = 0; i < NR_BANKS - 1; ++i)
        bank(0x60000000 + i * 2 * MB, 1 * MB);
    bank(0x97000000, 32 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, NR_BANKS);
    expect_bank(NR_BANKS - 1, 0x97000000, 16 * MB, 0);
    EXPECT_REPORT("meminfo: high RAM 0x98000000-0x98ffffff ignored: no room for another bank\n");
}

TEST_F(Layout, RamBelowItsBaseIsDropped)
{
    bank(0x10000000, 16 * MB);
    bank(0x5f000000, 48 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 1);
    expect_bank(0, 0x60000000, 32 * MB, 0);
    EXPECT_REPORT("meminfo: RAM 0x10000000-0x10ffffff ignored: below the base of lowmem\n");
    EXPECT_REPORT("meminfo: RAM 0x5f000000-0x5fffffff ignored: below the base of lowmem\n");
}

TEST_F(Layout, NoRamAtAllIsALayoutToo)
{
    bank(0x10000000, 16 * MB);
    draw();
    EXPECT_EQ(banks.nr_banks, 0);
    EXPECT_EQ(result.high_memory.raw(), 0xc0000000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xc0800000u);
}

TEST_F(Layout, TooLittleVmallocIsRaised)
{
    bank(0x60000000, 1024 * MB);
    request.vmalloc_size = 1 * MB;
    draw();
    EXPECT_EQ(result.vmalloc_size, 16 * MB);
    EXPECT_EQ(result.lowmem_limit.raw(), 0x9d800000u);
    EXPECT_REPORT("vmalloc: 1024K is too little beside 0K of device maps: 16384K used\n");
    request.vmalloc_size = 20 * MB;
    request.static_maps_size = 6 * MB;
    draw();
    EXPECT_EQ(result.vmalloc_size, 22 * MB);
    EXPECT_REPORT("vmalloc: 20480K is too little beside 6144K of device maps: 22528K used\n");
}

TEST_F(Layout, TooMuchVmallocIsLowered)
{
    bank(0x60000000, 1024 * MB);
    for (const u64 wish : {u64{969} * MB, u64{4096} * MB, ~u64{0}}) {
        request.vmalloc_size = wish;
        draw();
        EXPECT_EQ(result.lowmem_limit.raw(), 0x62000000u);
        EXPECT_EQ(result.high_memory.raw(), 0xc2000000u);
        EXPECT_EQ(result.vmalloc_start.raw(), 0xc2800000u);
        EXPECT_EQ(result.vmalloc_size, 968 * MB);
        EXPECT_REPORT("K would leave lowmem less than 32768K: 991232K used\n");
    }
}

TEST_F(Layout, LimitsOfVmallocAreNotReported)
{
    bank(0x60000000, 1024 * MB);
    request.vmalloc_size = 16 * MB;
    draw();
    EXPECT_EQ(result.vmalloc_size, 16 * MB);
    request.vmalloc_size = 968 * MB;
    draw();
    EXPECT_EQ(result.vmalloc_size, 968 * MB);
    EXPECT_NO_REPORT("vmalloc");
}

TEST_F(Layout, BorderIsAWholeMegabyte)
{
    bank(0x60000000, 1024 * MB);
    request.vmalloc_size = 104 * MB + 1;
    draw();
    EXPECT_EQ(result.vmalloc_size, 105 * MB);
    EXPECT_EQ(result.lowmem_limit.raw(), 0x97f00000u);
    EXPECT_EQ(result.high_memory.raw(), 0xf7f00000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xf8000000u);
    EXPECT_NO_REPORT("vmalloc");
}

TEST_F(Layout, RamMayReachTheTopOfTheSpace)
{
    request.phys_offset = phys_addr_t(0xe0000000);
    bank(0xe0000000, 512 * MB);
    draw();
    EXPECT_EQ(result.lowmem_limit.raw(), 0xfff00000u);
    ASSERT_EQ(banks.nr_banks, 2);
    expect_bank(0, 0xe0000000, 511 * MB, 0);
    expect_bank(1, 0xfff00000, 1 * MB, 1);
    EXPECT_EQ(result.high_memory.raw(), 0xdff00000u);
}

TEST_F(Layout, OtherSplitsFollowTheSameRule)
{
    request.page_offset = virt_addr_t(0x80000000);
    bank(0x60000000, 1024 * MB);
    draw();
    ASSERT_EQ(banks.nr_banks, 1);
    EXPECT_EQ(result.high_memory.raw(), 0xc0000000u);
    EXPECT_EQ(result.vmalloc_start.raw(), 0xc0800000u);
}
