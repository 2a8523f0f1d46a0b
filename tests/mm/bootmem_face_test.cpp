// HOST ONLY: it boots machines of its own, and stops them half-way.
//
// Linux's names over the kernel's own bootmem: what they give, what they refuse and say, and that
// nothing is left of it after the hand-over.
#include <tests/mm/page_fixture.h>

#include <cstring>

#include <arch/arm/mm/mm.h>
#include <kernel/lib/errno.h>
#include <mm/memblock.h>
#include <tests/host.h>

namespace {

constexpr u32 MB = SZ_1M;
/// Free memory: above the image and the zone DMA, below the tables at the top.
constexpr unsigned long ROOM = PHYS_OFFSET.raw() + 32 * MB;
constexpr unsigned long LOWMEM_END = PHYS_OFFSET.raw() + 64 * MB;

/// Runs `during` when bootmem has the memory of a machine of 64 MB, with `high` bytes above it.
void while_booting(void (*during)(), u32 high = 0)
{
    const page_machine machine({{0, 64 * MB}, {128 * MB, high ? high : PAGE_SIZE}},
                               {.lowmem_size = 64 * MB, .before_mem_init = during});
}

u32 taken_pages()
{
    u32 pages = 0;
    NODE_DATA(0)->bdata->for_each_run([&](pfn_t, u32 count, bootmem_data::state state) {
        pages += state == bootmem_data::state::taken ? count : 0;
    });
    return pages;
}

unsigned long phys(const void *p)
{
    return __pa(p).raw();
}

} // namespace

TEST(BootmemFace, GivesZeroedMemoryAboveTheDmaZone)
{
    while_booting([] {
        const u32 before = taken_pages();
        auto *dirty = static_cast<char *>(__alloc_bootmem_raw(5 * PAGE_SIZE, PAGE_SIZE, ROOM));
        ASSERT_NE(dirty, nullptr);
        memset(dirty, 0xa5, 5 * PAGE_SIZE);
        free_bootmem(phys(dirty), 5 * PAGE_SIZE);
        EXPECT_EQ(taken_pages(), before);
        auto *clean = static_cast<char *>(__alloc_bootmem(5 * PAGE_SIZE, PAGE_SIZE, ROOM));
        EXPECT_EQ(clean, dirty);
        for (u32 i = 0; i < 5 * PAGE_SIZE; i++)
            ASSERT_EQ(clean[i], 0);
        EXPECT_GE(phys(alloc_bootmem(100)), bootmem_goal());
        EXPECT_EQ(phys(alloc_bootmem(100)) % 64, 0u);
        EXPECT_EQ(phys(alloc_bootmem_align(100, 1024)) % 1024, 0u);
        EXPECT_EQ(phys(alloc_bootmem_pages(100)) % PAGE_SIZE, 0u);
        EXPECT_EQ(phys(alloc_bootmem_pages_nopanic(100)) % PAGE_SIZE, 0u);
        EXPECT_GE(phys(alloc_bootmem_nopanic(100)), bootmem_goal());
    });
}

TEST(BootmemFace, LowMemoryIsInTheDmaZone)
{
    while_booting([] {
        EXPECT_LT(phys(alloc_bootmem_low(100)), bootmem_goal());
        EXPECT_LT(phys(alloc_bootmem_low_pages(100)), bootmem_goal());
        EXPECT_EQ(phys(__alloc_bootmem_limit(PAGE_SIZE, PAGE_SIZE, ROOM, ROOM + PAGE_SIZE)), ROOM);
        EXPECT_PANIC((void) __alloc_bootmem_low(17 * MB, 0, 0),
                     "alloc_bootmem: no 17825792 bytes of lowmem");
    });
}

TEST(BootmemFace, WithoutMemoryItPanicsOrReturnsNothing)
{
    while_booting([] {
        EXPECT_EQ(alloc_bootmem_nopanic(64 * MB), nullptr);
        EXPECT_EQ(__alloc_bootmem_raw(64 * MB, 0, 0), nullptr);
        const u32 before = taken_pages();
        EXPECT_PANIC((void) alloc_bootmem(64 * MB), "alloc_bootmem: no 67108864 bytes of lowmem");
        EXPECT_EQ(taken_pages(), before);
    });
}

