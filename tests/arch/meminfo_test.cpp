// Banks: how they are cut, sorted and merged, and what mem= makes of them.
#include <arch/arm/kernel/meminfo.h>

#include <kernel/core/early_param.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/vsnprintf.h>
#include <tests/test.h>

namespace {

/// The kernel's meminfo, emptied for a test and put back; the window is 1 GB at 0x60000000.
class Meminfo : public ::testing::Test {
protected:
    Meminfo() : saved_(meminfo), saved_window_(meminfo_window())
    {
        meminfo_reset({phys_addr_t(0x60000000), 0x40000000});
    }
    ~Meminfo() override
    {
        meminfo_reset(saved_window_);
        meminfo = saved_;
    }

    static int add(u64 start, u64 size)
    {
        return arm_add_memory(start, size, {"test", "bank", ""});
    }

    /// "60000000+1000 ..."
    const char *banks()
    {
        size_t used = 0;
        text_[0] = '\0';
        for (int i = 0; i < meminfo.nr_banks; ++i)
            used += static_cast<size_t>(kscnprintf(text_ + used, sizeof text_ - used, "%s%08x+%x",
                                                   i > 0 ? " " : "", meminfo.bank[i].start.raw(),
                                                   meminfo.bank[i].size));
        return text_;
    }

private:
    struct meminfo saved_;
    phys_window saved_window_;
    char text_[512];
};

} // namespace

TEST_F(Meminfo, BanksAreSorted)
{
    EXPECT_EQ(add(0x80000000, 0x1000), 0);
    EXPECT_EQ(add(0x60000000, 0x1000), 0);
    EXPECT_EQ(add(0x70000000, 0x1000), 0);
    EXPECT_STREQ(banks(), "60000000+1000 70000000+1000 80000000+1000");
    EXPECT_EQ(meminfo_size(meminfo), 0x3000u);
    EXPECT_NO_REPORT("test:");
}

TEST_F(Meminfo, BanksThatTouchAreOne)
{
    add(0x60000000, 0x1000);
    add(0x60002000, 0x1000);
    add(0x60004000, 0x1000);
    add(0x60001000, 0x1000);
    EXPECT_STREQ(banks(), "60000000+3000 60004000+1000");
    add(0x60003000, 0x1000);
    EXPECT_STREQ(banks(), "60000000+5000");
    EXPECT_NO_REPORT("test:");
}

TEST_F(Meminfo, BankIsCutToWholePages)
{
    EXPECT_EQ(add(0x60000800, 0x2000), 0);
    EXPECT_STREQ(banks(), "60001000+1000");
    EXPECT_REPORT("test: \"bank\" cut to whole pages: 0x60001000-0x60001fff\n");
    EXPECT_EQ(add(0x60008000, 0x1800), 0);
    EXPECT_REPORT("test: \"bank\" cut to whole pages: 0x60008000-0x60008fff\n");
}

TEST_F(Meminfo, BankWithoutAWholePageIsIgnored)
{
    EXPECT_EQ(add(0x60000800, 0x1000), -EINVAL);
    EXPECT_REPORT("test: \"bank\" ignored: no whole page in 0x60000800-0x600017ff\n");
    EXPECT_EQ(add(0x60000000, 0), -EINVAL);
    EXPECT_REPORT("test: \"bank\" ignored: its size is 0\n");
    EXPECT_STREQ(banks(), "");
}

TEST_F(Meminfo, BankIsCutToTheWindow)
{
    EXPECT_EQ(add(0x50000000, 0x20000000), 0);
    EXPECT_STREQ(banks(), "60000000+10000000");
    EXPECT_REPORT("test: \"bank\" cut to the RAM window: 0x60000000-0x6fffffff\n");
    EXPECT_EQ(add(0x90000000, 0x20000000), 0);
    EXPECT_STREQ(banks(), "60000000+10000000 90000000+10000000");
    EXPECT_REPORT("test: \"bank\" cut to the RAM window: 0x90000000-0x9fffffff\n");
}

TEST_F(Meminfo, BankOfManyGigabytesIsCutNotWrapped)
{
    EXPECT_EQ(add(0x60000000, u64{1} << 32), 0);
    EXPECT_STREQ(banks(), "60000000+40000000");
    EXPECT_REPORT("cut to the RAM window");
    meminfo_reset(meminfo_window());
    EXPECT_EQ(add(0x60000000, ~u64{0}), 0);
    EXPECT_STREQ(banks(), "60000000+40000000");
    meminfo_reset(meminfo_window());
    EXPECT_EQ(add(0, ~u64{0}), 0);
    EXPECT_STREQ(banks(), "60000000+40000000");
}

