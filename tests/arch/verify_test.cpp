// HOST ONLY: it spoils the tables of a machine of its own.
//
// verify_tables is silent on good tables and names each thing that is wrong: one rule, one spoiled
// word. The words are written past the one writer on purpose, so the recorder is stopped.
#include <tests/arch/fixture.h>

#include <cstring>

#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/verify.h>
#include <asm/tlbflush.h>

namespace {

constexpr u32 MB = SZ_1M;

class Verify : public ::testing::Test {
protected:
    void SetUp() override
    {
        kernel.run_paging_init();
        kernel.events.stop();
    }
    u32 verify()
    {
        text.clear();
        return verify_tables(text.out());
    }
    static u32 &l1(virt_addr_t va, const mm_struct &mm = init_mm)
    {
        return reinterpret_cast<u32 *>(mm.pgd)[va.raw() >> 20];
    }
    /// The Linux and the hardware entry of a page whose slot has a table.
    static u32 &linux_pte(virt_addr_t va)
    {
        return *reinterpret_cast<u32 *>(pte_offset_kernel(pmd_off(init_mm.pgd, va), va));
    }
    static u32 &hw_pte(virt_addr_t va) { return (&linux_pte(va))[512]; }

    /// Wants `lines` complaints, one of them about `va`.
    void expect_complaint(virt_addr_t va, const char *what, u32 lines = 1)
    {
        EXPECT_EQ(verify(), lines);
        char line[160];
        snprintf(line, sizeof line, "verify tables: 0x%08x: %s\n", va.raw(), what);
        EXPECT_TRUE(text.contains(line)) << "wanted: " << line << "said: " << text.c_str();
    }

    booting_kernel kernel{{.banks = {{0, 64 * MB}, {80 * MB, 2 * MB + 0x3000}}}};
    text_buffer<8192> text;
};

constexpr virt_addr_t DATA = PAGE_OFFSET + 32 * SZ_1M;
constexpr virt_addr_t BORDER = PAGE_OFFSET + 82 * SZ_1M; // three pages, then a hole
constexpr u32 XN = 1 << 4, APX = 1 << 15;                // of a section

} // namespace

TEST_F(Verify, IsSilentOnGoodTables)
{
    EXPECT_EQ(verify(), 0u);
    EXPECT_STREQ(text.c_str(), "");
}

TEST_F(Verify, IsSilentOnASplitSection)
{
    EXPECT_EQ(split_sections(DATA), split_result::done);
    EXPECT_EQ(verify(), 0u);
}

TEST_F(Verify, FindsAUserAddressThatIsMapped)
{
    l1(virt_addr_t(0)) = 0x20000000 | 0x11412;
    expect_complaint(virt_addr_t(0), "mapped in the user's half");
}

TEST_F(Verify, FindsWhatIsWritableAndExecutable)
{
    l1(DATA) &= ~XN;
    expect_complaint(DATA, "writable and executable");
}

TEST_F(Verify, FindsTextThatIsWritable)
{
    l1(kernel_image.text) &= ~APX;
    expect_complaint(kernel_image.text, "text that is writable or not executable", 2);
    l1(kernel_image.text) |= APX | XN;
    expect_complaint(kernel_image.text, "text that is writable or not executable");
}

TEST_F(Verify, FindsRodataThatIsWritableOrExecutable)
{
    l1(kernel_image.rodata) &= ~APX;
    expect_complaint(kernel_image.rodata, "rodata that is writable or executable");
    l1(kernel_image.rodata) = (l1(kernel_image.rodata) | APX) & ~XN;
    expect_complaint(kernel_image.rodata, "rodata that is writable or executable");
}

TEST_F(Verify, FindsKernelMemoryThatIsOpenToUsers)
{
    l1(DATA) |= 1 << 11; // AP[1]
    expect_complaint(DATA, "the kernel's, and open to users");
}

TEST_F(Verify, FindsAHoleInLowmem)
{
    l1(DATA) = 0;
    expect_complaint(DATA, "lowmem that is not mapped");
}

TEST_F(Verify, FindsAMissingPageOfLowmem)
{
    linux_pte(BORDER + PAGE_SIZE) = 0;
    hw_pte(BORDER + PAGE_SIZE) = 0;
    expect_complaint(BORDER + PAGE_SIZE, "lowmem that is not mapped");
}

TEST_F(Verify, FindsLowmemAtAnotherPlace)
{
    l1(DATA) += MB;
    expect_complaint(DATA, "lowmem not at its fixed distance");
}

TEST_F(Verify, FindsLowmemOfAnotherMemoryType)
{
    for (const u32 bit : {1u << 12, 1u << 3, 1u << 2, 1u << 16}) { // TEX[0], C, B, S
        l1(DATA) ^= bit;
        expect_complaint(DATA, "lowmem with another memory type");
        l1(DATA) ^= bit;
    }
}

