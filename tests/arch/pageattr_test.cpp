// HOST ONLY: it splits what it likes on a machine of its own.
//
// Sections into pages and back, in every set of tables. The recorder knows whether an entry that
// is stored to lies in the slot that is broken at that moment, which this process cannot feel.
#include <tests/arch/fixture.h>

#include <cstring>

#include <asm/barrier.h>
#include <asm/irqflags.h>
#include <asm/tlbflush.h>
#include <kernel/lib/trace.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 L1_BYTES = PTRS_PER_PGD * sizeof(pgd_t);
constexpr virt_addr_t SLOT = PAGE_OFFSET + 64 * SZ_1M;

class Split : public ::testing::TestWithParam<u32> {
protected:
    explicit Split(std::vector<bank_spec> banks = {{0, 256 * MB}})
        : kernel({.banks = std::move(banks), .cores = GetParam()})
    {
    }
    void SetUp() override { kernel.run_paging_init(); }

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
    split_result merge(virt_addr_t va)
    {
        const split_result result = merge_sections(va);
        end("merge_sections");
        return result;
    }
    /// One page's Linux PTE through the one writer, and what must follow it.
    void set_page(virt_addr_t va, u32 pte)
    {
        set_pte_ext(pte_at(va), pte_t(pte), pte_ext::global);
        flush_tlb_kernel_range(va, va + PAGE_SIZE);
        end("set_pte_ext");
    }
    [[nodiscard]] static pte_t *pte_at(virt_addr_t va)
    {
        return pte_offset_kernel(pmd_off(init_mm.pgd, va), va);
    }
    /// A set of tables made by hand at `va`, or anywhere.
    mm_struct second_at(virt_addr_t va) { return {static_cast<pgd_t *>(to_ptr(va)), nullptr}; }
    /// Wants every page of the slot to be mapped by entries of `size` bytes, in `mm`, unchanged in
    /// place, type and rights.
    void expect_slot(const mm_struct &mm, virt_addr_t slot, u32 size)
    {
        for (u32 offset = 0; offset < PGDIR_SIZE; offset += PAGE_SIZE) {
            const model::mapping m = kernel.walk(mm, slot + offset);
            ASSERT_TRUE(m.mapped()) << std::hex << offset;
            ASSERT_EQ(m.size, size);
            ASSERT_EQ(m.pa + ((slot + offset).raw() - m.va), linear_pa(slot + offset).raw());
            ASSERT_EQ(m.type, model::memory_type::normal);
            ASSERT_EQ(m.shareable, GetParam() > 1);
            ASSERT_EQ(m.inner, GetParam() > 1 ? model::caching::write_back_allocate
                                              : model::caching::write_back);
            ASSERT_EQ(m.ap, 1);
            ASSERT_EQ(m.xn, 1);
            ASSERT_EQ(m.domain, 0);
        }
    }

    booting_kernel kernel;
};
INSTANTIATE_TEST_SUITE_P(Cores, Split, ::testing::Values(1u, 4u));

} // namespace

TEST_P(Split, PagesMapWhatTheSectionsMapped)
{
    EXPECT_EQ(split(SLOT + 0x123456), split_result::done);
    expect_slot(init_mm, SLOT, PAGE_SIZE);
    EXPECT_EQ(kernel.walk(SLOT - 1).size, MB);
    EXPECT_EQ(kernel.walk(SLOT + PGDIR_SIZE).size, MB);
    EXPECT_EQ(kernel.all_differences(), "");
}

TEST_P(Split, LinuxPtesSayWhatTheHardwareDoes)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    const u32 attributes = GetParam() > 1 ? 0x65f : 0x24f; // WRITEALLOC SHARED; WRITEBACK; XN
    for (u32 i = 0; i < PTRS_PER_PTE; i++)
        ASSERT_EQ(pte_at(SLOT)[i].raw(), (linear_pa(SLOT).raw() + i * PAGE_SIZE) | attributes);
}

TEST_P(Split, AndMergeGivesTheSameWords)
{
    const u32 first = kernel.l1_word(SLOT), second = kernel.l1_word(SLOT + MB);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(merge(SLOT + MB), split_result::done);
    EXPECT_EQ(kernel.l1_word(SLOT), first);
    EXPECT_EQ(kernel.l1_word(SLOT + MB), second);
    expect_slot(init_mm, SLOT, MB);
}

