// HOST ONLY: it maps and splits what it likes on a machine of its own.
//
// Lowmem by supersections: where they are made, what is refused, and how they come apart. The
// recorder knows that sixteen words are one entry, which must be broken whole.
#include <tests/arch/fixture.h>

#include <cstring>

#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/verify.h>
#include <asm/irqflags.h>
#include <asm/tlbflush.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 L1_BYTES = PTRS_PER_PGD * sizeof(pgd_t);
constexpr virt_addr_t SUPER = PAGE_OFFSET + 64 * SZ_1M;
constexpr virt_addr_t SLOT = SUPER + 6 * SZ_1M;
constexpr virt_addr_t WINDOW{0xf9000000}; // in vmalloc, nothing is mapped there

/// ARMv6, ARMv7 on one core, ARMv7 on several.
struct profile {
    const struct processor *cpu;
    u32 cores;
};

class Supersections : public ::testing::TestWithParam<profile> {
protected:
    void SetUp() override { kernel.run_paging_init(); }

    [[nodiscard]] static boot_params with(std::vector<bank_spec> banks)
    {
        return {.banks = std::move(banks),
                .cores = GetParam().cores,
                .cpu = GetParam().cpu,
                .supersections = true};
    }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
    split_result split(virt_addr_t va)
    {
        const split_result result = split_sections(va);
        end("split_sections");
        return result;
    }
    void map(virt_addr_t va, phys_addr_t pa, u32 length, mem_type_id type)
    {
        create_mapping({va, PFN_DOWN(pa), length, type, "test"});
        flush_tlb_all();
        end("create_mapping");
    }
    [[nodiscard]] u32 size_at(virt_addr_t va) const
    {
        const model::mapping m = kernel.walk(va);
        return m.mapped() ? m.size : 0;
    }
    /// Wants [from, to) of `mm` mapped by entries of `size` bytes.
    void expect_sizes(virt_addr_t from, virt_addr_t to, u32 size, const mm_struct &mm = init_mm)
    {
        for (virt_addr_t va = from; va < to; va += size < MB ? size : MB) {
            const model::mapping m = kernel.walk(mm, va);
            ASSERT_TRUE(m.mapped()) << std::hex << va.raw();
            ASSERT_EQ(m.size, size) << std::hex << va.raw();
            ASSERT_EQ(m.pa + (va.raw() - m.va), linear_pa(va).raw());
        }
    }
    /// Wants the slot by pages, the rest of its 16 MB by sections, the neighbours as they were.
    void expect_split(const mm_struct &mm = init_mm)
    {
        expect_sizes(SUPER - SUPERSECTION_SIZE, SUPER, SUPERSECTION_SIZE, mm);
        expect_sizes(SUPER, SLOT, MB, mm);
        expect_sizes(SLOT, SLOT + PGDIR_SIZE, PAGE_SIZE, mm);
        expect_sizes(SLOT + PGDIR_SIZE, SUPER + SUPERSECTION_SIZE, MB, mm);
        expect_sizes(SUPER + SUPERSECTION_SIZE, SUPER + 2 * SUPERSECTION_SIZE, SUPERSECTION_SIZE,
                     mm);
    }
    [[nodiscard]] static std::vector<u32> words()
    {
        std::vector<u32> all(PTRS_PER_L1);
        memcpy(all.data(), init_mm.pgd, L1_BYTES);
        return all;
    }

    booting_kernel kernel{with({{0, 256 * MB}})};
};
INSTANTIATE_TEST_SUITE_P(Cpu, Supersections,
                         ::testing::Values(profile{&v6_processor, 1}, profile{&v7_processor, 1},
                                           profile{&v7_processor, 4}),
                         [](const auto &info) {
                             return "V" + std::to_string(info.param.cpu->architecture) +
                                    (info.param.cores > 1 ? "Mp" : "Up");
                         });

} // namespace

// ---- Where they are made ----

TEST_P(Supersections, MapAllLowmemBehindTheImagesSixteenMegabytes)
{
    expect_sizes(PAGE_OFFSET, PAGE_OFFSET + SUPERSECTION_SIZE, MB);
    expect_sizes(PAGE_OFFSET + SUPERSECTION_SIZE, PAGE_OFFSET + 256 * MB, SUPERSECTION_SIZE);
    EXPECT_EQ(kernel.all_differences(), "");
    end("paging_init");
    EXPECT_REPORT(", supersections");
}