TEST(BootmemFace, RefusesSizesAndAlignmentsThatAreNone)
{
    while_booting([] {
        EXPECT_EQ(alloc_bootmem_nopanic(0), nullptr);
        EXPECT_REPORT("alloc_bootmem: 0 bytes aligned to 0 refused: that is no size\n");
        EXPECT_EQ(alloc_bootmem_nopanic(1ul << 32), nullptr);
        EXPECT_REPORT("alloc_bootmem: 4294967296 bytes aligned to 0 refused: that is no size\n");
        EXPECT_EQ(__alloc_bootmem_raw(1, 48, 0), nullptr);
        EXPECT_REPORT(
            "alloc_bootmem: 1 bytes aligned to 48 refused: the alignment is no power of two");
    });
}

TEST(BootmemFace, ReservesOutwardsAndFreesInwards)
{
    while_booting([] {
        const bootmem_data &data = *NODE_DATA(0)->bdata;
        const pfn_t page = PFN_DOWN(phys_addr_t(ROOM));
        EXPECT_EQ(reserve_bootmem(ROOM + 100, PAGE_SIZE, BOOTMEM_DEFAULT), 0);
        EXPECT_TRUE(data.is_taken(page));
        EXPECT_TRUE(data.is_taken(page + 1));
        EXPECT_FALSE(data.is_taken(page + 2));
        free_bootmem(ROOM, 2 * PAGE_SIZE - 1);
        EXPECT_FALSE(data.is_taken(page));
        EXPECT_TRUE(data.is_taken(page + 1));
        free_bootmem(ROOM + PAGE_SIZE + 1, 2 * PAGE_SIZE - 2); // no whole page in it
        EXPECT_TRUE(data.is_taken(page + 1));
        EXPECT_EQ(reserve_bootmem(ROOM, 0, BOOTMEM_DEFAULT), 0);
        EXPECT_FALSE(data.is_taken(page));
        EXPECT_NO_REPORT("_bootmem: pages");
    });
}

TEST(BootmemFace, SaysWhatIsReservedOrFreedTwice)
{
    while_booting([] {
        EXPECT_EQ(reserve_bootmem(ROOM, 4 * PAGE_SIZE, BOOTMEM_DEFAULT), 0);
        EXPECT_EQ(reserve_bootmem(ROOM + 2 * PAGE_SIZE, 4 * PAGE_SIZE, BOOTMEM_DEFAULT), 0);
        EXPECT_REPORT("reserve_bootmem: pages 0x62002-0x62006: 2 of them were reserved already\n");
        free_bootmem(ROOM, 6 * PAGE_SIZE);
        free_bootmem(ROOM + 5 * PAGE_SIZE, 2 * PAGE_SIZE);
        EXPECT_REPORT("free_bootmem: pages 0x62005-0x62007: 2 of them were free already\n");
    });
}

TEST(BootmemFace, AnExclusiveReservationIsAllOrNothing)
{
    while_booting([] {
        EXPECT_EQ(reserve_bootmem(ROOM + 3 * PAGE_SIZE, 1, BOOTMEM_EXCLUSIVE), 0);
        const u32 before = taken_pages();
        EXPECT_EQ(reserve_bootmem(ROOM, 4 * PAGE_SIZE, BOOTMEM_EXCLUSIVE), -EBUSY);
        EXPECT_EQ(taken_pages(), before);
        EXPECT_EQ(reserve_bootmem(ROOM, 3 * PAGE_SIZE, BOOTMEM_EXCLUSIVE), 0);
        EXPECT_EQ(taken_pages(), before + 3);
    });
}

TEST(BootmemFace, RefusesWhatIsNotLowmem)
{
    while_booting(
        [] {
            const u32 before = taken_pages();
            EXPECT_EQ(reserve_bootmem(PHYS_OFFSET.raw() - 1, 1, BOOTMEM_DEFAULT), -EINVAL);
            EXPECT_REPORT("reserve_bootmem: pages 0x5ffff-0x60000: not lowmem\n");
            EXPECT_EQ(reserve_bootmem(LOWMEM_END - 1, 2, BOOTMEM_DEFAULT), -EINVAL);
            EXPECT_REPORT("reserve_bootmem: pages 0x63fff-0x64001: not lowmem\n");
            free_bootmem(LOWMEM_END, PAGE_SIZE);
            EXPECT_REPORT("free_bootmem: pages 0x64000-0x64001: not lowmem\n");
            free_bootmem(0xfffff000, PAGE_SIZE);
            EXPECT_REPORT("free_bootmem: pages 0xfffff-0x100000: not lowmem\n");
            free_bootmem(ROOM, ~0ul); // wraps: nothing of it is whole pages
            EXPECT_EQ(taken_pages(), before);
        },
        8 * MB);
}

