// HOST ONLY: it makes a machine of its own to boot on, and the recorder judges what it is shown.
//
// kmap_local_page and fixmap slots: what the tables say, what maintenance is done, what is said
// about misuse. On every generation, with one core and with several.
#include <tests/arch/fixture.h>

#include <cstring>

#include <arch/arm/mm/fault.h>
#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/verify.h>
#include <asm/fixmap.h>
#include <asm/highmem.h>
#include <kernel/core/printk.h>
#include <mm/highmem.h>
#include <mm/page_lists.h>

namespace {

constexpr u32 LOWMEM = 64 * SZ_1M;

struct machine_kind {
    const struct processor *cpu;
    u32 cores;
};

/// A machine with 64 MB of lowmem and 32 MB of highmem, after paging_init.
class KmapLocal : public ::testing::TestWithParam<machine_kind> {
protected:
    void SetUp() override
    {
        host_cpu = 0;
        kmap_local_init();
        page_address_init();
        kernel.run_paging_init();
        EXPECT_EQ(kernel.events.take_errors(), "");
        kernel.events.forget_counts();
    }
    void TearDown() override { host_cpu = 0; }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
        EXPECT_EQ(verify_kmaps(console_printer), 0u);
    }
    [[nodiscard]] static pfn_t high_pfn(u32 n) { return PFN_DOWN(PHYS_OFFSET + LOWMEM) + n; }
    [[nodiscard]] static page *high_page(u32 n) { return pfn_to_page(high_pfn(n)); }
    [[nodiscard]] static page *low_page() { return virt_to_page(to_ptr(PAGE_OFFSET + SZ_16M)); }
    [[nodiscard]] u32 flushed() const { return kernel.events.count(hw_event::flush_line); }
    [[nodiscard]] static u32 aliasing() { return GetParam().cpu->architecture < 7; }
    /// Does `va` lead to that frame, as lowmem leads to its own?
    void expect_mapped(virt_addr_t va, pfn_t pfn)
    {
        const model::mapping there = kernel.walk(va);
        const model::mapping lowmem = kernel.walk(PAGE_OFFSET + SZ_16M);
        ASSERT_TRUE(there.mapped());
        EXPECT_EQ(there.pa, PFN_PHYS(pfn).raw());
        EXPECT_EQ(there.size, PAGE_SIZE);
        EXPECT_EQ(there.ng, 0);
        EXPECT_EQ(kernel.rights(va), kernel.rights(PAGE_OFFSET + SZ_16M));
        EXPECT_EQ(there.type, lowmem.type);
        EXPECT_EQ(there.inner, lowmem.inner);
        EXPECT_EQ(there.outer, lowmem.outer);
        EXPECT_EQ(there.shareable, lowmem.shareable);
    }

    booting_kernel kernel{{.banks = {{0, LOWMEM + 32 * SZ_1M}},
                           .cores = GetParam().cores,
                           .vmalloc_size = VMALLOC_END - PAGE_OFFSET - VMALLOC_OFFSET - LOWMEM,
                           .cpu = GetParam().cpu}};
};

std::string name_of(const ::testing::TestParamInfo<machine_kind> &info)
{
    return "v" + std::to_string(info.param.cpu->architecture) + "_" +
           std::to_string(info.param.cores);
}
INSTANTIATE_TEST_SUITE_P(Machines, KmapLocal,
                         ::testing::Values(machine_kind{&arm926_processor, 1},
                                           machine_kind{&v6_processor, 1},
                                           machine_kind{&v7_processor, 1},
                                           machine_kind{&v7_processor, 4}),
                         name_of);

virt_addr_t slot_va(u32 cpu, u32 slot)
{
    return fix_to_virt(fix_kmap_index(cpu, slot));
}

volatile u32 &word_at(void *p)
{
    return *static_cast<volatile u32 *>(p);
}

} // namespace

TEST_P(KmapLocal, AHighPageIsThereUntilItIsUnmapped)
{
    void *at = kmap_local_page(high_page(3));
    ASSERT_EQ(from_ptr(at), slot_va(0, 0));
    end("kmap_local_page");
    expect_mapped(slot_va(0, 0), high_pfn(3));
    word_at(at) = 0x12345678;
    kunmap_local(at);
    end("kunmap_local");
    EXPECT_FALSE(kernel.walk(slot_va(0, 0)).mapped());
    EXPECT_FAULT_AT(slot_va(0, 0), word_at(at) = 1);

    void *again = kmap_local_page(high_page(3));
    EXPECT_EQ(word_at(again), 0x12345678u);
    kunmap_local(static_cast<char *>(again) + 4095); // any address of the page
    end("both again");
    EXPECT_FALSE(kernel.walk(slot_va(0, 0)).mapped());
}