TEST_P(Supersections, AreSixteenEqualWordsInDomain0)
{
    const u32 attributes = GetParam().cores > 1 ? 0x5141e : 0x4041e; // a section's, and bit 18
    for (virt_addr_t va = SUPER; va < SUPER + SUPERSECTION_SIZE; va += MB)
        EXPECT_EQ(kernel.l1_word(va), linear_pa(SUPER).raw() | attributes);
}

TEST_P(Supersections, LeaveTheRestOfABankToSectionsAndPages)
{
    booting_kernel banks(with({{0, 40 * MB},
                               {52 * MB, 20 * MB},
                               {96 * MB + 0x3000, 40 * MB},
                               {160 * MB, 32 * MB + 0x1000}}));
    banks.run_paging_init();
    EXPECT_EQ(banks.all_differences(), "");
    EXPECT_EQ(banks.events.take_errors(), "");
    const struct {
        u32 megabyte, size;
    } wanted[] = {{15, MB},         {16, 16 * MB},  {31, 16 * MB},  {32, MB},        {39, MB},
                  {52, MB},         {64, MB},       {71, MB},       {97, PAGE_SIZE}, {98, MB},
                  {111, MB},        {112, 16 * MB}, {127, 16 * MB}, {128, MB},       {135, MB},
                  {136, PAGE_SIZE}, {160, 16 * MB}, {191, 16 * MB}, {192, PAGE_SIZE}};
    for (const auto &at : wanted)
        EXPECT_EQ(banks.walk(PAGE_OFFSET + at.megabyte * MB).size, at.size) << at.megabyte;
}

TEST_P(Supersections, AreNotMadeUnlessWanted)
{
    booting_kernel sections({.cores = GetParam().cores, .cpu = GetParam().cpu});
    sections.run_paging_init();
    EXPECT_EQ(sections.walk(SUPER).size, MB);
}

TEST(SupersectionsOfArmv5, AreNotMadeEvenIfWanted)
{
    booting_kernel kernel({.cpu = &arm926_processor, .supersections = true});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.walk(SUPER).size, MB);
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_P(Supersections, AreMadeInsideARequestWhere16MBLineUp)
{
    map(WINDOW - 3 * MB, linear_pa(SUPER - 3 * MB), 40 * MB, MT_MEMORY_RO);
    EXPECT_EQ(size_at(WINDOW - 1), MB);
    EXPECT_EQ(size_at(WINDOW), 16 * MB);
    EXPECT_EQ(size_at(WINDOW + 31 * MB), 16 * MB);
    EXPECT_EQ(size_at(WINDOW + 32 * MB), MB);
    EXPECT_EQ(size_at(WINDOW + 37 * MB), 0u);
    EXPECT_EQ(kernel.rights(WINDOW), "r--/---");
}

TEST_P(Supersections, AreNotMadeOfFramesOffTheirMultipleNorOfDevices)
{
    map(WINDOW, linear_pa(SUPER + MB), 16 * MB, MT_MEMORY_RW);
    EXPECT_EQ(size_at(WINDOW), MB);
    map(WINDOW + 16 * MB, phys_addr_t(0x20000000), 16 * MB, MT_DEVICE);
    EXPECT_EQ(size_at(WINDOW + 16 * MB), MB);
}

TEST_P(Supersections, AreNotMadeWhereASectionOrATableIs)
{
    map(WINDOW + 5 * MB, linear_pa(SUPER + 5 * MB), MB, MT_MEMORY_RW);
    map(WINDOW, linear_pa(SUPER), 32 * MB, MT_MEMORY_RW);
    EXPECT_EQ(size_at(WINDOW), MB);
    EXPECT_EQ(size_at(WINDOW + 16 * MB), 16 * MB);
    map(WINDOW + 36 * MB, linear_pa(SUPER + 36 * MB), PAGE_SIZE, MT_MEMORY_RW);
    map(WINDOW + 32 * MB, linear_pa(SUPER + 32 * MB), 16 * MB, MT_MEMORY_RW);
    EXPECT_EQ(size_at(WINDOW + 32 * MB), MB);
    EXPECT_EQ(size_at(WINDOW + 36 * MB), PAGE_SIZE);
    EXPECT_EQ(size_at(WINDOW + 47 * MB), MB);
}

