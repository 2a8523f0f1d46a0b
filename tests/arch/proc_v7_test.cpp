// ARMv7 ONLY: the kernel of another CPU has no proc-v7
//
// How ARMv7 turns a Linux PTE into a hardware one, and writes both.
#include <arch/arm/mm/proc-v7.h>
#include <asm/pgtable.h>
#include <asm/proc-fns.h>
#include <tests/test.h>

#include <cstring>

namespace {

constexpr u32 FRAME = 0x60345000;
constexpr u32 READY = L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_DIRTY;

constexpr u32 hw(u32 pte, pte_ext ext = pte_ext::global)
{
    return v7_hw_pte(pte_t(FRAME | pte), ext).raw();
}

// AP[2] is bit 9, AP[1] bit 5, AP[0] bit 4 of a small page (figure B3-5).
constexpr u32 AP(u32 word)
{
    return (word >> 7 & 4) | (word >> 4 & 3);
}

/// A page for one table; on the target it lies in lowmem, as tables do.
alignas(PAGE_SIZE) u32 page[PAGE_SIZE / 4];

} // namespace

TEST(ProcV7, AReadyKernelPageIsASmallPageOfItsFrame)
{
    EXPECT_EQ(hw(READY), FRAME | 0x12);
    EXPECT_EQ(hw(READY | L_PTE_XN), FRAME | 0x13);
}

TEST(ProcV7, WithoutYoungTheHardwareFaults)
{
    EXPECT_EQ(hw(L_PTE_PRESENT | L_PTE_DIRTY), 0u);
}

TEST(ProcV7, WithoutPresentTheHardwareFaults)
{
    EXPECT_EQ(hw(L_PTE_YOUNG | L_PTE_DIRTY), 0u);
    EXPECT_EQ(v7_hw_pte(pte_t(0), pte_ext::global).raw(), 0u);
}

TEST(ProcV7, NoneIsPresentForLinuxAlone)
{
    EXPECT_EQ(hw(READY | L_PTE_NONE), 0u);
    EXPECT_EQ(hw(READY | L_PTE_NONE | L_PTE_USER), 0u);
}

TEST(ProcV7, OnlyDirtyPagesAreWritable)
{
    EXPECT_EQ(AP(hw(READY)), 1u);
    EXPECT_EQ(AP(hw(READY & ~L_PTE_DIRTY)), 5u);
    EXPECT_EQ(AP(hw(READY | L_PTE_RDONLY)), 5u);
    EXPECT_EQ(AP(hw((READY & ~L_PTE_DIRTY) | L_PTE_RDONLY)), 5u);
}

TEST(ProcV7, UsersHaveTheKernelsRights)
{
    EXPECT_EQ(AP(hw(READY | L_PTE_USER)), 3u);
    EXPECT_EQ(AP(hw((READY & ~L_PTE_DIRTY) | L_PTE_USER)), 7u);
    EXPECT_EQ(AP(hw(READY | L_PTE_RDONLY | L_PTE_USER)), 7u);
}

TEST(ProcV7, UserPagesOfLinuxHaveLinuxsWords)
{
    // Linux 6.1 on one core: text 0xa3e, read-only data 0xa3f, data and stack 0x83f.
    const u32 user = READY | L_PTE_USER | L_PTE_MT_WRITEBACK;
    EXPECT_EQ(hw(user | L_PTE_RDONLY, pte_ext::not_global), FRAME | 0xa3e);
    EXPECT_EQ(hw(user | L_PTE_RDONLY | L_PTE_XN, pte_ext::not_global), FRAME | 0xa3f);
    EXPECT_EQ(hw(user | L_PTE_XN, pte_ext::not_global), FRAME | 0x83f);
}

TEST(ProcV7, NotGlobalAndSharedAreBitsOfTheirOwn)
{
    EXPECT_EQ(hw(READY, pte_ext::not_global) ^ hw(READY), 0x800u);
    EXPECT_EQ(hw(READY | L_PTE_SHARED) ^ hw(READY), 0x400u);
}

TEST(ProcV7, TheMemoryTypesLowThreeBitsAreTexCB)
{
    for (u32 mt = 0; mt < 16; mt++) {
        const u32 word = hw(READY | linux_pte::mt::make(mt));
        EXPECT_EQ((word >> 6 & 7) << 2 | (word >> 2 & 3), mt & 7);
    }
}

TEST(ProcV7, EveryFrameIsKept)
{
    EXPECT_EQ(v7_hw_pte(pte_t(0xfffff000 | READY), pte_ext::global).raw(), 0xfffff012u);
    EXPECT_EQ(v7_hw_pte(pte_t(READY), pte_ext::global).raw(), 0x012u);
}

TEST(ProcV7, SetPteExtWritesTheLinuxPteAndTheHardwares2048BytesAbove)
{
    memset(page, 0xee, sizeof page);
    auto *table = reinterpret_cast<pte_t *>(page);
    set_pte_ext(&table[5], pte_t(FRAME | READY | L_PTE_XN), pte_ext::global);
    set_pte_ext(&table[511], pte_t(FRAME | L_PTE_PRESENT | L_PTE_YOUNG), pte_ext::not_global);
    for (u32 i = 0; i < PTRS_PER_PTE; i++) {
        const u32 linux_word = i == 5     ? FRAME | READY | L_PTE_XN
                               : i == 511 ? FRAME | L_PTE_PRESENT | L_PTE_YOUNG
                                          : 0xeeeeeeee;
        const u32 hw_word = i == 5 ? FRAME | 0x13 : i == 511 ? FRAME | 0xa12 : 0xeeeeeeee;
        ASSERT_EQ(page[i], linux_word);
        ASSERT_EQ(page[512 + i], hw_word);
    }
}

TEST(ProcV7, RegionsAreWhatPrrrAndNmrrMakeOfThem)
{
    const u8 s = is_smp() ? 1 : 0;
    EXPECT_TRUE(v7_processor.region(memory_region::strongly_ordered) == hw_attrs{});
    EXPECT_TRUE(v7_processor.region(memory_region::device) == (hw_attrs{.tex = 1, .s = 1}));
    EXPECT_TRUE(v7_processor.region(memory_region::normal_uncached) == (hw_attrs{.b = 1, .s = s}));
    EXPECT_TRUE(v7_processor.region(memory_region::normal_cached) ==
                (hw_attrs{.tex = s, .c = 1, .b = 1, .s = s}));
}

TEST(ProcV7, TheProcessorIsTheRecordsOfACortexA9)
{
    EXPECT_EQ(v7_ca9_proc_info.proc, &v7_processor);
    EXPECT_EQ(v7_processor.architecture, 7u);
    EXPECT_EQ(processor.set_pte_ext, &cpu_v7_set_pte_ext);
    for (const u32 midr : {0x410fc090u, 0x412fc091u, 0x414fc09fu})
        EXPECT_EQ(midr & v7_ca9_proc_info.cpu_mask, v7_ca9_proc_info.cpu_val);
    for (const u32 midr : {0x410fc0f0u, 0x41069265u, 0x510fc090u})
        EXPECT_NE(midr & v7_ca9_proc_info.cpu_mask, v7_ca9_proc_info.cpu_val);
}