TEST_P(Split, ReadOnlySectionsStayReadOnly)
{
    create_mapping({SLOT, PFN_DOWN(linear_pa(SLOT)), MB, MT_MEMORY_RO, "test"});
    create_mapping({SLOT + MB, PFN_DOWN(linear_pa(SLOT + MB)), MB, MT_MEMORY_ROX, "test"});
    flush_tlb_all();
    end("create_mapping");
    const u32 first = kernel.l1_word(SLOT), second = kernel.l1_word(SLOT + MB);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(kernel.rights(SLOT + 0xfffff), "r--/---");
    EXPECT_EQ(kernel.rights(SLOT + MB), "r-x/---");
    EXPECT_EQ(merge(SLOT), split_result::done);
    EXPECT_EQ(kernel.l1_word(SLOT), first);
    EXPECT_EQ(kernel.l1_word(SLOT + MB), second);
}

TEST_P(Split, HappensInEverySetOfTables)
{
    mm_struct second = second_at(PAGE_OFFSET + 32 * MB);
    pgd_list_add(second);
    end("pgd_list_add");
    EXPECT_EQ(split(SLOT), split_result::done);
    expect_slot(second, SLOT, PAGE_SIZE);
    EXPECT_EQ(merge(SLOT), split_result::done);
    expect_slot(second, SLOT, MB);
}

TEST_P(Split, ASecondSetMayLieInTheVerySlot)
{
    mm_struct second = second_at(SLOT + MB - L1_BYTES); // in the middle of it
    mm_struct third = second_at(SLOT);
    pgd_list_add(second);
    pgd_list_add(third);
    end("pgd_list_add");
    EXPECT_EQ(split(SLOT), split_result::done);
    expect_slot(second, SLOT, PAGE_SIZE);
    expect_slot(third, SLOT, PAGE_SIZE);
    EXPECT_EQ(merge(SLOT), split_result::done);
    expect_slot(third, SLOT, MB);
}

TEST_P(Split, TheNewTableMayLieInTheVerySlot)
{
    const phys_addr_t slot = linear_pa(SLOT);
    exhaust_bootmem();
    free_bootmem((slot + PGDIR_SIZE - PAGE_SIZE).raw(), PAGE_SIZE);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(kernel.l1_word(SLOT) & 0xfffff000, (slot + PGDIR_SIZE - PAGE_SIZE).raw());
    expect_slot(init_mm, SLOT, PAGE_SIZE);
    EXPECT_EQ(merge(SLOT), split_result::done);
}

TEST_P(Split, InterruptsAreOffOnlyMeanwhile)
{
    static constinit unsigned long seen_on = 0, seen_off = 0;
    const hw_observer recorder = current_hw_observer;
    seen_on = seen_off = 0;
    current_hw_observer = [](hw_event event, virt_addr_t, u32) {
        if (event == hw_event::store_pgd)
            (host_cpsr & HOST_CPSR_I ? seen_off : seen_on)++;
    };
    EXPECT_EQ(split_sections(SLOT), split_result::done);
    current_hw_observer = recorder;
    EXPECT_EQ(seen_on, 0u);
    EXPECT_EQ(seen_off, 4u); // two words broken, two made
    EXPECT_EQ(host_cpsr, 0u);
}

TEST_P(Split, LeavesATrace)
{
    kernel_trace.clear();
    trace_enabled = true;
    EXPECT_EQ(split(SLOT + MB), split_result::done);
    EXPECT_EQ(split(SLOT), split_result::not_section);
    trace_enabled = false;
    ASSERT_EQ(kernel_trace.size(), 1u);
    EXPECT_EQ(kernel_trace.at(0).kind, trace_kind::split);
    EXPECT_EQ(kernel_trace.at(0).a, SLOT.raw());
    EXPECT_EQ(kernel_trace.at(0).b, kernel.l1_word(SLOT) & ~0xfffu);
}

// ---- The table page ----

