// vmalloc and vmap: what is mapped where, what is left, what is said about misuse.
#include <tests/mm/vmalloc_test.h>

#include <mm/highmem.h>

using vmalloc_test::bytes;
using vmalloc_test::fill;
using vmalloc_test::is_filled;
using vmalloc_test::mapped;

namespace {

class Vmalloc : public vmalloc_test::areas {};

constexpr u32 SIZES[] = {1, 2, 3, 16, 64, 257, 513};

} // namespace

TEST_F(Vmalloc, MemoryOfAnySizeCanBeWrittenAndRead)
{
    for (const u32 pages : SIZES) {
        void *const p = vmalloc(pages * PAGE_SIZE);
        ASSERT_NE(p, nullptr);
        EXPECT_TRUE(is_vmalloc_addr(p));
        EXPECT_TRUE(from_ptr(p).is_aligned(PAGE_SIZE));
        fill(p, pages, 0x1000 + pages);
        EXPECT_TRUE(is_filled(p, pages, 0x1000 + pages));
        vfree(p);
    }
}

TEST_F(Vmalloc, SizesAreRoundedUpToPages)
{
    void *const p = vmalloc(PAGE_SIZE + 1);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(get_vm_area_size(find_vm_area(p)), 2 * PAGE_SIZE);
    EXPECT_EQ(find_vm_area(p)->size, 3 * PAGE_SIZE);
    EXPECT_EQ(find_vm_area(p)->nr_pages, 2u);
    vfree(p);
    EXPECT_EQ(find_vm_area(p), nullptr);
}

TEST_F(Vmalloc, EachPageIsItsFrame)
{
    void *const p = vmalloc(8 * PAGE_SIZE);
    fill(p, 8, 77);
    for (u32 i = 0; i < 8; i++) {
        const void *const at = bytes(p) + i * PAGE_SIZE;
        struct page *const page = vmalloc_to_page(at);
        ASSERT_EQ(page, find_vm_area(p)->pages[i]);
        EXPECT_EQ(vmalloc_to_pfn(at), page_to_pfn(page));
        EXPECT_EQ(page_count(page), 1);
        EXPECT_EQ(vmalloc_to_page(bytes(at) + 4095), page);
        void *const other = kmap_local_page(page);
        EXPECT_TRUE(is_filled(other, 1, 77 + i));
        kunmap_local(other);
    }
    vfree(p);
}

TEST_F(Vmalloc, HighMemoryIsTakenIfThereIsAny)
{
    struct page *const high = alloc_page(GFP_HIGHUSER);
    const bool has_highmem = PageHighMem(high);
    __free_page(high);
    void *const p = vmalloc(PAGE_SIZE);
    EXPECT_EQ(PageHighMem(vmalloc_to_page(p)), has_highmem);
    vfree(p);
    void *const low = __vmalloc(PAGE_SIZE, GFP_KERNEL, PAGE_KERNEL);
    EXPECT_FALSE(PageHighMem(vmalloc_to_page(low)));
    vfree(low);
}

TEST_F(Vmalloc, ThePageBehindAnAreaIsNotMapped)
{
    void *const p = vmalloc(4 * PAGE_SIZE), *const q = vmalloc(PAGE_SIZE);
    EXPECT_TRUE(mapped(bytes(p) + 4 * PAGE_SIZE - 1));
    EXPECT_FALSE(mapped(bytes(p) + 4 * PAGE_SIZE));
    EXPECT_FALSE(mapped(bytes(q) + PAGE_SIZE));
    vfree(p);
    vfree(q);
    EXPECT_FALSE(mapped(p));
    EXPECT_FALSE(mapped(bytes(p) + 3 * PAGE_SIZE));
}

TEST_F(Vmalloc, VzallocAndVmallocUserGiveZeroes)
{
    for (u32 round = 0; round < 2; round++) {
        void *const dirty = vmalloc(40 * PAGE_SIZE);
        memset(dirty, 0xaa, 40 * PAGE_SIZE);
        vfree(dirty);
        void *const p = round == 0 ? vzalloc(40 * PAGE_SIZE) : vmalloc_user(40 * PAGE_SIZE);
        u32 others = 0;
        for (u32 i = 0; i < 40 * PAGE_SIZE; i++)
            others += bytes(p)[i] != 0;
        EXPECT_EQ(others, 0u);
        vfree(p);
    }
}

TEST_F(Vmalloc, MemoryForUsersIsAlignedForTheirCaches)
{
    void *const one = vmalloc(PAGE_SIZE);
    void *const p = vmalloc_user(PAGE_SIZE);
    EXPECT_TRUE(from_ptr(p).is_aligned(SHMLBA));
    EXPECT_EQ(find_vm_area(p)->flags, VM_ALLOC | VM_USERMAP);
    vfree(p);
    vfree(one);
}

