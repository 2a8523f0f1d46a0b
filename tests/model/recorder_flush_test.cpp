// HOST ONLY: it tests what listens on the host.
//
// The recorder itself, second part: flushes, break before make, several sets of tables. Each rule
// passes what is right and names what is wrong.
#include <tests/model/recorder_fixture.h>

using namespace recorder_tests;

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
