// Fault status registers in words, line by line as in DDI 0406C table B3-23.
#include <arch/arm/mm/fault.h>
#include <tests/test.h>

namespace {

/// FS[4:0] as DFSR holds it: FS[4] is bit 10.
constexpr u32 fsr_of(u32 status)
{
    return (status & 0xf) | (status >> 4) << 10;
}

struct line {
    u32 status;
    const char *text;
    bool from_tables;
};
constexpr line lines[] = {
    {0x01, "alignment fault", false},
    {0x02, "debug event", false},
    {0x03, "section access flag fault", true},
    {0x04, "instruction cache maintenance fault", false},
    {0x05, "section translation fault", true},
    {0x06, "page access flag fault", true},
    {0x07, "page translation fault", true},
    {0x08, "synchronous external abort", false},
    {0x09, "section domain fault", true},
    {0x0b, "page domain fault", true},
    {0x0c, "external abort on first-level table walk", true},
    {0x0d, "section permission fault", true},
    {0x0e, "external abort on second-level table walk", true},
    {0x0f, "page permission fault", true},
    {0x10, "TLB conflict abort", false},
    {0x14, "lockdown abort", false},
    {0x16, "asynchronous external abort", false},
    {0x18, "asynchronous parity error", false},
    {0x19, "synchronous parity error", false},
    {0x1a, "coprocessor abort", false},
    {0x1c, "parity error on first-level table walk", true},
    {0x1e, "parity error on second-level table walk", true},
};

} // namespace

TEST(FaultStatus, IsToldAsInTheManual)
{
    u32 known = 0;
    for (const line &l : lines) {
        SCOPED_TRACE(l.text);
        EXPECT_STREQ(fsr_text(fsr_of(l.status)), l.text);
        EXPECT_EQ(fsr_is_mmu_fault(fsr_of(l.status)), l.from_tables);
        known |= 1u << l.status;
    }
    for (u32 status = 0; status < 32; status++) {
        if (known & 1u << status)
            continue;
        EXPECT_STREQ(fsr_text(fsr_of(status)), "reserved fault status");
        EXPECT_FALSE(fsr_is_mmu_fault(fsr_of(status)));
    }
}

TEST(FaultStatus, DependsOnTheStatusBitsAlone)
{
    EXPECT_STREQ(fsr_text(0xfffffbf5), "section translation fault");
    EXPECT_STREQ(fsr_text(0x00000ff5), fsr_text(fsr_of(0x15)));
    EXPECT_TRUE(fsr_is_mmu_fault(0xfffffbf5));
}

TEST(FaultStatus, FieldsAreWhereDfsrHasThem)
{
    EXPECT_EQ(fsr::wnr::get(0x800), 1u);
    EXPECT_EQ(fsr::ext::get(0x1000), 1u);
    EXPECT_EQ(fsr::domain::get(0x0f0), 15u);
}