TEST_F(Vmalloc, NothingAndTooMuchAreRefused)
{
    EXPECT_EQ(vmalloc(0), nullptr);
    EXPECT_REPORT("vmalloc: no address space for 0 bytes");
    EXPECT_EQ(vmalloc(0xfffff000ul), nullptr);
    EXPECT_REPORT("vmalloc: no address space for 4294963200 bytes and a guard page (free ");
    EXPECT_EQ(vmalloc(~0ul), nullptr);
    EXPECT_REPORT("vmalloc: no address space for");
    EXPECT_EQ(__vmalloc(0, GFP_KERNEL | __GFP_NOWARN, PAGE_KERNEL), nullptr);
    EXPECT_NO_REPORT("vmalloc");
    vfree(nullptr);
    vunmap(nullptr);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(Vmalloc, AManyMegabytesAreaHasItsPointersInVmallocToo)
{
    constexpr u32 pages = 2 * PAGE_SIZE / sizeof(void *) + 3;
    void *const p = __vmalloc(pages * PAGE_SIZE, GFP_KERNEL | __GFP_HIGHMEM, PAGE_KERNEL);
    ASSERT_NE(p, nullptr);
    EXPECT_TRUE(is_vmalloc_addr(find_vm_area(p)->pages));
    fill(p, pages, 5);
    EXPECT_TRUE(is_filled(p, pages, 5));
    vfree(p);
}

TEST_F(Vmalloc, APartOfTheRangeAndAnAlignmentCanBeAskedFor)
{
    void *const probe = vmalloc(PAGE_SIZE);
    const unsigned long start = (from_ptr(probe).raw() + 4 * SZ_1M) & ~(SZ_1M - 1ul);
    vfree(probe);
    void *const p = __vmalloc_node_range(PAGE_SIZE, SZ_1M, start, start + SZ_2M, GFP_KERNEL,
                                         PAGE_KERNEL, 0, NUMA_NO_NODE, &start);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(from_ptr(p).raw() % SZ_1M, 0u);
    EXPECT_GE(from_ptr(p).raw(), start);
    EXPECT_LT(from_ptr(p).raw(), start + SZ_2M);
    EXPECT_EQ(__vmalloc_node_range(SZ_2M, 1, start, start + SZ_2M, GFP_KERNEL | __GFP_NOWARN,
                                   PAGE_KERNEL, 0, NUMA_NO_NODE, &start),
              nullptr);
    vfree(p);
}

TEST_F(Vmalloc, ProtectionIsWhatWasAskedFor)
{
    void *const p = __vmalloc(PAGE_SIZE, GFP_KERNEL, PAGE_KERNEL);
    const pte_t rw = *lookup_kernel_pte(from_ptr(p));
    EXPECT_EQ(rw.raw() & (L_PTE_RDONLY | L_PTE_XN), L_PTE_XN);
    vfree(p);
    void *const q = __vmalloc(PAGE_SIZE, GFP_KERNEL, PAGE_KERNEL_RO);
    const pte_t ro = *lookup_kernel_pte(from_ptr(q));
    EXPECT_EQ(ro.raw() & (L_PTE_RDONLY | L_PTE_XN), L_PTE_RDONLY | L_PTE_XN);
    vfree(q);
}

TEST_F(Vmalloc, AnotherMemoryTypeNeedsPagesWithoutAnAddress)
{
    const pgprot_t wc = pgprot_writecombine(PAGE_KERNEL);
    EXPECT_EQ(__vmalloc(2 * PAGE_SIZE, GFP_KERNEL, wc), nullptr);
    EXPECT_REPORT("is lowmem, and cached there; not mapped with another memory type");
    struct page *low = alloc_page(GFP_KERNEL);
    EXPECT_EQ(vmap(&low, 1, VM_MAP, pgprot_noncached(PAGE_KERNEL)), nullptr);
    EXPECT_REPORT("BUG vmap: frame ");
    __free_page(low);
    struct page *high = alloc_page(GFP_HIGHUSER);
    if (PageHighMem(high)) {
        void *const p = vmap(&high, 1, VM_MAP, wc);
        ASSERT_NE(p, nullptr);
        fill(p, 1, 9);
        EXPECT_TRUE(is_filled(p, 1, 9));
        vunmap(p);
    }
    __free_page(high);
    EXPECT_NO_REPORT("BUG");
}

// ------------------------------------------------------------------ vmap

TEST_F(Vmalloc, VmapShowsPagesInAnyOrderAndOwnsNone)
{
    struct page *pages[10];
    for (struct page *&page : pages)
        page = alloc_page(GFP_HIGHUSER);
    void *const p = vmap(pages, 10, VM_MAP, PAGE_KERNEL);
    ASSERT_NE(p, nullptr);
    fill(p, 10, 3);
    struct page *backwards[10];
    for (u32 i = 0; i < 10; i++)
        backwards[i] = pages[9 - i];
    void *const q = vmap(backwards, 10, VM_MAP, PAGE_KERNEL);
    for (u32 i = 0; i < 10; i++) {
        EXPECT_TRUE(is_filled(bytes(q) + i * PAGE_SIZE, 1, 3 + 9 - i));
        EXPECT_EQ(vmalloc_to_page(bytes(q) + i * PAGE_SIZE), pages[9 - i]);
    }
    EXPECT_EQ(find_vm_area(p)->flags, VM_MAP);
    vunmap(p);
    EXPECT_FALSE(mapped(p));
    vunmap(q);
    for (struct page *page : pages) {
        EXPECT_EQ(page_count(page), 1);
        __free_page(page);
    }
}

TEST_F(Vmalloc, VmapOfNothingOrOfMoreThanThereIsIsRefused)
{
    struct page *page = nullptr;
    EXPECT_EQ(vmap(&page, 0, VM_MAP, PAGE_KERNEL), nullptr);
    EXPECT_EQ(vmap(&page, ~0u, VM_MAP, PAGE_KERNEL), nullptr);
}

TEST_F(Vmalloc, PagesCanBeGivenToAMapping)
{
    auto **pages = static_cast<struct page **>(kmalloc(3 * sizeof(struct page *), GFP_KERNEL));
    ASSERT_EQ(alloc_pages_bulk(GFP_KERNEL, 3, pages), 3u);
    void *const p = vmap(pages, 3, VM_MAP_PUT_PAGES, PAGE_KERNEL);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(find_vm_area(p)->nr_pages, 3u);
    vfree(p); // pages and array are gone: TearDown would find them
}
