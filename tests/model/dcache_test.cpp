// HOST ONLY: it tests what listens on the host.
//
// The cache that knows addresses: each rule of dcache.h passes what is right and names what is
// wrong; and the recorder asks it.
#include <tests/model/dcache.h>
#include <tests/model/recorder_fixture.h>

namespace {

using model::dcache;

constexpr u32 HERE = 0xfffdf000, THERE = 0xbfe01000, HOME = 0xc0400000, FRAME = 0x60400000;

class VirtualCache : public ::testing::Test {
protected:
    void flush_page(u32 va)
    {
        for (u32 at = va; at != va + PAGE_SIZE; at += 32)
            cache.flush(at);
    }
    dcache cache{{5, 1}};
};

} // namespace

TEST_F(VirtualCache, IsWhatOlderCpusHave)
{
    EXPECT_TRUE(dcache({5, 1}).knows_addresses());
    EXPECT_TRUE(dcache({6, 1}).knows_addresses());
    EXPECT_FALSE(dcache({7, 1}).knows_addresses());
    EXPECT_FALSE(dcache({7, 4}).knows_addresses());
}

TEST_F(VirtualCache, APageMayGoWhenEachLineIsFlushed)
{
    EXPECT_EQ(cache.made(HERE, FRAME, {}), std::nullopt);
    flush_page(HERE);
    EXPECT_EQ(cache.gone(HERE), std::nullopt);
    EXPECT_EQ(cache.made(HERE, FRAME + PAGE_SIZE, {}), std::nullopt);
}

TEST_F(VirtualCache, ALineThatIsLeftIsNamed)
{
    (void) cache.made(HERE, FRAME, {});
    for (u32 at = HERE; at != HERE + PAGE_SIZE; at += 32)
        if (at != HERE + 0xfe0)
            cache.flush(at);
    EXPECT_EQ(cache.gone(HERE), HERE + 0xfe0);
    (void) cache.made(HERE, FRAME, {}); // mapped again: all lines may be there again
    EXPECT_EQ(cache.gone(HERE), HERE);
}

TEST_F(VirtualCache, AFrameIsAtOneAddressAtATime)
{
    (void) cache.made(HERE, FRAME, {});
    EXPECT_EQ(cache.made(THERE, FRAME + PAGE_SIZE, {}), std::nullopt);
    EXPECT_EQ(cache.made(THERE + PAGE_SIZE, FRAME, {}), HERE);
}

TEST_F(VirtualCache, AFrameThatIsFlushedMayHaveASecondAddress)
{
    (void) cache.made(HERE, FRAME, {});
    flush_page(HERE);
    EXPECT_EQ(cache.made(THERE, FRAME, {}), std::nullopt);
}

TEST_F(VirtualCache, AHomeIsFlushedBeforeItsFrameIsMappedElsewhere)
{
    EXPECT_EQ(cache.made(HERE, FRAME, HOME), HOME);
    flush_page(HERE);
    (void) cache.gone(HERE);
    flush_page(HOME);
    EXPECT_EQ(cache.made(HERE, FRAME, HOME), std::nullopt);
    flush_page(HERE);
    EXPECT_EQ(cache.gone(HERE), std::nullopt);
    EXPECT_EQ(cache.made(HERE, FRAME, HOME), HOME); // it was used meanwhile
}

TEST_F(VirtualCache, OnArmv6EqualIndexBitsMakeOneAddressOfTwo)
{
    dcache v6({6, 1});
    (void) v6.made(HERE, FRAME, {});
    EXPECT_EQ(v6.made(HERE - 4 * PAGE_SIZE, FRAME, {}), std::nullopt);
    EXPECT_EQ(v6.made(HERE - PAGE_SIZE, FRAME, {}), HERE);
    EXPECT_EQ(v6.made(HERE, FRAME + 8 * PAGE_SIZE, HOME), HOME);
    EXPECT_EQ(v6.made(HOME + 0x100000, FRAME + 16 * PAGE_SIZE, HOME), std::nullopt);
    EXPECT_EQ(v6.gone(HERE), HERE); // whoever comes next may have other bits
}

