// HOST ONLY: it makes a machine of its own to boot on, and the recorder judges what it is shown.
//
// vmalloc's tables: what they say, which maintenance is done and which is put off. On every
// generation, with one core and with several, and with a second set of tables.
#include <tests/arch/fixture.h>

#include <arch/arm/mm/init.h>
#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/verify.h>
#include <arch/arm/mm/vmap.h>
#include <arch/host/machine.h>
#include <kernel/core/printk.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

namespace {

constexpr u32 LOWMEM = 64 * SZ_1M;
constexpr u32 LINES = PAGE_SIZE / 32; // of a page

struct machine_kind {
    const struct processor *cpu;
    u32 cores;
};

/// A machine with 64 MB of lowmem and 32 MB of highmem, where vmalloc works.
class VmapTables : public ::testing::TestWithParam<machine_kind> {
protected:
    void SetUp() override
    {
        host_cpu = 0;
        kernel.run_paging_init();
        mem_init();
        kmem_cache_init();
        vmalloc_areas_init();
        end("boot");
        kernel.events.forget_counts();
    }
    void TearDown() override
    {
        vm_unmap_aliases();
        end("the end");
        EXPECT_EQ(verify_vmalloc(console_printer), 0u);
        EXPECT_EQ(verify_tables(console_printer), 0u);
    }
    void end(const char *what)
    {
        kernel.events.end(what);
        EXPECT_EQ(kernel.events.take_errors(), "");
    }
    [[nodiscard]] static u32 aliasing() { return GetParam().cpu->architecture < 7; }
    [[nodiscard]] u32 flushed() const { return kernel.events.count(hw_event::flush_line); }
    [[nodiscard]] u32 invalidated() const
    {
        return kernel.events.count(hw_event::tlbi_mva) + kernel.events.count(hw_event::tlbi_all);
    }
    /// Does `at` lead to that page, as lowmem leads to its own?
    void expect_mapped(const void *at, const struct page *page)
    {
        const model::mapping there = kernel.walk(from_ptr(at));
        const model::mapping lowmem = kernel.walk(PAGE_OFFSET + SZ_16M);
        ASSERT_TRUE(there.mapped());
        EXPECT_EQ(there.pa, page_to_phys(page).raw());
        EXPECT_EQ(there.size, PAGE_SIZE);
        EXPECT_EQ(there.ng, 0);
        EXPECT_EQ(kernel.rights(from_ptr(at)), kernel.rights(PAGE_OFFSET + SZ_16M));
        EXPECT_EQ(there.type, lowmem.type);
        EXPECT_EQ(there.inner, lowmem.inner);
        EXPECT_EQ(there.outer, lowmem.outer);
        EXPECT_EQ(there.shareable, lowmem.shareable);
    }
    [[nodiscard]] bool mapped(const void *at) const { return kernel.walk(from_ptr(at)).mapped(); }

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
INSTANTIATE_TEST_SUITE_P(Machines, VmapTables,
                         ::testing::Values(machine_kind{&arm926_processor, 1},
                                           machine_kind{&v6_processor, 1},
                                           machine_kind{&v7_processor, 1},
                                           machine_kind{&v7_processor, 4}),
                         name_of);

char *bytes(void *p)
{
    return static_cast<char *>(p);
}

} // namespace

TEST_P(VmapTables, EachPageIsMappedAsLowmemIs)
{
    void *const p = vmalloc(5 * PAGE_SIZE);
    ASSERT_NE(p, nullptr);
    // Mapping is done when vmalloc() returns; unmapping owes a flush.
    end("vmalloc");
    for (u32 i = 0; i < 5; i++)
        expect_mapped(bytes(p) + i * PAGE_SIZE, find_vm_area(p)->pages[i]);
    EXPECT_FALSE(mapped(bytes(p) + 5 * PAGE_SIZE));
    EXPECT_FALSE(mapped(bytes(p) - 1));
    vfree(p);
    EXPECT_FALSE(mapped(p));
    EXPECT_FALSE(mapped(bytes(p) + 4 * PAGE_SIZE));
}

TEST_P(VmapTables, AnAreaMayReachOverManyTables)
{
    constexpr u32 pages = 3 * PTRS_PER_PTE + 7;
    const u32 tables = page_table_bytes;
    void *const p = vmalloc(pages * PAGE_SIZE);
    ASSERT_NE(p, nullptr);
    end("vmalloc");
    for (u32 i = 0; i < pages; i++)
        ASSERT_EQ(kernel.walk(from_ptr(p) + i * PAGE_SIZE).pa,
                  page_to_phys(find_vm_area(p)->pages[i]).raw());
    EXPECT_GE(page_table_bytes - tables, 4 * PAGE_SIZE);
    vfree(p);
    // Tables stay with their slots.
    const u32 all = page_table_bytes;
    vm_unmap_aliases();
    vfree(vmalloc(pages * PAGE_SIZE));
    EXPECT_EQ(page_table_bytes, all);
}

TEST_P(VmapTables, MappingFlushesNoTlb)
{
    vfree(vmalloc(PAGE_SIZE)); // the table
    vm_unmap_aliases();
    kernel.events.forget_counts();
    void *const p = vmalloc(20 * PAGE_SIZE);
    EXPECT_EQ(invalidated(), 0u);
    EXPECT_EQ(kernel.events.count(hw_event::isb), 1u);
    vfree(p);
    EXPECT_EQ(invalidated(), 0u);
}

TEST_P(VmapTables, ManyFreedAreasShareOneFlush)
{
    for (u32 i = 0; i < 40; i++)
        vfree(vmalloc(3 * PAGE_SIZE));
    kernel.events.forget_counts();
    vm_unmap_aliases();
    end("vm_unmap_aliases");
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_all), 1u);
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_mva), 0u);
    // A few are flushed page by page.
    vfree(vmalloc(3 * PAGE_SIZE));
    kernel.events.forget_counts();
    vm_unmap_aliases();
    end("vm_unmap_aliases");
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_all), 0u);
    EXPECT_EQ(kernel.events.count(hw_event::tlbi_mva), 4u); // with the guard page
}

