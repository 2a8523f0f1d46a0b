// HOST ONLY: it tests what listens on the host.
//
// The recorder itself: each rule passes what is right and names what is wrong. The tables are a
// first level with 16 MB of RAM mapped, and the kernel's primitives are called one by one.
#include <tests/host.h>
#include <tests/model/recorder.h>

#include <cstring>

#include <asm/barrier.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/memory.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t L1 = PAGE_OFFSET + 0x4000;
constexpr virt_addr_t SECOND_L1 = PAGE_OFFSET + 0x8000;
constexpr virt_addr_t L2 = PAGE_OFFSET + 0x10000;
constexpr virt_addr_t WINDOW{0xf9000000};
constexpr u32 DEVICE = 0x11412; // section word: device, kernel rw, XN
constexpr u32 READ_ONLY = 0x8000;
constexpr u32 PAGE_RW = 0x453;

class Recorder : public ::testing::Test {
protected:
    explicit Recorder(u32 cores = 1)
        : events({cores, PAGE_OFFSET.raw() - PHYS_OFFSET.raw(), TASK_SIZE.raw()})
    {
    }
    void SetUp() override
    {
        for (const virt_addr_t table : {L1, SECOND_L1})
            for (u32 i = 0; i < 16; i++)
                word(table, PAGE_OFFSET + i * MB) = (PHYS_OFFSET.raw() + i * MB) | 0x0041e;
        events.adopt_first_level(L1);
        events.start();
    }
    static u32 &word(virt_addr_t table, virt_addr_t va)
    {
        return static_cast<u32 *>(to_ptr(table))[va.raw() >> 20];
    }
    /// A first-level store without, and with, its clean.
    static void store_only(virt_addr_t va, u32 value, virt_addr_t table = L1)
    {
        store_hw_pgd(reinterpret_cast<pmd_t *>(&word(table, va)), pmd_t(value));
    }
    static void store(virt_addr_t va, u32 value, virt_addr_t table = L1)
    {
        store_only(va, value, table);
        clean_line_pou(&word(table, va));
    }
    static hw_pte_t *entry(u32 index) { return static_cast<hw_pte_t *>(to_ptr(L2 + 2048)) + index; }
    static void store_page(u32 index, u32 value)
    {
        store_hw_pte(entry(index), hw_pte_t(value));
        clean_line_pou(entry(index));
    }
    static void flush(virt_addr_t va)
    {
        dsb();
        tlbi_mva(va);
        dsb();
        isb();
    }
    /// A page of second level, announced, visible, and linked at `va`.
    static void link_table(virt_addr_t va)
    {
        new_page();
        dsb();
        store(va, linear_pa(L2).raw() + 2048 + 1);
        dsb();
    }
    static void new_page()
    {
        note_new_table(to_ptr(L2), PAGE_SIZE);
        for (u32 i = 0; i < 512; i += 8)
            clean_line_pou(entry(i));
    }
    void expect_good()
    {
        events.end("test");
        EXPECT_EQ(events.take_errors(), "");
    }
    void expect_error(const char *text)
    {
        events.end("test");
        const std::string errors = events.take_errors();
        EXPECT_NE(errors.find(text), std::string::npos) << "said: " << errors;
    }

    model::recorder events;
};

class RecorderOnSeveralCores : public Recorder {
protected:
    RecorderOnSeveralCores() : Recorder(4) {}
};

} // namespace

// ---- publish ----

TEST_F(Recorder, AStoreNeedsADsb)
{
    store(WINDOW, DEVICE);
    expect_error("test: 1 words stored without a DSB after");
}

TEST_F(Recorder, AMadeEntryNeedsAnIsb)
{
    store(WINDOW, DEVICE);
    dsb();
    expect_error("no ISB after the last DSB");
    store(WINDOW + MB, DEVICE);
    dsb();
    isb();
    expect_good();
}

TEST_F(Recorder, AnIsbBeforeTheDsbIsNone)
{
    store(WINDOW, DEVICE);
    isb();
    dsb();
    expect_error("no ISB after the last DSB");
}

TEST_F(Recorder, ATableIsVisibleBeforeItIsLinked)
{
    link_table(WINDOW);
    expect_good();
}