TEST_F(VirtualCache, WhatWasNeverMadeMayGo)
{
    EXPECT_EQ(cache.gone(HERE), std::nullopt);
}

// ---- The recorder asks ----

using namespace recorder_tests;

namespace {

constexpr u32 CACHED_PAGE = 0x55e; // ARMv5: kernel rw, write-back
constexpr u32 BEYOND_LOWMEM = 0x61000000;

class RecorderOfVirtualCaches : public Recorder {
protected:
    RecorderOfVirtualCaches() : Recorder(1, 5) {}
    void SetUp() override
    {
        Recorder::SetUp();
        link_table(WINDOW);
    }
    static void map(u32 index, u32 pa)
    {
        store_page(index, pa | CACHED_PAGE);
        dsb();
    }
    static void unmap(u32 index)
    {
        store_page(index, 0);
        flush(WINDOW + index * PAGE_SIZE);
    }
    static void flush_lines(virt_addr_t va)
    {
        for (u32 done = 0; done < PAGE_SIZE; done += 32)
            flush_line_poc(to_ptr(va + done));
    }
};

} // namespace

TEST_F(RecorderOfVirtualCaches, APageIsFlushedBeforeItGoes)
{
    map(1, BEYOND_LOWMEM);
    flush_lines(WINDOW + PAGE_SIZE);
    unmap(1);
    expect_good();
    map(1, BEYOND_LOWMEM);
    unmap(1);
    expect_error("0xf9001000: unmapped while its line 0xf9001000 may be in the cache");
}

TEST_F(RecorderOfVirtualCaches, AFlushAfterTheUnmappingComesTooLate)
{
    map(1, BEYOND_LOWMEM);
    unmap(1);
    (void) events.take_errors();
    flush_line_poc(to_ptr(WINDOW + PAGE_SIZE));
    expect_error("line flushed at 0xf9001000 while that address is not mapped");
}

TEST_F(RecorderOfVirtualCaches, AFrameIsMappedOnce)
{
    map(1, BEYOND_LOWMEM);
    map(2, BEYOND_LOWMEM);
    expect_error("0xf9002000: maps frame 0x61000, whose newest bytes may be in the cache under "
                 "0xf9001000");
}

TEST_F(RecorderOfVirtualCaches, ALowmemFrameHasAHome)
{
    map(1, PHYS_OFFSET.raw() + 5 * MB);
    expect_error("0xf9001000: maps frame 0x60500, whose newest bytes may be in the cache under "
                 "0xc0500000");
}

TEST_F(RecorderOfVirtualCaches, ALowmemPageAtHomeNeedsNoFlush)
{
    store(WINDOW, 0);
    store(PAGE_OFFSET + 5 * MB, 0);
    flush(PAGE_OFFSET + 5 * MB);
    store(PAGE_OFFSET + 5 * MB, linear_pa(L2).raw() + 2048 + 1);
    dsb();
    store_page(3, (PHYS_OFFSET.raw() + 5 * MB + 3 * PAGE_SIZE) | CACHED_PAGE);
    dsb();
    store_page(3, 0);
    flush(PAGE_OFFSET + 5 * MB + 3 * PAGE_SIZE);
    expect_good();
}

TEST_F(RecorderOfVirtualCaches, WhatIsNotCachedNeedsNoFlush)
{
    store_page(1, BEYOND_LOWMEM | 0x552);
    dsb();
    unmap(1);
    expect_good();
}

TEST_F(RecorderOfVirtualCaches, OtherRightsNeedNoFlush)
{
    map(1, BEYOND_LOWMEM);
    store_page(1, BEYOND_LOWMEM | 0x56e); // users may read a quarter of it
    flush(WINDOW + PAGE_SIZE);
    expect_good();
}

TEST_F(Recorder, OnArmv7LinesStayWhenAPageGoes)
{
    link_table(WINDOW);
    store_page(1, BEYOND_LOWMEM | 0x01f);
    store_page(2, BEYOND_LOWMEM | 0x01f);
    dsb();
    isb();
    store_page(1, 0);
    flush(WINDOW + PAGE_SIZE);
    expect_good();
}
