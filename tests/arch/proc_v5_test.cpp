// HOST ONLY: the host alone has the processors of all generations
//
// How ARMv5 turns a Linux PTE into a hardware one, and its descriptors, bit by bit as the ARM926EJ-S
// TRM (DDI 0198 3.2 and 3.4) has them.
#include <arch/arm/mm/proc-v5.h>
#include <asm/observe.h>
#include <asm/pgtable.h>
#include <tests/host.h>

#include <cstring>

namespace {

constexpr u32 FRAME = 0x00345000;
constexpr u32 READY = L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_DIRTY;
const descriptor_format &format = *arm926_processor.format;

u32 hw(u32 pte)
{
    return v5_hw_pte(pte_t(FRAME | pte), pte_ext::global).raw();
}

} // namespace

TEST(ProcV5, AKernelPageIsWritableInAllItsQuarters)
{
    EXPECT_EQ(hw(READY), FRAME | 0x552);
    EXPECT_EQ(hw(READY | L_PTE_RDONLY | L_PTE_XN), FRAME | 0x552) << "nothing to forbid it with";
}

TEST(ProcV5, WithoutPresentOrYoungOrWithNoneTheHardwareFaults)
{
    EXPECT_EQ(hw(L_PTE_PRESENT | L_PTE_DIRTY), 0u);
    EXPECT_EQ(hw(L_PTE_YOUNG | L_PTE_DIRTY), 0u);
    EXPECT_EQ(hw(READY | L_PTE_NONE), 0u);
}

TEST(ProcV5, UsersWriteOnlyWhatIsDirty)
{
    EXPECT_EQ(hw(READY | L_PTE_USER), FRAME | 0xff2);
    EXPECT_EQ(hw((READY & ~L_PTE_DIRTY) | L_PTE_USER), FRAME | 0xaa2);
    EXPECT_EQ(hw(READY | L_PTE_RDONLY | L_PTE_USER), FRAME | 0xaa2);
}

TEST(ProcV5, MemoryTypesAreCAndB)
{
    struct {
        u32 mt, cb;
    } const rows[] = {
        {L_PTE_MT_UNCACHED, 0x0},   {L_PTE_MT_BUFFERABLE, 0x4}, {L_PTE_MT_WRITETHROUGH, 0x8},
        {L_PTE_MT_WRITEBACK, 0xc},  {L_PTE_MT_DEV_SHARED, 0x0}, {L_PTE_MT_DEV_NONSHARED, 0x0},
        {L_PTE_MT_WRITEALLOC, 0xc}, {L_PTE_MT_DEV_WC, 0x4},     {L_PTE_MT_DEV_CACHED, 0xc},
        {L_PTE_MT_VECTORS, 0xc},
    };
    for (const auto &row : rows)
        EXPECT_EQ(hw(READY | row.mt), FRAME | 0x552 | row.cb) << row.mt;
}

TEST(ProcV5, SetPteExtWritesBothAndCleansTheLine)
{
    static constinit u32 cleans = 0;
    cleans = 0;
    memset(to_ptr(PAGE_OFFSET), 0xee, PAGE_SIZE);
    auto *table = static_cast<pte_t *>(to_ptr(PAGE_OFFSET));
    current_hw_observer = [](hw_event event, virt_addr_t va, u32) {
        cleans += event == hw_event::clean_line && va == PAGE_OFFSET + 2048 + 5 * 4;
    };
    cpu_arm926_set_pte_ext(&table[5], pte_t(FRAME | READY), pte_ext::global);
    EXPECT_EQ(table[5].raw(), FRAME | READY);
    EXPECT_EQ(hw_pte_of(&table[5])->raw(), FRAME | 0x552);
    EXPECT_EQ(table[4].raw(), 0xeeeeeeeeu);
    EXPECT_EQ(cleans, 1u);
}

TEST(ProcV5, SectionsTablesAndPagesHaveBit4)
{
    hw_attrs attrs{.ap = 3, .c = 1, .b = 0, .domain = 5};
    EXPECT_EQ(format.section(attrs), 0x0cbau); // AP 11, domain 5, bit 4, C
    EXPECT_EQ(format.small_page(attrs), 0xffau);
    EXPECT_EQ(format.table(3), 0x71u);
    EXPECT_TRUE(format.section_attrs(0x123ffcba & 0x00000fff) == attrs);
}

TEST(ProcV5, FineTablesAndTinyPagesAreNone)
{
    for (const u32 other : {0u, 0xfffffffcu}) {
        EXPECT_TRUE(format.l1(other | 0) == l1_kind::fault);
        EXPECT_TRUE(format.l1(other | 1) == l1_kind::table);
        EXPECT_TRUE(format.l1(other | 2) == l1_kind::section) << "no supersections";
        EXPECT_TRUE(format.l1(other | 3) == l1_kind::reserved);
        EXPECT_TRUE(format.l2(other | 0) == l2_kind::fault);
        EXPECT_TRUE(format.l2(other | 1) == l2_kind::large);
        EXPECT_TRUE(format.l2(other | 2) == l2_kind::small);
        EXPECT_TRUE(format.l2(other | 3) == l2_kind::fault);
    }
}

TEST(ProcV5, EachQuarterOfAPageHasItsRights)
{
    constexpr u32 QUARTERS = 0xe40; // 0: none, 1: 01, 2: 10, 3: 11, from bit 4 upwards
    for (u32 quarter = 0; quarter < 4; quarter++) {
        const u32 small = QUARTERS | 0xc | 2, large = QUARTERS | 0x4 | 1;
        EXPECT_TRUE(format.page_attrs(small, virt_addr_t(quarter << 10 | 0xf2000)) ==
                    (hw_attrs{.ap = static_cast<u8>(quarter), .c = 1, .b = 1}));
        EXPECT_TRUE(format.page_attrs(large, virt_addr_t(quarter << 14 | 0xf0c00)) ==
                    (hw_attrs{.ap = static_cast<u8>(quarter), .c = 0, .b = 1}));
    }
}

TEST(ProcV5, MemoryTypesHaveWords)
{
    EXPECT_STREQ(format.region_text(arm926_processor.region(memory_region::strongly_ordered)),
                 "strongly ordered");
    EXPECT_STREQ(format.region_text(arm926_processor.region(memory_region::device)),
                 "strongly ordered");
    EXPECT_STREQ(format.region_text(arm926_processor.region(memory_region::normal_uncached)),
                 "buffered, not cached");
    EXPECT_STREQ(format.region_text(arm926_processor.region(memory_region::normal_cached)),
                 "write-back");
    EXPECT_STREQ(format.region_text({.c = 1}), "write-through");
}

TEST(ProcV5, TheRecordIsThatOfAnArm926)
{
    EXPECT_EQ(arm926_proc_info.proc, &arm926_processor);
    EXPECT_EQ(0x41069265 & arm926_proc_info.cpu_mask, arm926_proc_info.cpu_val);
    EXPECT_NE(0x410fb767 & arm926_proc_info.cpu_mask, arm926_proc_info.cpu_val);
    EXPECT_EQ(arm926_proc_info.section_up, 0x41eu);
    EXPECT_EQ(arm926_proc_info.io_section, 0x412u);
    EXPECT_EQ(arm926_proc_info.vector_hw_up, 0x55eu);
    EXPECT_EQ(arm926_proc_info.table_vectors, 0x71u);
    EXPECT_FALSE(arm926_processor.has(CPU_HAS_XN));
    EXPECT_FALSE(arm926_processor.has(CPU_HAS_SUPERSECTIONS));
}