TEST_P(VmapTables, AddressesAreUsedAgainOnlyAfterTheFlush)
{
    // The recorder knows of each entry that a TLB may still hold.
    for (u32 i = 0; i < 600; i++)
        vfree(vmalloc((1 + i % 7) * PAGE_SIZE));
    vm_unmap_aliases();
    end("six hundred areas");
}

TEST_P(VmapTables, LinesLeaveTheCacheWhereItKnowsAddresses)
{
    struct page *low = alloc_page(GFP_KERNEL);
    kernel.events.forget_counts();
    void *const p = vmap(&low, 1, VM_MAP, PAGE_KERNEL);
    EXPECT_EQ(flushed(), aliasing() ? LINES : 0); // at the linear address
    vunmap(p);
    EXPECT_EQ(flushed(), aliasing() ? 2 * LINES : 0); // and at the one it had then
    __free_page(low);
}

TEST_P(VmapTables, AHighPageLeavesTheWindowOfKmap)
{
    struct page *high = alloc_page(GFP_HIGHUSER);
    ASSERT_TRUE(PageHighMem(high));
    kernel.events.forget_counts();
    void *p = vmap(&high, 1, VM_MAP, PAGE_KERNEL);
    EXPECT_EQ(flushed(), 0u); // it had no address
    vunmap(p);
    vm_unmap_aliases();
    (void) kmap(high);
    kunmap(high); // but is still mapped there
    kernel.events.forget_counts();
    p = vmap(&high, 1, VM_MAP, PAGE_KERNEL);
    EXPECT_EQ(flushed(), aliasing() ? LINES : 0);
    vunmap(p);
    kmap_flush_unused();
    __free_page(high);
}

TEST_P(VmapTables, AnotherMemoryTypeIsFlushedAtOnce)
{
    struct page *high[2] = {alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER)};
    void *const p = vmap(high, 2, VM_MAP, pgprot_writecombine(PAGE_KERNEL));
    ASSERT_NE(p, nullptr);
    end("vmap");
    const model::mapping there = kernel.walk(from_ptr(p));
    EXPECT_EQ(there.inner, model::caching::none);
    kernel.events.forget_counts();
    vunmap(p);
    EXPECT_EQ(invalidated(), 2u);
    end("vunmap");
    for (struct page *page : high)
        __free_page(page);
}

TEST_P(VmapTables, EverySetOfTablesHasTheSlots)
{
    static mm_struct second;
    second.pgd = reinterpret_cast<pgd_t *>(__get_free_pages(GFP_KERNEL, 2));
    pgd_list_add(second);
    void *const p = vmalloc(600 * PAGE_SIZE);
    end("vmalloc with two sets of tables");
    EXPECT_EQ(kernel.walk(second, from_ptr(p)).pa, kernel.walk(from_ptr(p)).pa);
    EXPECT_EQ(kernel.walk(second, from_ptr(p) + 599 * PAGE_SIZE).pa,
              kernel.walk(from_ptr(p) + 599 * PAGE_SIZE).pa);
    vfree(p);
    vm_unmap_aliases();
    end("vfree");
    pgd_list_del(second);
    kernel.events.forget_first_level(from_ptr(second.pgd));
    free_pages(reinterpret_cast<unsigned long>(second.pgd), 2);
}

TEST_P(VmapTables, ASlotOfSectionsTakesNoPages)
{
    struct page *page = alloc_page(GFP_KERNEL);
    const unsigned long device = VMALLOC_END.raw() - SZ_1M;
    EXPECT_EQ(lookup_kernel_pte(virt_addr_t(static_cast<u32>(device))), nullptr);
    EXPECT_EQ(vmap_page_range(device, device + PAGE_SIZE, PAGE_KERNEL, &page), -ENOMEM);
    EXPECT_EQ(vmalloc_to_page(to_ptr(VMALLOC_END - SZ_1M)), nullptr);
    __free_page(page);
    end("refused");
}

TEST_P(VmapTables, FaultsHappenWhereNothingIsMapped)
{
    auto *const p = static_cast<volatile u32 *>(vmalloc(4 * PAGE_SIZE));
    p[0] = 1;
    p[4095] = 2;
    EXPECT_FAULT_AT(from_ptr(p) + 4 * PAGE_SIZE, p[4096] = 3);
    vfree(const_cast<u32 *>(p));
    EXPECT_FAULT_AT(from_ptr(p), p[0] = 4);
}
