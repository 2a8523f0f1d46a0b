// HOST ONLY: it maps what it likes on a machine of its own.
//
// create_mapping: what becomes sections and what pages, what is refused; the tables it needs; the
// static device maps and the kmap window.
#include <tests/arch/fixture.h>

#include <cstring>

#include <asm/tlbflush.h>
#include <kernel/lib/trace.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t WINDOW{0xf9000000}; // in vmalloc, nothing is mapped there
constexpr phys_addr_t DEVICE{0x20000000};

class Mapping : public ::testing::Test {
protected:
    void SetUp() override { kernel.run_paging_init(); }

    /// create_mapping as its contract has it: the caller flushes.
    void map(virt_addr_t va, phys_addr_t pa, u32 length, mem_type_id type = MT_DEVICE)
    {
        create_mapping({va, PFN_DOWN(pa), length, type, "test"});
        flush_tlb_all();
        kernel.events.end("create_mapping");
    }
    [[nodiscard]] u32 size_at(virt_addr_t va) const
    {
        const model::mapping m = kernel.walk(va);
        return m.mapped() ? m.size : 0;
    }
    [[nodiscard]] u32 pa_at(virt_addr_t va) const
    {
        const model::mapping m = kernel.walk(va);
        return static_cast<u32>(m.pa) + (va.raw() - m.va);
    }
    /// All that create_mapping could change.
    struct tables {
        std::vector<u32> l1;
        u32 bytes;
        u32 taken;
        bool operator==(const tables &) const = default;
    };
    [[nodiscard]] tables snapshot() const
    {
        tables t{std::vector<u32>(4096), page_table_bytes, bootmem_pages_taken()};
        memcpy(t.l1.data(), init_mm.pgd, 4 * 4096);
        return t;
    }

    booting_kernel kernel;
};

} // namespace

TEST_F(Mapping, WholeMegabytesAreSections)
{
    map(WINDOW, DEVICE, 3 * MB);
    for (u32 offset = 0; offset < 3 * MB; offset += MB) {
        EXPECT_EQ(size_at(WINDOW + offset), MB);
        EXPECT_EQ(pa_at(WINDOW + offset), DEVICE.raw() + offset);
    }
    EXPECT_EQ(size_at(WINDOW + 3 * MB), 0u);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, LessThanAMegabyteIsPages)
{
    map(WINDOW + 0xff000, DEVICE + 0x3000, 0x2000);
    EXPECT_EQ(size_at(WINDOW + 0xfe000), 0u);
    EXPECT_EQ(size_at(WINDOW + 0xff000), PAGE_SIZE);
    EXPECT_EQ(pa_at(WINDOW + 0x100000), DEVICE.raw() + 0x4000);
    EXPECT_EQ(size_at(WINDOW + 0x101000), 0u);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, APartOfAPageIsThePage)
{
    map(WINDOW + 0x10, DEVICE, 0xff8);
    EXPECT_EQ(size_at(WINDOW), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + PAGE_SIZE), PAGE_SIZE) << "the last 8 bytes";
    EXPECT_EQ(size_at(WINDOW + 2 * PAGE_SIZE), 0u);
}

TEST_F(Mapping, NothingMapsNothing)
{
    const tables before = snapshot();
    map(WINDOW, DEVICE, 0);
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Mapping, ATypeWithoutASectionIsPagesHoweverLong)
{
    map(WINDOW, DEVICE, 5 * MB, MT_DEVICE_WC);
    for (u32 offset = 0; offset < 5 * MB; offset += PAGE_SIZE) {
        ASSERT_EQ(size_at(WINDOW + offset), PAGE_SIZE);
        ASSERT_EQ(pa_at(WINDOW + offset), DEVICE.raw() + offset);
    }
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, AFrameOffTheMegabyteIsPages)
{
    map(WINDOW, DEVICE + PAGE_SIZE, 2 * MB);
    EXPECT_EQ(size_at(WINDOW), PAGE_SIZE);
    EXPECT_EQ(pa_at(WINDOW + 2 * MB - 1), DEVICE.raw() + PAGE_SIZE + 2 * MB - 1);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, PagesComeBeforeAndAfterTheSections)
{
    map(WINDOW + 0x180000, DEVICE + 0x180000, 5 * MB); // to 0x680000 of the window
    EXPECT_EQ(size_at(WINDOW + 0x180000), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + 0x200000), MB);
    EXPECT_EQ(size_at(WINDOW + 0x500000), MB);
    EXPECT_EQ(size_at(WINDOW + 0x600000), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + 0x67f000), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + 0x680000), 0u);
    for (u32 offset = 0x180000; offset < 0x680000; offset += PAGE_SIZE)
        ASSERT_EQ(pa_at(WINDOW + offset), DEVICE.raw() + offset);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, ASlotIsAllPagesIfTheRequestEndsOffAMegabyteInIt)
{
    map(WINDOW, DEVICE, MB + 0x80000);
    EXPECT_EQ(size_at(WINDOW), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + MB + 0x7f000), PAGE_SIZE);
    EXPECT_EQ(pa_at(WINDOW + MB + 0x7f000), DEVICE.raw() + MB + 0x7f000);
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_NO_REPORT("refused");
}

