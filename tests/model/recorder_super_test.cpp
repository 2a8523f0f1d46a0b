// HOST ONLY: it tests what listens on the host.
//
// The recorder on supersections: sixteen equal words, made of faults and broken as one.
#include <tests/model/recorder_fixture.h>

using namespace recorder_tests;

namespace {

constexpr u32 SUPER = 0x6a000000 | 0x5141e; // shareable memory, kernel rw, XN
constexpr u32 SECTION = 0x6a000000 | 0x1141e;
constexpr u32 COPIES = 16;

class RecorderSuper : public Recorder {
protected:
    /// `count` words from `first` of the window's sixteen.
    static void store_run(u32 first, u32 count, u32 value, u32 step = 0, virt_addr_t table = L1)
    {
        for (u32 i = first; i < first + count; i++)
            store_only(WINDOW + i * MB, value == 0 ? 0 : value + i * step, table);
        for (u32 i = first; i < first + count; i += 8) // lines of 32 bytes
            clean_line_pou(&word(table, WINDOW + i * MB));
    }
    static void make_super(virt_addr_t table = L1)
    {
        store_run(0, COPIES, SUPER, 0, table);
        dsb();
        isb();
    }
};

} // namespace

TEST_F(RecorderSuper, SixteenEqualWordsAreGood)
{
    make_super();
    expect_good();
}

TEST_F(RecorderSuper, AMissingWordIsSeen)
{
    store_run(0, COPIES - 1, SUPER);
    dsb();
    isb();
    expect_error("test: at 0xf9f00000 the sixteen words of a supersection differ");
}

TEST_F(RecorderSuper, BrokenByOneFlushAndMadeSectionsIsGood)
{
    make_super();
    store_run(0, COPIES, 0);
    flush(WINDOW + 5 * MB);
    store_run(0, COPIES, SECTION, MB);
    dsb();
    isb();
    expect_good();
}

TEST_F(RecorderSuper, MadeSectionsBeforeTheFlushIsAnError)
{
    make_super();
    store_run(0, COPIES, 0);
    dsb();
    store_run(0, COPIES, SECTION, MB);
    expect_error("0xf9000000: made while a TLB may still hold the old entry");
}

TEST_F(RecorderSuper, BreakingOnlyTheWordThatChangesIsAnError)
{
    make_super();
    store(WINDOW + 5 * MB, 0);
    flush(WINDOW + 5 * MB);
    store(WINDOW + 5 * MB, SECTION + 5 * MB);
    expect_error("0xf9500000: valid beside 0xf9000000 of the same 16 MB");
}

TEST_F(RecorderSuper, ASectionAmongThemIsAnError)
{
    store(WINDOW + 5 * MB, SECTION + 5 * MB);
    dsb();
    isb();
    store(WINDOW, SUPER);
    expect_error("0xf9000000: valid beside 0xf9500000 of the same 16 MB");
}

TEST_F(RecorderSuper, OtherRightsWordByWordAreAnError)
{
    make_super();
    store_run(0, COPIES, SUPER | READ_ONLY);
    flush(WINDOW);
    expect_error("0xf9000000: valid beside 0xf9100000 of the same 16 MB");
}

TEST_F(RecorderSuper, ATableBesideSectionsIsNoBusinessOfThisRule)
{
    store(WINDOW + 5 * MB, SECTION + 5 * MB);
    link_table(WINDOW);
    isb();
    expect_good();
}

TEST_F(RecorderSuper, OtherTablesMayNotHaveASectionInAnyOfItsMegabytes)
{
    events.adopt_first_level(SECOND_L1);
    store(WINDOW + 15 * MB, SECTION + 15 * MB, SECOND_L1);
    dsb();
    isb();
    store(WINDOW, SUPER);
    expect_error("0xf9f00000: made while the tables at 0xc0008000 still say something else");
}
