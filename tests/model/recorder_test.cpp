// HOST ONLY: it tests what listens on the host.
//
// The recorder itself, first part: what must be visible, and cleaned, before what. Each rule passes
// what is right and names what is wrong.
#include <tests/model/recorder_fixture.h>

using namespace recorder_tests;

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