TEST_F(Meminfo, BankOutsideTheWindowIsIgnored)
{
    EXPECT_EQ(add(0x10000000, 0x1000), -EINVAL);
    EXPECT_REPORT("test: \"bank\" ignored: outside the RAM window 0x60000000-0x9fffffff\n");
    EXPECT_EQ(add(0xa0000000, 0x1000), -EINVAL);
    EXPECT_EQ(add(0x160000000, 0x1000), -EINVAL);
    EXPECT_EQ(add(~u64{0}, 0x1000), -EINVAL);
    EXPECT_STREQ(banks(), "");
}

TEST_F(Meminfo, WindowMayEndAtTheTopOfTheSpace)
{
    meminfo_reset({phys_addr_t(0xc0000000), 0x40000000});
    EXPECT_EQ(add(0xf0000000, 0x20000000), 0);
    EXPECT_STREQ(banks(), "f0000000+10000000");
    EXPECT_EQ(add(0xfffff000, 0x1000), -EINVAL);
    EXPECT_REPORT("overlaps");
}

TEST_F(Meminfo, OverlapLeavesWhatIsNew)
{
    add(0x60001000, 0x2000);
    EXPECT_EQ(add(0x60000000, 0x2000), 0);
    EXPECT_STREQ(banks(), "60000000+3000");
    EXPECT_REPORT("test: \"bank\" overlaps banks told before; they keep their part of "
                  "0x60000000-0x60001fff\n");
    EXPECT_EQ(add(0x60002000, 0x2000), 0);
    EXPECT_STREQ(banks(), "60000000+4000");
    EXPECT_REPORT("overlaps");
    EXPECT_EQ(add(0x60001000, 0x1000), -EINVAL);
    EXPECT_STREQ(banks(), "60000000+4000");
    EXPECT_REPORT("overlaps");
    EXPECT_NO_REPORT("test:");
}

TEST_F(Meminfo, OverlapWithSeveralBanksFillsTheHolesBetween)
{
    add(0x60001000, 0x1000);
    add(0x60003000, 0x1000);
    add(0x60005000, 0x1000);
    EXPECT_EQ(add(0x60000000, 0x8000), 0);
    EXPECT_STREQ(banks(), "60000000+8000");
    EXPECT_REPORT("overlaps");
    EXPECT_NO_REPORT("test:");
}

TEST_F(Meminfo, BanksBeyondTheSixteenthAreReported)
{
    for (u64 i = 0; i < NR_BANKS; ++i)
        EXPECT_EQ(add(0x60000000 + i * 0x2000, 0x1000), 0);
    EXPECT_EQ(add(0x70000000, 0x1000), -EINVAL);
    EXPECT_REPORT("test: \"bank\" not added in full, there is no room for another bank: "
                  "0x70000000-0x70000fff\n");
    EXPECT_EQ(add(0x60001000, 0x1000), 0); // joins two
    EXPECT_EQ(add(0x70000000, 0x1000), 0);
    EXPECT_EQ(meminfo.nr_banks, NR_BANKS);
}

TEST_F(Meminfo, SixteenBanksCanStillGrow)
{
    for (u64 i = 0; i < NR_BANKS; ++i)
        EXPECT_EQ(add(0x60002000 + i * 0x4000, 0x1000), 0);
    EXPECT_EQ(add(0x60001000, 0x1000), 0);
    EXPECT_EQ(add(0x60003000, 0x1000), 0);
    EXPECT_EQ(meminfo.nr_banks, NR_BANKS);
    EXPECT_EQ(meminfo.bank[0].start.raw(), 0x60001000u);
    EXPECT_EQ(meminfo.bank[0].size, 0x3000u);
    EXPECT_NO_REPORT("test:");
}

// ---- the kernel's own memory ----

TEST_F(Meminfo, RequiredRangeThatIsThereChangesNothing)
{
    add(0x60000000, 0x10000);
    meminfo_require(0x60000000, 0x10000, "the kernel");
    EXPECT_STREQ(banks(), "60000000+10000");
    EXPECT_NO_REPORT("meminfo:");
}

TEST_F(Meminfo, RequiredRangeThatIsLeftOutIsAdded)
{
    add(0x60004000, 0x4000);
    meminfo_require(0x60000800, 0x4000, "the kernel");
    EXPECT_STREQ(banks(), "60000000+8000");
    EXPECT_REPORT("meminfo: \"the kernel\" was left out of RAM; added: 0x60000000-0x60004fff\n");
}