TEST_F(Recorder, ATableThatWalkersMayNotSeeIsNotLinked)
{
    new_page();
    store(WINDOW, linear_pa(L2).raw() + 2048 + 1); // the cleans are not complete
    dsb();
    expect_error("links a table whose word 0xc0010800 walkers may not see yet");
}

TEST_F(Recorder, AStoreToATableCountsUntilTheLink)
{
    new_page();
    dsb();
    store_page(3, 0x20000000 | PAGE_RW);
    store(WINDOW, linear_pa(L2).raw() + 2048 + 1);
    dsb();
    isb();
    expect_error("links a table whose word 0xc001080c walkers may not see yet");
}

TEST_F(Recorder, ATableMustBeAnnounced)
{
    store(WINDOW, linear_pa(L2).raw() + 2048 + 1);
    dsb();
    expect_error("links a table at 0xc0010800 that nobody announced");
}

TEST_F(Recorder, ALiveTableIsNotFilledAnew)
{
    link_table(WINDOW);
    new_page();
    dsb();
    expect_error("table at 0xc0010000 was filled anew while 0xf9000000 is mapped through it");
}

TEST_F(Recorder, AStoreBesideAllTablesIsAnError)
{
    store_hw_pte(entry(0), hw_pte_t(0x20000000 | PAGE_RW));
    expect_error("store to 0xc0010800: no table that anybody announced");
    store_linux_pte(static_cast<pte_t *>(to_ptr(L2)), pte_t(1));
    expect_error("store to 0xc0010000: no table that anybody announced");
}

TEST_F(Recorder, AFirstLevelStoreToASecondLevelIsAnError)
{
    link_table(WINDOW);
    store_hw_pgd(static_cast<pmd_t *>(to_ptr(L2)), pmd_t(1));
    expect_error("first-level store to 0xc0010000, which is in no first level");
}

// ---- clean ----

TEST_F(Recorder, OneCoreMustCleanBeforeTheDsb)
{
    store_only(WINDOW, DEVICE);
    dsb();
    isb();
    expect_error("0xc0007e40: not cleaned at the DSB");
}

TEST_F(Recorder, ACleanAfterTheDsbIsTooLate)
{
    store_only(WINDOW, DEVICE);
    dsb();
    clean_line_pou(&word(L1, WINDOW));
    isb();
    expect_error("not cleaned at the DSB");
}

TEST_F(Recorder, AStoreAfterTheCleanIsNotCleaned)
{
    store(WINDOW, DEVICE);
    store_only(WINDOW, DEVICE | 0x20);
    dsb();
    expect_error("not cleaned at the DSB");
}

TEST_F(Recorder, OneCleanServesTheWholeLine)
{
    for (u32 i = 0; i < 8; i++)
        store_only(WINDOW + i * MB, DEVICE);
    clean_line_pou(&word(L1, WINDOW + 5 * MB));
    dsb();
    isb();
    expect_good();
}

TEST_F(Recorder, ACleanOfAnotherLineServesNothing)
{
    store_only(WINDOW, DEVICE);
    clean_line_pou(&word(L1, WINDOW + 8 * MB));
    dsb();
    expect_error("0xc0007e60 cleaned: nothing was stored in its line");
}

TEST_F(RecorderOnSeveralCores, NoCleanIsNeeded)
{
    store_only(WINDOW, DEVICE);
    dsb();
    isb();
    expect_good();
}

TEST_F(RecorderOnSeveralCores, ACleanIsAnError)
{
    store(WINDOW, DEVICE);
    dsb();
    isb();
    expect_error("cleaned: walks are coherent on several cores");
}

TEST_F(RecorderOnSeveralCores, ATlbiOfOneCoreIsAnError)
{
    store_only(PAGE_OFFSET + MB, 0);
    dsb();
    tlbi_mva(PAGE_OFFSET + MB);
    dsb();
    isb();
    expect_error("TLBI of this core alone (0xc0100000)");
}

TEST_F(RecorderOnSeveralCores, ABroadcastIsNone)
{
    store_only(PAGE_OFFSET + MB, 0);
    dsb();
    tlbi_mva_is(PAGE_OFFSET + MB);
    dsb();
    isb();
    expect_good();
}

// ---- flush ----

TEST_F(Recorder, WhatGoesAwayIsFlushed)
{
    store(PAGE_OFFSET + MB, 0);
    dsb();
    expect_error("1 old mappings not flushed, first 0xc0100000");
    store(PAGE_OFFSET + 2 * MB, 0);
    flush(PAGE_OFFSET + 2 * MB);
    expect_good();
}