TEST_P(KmapLocal, ALowmemPageIsAtItsAddressForNothing)
{
    void *at = kmap_local_page(low_page());
    EXPECT_EQ(from_ptr(at), PAGE_OFFSET + SZ_16M);
    kunmap_local(at);
    EXPECT_EQ(kmap_atomic(low_page()), at);
    kunmap_atomic(at);
    EXPECT_EQ(kmap(low_page()), at);
    kunmap(low_page());
    EXPECT_EQ(page_address(low_page()), at);
    EXPECT_EQ(kernel.events.count(hw_event::store_pte), 0u);
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 0u);
}

TEST_P(KmapLocal, LinesLeaveTheCacheWhereItKnowsAddresses)
{
    void *at = kmap_local_page(high_page(3));
    EXPECT_EQ(flushed(), 0u);
    kunmap_local(at);
    EXPECT_EQ(flushed(), aliasing() ? PAGE_SIZE / 32 : 0);
    end("both");
}

TEST_P(KmapLocal, SlotsAreAStackOfSixteen)
{
    void *at[KMAP_SLOTS];
    for (u32 i = 0; i < KMAP_SLOTS; i++) {
        at[i] = kmap_local_page(high_page(i));
        ASSERT_EQ(from_ptr(at[i]), slot_va(0, i));
        expect_mapped(slot_va(0, i), high_pfn(i));
    }
    EXPECT_EQ(kmap_local_held(), KMAP_SLOTS);
    EXPECT_EQ(kmap_local_page(high_page(99)), nullptr);
    EXPECT_REPORT(
        "BUG kmap_local_page: all 16 slots of cpu 0 are taken (kmaps shows by whom); frame "
        "0x64063 is not mapped, wanted by ");
    for (u32 i = KMAP_SLOTS; i-- > 0;)
        kunmap_local(at[i]);
    EXPECT_EQ(kmap_local_held(), 0u);
    end("sixteen");
    EXPECT_NO_REPORT("BUG");
}

TEST_P(KmapLocal, EachCpuHasSlotsOfItsOwn)
{
    void *first = kmap_local_page(high_page(0));
    host_cpu = 3;
    void *second = kmap_local_page(high_page(1));
    EXPECT_EQ(from_ptr(second), slot_va(3, 0));
    EXPECT_EQ(kmap_local_held(), 1u);
    kunmap_local(first);
    EXPECT_REPORT("BUG kunmap_local: slot 0 of cpu 0 (0xfffdf000) unmapped on cpu 3, by ");
    kunmap_local(second);
    host_cpu = 0;
    expect_mapped(slot_va(0, 0), high_pfn(0));
    kunmap_local(first);
    end("two cpus");
    EXPECT_NO_REPORT("BUG");
}

TEST_P(KmapLocal, TheWrongOrderIsReportedAndRefused)
{
    void *outer = kmap_local_page(high_page(0));
    void *inner = kmap_local_page(high_page(1));
    kunmap_local(outer);
    EXPECT_REPORT(
        "BUG kunmap_local: slot 0 of cpu 0 (0xfffdf000) unmapped before slot 1, which was "
        "mapped later, by ");
    expect_mapped(slot_va(0, 0), high_pfn(0));
    kunmap_local(inner);
    kunmap_local(outer);
    end("the right order");
    EXPECT_NO_REPORT("BUG");
}

TEST_P(KmapLocal, UnmappingTwiceIsReported)
{
    void *at = kmap_local_page(high_page(0));
    kunmap_local(at);
    kunmap_local(at);
    EXPECT_REPORT("BUG kunmap_local: slot 0 of cpu 0 (0xfffdf000) is not mapped (unmapped twice?), "
                  "by ");
    EXPECT_EQ(kmap_local_held(), 0u);
    end("twice");
}

TEST_P(KmapLocal, UnmappingBeforeTheFirstUseIsReported)
{
    host_cpu = 2;
    kunmap_local(to_ptr(slot_va(2, 5)));
    EXPECT_REPORT("BUG kunmap_local: slot 5 of cpu 2 ");
    kunmap_local(to_ptr(VECTORS_BASE));
    EXPECT_REPORT("BUG kunmap_local: 0xffff0000 is in no kmap slot, unmapped by ");
    kunmap_local(to_ptr(fix_to_virt(FIX_BTMAP_BEGIN)));
    EXPECT_REPORT("is in no kmap slot");
}