TEST_F(Meminfo, RequiredRangeTakesTheLastBanksPlace)
{
    for (u64 i = 0; i < NR_BANKS; ++i)
        add(0x70000000 + i * 0x2000, 0x1000);
    meminfo_require(0x60000000, 0x4000, "the kernel");
    EXPECT_EQ(meminfo.nr_banks, NR_BANKS);
    EXPECT_EQ(meminfo.bank[0].start.raw(), 0x60000000u);
    EXPECT_EQ(meminfo.bank[0].size, 0x4000u);
    EXPECT_EQ(meminfo.bank[NR_BANKS - 1].start.raw(), 0x7001c000u);
    EXPECT_REPORT("meminfo: \"the last bank\" given up for the kernel's sake: "
                  "0x7001e000-0x7001efff\n");
    EXPECT_REPORT("was left out of RAM");
}

// ---- mem= ----

TEST_F(Meminfo, MemDropsWhatTheLoaderTold)
{
    add(0x60000000, 0x40000000);
    parse_early_param("mem=64M");
    EXPECT_STREQ(banks(), "60000000+4000000");
    EXPECT_NO_REPORT("early_mem:");
}

TEST_F(Meminfo, MemMayBeRepeated)
{
    add(0x60000000, 0x40000000);
    parse_early_param("mem=64M mem=0x10000K@0x70000000 quiet mem=1m@2147483648");
    EXPECT_STREQ(banks(), "60000000+4000000 70000000+4000000 80000000+100000");
    EXPECT_NO_REPORT("early_mem:");
}

TEST_F(Meminfo, MemBeyondTheWindowIsCut)
{
    parse_early_param("mem=2G");
    EXPECT_STREQ(banks(), "60000000+40000000");
    EXPECT_REPORT("early_mem: \"mem=2G\" cut to the RAM window: 0x60000000-0x9fffffff\n");
    meminfo_reset(meminfo_window());
    parse_early_param("mem=4G mem=99999999999999999999G@0");
    EXPECT_STREQ(banks(), "60000000+40000000");
    EXPECT_REPORT("early_mem: \"mem=4G\" cut to the RAM window");
    EXPECT_REPORT("early_mem: \"mem=99999999999999999999G@0\" cut to the RAM window");
    EXPECT_REPORT("early_mem: \"mem=99999999999999999999G@0\" overlaps");
}

TEST_F(Meminfo, GarbageInMemKeepsTheLoadersBanks)
{
    const struct {
        const char *line;
        const char *report;
    } examples[] = {
        {"mem=12Q@0x6", "early_mem: \"mem=12Q@0x6\" ignored: 'Q' is no unit (use K, M or G)\n"},
        {"mem=64MB", "early_mem: \"mem=64MB\" ignored: 'B' is no unit (use K, M or G)\n"},
        {"mem=lots", "early_mem: \"mem=lots\" ignored: 'l' is no number\n"},
        {"mem=-1", "early_mem: \"mem=-1\" ignored: '-' is no number\n"},
        {"mem=64M@", "early_mem: \"mem=64M@\" ignored: at its end a number is missing\n"},
        {"mem=64M@here", "early_mem: \"mem=64M@here\" ignored: 'h' is no number\n"},
        {"mem=64M@1Mx", "early_mem: \"mem=64M@1Mx\" ignored: 'x' is no unit (use K, M or G)\n"},
        {"mem=", "early_mem: \"mem=\" ignored: at its end a number is missing\n"},
        {"mem", "early_mem: \"mem=\" ignored: at its end a number is missing\n"},
        {"mem=0", "early_mem: \"mem=0\" ignored: a size of 0 leaves no memory\n"},
        {"mem=64M@0", "early_mem: \"mem=64M@0\" ignored: outside the RAM window "
                      "0x60000000-0x9fffffff\n"},
        {"mem=100", "early_mem: \"mem=100\" ignored: no whole page in 0x60000000-0x60000063\n"},
    };
    add(0x60000000, 0x40000000);
    for (const auto &e : examples) {
        SCOPED_TRACE(e.line);
        parse_early_param(e.line);
        EXPECT_REPORT(e.report);
        EXPECT_NO_REPORT("early_mem:");
        EXPECT_STREQ(banks(), "60000000+40000000");
    }
    parse_early_param("mem=32M"); // the first good one still drops them
    EXPECT_STREQ(banks(), "60000000+2000000");
}

TEST_F(Meminfo, TooManyMemsAreReported)
{
    char line[600] = "";
    size_t used = 0;
    for (u32 i = 0; i <= NR_BANKS; ++i)
        used += static_cast<size_t>(
            kscnprintf(line + used, sizeof line - used, "mem=4K@0x%x ", 0x60000000 + i * 0x2000));
    parse_early_param(line);
    EXPECT_EQ(meminfo.nr_banks, NR_BANKS);
    EXPECT_REPORT("early_mem: \"mem=4K@0x60020000\" not added in full, there is no room");
}