TEST_P(Supersections, AreNotChangedByAMapping)
{
    const std::vector<u32> before = words();
    map(SUPER, linear_pa(SUPER), 16 * MB, MT_MEMORY_RO);
    map(SUPER + 15 * MB, linear_pa(SUPER + 15 * MB), MB, MT_MEMORY_RO);
    map(PAGE_OFFSET + 15 * MB, linear_pa(PAGE_OFFSET + 15 * MB), 2 * MB, MT_MEMORY_RW);
    map(SUPER + MB, linear_pa(SUPER + MB), PAGE_SIZE, MT_MEMORY_RO);
    EXPECT_TRUE(words() == before);
    EXPECT_REPORT("create_mapping: test: 0x1000000 bytes at 0xc4000000 refused: a supersection is "
                  "there");
    EXPECT_REPORT("create_mapping: test: 0x100000 bytes at 0xc4f00000 refused: a supersection is "
                  "there");
    EXPECT_REPORT("create_mapping: test: 0x200000 bytes at 0xc0f00000 refused: a supersection is "
                  "there");
    EXPECT_REPORT("create_mapping: test: 0x1000 bytes at 0xc4100000 refused: its slot holds "
                  "sections, and pages are needed");
}

// ---- How they come apart ----

TEST_P(Supersections, SplitIntoPagesAndFourteenSections)
{
    EXPECT_EQ(split(SLOT + 0x123456), split_result::done);
    expect_split();
    EXPECT_EQ(kernel.all_differences(), "");
}

TEST_P(Supersections, FirstAndLastSlotSplitToo)
{
    EXPECT_EQ(split(SUPER), split_result::done);
    EXPECT_EQ(size_at(SUPER - 1), SUPERSECTION_SIZE);
    EXPECT_EQ(size_at(SUPER), PAGE_SIZE);
    EXPECT_EQ(size_at(SUPER + 2 * MB), MB);
    EXPECT_EQ(split(SUPER - 1), split_result::done);
    EXPECT_EQ(size_at(SUPER - 1), PAGE_SIZE);
    EXPECT_EQ(size_at(SUPER - SUPERSECTION_SIZE), MB);
    EXPECT_EQ(kernel.all_differences(), "");
}

TEST_P(Supersections, AreSectionsAfterAMerge)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(merge_sections(SLOT), split_result::done);
    end("merge_sections");
    expect_sizes(SUPER, SUPER + SUPERSECTION_SIZE, MB);
    EXPECT_EQ(split(SLOT + PGDIR_SIZE), split_result::done) << "of sections, as always";
    EXPECT_EQ(kernel.all_differences(), "");
}

TEST_P(Supersections, SplitInEverySetOfTables)
{
    mm_struct second{static_cast<pgd_t *>(to_ptr(PAGE_OFFSET + 32 * MB)), nullptr};
    mm_struct within{static_cast<pgd_t *>(to_ptr(SUPER + 15 * MB)), nullptr};
    mm_struct in_slot{static_cast<pgd_t *>(to_ptr(SLOT)), nullptr};
    pgd_list_add(second);
    pgd_list_add(within);
    pgd_list_add(in_slot);
    end("pgd_list_add");
    EXPECT_EQ(split(SLOT), split_result::done);
    for (const mm_struct *mm : {&second, &within, &in_slot})
        expect_split(*mm);
    EXPECT_EQ(merge_sections(SLOT), split_result::done);
    end("merge_sections");
}

TEST_P(Supersections, TheNewTableMayLieInTheVeryOne)
{
    const phys_addr_t top = linear_pa(SUPER + SUPERSECTION_SIZE);
    exhaust_bootmem();
    free_bootmem((top - PAGE_SIZE).raw(), PAGE_SIZE);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(kernel.l1_word(SLOT) & 0xfffff000, (top - PAGE_SIZE).raw());
    expect_split();
}

TEST_P(Supersections, AllSixteenAreBrokenWithInterruptsOff)
{
    static constinit u32 seen_on = 0, seen_off = 0;
    const hw_observer recorder = current_hw_observer;
    seen_on = seen_off = 0;
    current_hw_observer = [](hw_event event, virt_addr_t, u32) {
        if (event == hw_event::store_pgd)
            (host_cpsr & HOST_CPSR_I ? seen_off : seen_on)++;
    };
    EXPECT_EQ(split_sections(SLOT), split_result::done);
    current_hw_observer = recorder;
    EXPECT_EQ(seen_on, 0u);
    EXPECT_EQ(seen_off, 36u); // sixteen words broken and made, then the slot's two
}

