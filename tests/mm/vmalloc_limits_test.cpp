// vmalloc at its limits: areas that wait for a flush, a full range, memory that runs out anywhere.
#include <tests/mm/vmalloc_test.h>

#include <mm/vmalloc_internal.h>
#include <tests/mm/fail_nth.h>

using vmalloc_test::count_areas;

namespace {

class VmallocLimits : public vmalloc_test::areas {};

} // namespace

// ------------------------------------------------------------------ lazy areas

TEST_F(VmallocLimits, FreedAreasAreNotUsedAgainBeforeTheFlush)
{
    vm_unmap_aliases();
    void *const p = vmalloc(PAGE_SIZE);
    vfree(p);
    EXPECT_EQ(count_areas().lazy, 1u);
    void *const q = vmalloc(PAGE_SIZE);
    EXPECT_NE(p, q);
    vfree(q);
    vm_unmap_aliases();
    EXPECT_EQ(count_areas().lazy, 0u);
    void *const r = vmalloc(PAGE_SIZE);
    EXPECT_EQ(r, p);
    vfree(r);
}

TEST_F(VmallocLimits, LazyAreasGatherUpToABound)
{
    u32 most = 0;
    for (u32 i = 0; i < 10000; i++) {
        vfree(vmalloc(16 * PAGE_SIZE));
        const u32 lazy = count_areas().lazy;
        most = lazy > most ? lazy : most;
        if (lazy == 0)
            break;
    }
    EXPECT_EQ(count_areas().lazy, 0u); // purged at last
    EXPECT_GT(most, 20u);
    EXPECT_LE(most * 17, vmap_space.lazy_max);
    EXPECT_LE(vmap_space.lazy_max, (vmap_space.end - vmap_space.start) / PAGE_SIZE / 16);
}

TEST_F(VmallocLimits, AFullRangeIsPurgedBeforeItIsSaidToBeFull)
{
    constexpr unsigned long part = SZ_2M;
    void *first[2];
    for (void *&p : first) { // the second finds room only where the first one was
        const unsigned long start = VMALLOC_END.raw() - SZ_16M;
        p = __vmalloc_node_range(part - PAGE_SIZE, 1, start, start + part,
                                 GFP_KERNEL | __GFP_HIGHMEM, PAGE_KERNEL, 0, NUMA_NO_NODE, &first);
        ASSERT_NE(p, nullptr);
        vfree(p);
    }
    EXPECT_EQ(first[0], first[1]);
    EXPECT_NO_REPORT("vmalloc");
}

// ------------------------------------------------------------------ limits

namespace {

/// One-page areas until there are no more; each holds the address of the one before.
void *fill_range(u32 &count)
{
    void *last = nullptr;
    for (count = 0;; count++) {
        auto *p = static_cast<void **>(
            __vmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN, PAGE_KERNEL));
        if (!p)
            return last;
        *p = last;
        last = p;
    }
}
u32 free_all(void *last)
{
    u32 count = 0;
    for (; last; count++) {
        void *const before = *static_cast<void **>(last);
        vfree(last);
        last = before;
    }
    return count;
}

} // namespace

TEST_F(VmallocLimits, OnePageAreasFillTheRangeOrMemoryAndLeaveNothing)
{
    unsigned long free_before = 0;
    for (u32 round = 0; round < 2; round++) {
        u32 count = 0;
        void *const last = fill_range(count);
        EXPECT_GT(count, 1000u);
        EXPECT_EQ(vmalloc(SZ_1M), nullptr);
        EXPECT_EQ(free_all(last), count);
        vm_unmap_aliases();
        kmem_cache_shrink(vmap_space.structs);
        kmem_cache_shrink(kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(sizeof(struct page *))]);
        if (round == 0)
            free_before = nr_free_pages(); // page tables stay
    }
    EXPECT_EQ(nr_free_pages(), free_before);
}

TEST_F(VmallocLimits, EveryAllocationMayFail)
{
    // Lazy areas have structs, and the next area may need another table: all is given back.
    EXPECT_GT(survive_failures("vmalloc",
                               [] {
                                   vfree(vmalloc(20 * PAGE_SIZE));
                                   vm_unmap_aliases();
                               }),
              20u - 1);
    EXPECT_GT(survive_failures("vzalloc",
                               [] {
                                   vfree(vzalloc(5 * PAGE_SIZE));
                                   vm_unmap_aliases();
                               }),
              5u - 1);
    static struct page *pages[3];
    ASSERT_EQ(alloc_pages_bulk(GFP_KERNEL, 3, pages), 3u);
    survive_failures("vmap", [] {
        vunmap(vmap(pages, 3, VM_MAP, PAGE_KERNEL));
        vm_unmap_aliases();
    });
    free_pages_bulk(3, pages);
}
