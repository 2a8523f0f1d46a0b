// HOST ONLY: build_mem_type_table may not run again on a live kernel.
//
// The attribute words of each memory type, beside Linux's on the same machine (Debian's 6.1 on
// QEMU's vexpress-a9, dumped from RAM).
#include <tests/arch/fixture.h>

#include <span>

#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/proc-v7.h>

namespace {

struct words {
    mem_type_id type;
    u32 one_core, several_cores;
};

class MemTypes : public ::testing::TestWithParam<u32> {
protected:
    void SetUp() override
    {
        cpu_facts.smp = GetParam() > 1;
        build_mem_type_table();
    }
    static u32 word(const words &w) { return GetParam() > 1 ? w.several_cores : w.one_core; }
};
INSTANTIATE_TEST_SUITE_P(Cores, MemTypes, ::testing::Values(1u, 4u));

} // namespace

TEST_P(MemTypes, PagesHaveLinuxsHardwareWords)
{
    constexpr words pages[] = {
        {MT_DEVICE, 0x453, 0x453},        // ioremap
        {MT_DEVICE_WC, 0x017, 0x417},     // ioremap_wc
        {MT_DEVICE_CACHED, 0x01f, 0x41f}, // ioremap_cache
        {MT_HIGH_VECTORS, 0x21e, 0x65e},  // the page of stubs: no user access
        {MT_MEMORY_RW, 0x01f, 0x45f},     // kmap, vmalloc
        {MT_MEMORY_RO, 0x21f, 0x65f},     // modules' rodata
        {MT_MEMORY_ROX, 0x21e, 0x65e},    // modules' text
        {MT_MEMORY_RWX, 0x01e, 0x45e},
        {MT_UNCACHED, 0x013, 0x013}, // strongly ordered, never executed
    };
    for (const words &w : pages) {
        SCOPED_TRACE(w.type);
        const pte_t pte = pfn_pte(pfn_t(0), mem_types[w.type].prot_pte);
        EXPECT_EQ(v7_hw_pte(pte, pte_ext::global).raw(), word(w));
    }
}

TEST_P(MemTypes, SectionsHaveLinuxsWords)
{
    constexpr words sections[] = {
        {MT_MEMORY_RW, 0x0041e, 0x1141e}, {MT_MEMORY_ROX, 0x0840e, 0x1940e},
        {MT_MEMORY_RO, 0x0841e, 0x1941e}, {MT_MEMORY_RWX, 0x0040e, 0x1140e},
        {MT_DEVICE, 0x11412, 0x11412}, // Linux has no word: it maps devices as pages
    };
    for (const words &w : sections) {
        SCOPED_TRACE(w.type);
        EXPECT_EQ(mem_types[w.type].prot_sect, word(w));
    }
}

TEST_P(MemTypes, OnlyRamAndDevicesComeAsSections)
{
    for (const mem_type_id type : {MT_DEVICE_CACHED, MT_DEVICE_WC, MT_UNCACHED, MT_HIGH_VECTORS})
        EXPECT_EQ(mem_types[type].prot_sect, 0u);
}

TEST_P(MemTypes, TableWordsNameTheDomainAndNothingElse)
{
    for (u32 type = 0; type < MT_COUNT; type++) {
        SCOPED_TRACE(type);
        const u32 domain = type == MT_HIGH_VECTORS ? 3 : 0;
        EXPECT_EQ(mem_types[type].domain, domain);
        EXPECT_EQ(mem_types[type].prot_l1, domain << 5 | 1);
    }
}

TEST_P(MemTypes, EveryKernelPageIsPresentYoungAndDirty)
{
    for (const mem_type &type : mem_types) {
        const u32 prot = type.prot_pte.raw();
        EXPECT_EQ(prot & 0x43, 0x43u);
        EXPECT_EQ(prot & L_PTE_USER, 0u);
    }
}

TEST_P(MemTypes, APageAndASectionOfOneTypeAreOneMemoryType)
{
    for (u32 type = 0; type < MT_COUNT; type++) {
        const mem_type &t = mem_types[type];
        if (t.prot_sect == 0)
            continue;
        SCOPED_TRACE(type);
        const u32 page = v7_hw_pte(pfn_pte(pfn_t(0), t.prot_pte), pte_ext::global).raw();
        EXPECT_EQ(decode_attrs<small_page_desc>(page, t.domain),
                  decode_attrs<section_desc>(t.prot_sect, t.domain));
    }
}

// ---- The older generations: one core, words from their manuals ----

namespace {

struct older_words {
    mem_type_id type;
    u32 page, section;
};

void expect_words(const struct processor &cpu, std::span<const older_words> rows)
{
    processor = cpu;
    build_mem_type_table();
    for (const older_words &w : rows) {
        SCOPED_TRACE(w.type);
        const pte_t pte = pfn_pte(pfn_t(0), mem_types[w.type].prot_pte);
        EXPECT_EQ(processor.hw_pte(pte, pte_ext::global).raw(), w.page);
        EXPECT_EQ(mem_types[w.type].prot_sect, w.section);
    }
}

} // namespace

TEST(MemTypesOfArmv5, HaveNoRightsToTakeFromTheKernel)
{
    constexpr older_words rows[] = {
        {MT_DEVICE, 0x552, 0x412},    {MT_DEVICE_WC, 0x556, 0},      {MT_DEVICE_CACHED, 0x55e, 0},
        {MT_UNCACHED, 0x552, 0},      {MT_HIGH_VECTORS, 0x55e, 0},   {MT_MEMORY_RW, 0x55e, 0x41e},
        {MT_MEMORY_RO, 0x55e, 0x41e}, {MT_MEMORY_ROX, 0x55e, 0x41e}, {MT_MEMORY_RWX, 0x55e, 0x41e},
    };
    expect_words(arm926_processor, rows);
    EXPECT_EQ(mem_types[MT_MEMORY_RW].prot_l1, 0x11u);
    EXPECT_EQ(mem_types[MT_HIGH_VECTORS].prot_l1, 0x71u);
}

TEST(MemTypesOfArmv6, HaveArmv7sRightsAndTypesOfTheirOwn)
{
    constexpr older_words rows[] = {
        {MT_DEVICE, 0x017, 0x416},       {MT_DEVICE_WC, 0x053, 0},
        {MT_DEVICE_CACHED, 0x01f, 0},    {MT_UNCACHED, 0x013, 0},
        {MT_HIGH_VECTORS, 0x21e, 0},     {MT_MEMORY_RW, 0x01f, 0x0041e},
        {MT_MEMORY_RO, 0x21f, 0x0841e},  {MT_MEMORY_ROX, 0x21e, 0x0840e},
        {MT_MEMORY_RWX, 0x01e, 0x0040e},
    };
    expect_words(v6_processor, rows);
    EXPECT_EQ(mem_types[MT_MEMORY_RW].prot_l1, 0x01u);
    EXPECT_EQ(mem_types[MT_HIGH_VECTORS].prot_l1, 0x61u);
}
