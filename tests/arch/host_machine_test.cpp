// HOST ONLY: tests the machine that a host process stands in for
//
// Mappings share frames, what is unmapped faults, a reset gives a fresh machine, and faults and
// panics are survived on any thread.
#include <tests/host.h>

#include <thread>

#include <asm/irqflags.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>

namespace {

constexpr virt_addr_t WINDOW{0xf8800000};

volatile u32 *word_at(virt_addr_t va)
{
    return static_cast<volatile u32 *>(to_ptr(va));
}

} // namespace

TEST(HostMachine, PointersAreTheBasePlusTheAddress)
{
    EXPECT_EQ(reinterpret_cast<size_t>(to_ptr(virt_addr_t(0))) % (size_t{1} << 32), 0u);
    EXPECT_EQ(from_ptr(to_ptr(VECTORS_BASE)), VECTORS_BASE);
    EXPECT_EQ(virt_to_phys(phys_to_virt(PHYS_OFFSET + 0x1234)), PHYS_OFFSET + 0x1234);
}

TEST(HostMachine, TwoMappingsOfAFrameShareIt)
{
    *word_at(PAGE_OFFSET + 0x5004) = 42;
    host_map(WINDOW, PHYS_OFFSET + 0x5000, PAGE_SIZE);
    EXPECT_EQ(*word_at(WINDOW + 4), 42u);
}

TEST(HostMachine, HighFramesAndTheLastPageCanBeMapped)
{
    host_map(virt_addr_t(0xfffff000), PHYS_OFFSET + (HOST_RAM_SIZE - PAGE_SIZE), PAGE_SIZE);
    *word_at(virt_addr_t(0xfffffffc)) = 1;
    EXPECT_EQ(*word_at(virt_addr_t(0xfffffffc)), 1u);
}

TEST(HostMachine, WhatIsNotMappedFaults)
{
    EXPECT_FAULT_AT(virt_addr_t(0), *word_at(virt_addr_t(0)) = 1);
    EXPECT_FAULT_AT(WINDOW, (void) *word_at(WINDOW));
    host_unmap(PAGE_OFFSET + PAGE_SIZE, PAGE_SIZE);
    EXPECT_FAULT_AT(PAGE_OFFSET + PAGE_SIZE, *word_at(PAGE_OFFSET + PAGE_SIZE) = 1);
    *word_at(PAGE_OFFSET + 2 * PAGE_SIZE) = 1;
}

TEST(HostMachine, AFaultTellsReadFromWrite)
{
    EXPECT_EQ(host_attempt([] { *word_at(WINDOW) = 1; }).access, host_access::write);
    EXPECT_EQ(host_attempt([] { (void) *word_at(WINDOW); }).access, host_access::read);
}

TEST(HostMachine, AResetForgetsMappingsAndContents)
{
    *word_at(PAGE_OFFSET) = 42;
    host_map(WINDOW, PHYS_OFFSET, PAGE_SIZE);
    host_reset();
    EXPECT_EQ(*word_at(PAGE_OFFSET), 0u);
    EXPECT_FAULT_AT(WINDOW, (void) *word_at(WINDOW));
}

TEST(HostMachine, APanicIsSurvivedAgainAndAgain)
{
    for (int i = 0; i < 3; i++)
        EXPECT_PANIC(panic("round %d of %d", i, 3), "round ");
    EXPECT_NO_REPORT("round ");
}

TEST(HostMachine, AttemptsNest)
{
    EXPECT_PANIC(
        {
            EXPECT_FAULT_AT(WINDOW, *word_at(WINDOW) = 1);
            panic("outside");
        },
        "outside");
}

TEST(HostMachineThreads, EachSurvivesItsOwnFaults)
{
    auto fault_often = [](virt_addr_t va) {
        for (int i = 0; i < 200; i++)
            EXPECT_FAULT_AT(va, (void) *word_at(va));
    };
    std::thread other(fault_often, WINDOW);
    fault_often(WINDOW + PAGE_SIZE);
    other.join();
}

TEST(HostMachine, TheInterruptMaskNests)
{
    unsigned long outer = local_irq_save();
    unsigned long inner = local_irq_save();
    EXPECT_EQ(inner, HOST_CPSR_I);
    local_irq_restore(inner);
    EXPECT_EQ(host_cpsr, HOST_CPSR_I);
    local_irq_restore(outer);
    EXPECT_EQ(host_cpsr, 0u);
}

TEST(HostMachine, TheNewestReportsAreKeptWhenThereIsALotOfThem)
{
    for (int i = 0; i < 2000; i++)
        printk("line %d of many\n", i);
    EXPECT_REPORT("line 1999 of many");
}

TEST(HostMachine, FailedExpectationsSayWhatHappenedInstead)
{
    host_outcome finished = host_attempt([] {});
    EXPECT_STREQ(host_faulted_at(finished, WINDOW).message(),
                 "the statement came to its end; wanted: a fault at 0xf8800000");
    host_outcome fault = host_attempt([] { *word_at(WINDOW) = 1; });
    EXPECT_STREQ(host_faulted_at(fault, VECTORS_BASE).message(),
                 "a write to 0xf8800000 faulted; wanted: a fault at 0xffff0000");
    EXPECT_STREQ(host_panicked(fault, "no").message(),
                 "a write to 0xf8800000 faulted; wanted: a panic with \"no\"");
}