TEST_F(Recorder, NewRightsAreFlushed)
{
    store(PAGE_OFFSET + MB, word(L1, PAGE_OFFSET + MB) | READ_ONLY);
    dsb();
    isb();
    expect_error("1 old mappings not flushed");
    store(PAGE_OFFSET + 2 * MB, word(L1, PAGE_OFFSET + 2 * MB) | READ_ONLY);
    flush(PAGE_OFFSET + 2 * MB + 0xfffff);
    expect_good();
}

TEST_F(Recorder, AFlushBeforeTheDsbIsNone)
{
    store(PAGE_OFFSET + MB, 0);
    tlbi_mva(PAGE_OFFSET + MB);
    dsb();
    dsb();
    isb();
    expect_error("old mappings not flushed");
}

TEST_F(Recorder, AFlushNeedsADsbToBeComplete)
{
    store(PAGE_OFFSET + MB, 0);
    dsb();
    tlbi_all();
    isb();
    expect_error("old mappings not flushed");
}

TEST_F(Recorder, AFlushNeedsAnIsb)
{
    store(PAGE_OFFSET + MB, 0);
    dsb();
    tlbi_all();
    dsb();
    expect_error("no ISB after the last DSB");
}

TEST_F(Recorder, AFlushOfAnotherAddressIsNone)
{
    store(PAGE_OFFSET + MB, 0);
    flush(PAGE_OFFSET + 2 * MB);
    expect_error("old mappings not flushed");
}

TEST_F(Recorder, EachPageOfATableIsFlushed)
{
    link_table(WINDOW);
    store_page(1, 0x20001000 | PAGE_RW);
    store_page(2, 0x20002000 | PAGE_RW);
    dsb();
    isb();
    expect_good();
    store(WINDOW, 0);
    flush(WINDOW + PAGE_SIZE);
    expect_error("1 old mappings not flushed, first 0xf9002000 (4096 bytes)");
}

TEST_F(Recorder, WhatWasNeverMappedNeedsNoFlush)
{
    store(WINDOW, 0);
    dsb();
    expect_good();
}

// ---- break ----

TEST_F(Recorder, AnotherPlaceNeedsABreak)
{
    store(PAGE_OFFSET + MB, word(L1, PAGE_OFFSET + MB) + MB);
    flush(PAGE_OFFSET + MB);
    expect_error("0xc0100000: valid entry replaced by another place, size or memory type");
}

TEST_F(Recorder, AnotherMemoryTypeNeedsABreak)
{
    store(PAGE_OFFSET + MB, word(L1, PAGE_OFFSET + MB) ^ 0x1000);
    flush(PAGE_OFFSET + MB);
    expect_error("valid entry replaced");
}

TEST_F(Recorder, AnotherSizeNeedsABreak)
{
    store(WINDOW, DEVICE | 0x20000000);
    dsb();
    isb();
    expect_good();
    new_page();
    store_page(0, 0x20000000 | PAGE_RW);
    dsb();
    store(WINDOW, linear_pa(L2).raw() + 2048 + 1);
    flush(WINDOW);
    expect_error("0xf9000000: valid entry replaced");
}

TEST_F(Recorder, ABrokenEntryMayBeMadeOnceItIsFlushed)
{
    const u32 other = word(L1, PAGE_OFFSET + MB) + MB;
    store(PAGE_OFFSET + MB, 0);
    flush(PAGE_OFFSET + MB);
    store(PAGE_OFFSET + MB, other);
    dsb();
    isb();
    expect_good();
}

TEST_F(Recorder, ABrokenEntryIsNotMadeBeforeItsFlushIsComplete)
{
    const u32 other = word(L1, PAGE_OFFSET + MB) + MB;
    store(PAGE_OFFSET + MB, 0);
    dsb();
    tlbi_mva(PAGE_OFFSET + MB);
    store(PAGE_OFFSET + MB, other); // no DSB after the TLBI
    dsb();
    isb();
    expect_error("0xc0100000: made while a TLB may still hold the old entry");
}

TEST_F(Recorder, TheSamePlaceMayComeBackWithoutAFlush)
{
    const u32 same = word(L1, PAGE_OFFSET + MB);
    store(PAGE_OFFSET + MB, 0);
    store(PAGE_OFFSET + MB, same);
    flush(PAGE_OFFSET + MB);
    expect_good();
}

