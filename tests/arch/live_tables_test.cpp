// TARGET ONLY: judges the tables that this machine is running on, with the machine's own means.
//
// The CPU's address translation operations (ATS1C*, DDI 0406C B4.2.4) against our software walk,
// and a section that is split and merged while the MMU is on.
#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/verify.h>
#include <arch/arm/mm/walk.h>
#include <asm/barrier.h>
#include <asm/cp15.h>
#include <asm/extable.h>
#include <asm/proc-fns.h>
#include <asm/tlbflush.h>
#include <kernel/core/printk.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <tests/test.h>

namespace {

/// PAR after a translation (DDI 0406C B4.1.112): bit 0 is set if it aborted.
constexpr u32 PAR_F = 1;
constexpr u32 PAR_SS = 2; // a supersection: PA[31:24] stand in their place, PA[39:32] in 23:16

struct cpu_verdict {
    u32 kernel_read, kernel_write, user_read, user_write;
};

u32 ask(void (*operation)(u32), virt_addr_t va)
{
    operation(va.raw());
    isb();
    return read_par();
}

cpu_verdict ask_cpu(virt_addr_t va)
{
    return {ask(write_ats1cpr, va), ask(write_ats1cpw, va), ask(write_ats1cur, va),
            ask(write_ats1cuw, va)};
}

bool allows(u32 par)
{
    return (par & PAR_F) == 0;
}

/// What the tables allow, by our walk: AP as the CPU checks it for a client domain.
bool may(const translation &t, u32 dacr, bool write, bool user)
{
    const u32 access = (dacr >> (2 * t.attrs.domain)) & 3;
    if (!t.mapped() || access == 0)
        return false;
    if (!user)
        return t.attrs.ap != 0 && (!write || t.attrs.writable());
    return write ? t.attrs.ap == 3 : t.attrs.user();
}

/// The bits of the address that PAR tells, and how `pa` would stand there.
bool leads_to(u32 par, const translation &t)
{
    if (par & PAR_SS)
        return t.end == walk_end::supersection && (par & 0xffff0000) == (t.pa.raw() & 0xff000000);
    return (par & 0xfffff000) == (t.pa.raw() & 0xfffff000);
}

/// Compares at `va`; returns 1 if anything differs.
u32 compare(const mmu_registers &regs, virt_addr_t va)
{
    const translation t = translate(regs, va);
    const cpu_verdict cpu = ask_cpu(va);
    const bool agree = allows(cpu.kernel_read) == may(t, regs.dacr, false, false) &&
                       allows(cpu.kernel_write) == may(t, regs.dacr, true, false) &&
                       allows(cpu.user_read) == may(t, regs.dacr, false, true) &&
                       allows(cpu.user_write) == may(t, regs.dacr, true, true) &&
                       (!allows(cpu.kernel_read) || leads_to(cpu.kernel_read, t));
    if (!agree)
        printk("0x%08x: PAR %08x %08x %08x %08x, our walk 0x%08x %s\n", va.raw(), cpu.kernel_read,
               cpu.kernel_write, cpu.user_read, cpu.user_write, t.pa.raw(), access_text(t.attrs));
    return agree ? 0 : 1;
}

/// Two megabytes of lowmem that hold nothing: a block of the page allocator is a whole slot.
class free_slot {
public:
    free_slot() : slot_(alloc_pages(GFP_KERNEL, PGDIR_SHIFT - PAGE_SHIFT)) {}
    ~free_slot()
    {
        if (slot_)
            __free_pages(slot_, PGDIR_SHIFT - PAGE_SHIFT);
    }
    [[nodiscard]] bool found() const { return slot_ != nullptr; }
    [[nodiscard]] virt_addr_t va() const { return linear_va(page_to_phys(slot_)); }
    [[nodiscard]] volatile u32 &word(u32 offset) const
    {
        return *static_cast<volatile u32 *>(to_ptr(va() + offset));
    }

private:
    struct page *slot_;
};

} // namespace

TEST(LiveTables, PassVerify)
{
    EXPECT_EQ(verify_tables(console_printer), 0u);
}

TEST(LiveTables, AgreeWithTheCpusTranslationOperationsForEveryMegabyteAndPage)
{
    if (!processor.has(CPU_HAS_ATS))
        GTEST_SKIP() << "no address translation operations on this CPU";
    const mmu_registers regs = live_mmu_registers();
    u32 differences = 0, compared = 0;
    for (u64 va = 0; va < u64{1} << 32;) {
        const translation t = translate(regs, virt_addr_t(static_cast<u32>(va)));
        differences += compare(regs, t.va) + compare(regs, t.va + (t.size() - 4));
        compared++;
        va += t.size();
    }
    EXPECT_EQ(differences, 0u);
    EXPECT_GT(compared, 4096u); // at least the slots of fixmap and pkmap have pages
}

TEST(LiveTables, BehindTheFirstSixteenMegabytesAreSupersectionsIfTheBuildWantsThem)
{
    if (!supersections_wanted || !processor.has(CPU_HAS_SUPERSECTIONS))
        GTEST_SKIP() << "no supersections in this build, or on this CPU";
    const mmu_registers regs = live_mmu_registers();
    EXPECT_TRUE(translate(regs, PAGE_OFFSET + (SZ_16M - 1)).end == walk_end::section);
    EXPECT_TRUE(translate(regs, PAGE_OFFSET + SZ_16M).end == walk_end::supersection);
    EXPECT_TRUE(translate(regs, PAGE_OFFSET + (2 * SZ_16M - 1)).end == walk_end::supersection);
}

