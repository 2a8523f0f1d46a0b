// HOST ONLY: it runs paging_init on a machine of its own.
//
// What paging_init leaves behind, judged by the model's walker: banks of all shapes, rights, memory
// types, and that the machine was never shown anything that ARMv7 forbids.
#include <tests/arch/fixture.h>

#include <arch/arm/mm/proc-v7.h>
#include <asm/barrier.h>
#include <mm/memory_model.h>

namespace {

constexpr u32 MB = SZ_1M;

/// Boots with `params` and wants the tables right and no rule broken.
void expect_good_tables(const boot_params &params)
{
    booting_kernel kernel(params);
    kernel.run_paging_init();
    EXPECT_EQ(kernel.differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

class PagingInit : public ::testing::TestWithParam<u32> {
protected:
    static u32 cores() { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Cores, PagingInit, ::testing::Values(1u, 4u));

} // namespace

TEST_P(PagingInit, MapsEveryPageOfTheMachineAsDesigned)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(from_ptr(high_memory).raw(), 0xf8000000u);
}

TEST_P(PagingInit, LowmemIsSectionsWhereItCanBe)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    for (u32 va = 0xc0000000; va != 0xf8000000; va += MB)
        ASSERT_EQ(kernel.walk(virt_addr_t(va)).size, MB) << std::hex << va;
    EXPECT_EQ(page_table_bytes, 2 * 16384 + 2 * PAGE_SIZE); // head.S's, and the kmap table
}

TEST_P(PagingInit, TheImagesPartsHaveTheirRights)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.rights(PAGE_OFFSET), "rw-/---"); // tables, head.S
    EXPECT_EQ(kernel.rights(kernel_image.text), "r-x/---");
    EXPECT_EQ(kernel.rights(kernel_image.rodata), "r--/---");
    EXPECT_EQ(kernel.rights(kernel_image.stack), "rw-/---");
    EXPECT_EQ(kernel.rights(virt_addr_t(0xf7ffffff)), "rw-/---");
    EXPECT_EQ(kernel.rights(VECTORS_BASE), "r-x/---");
    EXPECT_EQ(kernel.rights(VMALLOC_END - 1), "rw-/---"); // devices
    EXPECT_EQ(kernel.rights(virt_addr_t(0)), "---/---");
}

TEST_P(PagingInit, SectionWordsAreLinuxs)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    const bool smp = cores() > 1;
    EXPECT_EQ(kernel.l1_word(PAGE_OFFSET), 0x60000000u | (smp ? 0x1141e : 0x0041e));
    EXPECT_EQ(kernel.l1_word(kernel_image.text), 0x60100000u | (smp ? 0x1940e : 0x0840e));
    EXPECT_EQ(kernel.l1_word(kernel_image.rodata), 0x60200000u | (smp ? 0x1941e : 0x0841e));
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - MB), 0x10000000u | 0x11412);
    EXPECT_EQ(kernel.l1_word(virt_addr_t(0xffe00000)) & 0x3ff, 0x61u);
    EXPECT_EQ(kernel.l1_word(PKMAP_BASE) & 0x3ff, 0x01u);
}

TEST_P(PagingInit, TakesBanksWithHoles)
{
    expect_good_tables(
        {.banks = {{0, 64 * MB}, {96 * MB, 32 * MB}, {512 * MB, 256 * MB}}, .cores = cores()});
}

TEST_P(PagingInit, TakesABankThatEndsInTheFirstHalfOfASlot)
{
    expect_good_tables({.banks = {{0, 64 * MB + 0x7000}}, .cores = cores()});
}

TEST_P(PagingInit, TakesABankThatEndsInTheSecondHalfOfASlot)
{
    expect_good_tables({.banks = {{0, 65 * MB + 0x80000}}, .cores = cores()});
}