TEST_F(Recorder, EverySetOfTablesIsBrokenBeforeOneIsMade)
{
    events.adopt_first_level(SECOND_L1);
    const u32 other = word(L1, PAGE_OFFSET + MB) + MB;
    store(PAGE_OFFSET + MB, 0);
    flush(PAGE_OFFSET + MB);
    store(PAGE_OFFSET + MB, other);
    dsb();
    isb();
    expect_error("0xc0100000: made while the tables at 0xc0008000 still say something else");
}

// ---- reach ----

TEST_F(Recorder, AnEntryInABrokenSectionIsOutOfReach)
{
    events.adopt_first_level(SECOND_L1);
    store(PAGE_OFFSET, 0); // the tables' own megabyte
    store(WINDOW, DEVICE, SECOND_L1);
    expect_error("first-level entry stored at 0xc000be40 while that address is not mapped");
}

TEST_F(Recorder, AReadOnlyTableIsOutOfReach)
{
    store(PAGE_OFFSET, word(L1, PAGE_OFFSET) | READ_ONLY);
    store(WINDOW, DEVICE);
    expect_error("stored at 0xc0007e40 while that address is not mapped for writing");
}

TEST_F(Recorder, AMadeEntryIsUsedAfterDsbAndIsbOnly)
{
    constexpr virt_addr_t far = PAGE_OFFSET + 15 * MB;
    const u32 section = word(L1, far);
    events.adopt_second_level(far);
    store(far, 0);
    flush(far);
    store(far, section);
    dsb();
    store_linux_pte(static_cast<pte_t *>(to_ptr(far)), pte_t(1));
    isb();
    expect_error("Linux PTE stored at 0xc0f00000 through an entry that was made without DSB and "
                 "ISB since");
}

// ---- agree, copy ----

TEST_F(Recorder, AllSetsAgreeWhenAnOperationEnds)
{
    events.adopt_first_level(SECOND_L1);
    store(WINDOW, DEVICE);
    dsb();
    isb();
    events.end_operation("half way");
    EXPECT_EQ(events.take_errors(), "half way: at 0xf9000000 the tables at 0xc0008000 differ from "
                                    "the CPU's own\n");
    store(WINDOW, DEVICE, SECOND_L1);
    dsb();
    expect_good();
}

TEST_F(Recorder, AUsersPartIsItsOwn)
{
    events.adopt_first_level(SECOND_L1);
    store(virt_addr_t(0x100000), 0x20000000 | DEVICE, SECOND_L1);
    dsb();
    expect_good();
}

TEST_F(Recorder, ASetThatIsForgottenMayDiffer)
{
    events.adopt_first_level(SECOND_L1);
    events.forget_first_level(SECOND_L1);
    store(WINDOW, DEVICE);
    dsb();
    isb();
    expect_good();
}

TEST_F(Recorder, AStoreThatNobodyToldIsSeenAtTheEnd)
{
    word(L1, WINDOW) = DEVICE;
    expect_error("test: table word 0xc0007e40 holds 0x00011412, but 0x00000000 was stored");
}

TEST_F(Recorder, ANewFirstLevelIsCopiedAndCleaned)
{
    note_new_table(to_ptr(SECOND_L1), 16384);
    for (u32 i = 0; i < 4096; i += 8)
        clean_line_pou(static_cast<u32 *>(to_ptr(SECOND_L1)) + i);
    dsb();
    expect_good();
    store(WINDOW, DEVICE, SECOND_L1);
    store(WINDOW, DEVICE);
    dsb();
    isb();
    expect_good();
}

TEST_F(Recorder, EventsAreCounted)
{
    store(WINDOW, DEVICE);
    dsb();
    isb();
    EXPECT_EQ(events.count(hw_event::store_pgd), 1u);
    EXPECT_EQ(events.count(hw_event::clean_line), 1u);
    events.forget_counts();
    EXPECT_EQ(events.count(hw_event::dsb), 0u);
    expect_good();
}

TEST_F(Recorder, AnErrorIsSaidOnce)
{
    for (int i = 0; i < 100; i++)
        store_hw_pte(entry(0), hw_pte_t(0));
    EXPECT_LT(events.errors().size(), 9u);
}