TEST_P(KmapLocal, ASlotThatSomebodyElseMappedIsNotTaken)
{
    void *at = kmap_local_page(high_page(0));
    kunmap_local(at);
    __set_fixmap(fix_kmap_index(0, 0), PFN_PHYS(high_pfn(7)), mem_types[MT_MEMORY_RW].prot_pte);
    EXPECT_EQ(kmap_local_page(high_page(1)), nullptr);
    EXPECT_REPORT("BUG kmap_local_page: slot 0 of cpu 0 is free, and maps frame 0x64007; frame "
                  "0x64001 is not mapped, wanted by ");
    EXPECT_EQ(verify_kmaps(console_printer), 1u);
    EXPECT_REPORT("verify kmaps: slot 0 of cpu 0 (0xfffdf000), 0 in use: leads somewhere");
    clear_fixmap(fix_kmap_index(0, 0));
    end("fixmap");
}

TEST_P(KmapLocal, WhoLeavesTheCpuWithSlotsIsReported)
{
    EXPECT_EQ(kmap_local_sched_out("nobody"), 0u);
    EXPECT_NO_REPORT("BUG");
    ASSERT_NE(kmap_atomic(high_page(0), KM_USER0), nullptr);
    ASSERT_NE(kmap_local_page(high_page(1)), nullptr);
    EXPECT_EQ(kmap_local_sched_out("worker"), 2u);
    EXPECT_REPORT("BUG kmap_local: worker leaves cpu 0 with slot 1 (0xfffde000), frame 0x64001, "
                  "mapped by ");
    EXPECT_REPORT("BUG kmap_local: worker leaves cpu 0 with slot 0 (0xfffdf000), frame 0x64000, "
                  "mapped by ");
    EXPECT_EQ(kmap_local_held(), 0u);
    EXPECT_FALSE(kernel.walk(slot_va(0, 0)).mapped());
    EXPECT_FALSE(kernel.walk(slot_va(0, 1)).mapped());
    end("sched_out");
    void *at = kmap_atomic(high_page(0), KM_USER0); // the type is free again
    EXPECT_EQ(from_ptr(at), slot_va(0, 0));
    kunmap_atomic(at, KM_USER0);
    EXPECT_NO_REPORT("BUG");
}

// ---- One address a frame, where the cache knows addresses ----

TEST_P(KmapLocal, TwiceTheSamePageIsTwiceTheSameAddressWhereTheCacheKnowsIt)
{
    void *first = kmap_local_page(high_page(0));
    void *other = kmap_local_page(high_page(1));
    void *again = kmap_local_page(high_page(0));
    if (aliasing())
        EXPECT_EQ(again, first);
    else
        EXPECT_EQ(from_ptr(again), slot_va(0, 2));
    kunmap_local(again);
    EXPECT_TRUE(kernel.walk(slot_va(0, 0)).mapped());
    void *third = kmap_local_page(high_page(2));
    EXPECT_EQ(from_ptr(third), slot_va(0, 2)); // the slot has its own address again
    kunmap_local(third);
    kunmap_local(other);
    kunmap_local(first);
    EXPECT_FALSE(kernel.walk(slot_va(0, 0)).mapped());
    end("nested");
    EXPECT_NO_REPORT("BUG");
}

TEST_P(KmapLocal, APageThatKmapHoldsKeepsItsAddressWhereTheCacheKnowsIt)
{
    void *held = kmap(high_page(0));
    ASSERT_NE(held, nullptr);
    void *at = kmap_local_page(high_page(0));
    if (aliasing()) {
        EXPECT_EQ(at, held);
        kunmap(high_page(0));
        kmap_flush_unused(); // the local mapping holds it
        EXPECT_TRUE(kernel.walk(from_ptr(at)).mapped());
        kunmap_local(at);
        EXPECT_EQ(page_address(high_page(0)), nullptr);
        kmap_flush_unused();
        EXPECT_FALSE(kernel.walk(from_ptr(at)).mapped());
    } else {
        EXPECT_EQ(from_ptr(at), slot_va(0, 0));
        kunmap_local(at);
        kunmap(high_page(0));
    }
    end("both ways");
    EXPECT_NO_REPORT("BUG");
}

// ---- Types ----