TEST_P(PagingInit, TakesABankThatEndsBetweenTheHalvesOfASlot)
{
    booting_kernel kernel({.banks = {{0, 65 * MB}}, .cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(kernel.walk(PAGE_OFFSET + 64 * MB).size, MB) << "needs no table";
}

TEST_P(PagingInit, TakesTwoBanksInOneSlot)
{
    expect_good_tables({.banks = {{0, 64 * MB + 0x40000},
                                  {64 * MB + 0xf0000, 0x20000},
                                  {65 * MB + 0x30000, 0x1000}},
                        .cores = cores()});
}

TEST_P(PagingInit, ASectionIsNotMadeWhereALaterBankNeedsATable)
{
    booting_kernel kernel({.banks = {{0, 65 * MB}, {65 * MB + 0x10000, 8 * MB}}, .cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(kernel.walk(PAGE_OFFSET + 64 * MB).size, PAGE_SIZE);
}

TEST_P(PagingInit, TakesABankOfOddPages)
{
    expect_good_tables({.banks = {{0, 32 * MB}, {77 * MB + 0x3000, 0x5000}}, .cores = cores()});
}

TEST_P(PagingInit, BreaksSectionsOfHeadWhereABorderLiesAmongThem)
{
    // Two slots: one for the end of the first bank, one that holds two borders.
    expect_good_tables(
        {.banks = {{0, 6 * MB + 0x3000}, {9 * MB + 0x1000, 2 * MB + 0x1000}}, .cores = cores()});
}

TEST_P(PagingInit, ForgetsWhatHeadMappedBeyondTheFirstBank)
{
    booting_kernel kernel({.banks = {{0, 8 * MB}}, .cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(kernel.l1_word(PAGE_OFFSET + 8 * MB), 0u);
}

TEST_P(PagingInit, VmallocTakesItsSizeFromLowmem)
{
    boot_params params{.cores = cores(), .vmalloc_size = 512 * MB};
    booting_kernel kernel(params);
    kernel.run_paging_init();
    EXPECT_EQ(kernel.differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
    EXPECT_EQ(from_ptr(high_memory) - PAGE_OFFSET, 488 * MB);
    EXPECT_EQ(kernel_layout.vmalloc_start.raw(), 0xdf000000u);
}

TEST_P(PagingInit, LowmemCanReachUpToTheLeastVmalloc)
{
    expect_good_tables({.cores = cores(), .vmalloc_size = 18 * MB});
}

TEST_P(PagingInit, TheUserHalfIsUnmappedWhateverWasThereBefore)
{
    booting_kernel kernel({.cores = cores()});
    for (const u32 va : {0u, 0x60000000u, TASK_SIZE.raw() - MB})
        set_pmd_run(init_mm, virt_addr_t(va), 1, pmd_t(0x60000000 | 0x40e), 0);
    isb();
    kernel.events.end_operation("garbage");
    kernel.run_paging_init();
    for (u32 va = 0; va != TASK_SIZE.raw(); va += MB)
        ASSERT_EQ(kernel.l1_word(virt_addr_t(va)), 0u) << std::hex << va;
}

TEST_P(PagingInit, EachPartPaysItsOwnDebts)
{
    booting_kernel kernel({.banks = {{0, 8 * MB + 0x5000}, {80 * MB, 4 * MB}}, .cores = cores()});
    build_mem_type_table();
    prepare_page_table();
    kernel.events.end_operation("prepare_page_table");
    map_lowmem();
    kernel.events.end_operation("map_lowmem");
    devicemaps_init(machine);
    kernel.events.end_operation("devicemaps_init");
    kmap_init();
    kernel.events.end_operation("kmap_init");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_P(PagingInit, TouchesNoRamThatHeadHasNotMapped)
{
    booting_kernel kernel({.banks = {{0, 64 * MB + 0x5000}, {80 * MB, 4 * MB}}, .cores = cores()});
    host_unmap(PAGE_OFFSET + 16 * MB, 0xf8000000 - 0xc1000000);
    build_mem_type_table();
    prepare_page_table();
    EXPECT_EQ(host_attempt([] { map_lowmem(); }).end, host_end::finished);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_P(PagingInit, TheZeroPageIsAPageOfLowmemFullOfZeroes)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    const virt_addr_t va = linear_va(page_to_phys(empty_zero_page));
    EXPECT_TRUE(va.is_aligned(PAGE_SIZE));
    EXPECT_EQ(kernel.rights(va), "rw-/---");
    EXPECT_TRUE(bootmem_has_given(linear_pa(va)));
}

TEST_P(PagingInit, CountsRamInFrames)
{
    booting_kernel kernel(
        {.banks = {{0, 64 * MB}, {128 * MB, 64 * MB + 0x5000}}, .cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(min_low_pfn.raw(), 0x60000u);
    EXPECT_EQ(max_low_pfn.raw(), 0x6c005u);
    EXPECT_EQ(max_pfn.raw(), 0x6c005u);
}

TEST_P(PagingInit, HighmemCountsAsRamButIsNotMapped)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    EXPECT_EQ(max_low_pfn.raw(), 0x60000u + 896 * 256);
    EXPECT_EQ(max_pfn.raw(), 0xa0000u);
    EXPECT_FALSE(kernel.walk(virt_addr_t(0xf8000000)).mapped());
}

TEST_P(PagingInit, SaysWhichCachePolicyItChose)
{
    booting_kernel kernel({.cores = cores()});
    kernel.run_paging_init();
    EXPECT_REPORT(cores() > 1 ? "Memory policy: Data cache writealloc"
                              : "Memory policy: Data cache writeback");
}

TEST(PagingInitOnOneCore, WithoutMemoryForTheZeroPageThereIsNoKernel)
{
    booting_kernel kernel({.banks = {{0, 4 * MB}}});
    kernel.events.stop();
    // One page is left: the kmap table takes it.
    while (memblock_reserved_size() < memblock_phys_mem_size() - PAGE_SIZE)
        (void) memblock_phys_alloc(PAGE_SIZE, PAGE_SIZE);
    EXPECT_PANIC(paging_init(machine), "paging_init: no memory for the zero page");
}

TEST(PagingInitOnOneCore, AWalkReadsNothingThatIsNoRamThoughItsLinearAddressIsMapped)
{
    booting_kernel kernel;
    kernel.run_paging_init();
    constexpr phys_addr_t device{0x10000000};
    host_map(linear_va(device), PHYS_OFFSET, PAGE_SIZE); // a user's page, say
    mmu_registers regs = live_mmu_registers();
    regs.ttbr0 = device.raw();
    EXPECT_EQ(translate(regs, virt_addr_t(0)).end, walk_end::l1_unreadable);
}

TEST(PagingInitOnOneCore, HeadUsesTheWordsOfItsProcessorRecord)
{
    // The fixture's tables are written with these numbers, so head.S's are what it imitates.
    EXPECT_EQ(v7_ca9_proc_info.section_up, 0x0040eu);
    EXPECT_EQ(v7_ca9_proc_info.section_smp, 0x1140eu);
    EXPECT_EQ(v7_ca9_proc_info.io_section, 0x11412u);
    EXPECT_EQ(v7_ca9_proc_info.vector_hw_up, 0x21eu);
    EXPECT_EQ(v7_ca9_proc_info.vector_hw_smp, 0x65eu);
    EXPECT_EQ(v7_ca9_proc_info.vector_pte_up, 0x0cfu);
    EXPECT_EQ(v7_ca9_proc_info.vector_pte_smp, 0x4dfu);
    EXPECT_EQ(v7_ca9_proc_info.ttb_up, 0x59u);
    EXPECT_EQ(v7_ca9_proc_info.ttb_smp, 0x6au);
    EXPECT_EQ(v7_ca9_proc_info.table_vectors, 0x61u);
}
