// HOST ONLY: it boots machines of its own, with holes between the banks.
//
// What the memory models make of holes: FLATMEM has reserved struct pages for them, SPARSEMEM has
// none for 64 MB without RAM.
#include <tests/mm/page_fixture.h>

#include <tests/host.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 SECTION = 64 * MB;

pfn_t frame_at(u32 offset)
{
    return PFN_DOWN(PHYS_OFFSET + offset);
}

#if defined(CONFIG_SPARSEMEM)
constexpr bool SPARSE = true;
#else
constexpr bool SPARSE = false;
#endif

} // namespace

TEST(MemoryHoles, SixtyFourMegabytesWithoutRamHaveStructPagesInFlatmemAlone)
{
    const page_machine machine({{0, 128 * MB}, {256 * MB, 64 * MB}, {512 * MB, 256 * MB}});
    for (u32 offset = 0; offset < 768 * MB; offset += SECTION) {
        const bool ram =
            offset < 128 * MB || (offset >= 256 * MB && offset < 320 * MB) || offset >= 512 * MB;
        SCOPED_TRACE(offset / MB);
        EXPECT_EQ(pfn_valid(frame_at(offset).raw()), ram || !SPARSE);
        EXPECT_EQ(pfn_valid(frame_at(offset + SECTION - 1).raw()), ram || !SPARSE);
    }
    EXPECT_FALSE(pfn_valid(frame_at(768 * MB).raw()));
}

TEST(MemoryHoles, StructPagesOfAHoleAreReserved)
{
    const page_machine machine({{0, 24 * MB}, {40 * MB, 8 * MB}, {80 * MB, 8 * MB}});
    const auto expect_reserved = [](u32 from, u32 to) {
        for (u32 offset = from; offset < to; offset += PAGE_SIZE) {
            ASSERT_TRUE(pfn_valid(frame_at(offset).raw()));
            ASSERT_TRUE(PageReserved(pfn_to_page(frame_at(offset))));
        }
    };
    expect_reserved(24 * MB, 40 * MB);
    expect_reserved(48 * MB, 80 * MB);
    // Behind the last bank there is nothing, also within its 64 MB.
    EXPECT_TRUE(pfn_valid(frame_at(88 * MB - 1).raw()));
    EXPECT_FALSE(pfn_valid(frame_at(88 * MB).raw()));
    EXPECT_FALSE(is_struct_page(pfn_to_page(frame_at(88 * MB - 1)) + 1));
}

TEST(MemoryHoles, CostNothingInSparsemem)
{
    u32 reserved[2];
    {
        const page_machine machine({{0, 128 * MB}});
        reserved[0] = static_cast<u32>(get_num_physpages() - totalram_pages);
    }
    const page_machine machine({{0, 64 * MB}, {832 * MB, 64 * MB}});
    reserved[1] = static_cast<u32>(get_num_physpages() - totalram_pages);
    const u32 hole = 768 * MB / PAGE_SIZE * static_cast<u32>(sizeof(page)) / PAGE_SIZE;
    // The zone's engine spans the hole too: 0.4 bytes a frame, and the page tables differ by one.
    if (SPARSE)
        EXPECT_LT(reserved[1], reserved[0] + 30);
    else
        EXPECT_GE(reserved[1], reserved[0] + hole);
}

TEST(MemoryHoles, AWildPointerIntoAHoleIsNoStructPageInSparsemem)
{
    const page_machine machine({{0, 64 * MB}, {192 * MB, 64 * MB}});
    const page *last = pfn_to_page(frame_at(64 * MB - 1));
    const page *next = pfn_to_page(frame_at(192 * MB));
    EXPECT_TRUE(is_struct_page(last));
    EXPECT_TRUE(is_struct_page(next));
    if (SPARSE) {
        EXPECT_EQ(last + 1, next); // maps stand side by side
        EXPECT_EQ(page_pfn(last), frame_at(64 * MB - 1));
        EXPECT_EQ(page_pfn(next), frame_at(192 * MB));
    } else {
        EXPECT_TRUE(is_struct_page(last + 1));
        EXPECT_TRUE(PageReserved(last + 1));
    }
    EXPECT_FALSE(is_struct_page(pfn_to_page(frame_at(256 * MB - 1)) + 1));
}