TEST_F(Verify, FindsASecondMappingOfRamWithAnotherMemoryType)
{
    constexpr virt_addr_t window{0xf9000000};
    l1(window) = linear_pa(DATA).raw() | 0x0041e; // the same type: allowed
    EXPECT_EQ(verify(), 0u);
    for (const u32 bit : {1u << 12, 1u << 3, 1u << 2, 1u << 16}) {
        l1(window) ^= bit;
        expect_complaint(window, "RAM with another memory type than lowmem's");
        l1(window) ^= bit;
    }
}

TEST(VerifyHighmem, MayBeMappedWithAnyMemoryType)
{
    booting_kernel kernel;
    kernel.run_paging_init();
    kernel.events.stop();
    reinterpret_cast<u32 *>(init_mm.pgd)[0xf90] = 0x9f000000 | 0x11412; // highmem, as a device
    text_buffer<1024> text;
    EXPECT_EQ(verify_tables(text.out()), 0u) << text.c_str();
}

TEST_F(Verify, FindsAVectorsPageThatIsAnother)
{
    linux_pte(VECTORS_BASE) += PAGE_SIZE;
    hw_pte(VECTORS_BASE) += PAGE_SIZE;
    expect_complaint(VECTORS_BASE, "not the vectors page");
}

TEST_F(Verify, FindsAHardwarePteThatItsLinuxPteDoesNotAskFor)
{
    hw_pte(BORDER) ^= 1 << 9; // APX
    expect_complaint(BORDER, "the hardware PTE is not what the Linux PTE asks for");
    hw_pte(BORDER) ^= 1 << 9;
    hw_pte(BORDER + 5 * PAGE_SIZE) = 0x60005000 | 0x01f; // with no Linux PTE at all
    EXPECT_GT(verify(), 0u);
    EXPECT_TRUE(text.contains("0xc5205000: the hardware PTE is not what the Linux PTE asks for"));
}

TEST_F(Verify, WantsUserPagesTaggedWithTheirAddressSpace)
{
    const virt_addr_t user(0x00200000);
    l1(user) = kernel.l1_word(BORDER); // any table will do
    EXPECT_GT(verify(), 0u);
    EXPECT_TRUE(text.contains("0x00200000: the hardware PTE is not what the Linux PTE asks for"));
    EXPECT_TRUE(text.contains("0x00200000: mapped in the user's half"));
}

TEST_F(Verify, FindsTablesOutsideRam)
{
    l1(virt_addr_t(0xf9000000)) = 0x10000000 | 1;
    expect_complaint(virt_addr_t(0xf9000000), "a table outside mapped RAM");
}

TEST_F(Verify, SaysTheFirstComplaintsAndCountsThemAll)
{
    for (u32 i = 0; i < 20; i++)
        l1(DATA + i * MB) = 0;
    EXPECT_EQ(verify(), 20u);
    EXPECT_TRUE(text.contains("0xc2f00000"));
    EXPECT_FALSE(text.contains("0xc3000000"));
}

TEST_F(Verify, FindsAFirstLevelThatCannotBeRead)
{
    memblock_set_current_limit(PHYS_OFFSET + 0x4000);
    EXPECT_EQ(verify(), 4096u);
    EXPECT_TRUE(text.contains("0x00000000: a table outside mapped RAM\n"));
}

TEST_F(Verify, FindsASetOfTablesThatDiffers)
{
    mm_struct second{static_cast<pgd_t *>(to_ptr(PAGE_OFFSET + 40 * MB)), nullptr};
    pgd_list_add(second);
    EXPECT_EQ(verify(), 0u);
    l1(DATA, second) = 0;
    expect_complaint(DATA, "another pgd has another first-level entry");
    l1(DATA, second) = l1(DATA) ^ APX;
    expect_complaint(DATA, "another pgd has another first-level entry");
    l1(DATA, second) = l1(DATA);
    // From fault to table may come later, by a fault; the other way round may not.
    const u32 table = l1(BORDER);
    l1(BORDER, second) = 0;
    EXPECT_EQ(verify(), 0u);
    l1(BORDER, second) = table;
    l1(virt_addr_t(0xf9000000), second) = table;
    expect_complaint(virt_addr_t(0xf9000000), "another pgd has another first-level entry");
}

TEST_F(Verify, AsksACpuWithoutRightsOnlyThatUsersAreKeptOut)
{
    processor = arm926_processor;
    build_mem_type_table();
    for (u32 i = 0; i < 4096; i++)
        l1(virt_addr_t(i << 20)) = 0;
    for (u32 offset = 0; offset < 64 * MB; offset += MB)
        l1(PAGE_OFFSET + offset) = (PHYS_OFFSET.raw() + offset) | 0x41e;
    for (u32 offset = 80 * MB; offset < 83 * MB; offset += MB)
        l1(PAGE_OFFSET + offset) = (PHYS_OFFSET.raw() + offset) | 0x41e;
    EXPECT_EQ(verify(), 0u) << text.c_str();
    l1(DATA) |= 2 << 10; // AP 11
    expect_complaint(DATA, "the kernel's, and open to users");
}
