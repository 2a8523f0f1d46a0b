// HOST ONLY: the host alone has the processors of all generations
//
// How ARMv6 turns a Linux PTE into a hardware one: ARMv7's bits, but TEX, C and B by the fixed table
// of the ARM1176JZF-S TRM (DDI 0301H, table 6-2).
#include <arch/arm/mm/proc-v6.h>
#include <asm/observe.h>
#include <asm/pgtable.h>
#include <tests/host.h>

namespace {

constexpr u32 FRAME = 0x00345000;
constexpr u32 READY = L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_DIRTY;
const descriptor_format &format = *v6_processor.format;

u32 hw(u32 pte, pte_ext ext = pte_ext::global)
{
    return v6_hw_pte(pte_t(FRAME | pte), ext).raw();
}

} // namespace

TEST(ProcV6, RightsAreArmv7s)
{
    EXPECT_EQ(hw(READY), FRAME | 0x012);
    EXPECT_EQ(hw(READY | L_PTE_XN), FRAME | 0x013);
    EXPECT_EQ(hw(READY | L_PTE_RDONLY), FRAME | 0x212);
    EXPECT_EQ(hw(READY & ~L_PTE_DIRTY), FRAME | 0x212);
    EXPECT_EQ(hw(READY | L_PTE_USER), FRAME | 0x032);
    EXPECT_EQ(hw(READY | L_PTE_USER | L_PTE_RDONLY), FRAME | 0x232);
    EXPECT_EQ(hw(READY | L_PTE_SHARED), FRAME | 0x412);
    EXPECT_EQ(hw(READY, pte_ext::not_global), FRAME | 0x812);
}

TEST(ProcV6, WithoutPresentOrYoungOrWithNoneTheHardwareFaults)
{
    EXPECT_EQ(hw(L_PTE_PRESENT | L_PTE_DIRTY), 0u);
    EXPECT_EQ(hw(L_PTE_YOUNG | L_PTE_DIRTY), 0u);
    EXPECT_EQ(hw(READY | L_PTE_NONE), 0u);
}

TEST(ProcV6, MemoryTypesAreTexCAndB)
{
    struct {
        u32 mt, bits; // TEX at 8:6, C 3, B 2
    } const rows[] = {
        {L_PTE_MT_UNCACHED, 0x00},      {L_PTE_MT_BUFFERABLE, 0x40}, {L_PTE_MT_WRITETHROUGH, 0x08},
        {L_PTE_MT_WRITEBACK, 0x0c},     {L_PTE_MT_DEV_SHARED, 0x04}, {L_PTE_MT_WRITEALLOC, 0x4c},
        {L_PTE_MT_DEV_NONSHARED, 0x80}, {L_PTE_MT_DEV_WC, 0x40},     {L_PTE_MT_DEV_CACHED, 0x0c},
        {L_PTE_MT_VECTORS, 0x0c},
    };
    for (const auto &row : rows)
        EXPECT_EQ(hw(READY | row.mt), FRAME | 0x012 | row.bits) << row.mt;
}

TEST(ProcV6, SetPteExtWritesBothAndCleansTheLine)
{
    static constinit u32 cleans = 0;
    cleans = 0;
    auto *table = static_cast<pte_t *>(to_ptr(PAGE_OFFSET));
    current_hw_observer = [](hw_event event, virt_addr_t va, u32) {
        cleans += event == hw_event::clean_line && va == PAGE_OFFSET + 2048 + 5 * 4;
    };
    cpu_v6_set_pte_ext(&table[5], pte_t(FRAME | READY), pte_ext::not_global);
    EXPECT_EQ(table[5].raw(), FRAME | READY);
    EXPECT_EQ(hw_pte_of(&table[5])->raw(), FRAME | 0x812);
    EXPECT_EQ(cleans, 1u);
}

TEST(ProcV6, DescriptorsAreArmv7s)
{
    const hw_attrs attrs{.ap = 5, .tex = 1, .c = 1, .b = 1, .s = 1, .ng = 0, .xn = 1, .domain = 0};
    EXPECT_EQ(format.section(attrs), 0x1941eu);
    EXPECT_EQ(format.small_page(attrs), 0x65fu);
    EXPECT_EQ(format.table(3), 0x61u);
    EXPECT_TRUE(format.section_attrs(0x1941e) == attrs);
    EXPECT_TRUE(format.page_attrs(0x65f, virt_addr_t(0)) == attrs);
    EXPECT_TRUE(format.l1(0x1941e) == l1_kind::section);
    EXPECT_TRUE(format.l1(0x5941e) == l1_kind::supersection);
    EXPECT_TRUE(format.l1(0x1941f) == l1_kind::reserved);
    EXPECT_TRUE(format.l2(0x65f) == l2_kind::small);
}

TEST(ProcV6, MemoryTypesHaveWords)
{
    EXPECT_STREQ(format.region_text(v6_processor.region(memory_region::strongly_ordered)),
                 "strongly ordered");
    EXPECT_STREQ(format.region_text(v6_processor.region(memory_region::device)), "device");
    EXPECT_STREQ(format.region_text(v6_processor.region(memory_region::normal_uncached)),
                 "normal, not cached");
    EXPECT_STREQ(format.region_text(v6_processor.region(memory_region::normal_cached)),
                 "write-back");
    EXPECT_STREQ(format.region_text({.c = 1}), "write-through");
    EXPECT_STREQ(format.region_text({.tex = 1, .c = 1, .b = 1}), "write-back allocate");
    EXPECT_STREQ(format.region_text({.tex = 1, .b = 1}), "reserved TEX 1");
    EXPECT_STREQ(format.region_text({.tex = 2}), "private device");
    EXPECT_STREQ(format.region_text({.tex = 2, .b = 1}), "inner/outer mixed");
    EXPECT_STREQ(format.region_text({.tex = 2, .c = 1}), "inner/outer mixed");
    EXPECT_STREQ(format.region_text({.tex = 7}), "inner/outer mixed");
}

TEST(ProcV6, TheRecordIsThatOfAnArm1176)
{
    EXPECT_EQ(v6_arm1176_proc_info.proc, &v6_processor);
    EXPECT_EQ(0x410fb767 & v6_arm1176_proc_info.cpu_mask, v6_arm1176_proc_info.cpu_val);
    EXPECT_NE(0x41069265 & v6_arm1176_proc_info.cpu_mask, v6_arm1176_proc_info.cpu_val);
    EXPECT_EQ(v6_arm1176_proc_info.section_up, 0x40eu);
    EXPECT_EQ(v6_arm1176_proc_info.io_section, 0x416u);
    EXPECT_EQ(v6_arm1176_proc_info.vector_hw_up, 0x21eu);
    EXPECT_EQ(v6_arm1176_proc_info.table_vectors, 0x61u);
}