TEST_P(Supersections, RefuseToSplitWithoutMemoryAndStayWhole)
{
    exhaust_bootmem();
    const std::vector<u32> before = words();
    EXPECT_EQ(split(SLOT), split_result::no_memory);
    EXPECT_TRUE(words() == before);
}

TEST_P(Supersections, RefuseToSplitIfTheImageReachesIntoThem)
{
    const virt_addr_t end_of_image = kernel_image.end;
    kernel_image.end = SUPER + MB;
    const std::vector<u32> before = words();
    EXPECT_EQ(split(SLOT), split_result::in_use);
    EXPECT_EQ(split(SUPER), split_result::in_use);
    EXPECT_TRUE(words() == before);
    EXPECT_EQ(split(SUPER + SUPERSECTION_SIZE), split_result::done);
    kernel_image.end = end_of_image;
}

TEST_P(Supersections, OfNoKindOfRamAreNotSplit)
{
    // Rights that no kind of RAM has: the user may read.
    kernel.events.stop();
    for (virt_addr_t va = SUPER; va < SUPER + SUPERSECTION_SIZE; va += MB)
        reinterpret_cast<u32 *>(init_mm.pgd)[va.raw() >> 20] ^= 3 << 10;
    EXPECT_EQ(split_sections(SLOT), split_result::not_section);
}

// ---- Attributes ----

TEST_P(Supersections, APageChangesItsRightsOnceSplit)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    pte_t *pte = pte_offset_kernel(pmd_off(init_mm.pgd, SLOT), SLOT);
    set_pte_ext(pte, pte_t(pte->raw() | L_PTE_RDONLY), pte_ext::global);
    flush_tlb_kernel_range(SLOT, SLOT + PAGE_SIZE);
    end("set_pte_ext");
    EXPECT_EQ(kernel.rights(SLOT), "r--/---");
    EXPECT_EQ(kernel.rights(SLOT + PAGE_SIZE), "rw-/---");
    EXPECT_EQ(merge_sections(SLOT), split_result::not_uniform);
}

TEST_P(Supersections, AMegabyteChangesItsRightsOnceTheyAreSections)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    map(SUPER, linear_pa(SUPER), MB, MT_MEMORY_RO);
    EXPECT_EQ(kernel.rights(SUPER), "r--/---");
    EXPECT_EQ(kernel.rights(SUPER + MB), "rw-/---");
    EXPECT_EQ(size_at(SUPER), MB);
}

TEST_P(Supersections, OfReadOnlyMemorySplitIntoReadOnlyPages)
{
    map(WINDOW, linear_pa(SUPER), 16 * MB, MT_MEMORY_ROX);
    EXPECT_EQ(kernel.l1_word(WINDOW) & 0xffffff, GetParam().cores > 1 ? 0x5940eu : 0x4840eu);
    // The window is no lowmem, so it is split by nobody; RAM's own words are spoiled instead.
    kernel.events.stop();
    for (virt_addr_t va = SUPER; va < SUPER + SUPERSECTION_SIZE; va += MB)
        reinterpret_cast<u32 *>(init_mm.pgd)[va.raw() >> 20] = kernel.l1_word(WINDOW);
    EXPECT_EQ(split_sections(SLOT), split_result::done);
    EXPECT_EQ(kernel.rights(SLOT), "r-x/---");
    EXPECT_EQ(kernel.rights(SUPER), "r-x/---");
    EXPECT_EQ(kernel.rights(SUPER + 15 * MB), "r-x/---");
}

// ---- Readers ----

TEST_P(Supersections, PassVerifyAndAMissingWordDoesNot)
{
    text_buffer<4096> text;
    EXPECT_EQ(verify_tables(text.out()), 0u) << text.c_str();
    kernel.events.stop();
    u32 &word = reinterpret_cast<u32 *>(init_mm.pgd)[(SUPER.raw() >> 20) + 9];
    word = (word & ~0x40000u) | 0x00900000; // the right section, but a section
    EXPECT_EQ(verify_tables(text.out()), 1u);
    EXPECT_TRUE(text.contains("verify tables: 0xc4800000: a supersection whose sixteen words "
                              "differ\n"));
}

TEST_P(Supersections, AreOneRunOfTheDump)
{
    text_buffer<8192> text;
    print_tables(text.out(), live_mmu_registers(), PAGE_OFFSET, from_ptr(high_memory) - 1);
    EXPECT_TRUE(
        text.contains("0xc1000000-0xcfffffff   240M 0x61000000 supersec rw/-- XN write-back"));
}
