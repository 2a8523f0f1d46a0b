// HOST ONLY: it boots kernels for three generations of processors on a machine of its own.
//
// The table code of ARMv5 and ARMv6, judged by the model's walkers for those: all 4 GB after
// paging_init, sections split and merged, and what each combination of a Linux PTE's bits allows.
#include <tests/arch/fixture.h>

#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <tests/model/few_words.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t SLOT = PAGE_OFFSET + 64 * SZ_1M;

class Generations : public ::testing::TestWithParam<const struct processor *> {
protected:
    [[nodiscard]] static const struct processor *cpu() { return GetParam(); }
    [[nodiscard]] static bool v5() { return cpu()->architecture == 5; }

    /// Wants the slot mapped by entries of `size` bytes as lowmem is.
    static void expect_slot(const booting_kernel &kernel, u32 size, const char *rights)
    {
        for (u32 offset = 0; offset < PGDIR_SIZE; offset += PAGE_SIZE) {
            const virt_addr_t va = SLOT + offset;
            const model::mapping m = kernel.walk(va);
            ASSERT_TRUE(m.mapped()) << std::hex << offset;
            ASSERT_EQ(m.size, size);
            ASSERT_EQ(m.pa + (va.raw() - m.va), linear_pa(va).raw());
            ASSERT_TRUE(m.type == model::memory_type::normal);
            ASSERT_TRUE(m.inner == model::caching::write_back);
            ASSERT_EQ(m.shareable, 0);
            ASSERT_EQ(kernel.rights(va), rights);
        }
    }
};
INSTANTIATE_TEST_SUITE_P(Cpu, Generations, ::testing::Values(&arm926_processor, &v6_processor),
                         [](const auto &info) {
                             return info.param->architecture == 5 ? "Arm926" : "Arm1176";
                         });

} // namespace