TEST_P(KmapLocal, ATypeIsForOneUserAtATime)
{
    void *at = kmap_atomic(high_page(0), KM_USER0);
    EXPECT_EQ(from_ptr(at), slot_va(0, 0));
    EXPECT_EQ(kmap_atomic(low_page(), KM_USER0), nullptr);
    EXPECT_REPORT("BUG kmap_atomic: KM_USER0 is in use on cpu 0 since ");
    void *second = kmap_atomic(low_page(), KM_USER1);
    EXPECT_EQ(second, page_address(low_page()));
    host_cpu = 1;
    void *there = kmap_atomic(high_page(1), KM_USER0);
    EXPECT_EQ(from_ptr(there), slot_va(1, 0));
    kunmap_atomic(there, KM_USER0);
    host_cpu = 0;
    kunmap_atomic(second, KM_USER1);
    kunmap_atomic(static_cast<char *>(at) + 8, KM_USER0);
    EXPECT_EQ(kmap_local_held(), 0u);
    EXPECT_EQ(kmap_atomic(high_page(2), KM_USER0), at); // free again
    kunmap_atomic(at, KM_USER0);
    end("types");
    EXPECT_NO_REPORT("BUG");
}

TEST_P(KmapLocal, TheWrongTypeIsReported)
{
    EXPECT_EQ(kmap_atomic(high_page(0), KM_TYPE_NR), nullptr);
    EXPECT_REPORT("BUG kmap_atomic: 15 is no km_type, by ");
    void *at = kmap_atomic(high_page(0), KM_IRQ0);
    kunmap_atomic(at, KM_IRQ1);
    EXPECT_REPORT("BUG kunmap_atomic: 0xfffdf000 was not mapped as KM_IRQ1 on cpu 0, unmapped by ");
    kunmap_atomic(at, KM_TYPE_NR);
    EXPECT_REPORT("BUG kunmap_atomic: 0xfffdf000 was not mapped as (no km_type) on cpu 0");
    kunmap_atomic(nullptr, KM_USER0);
    EXPECT_REPORT("BUG kunmap_atomic: 0x00000000 was not mapped as KM_USER0");
    EXPECT_EQ(kmap_local_held(), 1u);
    kunmap_atomic(at, KM_IRQ0);
    EXPECT_NO_REPORT("BUG");
    end("wrong types");
}

TEST_P(KmapLocal, ATypeThatIsUnmappedOutOfOrderStaysInUse)
{
    void *outer = kmap_atomic(high_page(0), KM_PTE0);
    void *inner = kmap_atomic(high_page(1), KM_PTE1);
    kunmap_atomic(outer, KM_PTE0);
    EXPECT_REPORT("unmapped before slot 1, which was mapped later");
    EXPECT_EQ(kmap_atomic(low_page(), KM_PTE0), nullptr);
    EXPECT_REPORT("BUG kmap_atomic: KM_PTE0 is in use");
    kunmap_atomic(inner, KM_PTE1);
    kunmap_atomic(outer, KM_PTE0);
    EXPECT_NO_REPORT("BUG");
    EXPECT_EQ(kmap_local_held(), 0u);
    end("out of order");
}

// ---- What is told ----

TEST_P(KmapLocal, AnAddressTellsItsSlot)
{
    text_buffer<512> text;
    print_kmap_of(text.out(), slot_va(0, 0));
    EXPECT_STREQ(text.c_str(), "kmap slot 0 of cpu 0, never used\n");
    text.clear();
    void *at = kmap_local_page(high_page(0));
    print_kmap_of(text.out(), slot_va(0, 0) + 123);
    EXPECT_TRUE(text.contains("kmap slot 0 of cpu 0, mapped by ")) << text.c_str();
    text.clear();
    kunmap_local(at);
    print_kmap_of(text.out(), slot_va(0, 0));
    EXPECT_TRUE(text.contains("kmap slot 0 of cpu 0, last used by ")) << text.c_str();
    EXPECT_TRUE(text.contains(", and unmapped\n")) << text.c_str();
    text.clear();
    print_kmap_of(text.out(), slot_va(3, 15));
    EXPECT_STREQ(text.c_str(), "kmap slot 15 of cpu 3, never used\n");
    text.clear();
    for (const u32 va : {0u, 0xc0000000u, 0xfffe0000u, 0xfff00000u, 0xbfd00000u})
        print_kmap_of(text.out(), virt_addr_t(va));
    EXPECT_STREQ(text.c_str(), "");
}

TEST_P(KmapLocal, KmapsListsWhoHoldsWhat)
{
    void *at = kmap_local_page(high_page(5));
    ASSERT_NE(kmap(high_page(6)), nullptr);
    ASSERT_NE(kmap(high_page(6)), nullptr);
    ASSERT_NE(kmap(high_page(7)), nullptr);
    kunmap(high_page(7));
    text_buffer<2048> text;
    print_kmaps(text.out());
    EXPECT_TRUE(text.contains("cpu 0: 1 of 16 slots in use\n"
                              "  slot 0    0xfffdf000  frame 0x64005  mapped by "))
        << text.c_str();
    EXPECT_TRUE(text.contains("cpu 3: 0 of 16 slots in use\n"
                              "kmap: 1 of 512 slots in use, 1 mapped and not used\n"
                              "  slot 1    0xbfe01000  frame 0x64006  users 2     last mapped by "))
        << text.c_str();
    kunmap_local(at);
    kunmap(high_page(6));
    kunmap(high_page(6));
}