TEST_P(Split, ATableStaysWithItsSlotAndIsUsedAgain)
{
    const u32 before = page_table_bytes;
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(page_table_bytes, before + PAGE_SIZE);
    const u32 word = kernel.l1_word(SLOT);
    EXPECT_EQ(merge(SLOT), split_result::done);
    EXPECT_EQ(page_table_bytes, before + PAGE_SIZE);
    EXPECT_TRUE(bootmem_has_given(phys_addr_t(word & ~0xfffu)));
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(kernel.l1_word(SLOT), word);
    EXPECT_EQ(page_table_bytes, before + PAGE_SIZE);
    expect_slot(init_mm, SLOT, PAGE_SIZE);
}

TEST_P(Split, EachSlotHasATableOfItsOwn)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(merge(SLOT), split_result::done);
    EXPECT_EQ(split(SLOT + PGDIR_SIZE), split_result::done);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_NE(kernel.l1_word(SLOT), kernel.l1_word(SLOT + PGDIR_SIZE));
    expect_slot(init_mm, SLOT, PAGE_SIZE);
    expect_slot(init_mm, SLOT + PGDIR_SIZE, PAGE_SIZE);
}

// ---- Refusals: each says why and changes nothing ----

TEST_P(Split, RefusesWhatIsNotLowmem)
{
    for (const virt_addr_t va : {virt_addr_t(0), PAGE_OFFSET - 1, PAGE_OFFSET + 256 * MB,
                                 VMALLOC_END - 1, virt_addr_t(0xffffffff)}) {
        EXPECT_EQ(split(va), split_result::not_lowmem) << std::hex << va.raw();
        EXPECT_EQ(merge(va), split_result::not_lowmem) << std::hex << va.raw();
    }
    EXPECT_EQ(split(PAGE_OFFSET + 256 * MB - 1), split_result::done);
}

TEST_P(Split, RefusesTheImageWithItsStackAndTables)
{
    for (const virt_addr_t va : {PAGE_OFFSET, kernel_image.swapper, kernel_image.text,
                                 kernel_image.stack, kernel_image.end - 1}) {
        EXPECT_EQ(split(va), split_result::in_use) << std::hex << va.raw();
        EXPECT_EQ(merge(va), split_result::in_use) << std::hex << va.raw();
    }
    EXPECT_EQ(split(kernel_image.end.align_up(PGDIR_SIZE)), split_result::done);
}

TEST_P(Split, RefusesToSplitPagesAndToMergeSections)
{
    EXPECT_EQ(merge(SLOT), split_result::not_section);
    EXPECT_EQ(split(SLOT), split_result::done);
    EXPECT_EQ(split(SLOT), split_result::not_section);
}

TEST_P(Split, RefusesWithoutMemoryForTheTable)
{
    exhaust_bootmem();
    EXPECT_EQ(split(SLOT), split_result::no_memory);
    expect_slot(init_mm, SLOT, MB);
    EXPECT_FALSE(pgd_lock.is_locked());
}

TEST_P(Split, RefusesToMergePagesOfDifferentRights)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    for (const virt_addr_t va :
         {SLOT + PAGE_SIZE, SLOT + MB - PAGE_SIZE, SLOT + MB, SLOT + PGDIR_SIZE - PAGE_SIZE}) {
        const u32 was = pte_at(va)->raw();
        set_page(va, was | L_PTE_RDONLY);
        EXPECT_EQ(merge(SLOT), split_result::not_uniform) << std::hex << va.raw();
        set_page(va, was);
    }
    EXPECT_EQ(merge(SLOT), split_result::done);
}

TEST_P(Split, RefusesToMergeAMegabyteWithAHole)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    set_page(SLOT + 5 * PAGE_SIZE, 0);
    EXPECT_EQ(merge(SLOT), split_result::not_uniform);
}

TEST_P(Split, RefusesToMergeAMegabyteOfNothing)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    for (u32 offset = MB; offset < PGDIR_SIZE; offset += PAGE_SIZE)
        set_pte_ext(pte_at(SLOT + offset), pte_t(0), pte_ext::global);
    flush_tlb_all();
    end("set_pte_ext");
    EXPECT_EQ(merge(SLOT), split_result::not_uniform);
}

