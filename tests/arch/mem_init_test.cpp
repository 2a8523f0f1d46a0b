// HOST ONLY: it boots machines of its own.
//
// What arch/arm/mm/init.cpp does around the hand-over: the line that tells of it, and .init.data.
#include <tests/mm/page_fixture.h>

#include <arch/arm/mm/init.h>
#include <arch/arm/mm/mm.h>
#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <mm/page_verify.h>
#include <string_view>
#include <tests/host.h>

namespace {

constexpr u32 MB = SZ_1M;

unsigned long kilobytes(unsigned long pages)
{
    return pages * 4;
}

} // namespace

TEST(MemInit, TellsOfMemoryAsLinuxDoes)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    char line[200];
    // The image of arch/host/board.cpp: 128 KB of text, of which the last 8 are .init.text; 32 KB
    // of rodata; 24 KB of data, of which 4 are .init.data; 104 KB of bss.
    snprintf(line, sizeof line,
             "Memory: %luK/131072K available (120K kernel code, 20K rwdata, 32K rodata, 12K init, "
             "104K bss, %luK reserved, 65536K highmem)\n",
             kilobytes(nr_free_pages()), 131072 - kilobytes(totalram_pages));
    EXPECT_REPORT(line);
}

TEST(MemInit, RecordsWhatTheHandOverTook)
{
    // Records of all tests before may fill the room; the names are looked for in what there is.
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    bool mem_map = boot_times().size() == 16;
    for (const boot_time &stage : boot_times())
        mem_map |= std::string_view(stage.name) == "mem_map_init" && stage.operations != 0;
    EXPECT_TRUE(mem_map);
}

TEST(MemInit, InitmemIsGivenBackInWholePages)
{
    const page_machine machine({{0, 64 * MB}});
    struct page *p = virt_to_page(to_ptr(kernel_image.init_data));
    EXPECT_TRUE(PageReserved(p));
    const unsigned long before = nr_free_pages(), total = totalram_pages;
    const u32 managed = page_zone(p)->managed_pages;
    free_initmem();
    EXPECT_REPORT("Freeing unused kernel memory: 4K\n");
    EXPECT_FALSE(PageReserved(p));
    EXPECT_EQ(page_count(p), 0);
    EXPECT_EQ(nr_free_pages(), before + 1);
    EXPECT_EQ(totalram_pages, total + 1);
    EXPECT_EQ(page_zone(p)->managed_pages, managed + 1);
    EXPECT_TRUE(PageReserved(p - 1));
    EXPECT_TRUE(PageReserved(p + 1));
    EXPECT_EQ(verify_pages(console_printer), 0u);
}

TEST(MemInit, PartsOfPagesStay)
{
    const page_machine machine({{0, 64 * MB}});
    const virt_addr_t at = kernel_image.init_data;
    EXPECT_EQ(free_reserved_area(at + 1, at + PAGE_SIZE, nullptr), 0u);
    EXPECT_EQ(free_reserved_area(at, at + PAGE_SIZE - 1, nullptr), 0u);
    EXPECT_EQ(free_reserved_area(at + PAGE_SIZE, at, "nothing"), 0u);
    EXPECT_REPORT("Freeing nothing memory: 0K\n");
    EXPECT_EQ(free_reserved_area(at - 1, at + PAGE_SIZE + 1, nullptr), 1u);
    EXPECT_EQ(verify_pages(console_printer), 0u);
}