TEST_F(Mapping, MegabytesInASlotThatHasATableArePages)
{
    map(WINDOW + MB + 0x1000, DEVICE, PAGE_SIZE);
    map(WINDOW - 2 * MB, DEVICE + 0x1000000, 3 * MB);
    EXPECT_EQ(size_at(WINDOW - 2 * MB), MB);
    EXPECT_EQ(size_at(WINDOW - MB), MB);
    EXPECT_EQ(size_at(WINDOW), PAGE_SIZE);
    EXPECT_EQ(pa_at(WINDOW + 0xff000), 0x210ff000u + 2 * MB);
    EXPECT_EQ(size_at(WINDOW + MB + 0x1000), PAGE_SIZE) << "what was there stays";
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, TheLastPageOfTheAddressSpaceCanBeMapped)
{
    map(virt_addr_t(0xfffff000), DEVICE, PAGE_SIZE);
    EXPECT_EQ(size_at(virt_addr_t(0xffffffff)), PAGE_SIZE);
    EXPECT_EQ(pa_at(virt_addr_t(0xffffffff)), DEVICE.raw() + 0xfff);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, AMegabyteMayEndAtTheTopOfASlotWithATable)
{
    map(virt_addr_t(0xfff00000), DEVICE, MB);
    EXPECT_EQ(size_at(virt_addr_t(0xfff00000)), PAGE_SIZE);
    EXPECT_EQ(pa_at(virt_addr_t(0xfffff000)), DEVICE.raw() + 0xff000);
}

TEST_F(Mapping, AUserAddressIsRefused)
{
    const tables before = snapshot();
    map(virt_addr_t(0xbeffffff), DEVICE, MB);
    EXPECT_REPORT("create_mapping: test: 0x100000 bytes at 0xbeffffff refused: a user address");
    map(virt_addr_t(0), DEVICE, PAGE_SIZE);
    EXPECT_REPORT("refused: a user address");
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Mapping, ARequestThatRunsOverTheTopOfTheAddressSpaceIsRefused)
{
    const tables before = snapshot();
    map(virt_addr_t(0xffff0000), DEVICE, 0x11000);
    EXPECT_REPORT("refused: it runs past the end of the address space");
    map(WINDOW, DEVICE, 0xfffffff0);
    EXPECT_REPORT("refused: it runs past the end of the address space");
    EXPECT_TRUE(snapshot() == before);
    EXPECT_FALSE(kernel.walk(virt_addr_t(0)).mapped());
}

TEST_F(Mapping, PagesInASlotWithSectionsAreRefused)
{
    map(WINDOW, DEVICE, MB);
    const tables before = snapshot();
    map(WINDOW + MB, DEVICE, PAGE_SIZE);
    EXPECT_REPORT("create_mapping: test: 0x1000 bytes at 0xf9100000 refused: its slot holds "
                  "sections, and pages are needed");
    EXPECT_TRUE(snapshot() == before);
    map(WINDOW + 0x1000, DEVICE, PAGE_SIZE);
    EXPECT_REPORT("refused: its slot holds sections");
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Mapping, PagesBesideASectionAreRefusedOnEitherSide)
{
    map(WINDOW + MB, DEVICE, MB);
    map(WINDOW + 2 * MB, DEVICE, MB);
    const tables before = snapshot();
    map(WINDOW + 0x1000, DEVICE + 0x1000, MB - PAGE_SIZE); // before it, up to its border
    EXPECT_REPORT("refused: its slot holds sections");
    map(WINDOW + 3 * MB, DEVICE, 0x1000);
    EXPECT_REPORT("refused: its slot holds sections");
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Mapping, ARefusedRequestLeavesTheSlotsBeforeAsTheyWere)
{
    map(WINDOW + 4 * MB, DEVICE, MB);
    const tables before = snapshot();
    map(WINDOW, DEVICE + PAGE_SIZE, 5 * MB);
    EXPECT_REPORT("refused: its slot holds sections");
    EXPECT_TRUE(snapshot() == before);
    map(WINDOW + 2 * MB, DEVICE, 2 * MB + PAGE_SIZE);
    EXPECT_REPORT("refused: its slot holds sections");
    EXPECT_TRUE(snapshot() == before);
}