TEST_P(Split, RefusesToMergePagesThatNobodyMayTouch)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    for (u32 i = 0; i < PTRS_PER_PTE; i++)
        set_pte_ext(pte_at(SLOT) + i, pte_t(pte_at(SLOT)[i].raw() | L_PTE_NONE), pte_ext::global);
    flush_tlb_all();
    end("set_pte_ext");
    EXPECT_EQ(merge(SLOT), split_result::not_uniform);
}

TEST_P(Split, RefusesToMergePagesThatAreNoKindOfRam)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    for (u32 i = 0; i < PTRS_PER_PTE; i++)
        set_pte_ext(pte_at(SLOT) + i, pte_t(pte_at(SLOT)[i].raw() & ~L_PTE_DIRTY), pte_ext::global);
    flush_tlb_all();
    end("set_pte_ext");
    EXPECT_EQ(merge(SLOT), split_result::not_uniform);
}

TEST_P(Split, RefusesToMergeFramesThatLeftTheLinearMap)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    // The megabyte leads, page by page and in order, to that of the next slot.
    for (u32 i = 0; i < 256; i++)
        set_pte_ext(pte_at(SLOT) + i, pte_t(0), pte_ext::global);
    flush_tlb_all();
    for (u32 i = 0; i < 256; i++) {
        const u32 attributes = pte_at(SLOT)[256].raw() & 0xfff;
        set_pte_ext(pte_at(SLOT) + i,
                    pte_t((linear_pa(SLOT + PGDIR_SIZE).raw() + i * PAGE_SIZE) | attributes),
                    pte_ext::global);
    }
    flush_tlb_all();
    end("set_pte_ext");
    EXPECT_EQ(merge(SLOT), split_result::not_uniform);
}

TEST_P(Split, RefusesToMergeAPageOfOneAddressSpaceAmongGlobalOnes)
{
    EXPECT_EQ(split(SLOT), split_result::done);
    for (const virt_addr_t va : {SLOT, SLOT + 7 * PAGE_SIZE}) {
        const u32 was = pte_at(va)->raw();
        set_page(va, 0);
        set_pte_ext(pte_at(va), pte_t(was), pte_ext::not_global);
        dsb();
        isb();
        end("set_pte_ext");
        EXPECT_EQ(merge(SLOT), split_result::not_uniform);
        set_page(va, 0);
        set_page(va, was);
    }
    EXPECT_EQ(merge(SLOT), split_result::done);
}

namespace {

/// A bank that begins and one that ends in the middle of a slot.
class SplitAtBorders : public Split {
protected:
    SplitAtBorders() : Split({{0, 33 * MB}, {47 * MB, 17 * MB}}) {}
};
INSTANTIATE_TEST_SUITE_P(Cores, SplitAtBorders, ::testing::Values(1u, 4u));

} // namespace

TEST_P(SplitAtBorders, ASlotHalfFullOfSectionsIsRefused)
{
    EXPECT_EQ(split(PAGE_OFFSET + 32 * MB), split_result::not_section);
    EXPECT_EQ(split(PAGE_OFFSET + 46 * MB), split_result::not_section);
    EXPECT_EQ(merge(PAGE_OFFSET + 32 * MB), split_result::not_section);
}

TEST_P(SplitAtBorders, AHoleIsRefused)
{
    EXPECT_EQ(split(PAGE_OFFSET + 40 * MB), split_result::not_section);
    EXPECT_EQ(merge(PAGE_OFFSET + 40 * MB), split_result::not_section);
}

TEST(SplitResults, AreAllSaidInWords)
{
    EXPECT_STREQ(split_result_text(split_result::done), "done");
    EXPECT_STREQ(split_result_text(split_result::not_lowmem), "the 2 MB slot is not all lowmem");
    EXPECT_STREQ(split_result_text(split_result::in_use),
                 "the 2 MB slot holds the kernel's image, stack or tables");
    EXPECT_STREQ(split_result_text(split_result::not_section),
                 "the 2 MB slot is not of the kind to be replaced");
    EXPECT_STREQ(split_result_text(split_result::not_uniform),
                 "the pages of a megabyte differ or are not neighbours");
    EXPECT_STREQ(split_result_text(split_result::no_memory), "no memory for the table");
}
