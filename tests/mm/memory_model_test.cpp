// From frames to struct pages and back, by whichever memory model this kernel was built with.
#include <tests/mm/page_test.h>

#include <asm/image.h>
#include <mm/bootmem.h>
#include <mm/memblock.h>

using MemoryModel = page_test::pages;

namespace {

/// Calls visit(pfn) for the first, the last and some frames between, of each run of RAM.
template <class Visit>
void some_frames(Visit visit)
{
    for_each_mem_range([&](const memblock_region &ram) {
        const pfn_t first = PFN_UP(ram.base), last = PFN_DOWN(ram.last);
        for (pfn_t pfn = first; pfn < last; pfn += 97)
            visit(pfn);
        visit(last);
    });
}

const page *byte_of(const page *p, u32 offset)
{
    return reinterpret_cast<const page *>(reinterpret_cast<const char *>(p) + offset);
}

} // namespace

TEST_F(MemoryModel, EveryFrameOfRamHasAStructPage)
{
    u32 wrong = 0;
    some_frames([&](pfn_t pfn) {
        const page *p = pfn_to_page(pfn);
        wrong += !pfn_valid(pfn.raw()) || !is_struct_page(p) || page_pfn(p) != pfn ||
                 page_to_pfn(p) != pfn.raw() || page_to_phys(p) != PFN_PHYS(pfn);
    });
    EXPECT_EQ(wrong, 0u);
}

TEST_F(MemoryModel, StructPagesOfNeighboursAreNeighbours)
{
    const pfn_t first = min_low_pfn;
    EXPECT_EQ(pfn_to_page(first) + 1, pfn_to_page(first + 1));
    EXPECT_EQ(pfn_to_page(first) + 4095, pfn_to_page(first + 4095));
}

TEST_F(MemoryModel, TheFirstFrameIsValidAlsoIfItIsFrameZero)
{
    EXPECT_TRUE(pfn_valid(PHYS_PFN_OFFSET.raw()));
    EXPECT_TRUE(PageReserved(pfn_to_page(PHYS_PFN_OFFSET)));
    EXPECT_EQ(virt_to_page(to_ptr(PAGE_OFFSET)), pfn_to_page(PHYS_PFN_OFFSET));
}

TEST_F(MemoryModel, FramesBeyondRamHaveNone)
{
    EXPECT_TRUE(pfn_valid(max_pfn.raw() - 1));
    EXPECT_FALSE(pfn_valid(max_pfn.raw()));
    EXPECT_FALSE(pfn_valid(0xfffff));
    EXPECT_FALSE(pfn_valid(0x100000));
    EXPECT_FALSE(pfn_valid(~0ul));
    if (PHYS_PFN_OFFSET != pfn_t(0)) {
        EXPECT_FALSE(pfn_valid(PHYS_PFN_OFFSET.raw() - 1));
        EXPECT_FALSE(pfn_valid(0));
    }
}

TEST_F(MemoryModel, AWildPointerIsNoStructPage)
{
    const page *first = pfn_to_page(min_low_pfn);
    const page *last = pfn_to_page(max_pfn - 1);
    EXPECT_TRUE(is_struct_page(first));
    EXPECT_TRUE(is_struct_page(last));
    for (u32 offset = 1; offset < sizeof(page); offset++) {
        EXPECT_FALSE(is_struct_page(byte_of(first, offset)));
        EXPECT_FALSE(is_struct_page(byte_of(last, offset)));
    }
    EXPECT_FALSE(is_struct_page(first - 1));
    EXPECT_FALSE(is_struct_page(last + 1));
    EXPECT_FALSE(is_struct_page(nullptr));
    EXPECT_FALSE(is_struct_page(reinterpret_cast<const page *>(~0ul)));
    EXPECT_FALSE(is_struct_page(reinterpret_cast<const page *>(~0ul - sizeof(page) + 1)));
    EXPECT_FALSE(is_struct_page(static_cast<const page *>(to_ptr(virt_addr_t(0x1000)))));
    EXPECT_FALSE(is_struct_page(static_cast<const page *>(to_ptr(kernel_image.text))));
    EXPECT_FALSE(is_struct_page(static_cast<const page *>(to_ptr(VMALLOC_END))));
}

TEST_F(MemoryModel, AStructPageKnowsItsZone)
{
    u32 wrong = 0;
    some_frames([&](pfn_t pfn) {
        const page *p = pfn_to_page(pfn);
        wrong += !page_zone(p)->holds(pfn) || page_zone(p)->index != page_zonenum(p) ||
                 PageHighMem(p) != (pfn >= max_low_pfn);
    });
    EXPECT_EQ(wrong, 0u);
}

TEST_F(MemoryModel, AStructPageIsThirtyTwoBytesOnTheMachine)
{
    EXPECT_EQ(sizeof(page), 8 * sizeof(void *));
}
