// ARMv7 ONLY: its words are those of TEX remap
//
// Attributes in words. (Fault status registers in words: fault_test.cpp.)
#include <arch/arm/mm/walk.h>
#include <tests/test.h>

namespace {

const char *access_of(u8 ap, u8 xn)
{
    return access_text(
        {.ap = ap, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = xn, .domain = 0});
}
const char *region_of(u8 tex, u8 c, u8 b)
{
    return region_text(
        {.ap = 0, .tex = tex, .c = c, .b = b, .s = 0, .ng = 0, .xn = 0, .domain = 0});
}

} // namespace

TEST(MemoryWords, AccessFollowsTableB3_8)
{
    EXPECT_STREQ(access_of(0, 0), "--/-- X ");
    EXPECT_STREQ(access_of(1, 0), "rw/-- X ");
    EXPECT_STREQ(access_of(1, 1), "rw/-- XN");
    EXPECT_STREQ(access_of(2, 0), "rw/r- X ");
    EXPECT_STREQ(access_of(3, 1), "rw/rw XN");
    EXPECT_STREQ(access_of(4, 0), "res/er X");
    EXPECT_STREQ(access_of(5, 0), "r-/-- X ");
    EXPECT_STREQ(access_of(6, 1), "r-/r- XN");
    EXPECT_STREQ(access_of(7, 0), "r-/r- X ");
}

TEST(MemoryWords, EveryAccessTextHasTheWidthOfItsColumn)
{
    for (u8 ap = 0; ap < 8; ap++)
        for (u8 xn = 0; xn < 2; xn++)
            EXPECT_EQ(std::string_view(access_of(ap, xn)).size(), 8u);
}

TEST(MemoryWords, RegionsFollowPrrrAndNmrr)
{
    EXPECT_STREQ(region_of(0, 0, 0), "strongly ordered");
    EXPECT_STREQ(region_of(0, 0, 1), "normal, not cached");
    EXPECT_STREQ(region_of(0, 1, 0), "write-through");
    EXPECT_STREQ(region_of(0, 1, 1), "write-back");
    EXPECT_STREQ(region_of(1, 0, 0), "device");
    EXPECT_STREQ(region_of(1, 0, 1), "unused region 5");
    EXPECT_STREQ(region_of(1, 1, 0), "unused region 6");
    EXPECT_STREQ(region_of(1, 1, 1), "write-back allocate");
    EXPECT_STREQ(region_of(6, 1, 1), "write-back") << "TEX[2:1] are the operating system's";
}

TEST(MemoryWords, LinuxMemoryTypesHaveLinuxsNames)
{
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_UNCACHED), "UNCACHED");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_BUFFERABLE), "BUFFERABLE");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_WRITETHROUGH), "WRITETHROUGH");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_WRITEBACK), "WRITEBACK");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_DEV_SHARED), "DEV_SHARED");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_WRITEALLOC), "WRITEALLOC");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_DEV_WC), "DEV_WC");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_DEV_CACHED), "DEV_CACHED");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_DEV_NONSHARED), "DEV_NONSHARED");
    EXPECT_STREQ(linux_mt_text(L_PTE_MT_VECTORS), "VECTORS");
    for (u32 mt = 0; mt < 16; mt++)
        EXPECT_NE(linux_mt_text(linux_pte::mt::make(mt)), nullptr);
}

TEST(MemoryWords, EveryRegionFitsItsColumn)
{
    for (u8 n = 0; n < 8; n++)
        EXPECT_LE(std::string_view(region_of(n >> 2, (n >> 1) & 1, n & 1)).size(), 19u);
}