TEST(BootmemFace, BookCanBeKeptFromPageZero)
{
    while_booting([] {
        bootmem_data *const before = NODE_DATA(0)->bdata;
        const bootmem_data saved = *before;
        const pfn_t low = min_low_pfn, high = max_low_pfn;
        auto *map = static_cast<u8 *>(alloc_bootmem_pages(PAGE_SIZE));
        EXPECT_EQ(bootmem_bootmap_pages(0x100), 1u);
        EXPECT_EQ(bootmem_bootmap_pages(1u << 20), 33u); // 128 KB of bits, and 128 bytes above them
        const unsigned long bytes = init_bootmem(PFN_DOWN(__pa(map)).raw(), 0x100);
        EXPECT_EQ(bytes, 0x100u / 8 + 4);
        EXPECT_EQ(max_low_pfn.raw(), 0x100u);
        EXPECT_EQ(min_low_pfn, PFN_DOWN(__pa(map)));
        EXPECT_EQ(NODE_DATA(0)->bdata->start().raw(), 0u);
        EXPECT_EQ(taken_pages(), 0x100u);
        *NODE_DATA(0)->bdata = saved;
        min_low_pfn = low;
        max_low_pfn = high;
    });
}

TEST(BootmemFace, NothingIsLeftOfItAfterTheHandOver)
{
    const page_machine machine({{0, 64 * MB}});
    EXPECT_TRUE(mem_init_done);
    EXPECT_EQ(alloc_bootmem_nopanic(100), nullptr);
    EXPECT_REPORT(
        "alloc_bootmem: 100 bytes aligned to 0 refused: bootmem is no more: use alloc_pages");
    EXPECT_EQ(reserve_bootmem(ROOM, 1, BOOTMEM_DEFAULT), -EINVAL);
    EXPECT_REPORT("reserve_bootmem: pages 0x62000-0x62001: bootmem is not there, or no longer\n");
    free_bootmem(ROOM, PAGE_SIZE);
    EXPECT_REPORT("free_bootmem: pages 0x62000-0x62001: bootmem is not there, or no longer\n");
}

TEST(BootmemFace, IsNotThereBeforeItsBitmap)
{
    reset_page_variables();
    EXPECT_EQ(alloc_bootmem_nopanic(100), nullptr);
    EXPECT_REPORT("alloc_bootmem: 100 bytes aligned to 0 refused: bootmem is not there yet");
}

TEST(BootmemFace, MemblockGivesNothingAwayOnceBootmemHasTheMemory)
{
    while_booting([] {
        EXPECT_EQ(memblock_alloc(PAGE_SIZE, PAGE_SIZE), nullptr);
        EXPECT_REPORT("memblock: 4096 bytes refused: its memory was handed over\n");
        EXPECT_EQ(memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE).raw(), 0u);
        EXPECT_EQ(memblock_reserve(PHYS_OFFSET + 130 * MB, PAGE_SIZE),
                  0); // what is known may be told
    });
}

TEST(BootmemFace, TablesComeFromWhoeverHasTheMemory)
{
    static constinit void *early = nullptr;
    const page_machine machine({{0, 64 * MB}}, {.before_mem_init = [] {
                                   early = alloc_table_page();
                                   ASSERT_NE(early, nullptr);
                                   EXPECT_TRUE(
                                       NODE_DATA(0)->bdata->is_taken(PFN_DOWN(__pa(early))));
                               }});
    EXPECT_TRUE(PageReserved(virt_to_page(early)));
    const unsigned long before = nr_free_pages();
    void *late = alloc_table_page();
    ASSERT_NE(late, nullptr);
    EXPECT_EQ(nr_free_pages(), before - 1);
    EXPECT_EQ(page_count(virt_to_page(late)), 1);
}
