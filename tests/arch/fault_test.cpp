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

// ---- Does an instruction store? Encodings by hand from DDI 0100I A3.

TEST(FaultStatus, StoresAreToldFromLoads)
{
    constexpr u32 stores[] = {
        0xe5810000, // str   r0, [r1]
        0xe5c10000, // strb  r0, [r1]
        0xe7810002, // str   r0, [r1, r2]
        0xe92d4010, // push  {r4, lr}
        0xe8810003, // stm   r1, {r0, r1}
        0xe1c100b0, // strh  r0, [r1]
        0xe1c100f0, // strd  r0, [r1]
        0xe1010092, // swp   r0, r2, [r1]
        0xe1410092, // swpb  r0, r2, [r1]
        0xed810a00, // stc   p10, c0, [r1]
        0x05810000, // streq r0, [r1]
    };
    for (const u32 word : stores) {
        SCOPED_TRACE(word);
        EXPECT_TRUE(arm_instruction_writes(word));
    }
    constexpr u32 loads[] = {
        0xe5910000, // ldr   r0, [r1]
        0xe7d10002, // ldrb  r0, [r1, r2]
        0xe8bd8010, // pop   {r4, pc}
        0xe1d100b0, // ldrh  r0, [r1]
        0xe1d100d0, // ldrsb r0, [r1]
        0xe1d100f0, // ldrsh r0, [r1]
        0xe1c100d0, // ldrd  r0, [r1]
        0xed910a00, // ldc   p10, c0, [r1]
        0xf5d1f000, // pld   [r1]
    };
    for (const u32 word : loads) {
        SCOPED_TRACE(word);
        EXPECT_FALSE(arm_instruction_writes(word));
    }
}

TEST(FaultStatus, WhatTouchesNoMemoryDoesNotStore)
{
    constexpr u32 others[] = {
        0xe0800001, // add  r0, r0, r1
        0xe0800111, // add  r0, r0, r1, lsl r1
        0xe3a00001, // mov  r0, #1
        0xe0000291, // mul  r0, r1, r2
        0xe0810392, // umull r0, r1, r2, r3
        0xe10f0000, // mrs  r0, cpsr
        0xe1600070, // smc-like: bit 7 clear
        0xea000000, // b
        0xeb000000, // bl
        0xee010f10, // mcr  p15, 0, r0, c1, c0, 0
        0xef000000, // svc
    };
    for (const u32 word : others) {
        SCOPED_TRACE(word);
        EXPECT_FALSE(arm_instruction_writes(word));
    }
}