// ---- Fixmap ----

TEST_P(KmapLocal, AFixmapSlotMapsAFrameAndRefusesASecond)
{
    const u32 index = FIX_BTMAP_BEGIN;
    const virt_addr_t va = fix_to_virt(index);
    EXPECT_EQ(va, virt_addr_t(0xfff60000));
    __set_fixmap(index, PFN_PHYS(high_pfn(1)), mem_types[MT_MEMORY_RW].prot_pte);
    end("__set_fixmap");
    expect_mapped(va, high_pfn(1));
    word_at(to_ptr(va)) = 77;
    __set_fixmap(index, PFN_PHYS(high_pfn(2)), mem_types[MT_MEMORY_RW].prot_pte);
    EXPECT_REPORT("__set_fixmap: slot 127 (0xfff60000) refused: it maps frame 0x64001");
    expect_mapped(va, high_pfn(1));
    clear_fixmap(index);
    end("clear_fixmap");
    EXPECT_EQ(flushed(), aliasing() ? PAGE_SIZE / 32 : 0);
    EXPECT_FALSE(kernel.walk(va).mapped());
    EXPECT_FAULT_AT(va, word_at(to_ptr(va)) = 1);
    kernel.events.forget_counts();
    clear_fixmap(index); // empty already: nothing to do
    EXPECT_EQ(kernel.events.count(hw_event::dsb), 0u);
}

TEST_P(KmapLocal, AFixmapSlotThatDoesNotExistIsRefused)
{
    __set_fixmap(__end_of_fixed_addresses, PHYS_OFFSET, mem_types[MT_MEMORY_RW].prot_pte);
    EXPECT_REPORT("__set_fixmap: slot 128 refused: there are 128");
    clear_fixmap(__end_of_fixed_addresses);
    EXPECT_REPORT("clear_fixmap: slot 128 refused: there are 128");
    end("nothing");
}

TEST_P(KmapLocal, ADeviceInAFixmapSlotIsMappedAsOne)
{
    __set_fixmap(FIX_BTMAP_END, phys_addr_t(0x10009000), mem_types[MT_DEVICE].prot_pte);
    const model::mapping there = kernel.walk(fix_to_virt(FIX_BTMAP_END));
    EXPECT_EQ(there.pa, 0x10009000u);
    EXPECT_NE(there.type, model::memory_type::normal);
    clear_fixmap(FIX_BTMAP_END);
    end("a device");
}

TEST_P(KmapLocal, VerifyFindsNothingWrongWithMappedSlots)
{
    void *at = kmap_local_page(high_page(0));
    ASSERT_NE(kmap(high_page(1)), nullptr);
    EXPECT_EQ(verify_tables(console_printer), 0u);
    kunmap(high_page(1));
    kunmap_local(at);
}

// ---- verify_kmaps finds what is spoiled ----

TEST_P(KmapLocal, VerifyFindsASlotThatLostItsFrame)
{
    void *at = kmap_local_page(high_page(0));
    clear_fixmap(fix_kmap_index(0, 0));
    EXPECT_EQ(verify_kmaps(console_printer), 1u);
    EXPECT_REPORT("verify kmaps: slot 0 of cpu 0 (0xfffdf000), 1 in use: leads nowhere");
    (void) at;
}

TEST_P(KmapLocal, VerifyFindsAWindowSlotThatLeadsElsewhere)
{
    ASSERT_EQ(from_ptr(kmap(high_page(0))), PKMAP_ADDR(1));
    pkmap_unmap(1);
    EXPECT_EQ(verify_kmaps(console_printer), 1u);
    EXPECT_REPORT("verify kmaps: window slot 1 (0xbfe01000): does not lead to its page");
    flush_pkmaps();
    pkmap_map(1, high_pfn(9));
    EXPECT_EQ(verify_kmaps(console_printer), 1u);
    EXPECT_REPORT("verify kmaps: window slot 1 (0xbfe01000): does not lead to its page");
    pkmap_map(2, high_pfn(10));
    EXPECT_EQ(verify_kmaps(console_printer), 2u);
    EXPECT_REPORT("verify kmaps: window slot 2 (0xbfe02000): empty, and mapped");
}