TEST_P(Generations, MapEveryPageOfTheMachineAsDesigned)
{
    booting_kernel kernel({.cpu = cpu()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_P(Generations, MapBanksThatEndAnywhere)
{
    booting_kernel kernel(
        {.banks = {{0, 64 * MB}, {64 * MB + 0xf0000, 0x20000}, {96 * MB + 0x3000, 5 * MB}},
         .cpu = cpu()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(kernel.events.take_errors(), "");
}

TEST_P(Generations, GiveTheImagesPartsTheRightsThatTheCpuHas)
{
    booting_kernel kernel({.cpu = cpu()});
    kernel.run_paging_init();
    EXPECT_EQ(kernel.rights(PAGE_OFFSET), v5() ? "rwx/---" : "rw-/---");
    EXPECT_EQ(kernel.rights(kernel_image.text), v5() ? "rwx/---" : "r-x/---");
    EXPECT_EQ(kernel.rights(kernel_image.rodata), v5() ? "rwx/---" : "r--/---");
    EXPECT_EQ(kernel.rights(kernel_image.stack), v5() ? "rwx/---" : "rw-/---");
    EXPECT_EQ(kernel.rights(VECTORS_BASE), v5() ? "rwx/---" : "r-x/---");
    EXPECT_EQ(kernel.rights(VMALLOC_END - 1), v5() ? "rwx/---" : "rw-/---");
}

TEST_P(Generations, LetNoUserInAndOnARMv6NothingIsWritableAndExecutable)
{
    booting_kernel kernel({.cpu = cpu()});
    kernel.run_paging_init();
    for (u64 va = 0; va < u64{1} << 32;) {
        const virt_addr_t at(static_cast<u32>(va));
        const std::string rights = kernel.rights(at);
        ASSERT_EQ(rights.substr(4), "---") << std::hex << va;
        ASSERT_TRUE(v5() || rights.substr(1, 2) != "wx") << std::hex << va;
        const model::mapping m = kernel.walk(at);
        va = u64{m.va} + m.size;
    }
}

TEST_P(Generations, HaveLinuxsWords)
{
    booting_kernel kernel({.cpu = cpu()});
    kernel.run_paging_init();
    const u32 ram = PHYS_OFFSET.raw();
    EXPECT_EQ(kernel.l1_word(PAGE_OFFSET), ram | 0x41e); // ARMv6: XN; ARMv5: must be one
    EXPECT_EQ(kernel.l1_word(kernel_image.text), (ram + MB) | (v5() ? 0x41e : 0x840e));
    EXPECT_EQ(kernel.l1_word(kernel_image.rodata), (ram + 2 * MB) | (v5() ? 0x41e : 0x841e));
    EXPECT_EQ(kernel.l1_word(VMALLOC_END - MB), 0x10000000u | (v5() ? 0x412 : 0x416));
    EXPECT_EQ(kernel.l1_word(PKMAP_BASE) & 0x3ff, v5() ? 0x11u : 0x01u);
    EXPECT_EQ(kernel.l1_word(virt_addr_t(0xfff00000)) & 0x3ff, v5() ? 0x71u : 0x61u);
}

TEST_P(Generations, SplitSectionsAndMergeThem)
{
    booting_kernel kernel({.banks = {{0, 256 * MB}}, .cpu = cpu()});
    kernel.run_paging_init();
    const char *rights = v5() ? "rwx/---" : "rw-/---";
    const u32 words[] = {kernel.l1_word(SLOT), kernel.l1_word(SLOT + MB)};
    EXPECT_EQ(split_sections(SLOT), split_result::done);
    kernel.events.end("split_sections");
    expect_slot(kernel, PAGE_SIZE, rights);
    EXPECT_EQ(kernel.all_differences(), "");
    EXPECT_EQ(merge_sections(SLOT), split_result::done);
    kernel.events.end("merge_sections");
    expect_slot(kernel, MB, rights);
    EXPECT_EQ(kernel.l1_word(SLOT), words[0]);
    EXPECT_EQ(kernel.l1_word(SLOT + MB), words[1]);
    EXPECT_EQ(kernel.events.take_errors(), "");
}

/// Present, young, dirty, user, read-only, XN: who may do what, and is there a mapping at all?
TEST_P(Generations, MakeOfEveryLinuxPteWhatItSays)
{
    using namespace model;
    const booting_kernel kernel({.cpu = cpu()});
    model::registers regs = kernel.registers_of(init_mm);
    regs.ttbr0 = 0x4000;
    for (u32 bits = 0; bits < 64; bits++) {
        const bool present = bits & 1, young = bits & 2, dirty = bits & 4;
        const bool user = bits & 8, read_only = bits & 16, xn = bits & 32;
        const u32 pte = (present ? L_PTE_PRESENT : 0) | (young ? L_PTE_YOUNG : 0) |
                        (dirty ? L_PTE_DIRTY : 0) | (user ? L_PTE_USER : 0) |
                        (read_only ? L_PTE_RDONLY : 0) | (xn ? L_PTE_XN : 0) | L_PTE_MT_WRITEBACK |
                        0x00345000;
        SCOPED_TRACE(pte);
        const u32 word = cpu()->hw_pte(pte_t(pte), pte_ext::not_global).raw();
        const few_words memory{{{0x4000, 0x8011}, {0x8000, word}}};
        const mapping m = walk(kernel.format(), regs, memory.view(), 0);
        ASSERT_EQ(m.mapped(), present && young);
        if (!m.mapped())
            continue;
        const bool writable = dirty && !read_only;
        u32 wanted = 8; // the kernel reads
        wanted |= writable || (v5()) ? 4 : 0;
        wanted |= user ? 2 : 0;
        wanted |= user && writable ? 1 : 0;
        EXPECT_EQ(rights_of(kernel.format(), regs, m), wanted);
        EXPECT_EQ(m.pa, 0x00345000u);
        EXPECT_EQ(m.xn, !v5() && xn);
        EXPECT_EQ(m.ng, !v5());
        EXPECT_TRUE(m.type == memory_type::normal && m.inner == caching::write_back);
    }
}

TEST_P(Generations, GiveEachLinuxMemoryTypeItsMeaning)
{
    using namespace model;
    const booting_kernel kernel({.cpu = cpu()});
    model::registers regs = kernel.registers_of(init_mm);
    regs.ttbr0 = 0x4000;
    constexpr auto SO = memory_type::strongly_ordered;
    constexpr auto DEVICE = memory_type::device;
    constexpr auto NORMAL = memory_type::normal;
    struct {
        u32 mt;
        memory_type v5, v6;
        caching cached;
    } const rows[] = {
        {L_PTE_MT_UNCACHED, SO, SO, caching::none},
        {L_PTE_MT_BUFFERABLE, DEVICE, NORMAL, caching::none}, // ARMv5: buffered, not cached
        {L_PTE_MT_WRITETHROUGH, NORMAL, NORMAL, caching::write_through},
        {L_PTE_MT_WRITEBACK, NORMAL, NORMAL, caching::write_back},
        {L_PTE_MT_DEV_SHARED, SO, DEVICE, caching::none},
        {L_PTE_MT_DEV_NONSHARED, SO, DEVICE, caching::none},
        {L_PTE_MT_DEV_WC, DEVICE, NORMAL, caching::none},
        {L_PTE_MT_DEV_CACHED, NORMAL, NORMAL, caching::write_back},
        {L_PTE_MT_VECTORS, NORMAL, NORMAL, caching::write_back},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.mt);
        const u32 word =
            cpu()->hw_pte(pte_t(L_PTE_PRESENT | L_PTE_YOUNG | r.mt), pte_ext::global).raw();
        const few_words memory{{{0x4000, 0x8011}, {0x8000, word}}};
        const mapping m = walk(kernel.format(), regs, memory.view(), 0);
        EXPECT_TRUE(m.type == (v5() ? r.v5 : r.v6));
        EXPECT_TRUE(m.inner == r.cached && m.outer == r.cached);
    }
}