TEST_F(Mapping, NewRightsForWhatIsMappedKeepThePlace)
{
    map(PAGE_OFFSET + 32 * MB, PHYS_OFFSET + 32 * MB, 2 * MB, MT_MEMORY_RO);
    EXPECT_EQ(kernel.rights(PAGE_OFFSET + 33 * MB), "r--/---");
    EXPECT_EQ(kernel.rights(PAGE_OFFSET + 34 * MB), "rw-/---");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_F(Mapping, WhatWasNotMappedNeedsNoFlushOnlyAnIsb)
{
    for (const u32 length : {PAGE_SIZE, MB}) {
        create_mapping({WINDOW + length * 8, PFN_DOWN(DEVICE), length, MT_DEVICE, "test"});
        isb();
        kernel.events.end("create_mapping");
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
}

TEST_F(Mapping, ARunOfSectionsEndsWithOneDsb)
{
    kernel.events.forget_counts();
    create_mapping({WINDOW, PFN_DOWN(DEVICE), 8 * MB, MT_DEVICE, "test"});
    EXPECT_EQ(kernel.events.count(hw_event::store_pgd), 8u);
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 1u);
    EXPECT_EQ(kernel.events.count(hw_event::clean_line), 1u);
}

TEST_F(Mapping, WhatIsMappedLeavesATrace)
{
    kernel_trace.clear();
    trace_enabled = true;
    map(WINDOW, DEVICE, MB);
    map(virt_addr_t(0), DEVICE, MB); // refused
    trace_enabled = false;
    ASSERT_EQ(kernel_trace.size(), 1u);
    EXPECT_EQ(kernel_trace.at(0).kind, trace_kind::map);
    EXPECT_EQ(kernel_trace.at(0).a, WINDOW.raw());
    EXPECT_EQ(kernel_trace.at(0).b, DEVICE.raw());
}

// ---- Tables for pages ----

TEST_F(Mapping, ASlotsTableIsMadeOnce)
{
    const u32 before = page_table_bytes;
    map(WINDOW, DEVICE, PAGE_SIZE);
    EXPECT_EQ(page_table_bytes, before + PAGE_SIZE);
    map(WINDOW + 0x1ff000, DEVICE, PAGE_SIZE);
    EXPECT_EQ(page_table_bytes, before + PAGE_SIZE);
    map(WINDOW + 0x200000, DEVICE, PAGE_SIZE);
    EXPECT_EQ(page_table_bytes, before + 2 * PAGE_SIZE);
}

TEST_F(Mapping, BothMegabytesOfASlotShareOnePageOfTables)
{
    map(WINDOW, DEVICE, PAGE_SIZE);
    const u32 word = kernel.l1_word(WINDOW);
    EXPECT_EQ(word & 0xfff, 0x801u);
    EXPECT_EQ(kernel.l1_word(WINDOW + MB), word + 0x400);
    EXPECT_TRUE(bootmem_has_given(phys_addr_t(word & ~0xfffu)));
}

TEST_F(Mapping, WithoutMemoryForATableTheKernelSaysForWhich)
{
    exhaust_bootmem();
    EXPECT_PANIC(map(WINDOW + 0x5000, DEVICE, PAGE_SIZE),
                 "early_pte_alloc: no memory for the table of 0xf9005000");
}

// ---- Device maps and the kmap window ----

TEST_F(Mapping, TheUartIsNeverUnmappedOnTheWay)
{
    // devicemaps_init once more: the entries that head.S made stay the same words all the time.
    kernel.events.forget_counts();
    devicemaps_init(machine);
    kernel.events.end("devicemaps_init");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - MB), 0x10011412u);
}

TEST_F(Mapping, EachDeviceHasItsMegabyte)
{
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - MB), 0x10000000u | 0x11412);
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - 2 * MB), 0x1e000000u | 0x11412);
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - 3 * MB), 0u);
    EXPECT_EQ(kernel.walk(VMALLOC_END - 1).type, model::memory_type::device);
    EXPECT_EQ(static_maps_size(), SZ_2M);
}

TEST_F(Mapping, TheKmapWindowHasATableOfFaults)
{
    ASSERT_NE(pkmap_page_table, nullptr);
    const u32 word = kernel.l1_word(PKMAP_BASE);
    EXPECT_EQ(word & 3, 1u);
    EXPECT_EQ(linear_pa(from_ptr(pkmap_page_table)).raw(), word & ~0xfffu);
    for (u32 i = 0; i < PTRS_PER_PTE; i++)
        ASSERT_TRUE(pte_none(pkmap_page_table[i]));
    EXPECT_EQ(kernel.walk(PKMAP_BASE).why, model::fault::l2_translation);
}

TEST_F(Mapping, TheKmapWindowsEntriesAreWhereSetPteExtPutsThem)
{
    const pte_t pte = pfn_pte(pfn_t(0x9ffff), mem_types[MT_MEMORY_RW].prot_pte);
    set_pte_ext(pkmap_page_table + pte_index(PKMAP_BASE + 5 * PAGE_SIZE), pte, pte_ext::global);
    dsb();
    isb();
    kernel.events.end("set_pte_ext");
    EXPECT_EQ(pa_at(PKMAP_BASE + 5 * PAGE_SIZE), 0x9ffff000u);
    EXPECT_EQ(size_at(PKMAP_BASE + 4 * PAGE_SIZE), 0u);
    EXPECT_EQ(size_at(PKMAP_BASE + 6 * PAGE_SIZE), 0u);
    EXPECT_EQ(kernel.events.take_errors(), "");
}