TEST(LiveTables, ASectionIsSplitAndMergedWithTheMmuOnInEveryPgd)
{
    free_slot slot;
    ASSERT_TRUE(slot.found());
    // A second set of tables, made by hand: 16 KB, 16 KB aligned.
    const unsigned long second_pgd = __get_free_pages(GFP_KERNEL, 2);
    ASSERT_NE(second_pgd, 0u);
    mm_struct second{reinterpret_cast<pgd_t *>(second_pgd), nullptr};
    pgd_list_add(second);

    slot.word(0) = 0x11111111;
    slot.word(PGDIR_SIZE - 4) = 0x22222222;
    // Where a supersection mapped the slot, sections come back.
    const u32 section = linear_pa(slot.va()).raw() | mem_types[MT_MEMORY_RW].prot_sect;
    EXPECT_EQ(split_sections(slot.va()), split_result::done);
    EXPECT_TRUE(pmd_table(*pmd_off(init_mm.pgd, slot.va())));
    EXPECT_EQ(pmd_off(second.pgd, slot.va())->raw(), pmd_off(init_mm.pgd, slot.va())->raw());
    EXPECT_EQ(slot.word(0), 0x11111111u);
    EXPECT_EQ(slot.word(PGDIR_SIZE - 4), 0x22222222u);
    slot.word(PAGE_SIZE) = 0x33333333;
    const mmu_registers regs = live_mmu_registers();
    for (u32 offset = 0; processor.has(CPU_HAS_ATS) && offset < PGDIR_SIZE; offset += PAGE_SIZE)
        ASSERT_EQ(compare(regs, slot.va() + offset), 0u);
    EXPECT_EQ(verify_tables(console_printer), 0u);

    EXPECT_EQ(merge_sections(slot.va()), split_result::done);
    EXPECT_EQ(pmd_off(init_mm.pgd, slot.va())->raw(), section);
    EXPECT_EQ(pmd_off(second.pgd, slot.va())->raw(), section);
    EXPECT_EQ(slot.word(PAGE_SIZE), 0x33333333u);
    EXPECT_EQ(verify_tables(console_printer), 0u);

    pgd_list_del(second);
    free_pages(second_pgd, 2);
}

TEST(LiveTables, APageOfASplitSectionCanLoseItsRightsAlone)
{
    free_slot slot;
    ASSERT_TRUE(slot.found());
    ASSERT_EQ(split_sections(slot.va()), split_result::done);
    pte_t *pte = pte_offset_kernel(pmd_off(init_mm.pgd, slot.va()), slot.va() + PAGE_SIZE);
    const pte_t before = *pte;
    set_pte_ext(pte, pte_t(0), pte_ext::global);
    flush_tlb_kernel_range(slot.va() + PAGE_SIZE, slot.va() + 2 * PAGE_SIZE);
    u32 word = 0;
    EXPECT_NE(probe_kernel_read(slot.va() + PAGE_SIZE, word), 0);
    EXPECT_EQ(probe_kernel_read(slot.va(), word), 0);
    EXPECT_EQ(probe_kernel_read(slot.va() + 2 * PAGE_SIZE, word), 0);
    // Pages that differ cannot be one section.
    EXPECT_EQ(merge_sections(slot.va()), split_result::not_uniform);
    set_pte_ext(pte, before, pte_ext::global);
    dsb();
    isb();
    EXPECT_EQ(probe_kernel_read(slot.va() + PAGE_SIZE, word), 0);
    EXPECT_EQ(merge_sections(slot.va()), split_result::done);
}

TEST(LiveTables, TheImageIsNeverSplit)
{
    for (virt_addr_t va = PAGE_OFFSET; va < kernel_image.end; va += PGDIR_SIZE)
        EXPECT_EQ(split_sections(va), split_result::in_use);
    EXPECT_EQ(split_sections(TASK_SIZE), split_result::not_lowmem);
    EXPECT_EQ(split_sections(VECTORS_BASE), split_result::not_lowmem);
}

TEST(LiveTables, AgreeWithProbingReadsOfEveryMegabyteAndPage)
{
    const mmu_registers regs = live_mmu_registers();
    u32 differences = 0, compared = 0;
    for (u64 at = 0; at < u64{1} << 32;) {
        const translation t = translate(regs, virt_addr_t(static_cast<u32>(at)));
        // Devices may mind being read; their windows are sections of a device type.
        const bool device = t.mapped() && !memblock_is_memory(t.pa);
        u32 word = 0;
        if (!device && (probe_kernel_read(t.va, word) == 0) != may(t, regs.dacr, false, false)) {
            printk("0x%08x: a probe and our walk differ\n", t.va.raw());
            differences++;
        }
        compared++;
        at += t.size();
    }
    EXPECT_EQ(differences, 0u);
    EXPECT_GT(compared, 4096u);
}

TEST(LiveTables, ProbingReadsOrFailsButNeverOopses)
{
    u32 word = 0;
    EXPECT_EQ(probe_kernel_read(PAGE_OFFSET, word), 0);
    EXPECT_NE(probe_kernel_read(virt_addr_t(0), word), 0);
    EXPECT_NE(probe_kernel_read(FIXADDR_START, word), 0);
    EXPECT_NE(probe_kernel_read(VMALLOC_END, word), 0);
}
