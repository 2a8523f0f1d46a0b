// HOST ONLY: it boots machines of its own, with banks of all shapes.
//
// How large zones come out, what their struct pages say, and what a machine is left with when
// memory is too short.
#include <tests/mm/page_fixture.h>

#include <string>

#include <arch/arm/mm/init.h>
#include <arch/arm/mm/mm.h>
#include <arch/host/machine.h>
#include <kernel/core/printk.h>
#include <mm/memblock.h>
#include <mm/page_verify.h>
#include <tests/host.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr u32 PAGES_PER_MB = MB / PAGE_SIZE;
constexpr u32 HOST_RAM_PAGES = HOST_RAM_SIZE / PAGE_SIZE;

zone &zone_of(zone_type type)
{
    return contig_page_data.node_zones[type];
}

/// "60000+4096/4096" for each zone that has RAM: first frame, frames spanned, frames of RAM.
std::string zones()
{
    std::string text;
    for (const zone &z : contig_page_data.node_zones) {
        char line[64];
        snprintf(line, sizeof line, "%s %x+%u/%u ", z.name, z.zone_start_pfn.raw(), z.spanned_pages,
                 z.present_pages);
        text += z.present_pages ? line : "";
    }
    return text;
}

/// Every struct page says what is so, and RAM is in zones or reserved, each frame once.
void expect_sound()
{
    u32 ram = 0, reserved = 0;
    for (u32 i = 0; i < HOST_RAM_PAGES; i++) {
        const pfn_t pfn = PHYS_PFN_OFFSET + i;
        const bool is_ram = memblock_is_memory(PFN_PHYS(pfn));
        ASSERT_TRUE(!is_ram || pfn_valid(pfn.raw())) << std::hex << pfn.raw();
        if (!pfn_valid(pfn.raw()))
            continue;
        const page *p = pfn_to_page(pfn);
        ASSERT_EQ(page_pfn(p), pfn);
        ASSERT_TRUE(is_struct_page(p));
        ASSERT_EQ(page_count(p), 0);
        ASSERT_EQ(p->_mapcount, -1);
        ASSERT_EQ(PageHighMem(p), pfn >= max_low_pfn) << std::hex << pfn.raw();
        ASSERT_TRUE(is_ram || PageReserved(p)) << std::hex << pfn.raw();
        ASSERT_TRUE(!is_ram || page_zone(p)->holds(pfn)) << std::hex << pfn.raw();
        ram += is_ram;
        reserved += is_ram && PageReserved(p);
    }
    EXPECT_EQ(ram, get_num_physpages());
    EXPECT_EQ(ram - reserved, totalram_pages);
    EXPECT_EQ(nr_free_pages(), totalram_pages);
    EXPECT_EQ(verify_pages(console_printer), 0u);
}

} // namespace

TEST(Zones, OfOneGigabyte)
{
    const page_machine machine({{0, SZ_1G}});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+225280/225280 HighMem 98000+32768/32768 ");
    EXPECT_EQ(contig_page_data.nr_zones, ZONE_HIGHMEM + 1u);
    EXPECT_EQ(contig_page_data.node_start_pfn.raw(), 0x60000u);
    EXPECT_EQ(contig_page_data.node_present_pages, 262144u);
    EXPECT_EQ(contig_page_data.node_spanned_pages, 262144u);
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).managed_pages, 32768u);
    EXPECT_EQ(totalhigh_pages, 32768u);
    expect_sound();
}

TEST(Zones, OfThirtyTwoMegabytes)
{
    const page_machine machine({{0, 32 * MB}});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+4096/4096 ");
    expect_sound();
}

TEST(Zones, OfSoLittleThatAllIsDma)
{
    const page_machine machine({{0, 8 * MB}});
    EXPECT_EQ(zones(), "DMA 60000+2048/2048 ");
    EXPECT_EQ(contig_page_data.nr_zones, 1u);
    expect_sound();
    struct page *p = alloc_page(GFP_HIGHUSER);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(page_zonenum(p), ZONE_DMA);
    __free_page(p);
}

TEST(Zones, HolesAreSpannedAndNotPresent)
{
    const page_machine machine({{0, 128 * MB}, {256 * MB, 64 * MB}, {512 * MB, 256 * MB}});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+192512/110592 ");
    expect_sound();
}

TEST(Zones, BeginAndEndWhereTheirRamDoes)
{
    // Nothing between the zone DMA and 100 MB; highmem begins off a block of the highest order.
    const page_machine machine({{0, 16 * MB}, {100 * MB, 20 * MB}, {600 * MB + 0x3000, 5 * MB}},
                               {.lowmem_size = 128 * MB});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 66400+5120/5120 HighMem 85803+1280/1280 ");
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).base.raw(), 0x85800u);
    expect_sound();
}

TEST(Zones, BanksOfOnePageAndOddBanksCount)
{
    const page_machine machine({{0, 24 * MB},
                                {26 * MB, PAGE_SIZE},
                                {26 * MB + 0x3000, PAGE_SIZE},
                                {33 * MB + 0x5000, 0xb000},
                                {40 * MB, 3 * MB + 0x1000},
                                {700 * MB, PAGE_SIZE},
                                {701 * MB + 0x1000, 9 * MB + 0x7000}},
                               {.lowmem_size = 64 * MB});
    expect_sound();
    EXPECT_EQ(totalhigh_pages, 1 + 9 * PAGES_PER_MB + 7);
}

TEST(Zones, ABlockThatABorderCutsIsNotMergedAcross)
{
    // Lowmem ends in the middle of a block of the highest order.
    const page_machine machine({{0, 64 * MB}}, {.lowmem_size = 34 * MB});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+4608/4608 HighMem 62200+7680/7680 ");
    expect_sound();
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).base.raw(), 0x62000u);
    struct page *p = alloc_pages(GFP_HIGHUSER, MAX_ORDER - 1);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(page_to_pfn(p), 0x62400u);
    __free_pages(p, MAX_ORDER - 1);
}

// ---- MOVABLE ----

TEST(ZoneMovable, IsCutFromTheTopOfHighmem)
{
    const page_machine machine({{0, 128 * MB}},
                               {.lowmem_size = 64 * MB, .parameters = "movablecore=16M"});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+12288/12288 HighMem 64000+12288/12288 "
                       "Movable 67000+4096/4096 ");
    EXPECT_EQ(contig_page_data.nr_zones, 4u);
    EXPECT_EQ(totalhigh_pages, 16384u);
    expect_sound();
}

TEST(ZoneMovable, IsCutFromNormalWhereNoHighmemIs)
{
    const page_machine machine({{0, 128 * MB}}, {.parameters = "movablecore=16M"});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+24576/24576 Movable 67000+4096/4096 ");
    expect_sound();
    EXPECT_FALSE(PageHighMem(pfn_to_page(pfn_t(0x67000))));
}

TEST(ZoneMovable, IsWhatKernelcoreLeaves)
{
    const page_machine machine({{0, 128 * MB}},
                               {.lowmem_size = 64 * MB, .parameters = "kernelcore=96M"});
    EXPECT_EQ(zone_of(ZONE_MOVABLE).present_pages, 32 * PAGES_PER_MB);
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).present_pages, 32 * PAGES_PER_MB);
    expect_sound();
}

TEST(ZoneMovable, TakesAtMostTheHighestZone)
{
    const page_machine machine({{0, 128 * MB}},
                               {.lowmem_size = 64 * MB, .parameters = "movablecore=100M"});
    EXPECT_EQ(zones(), "DMA 60000+4096/4096 Normal 61000+12288/12288 Movable 64000+16384/16384 ");
    expect_sound();
}

TEST(ZoneMovable, OfBothParametersTheOneForTheKernelsSakeHolds)
{
    const page_machine machine(
        {{0, 128 * MB}}, {.lowmem_size = 64 * MB, .parameters = "movablecore=40M kernelcore=120M"});
    EXPECT_EQ(zone_of(ZONE_MOVABLE).present_pages, 8 * PAGES_PER_MB);
}

TEST(ZoneMovable, IsNotThereIfTheKernelWantsAllOrNothingIsLeftForIt)
{
    {
        const page_machine machine({{0, 128 * MB}}, {.parameters = "kernelcore=128M"});
        EXPECT_FALSE(zone_of(ZONE_MOVABLE).populated());
        expect_sound();
    }
    const page_machine machine({{0, 128 * MB}}, {.parameters = "movablecore=1G"});
    EXPECT_FALSE(zone_of(ZONE_MOVABLE).populated());
}

TEST(ZoneMovable, BeginsWithAWholeBlockAndCountsNoHoles)
{
    // 12 MB above the hole and 3 more below it, up to a whole block.
    const page_machine machine({{0, 96 * MB}, {128 * MB, 12 * MB}},
                               {.parameters = "movablecore=15M"});
    EXPECT_EQ(zone_of(ZONE_MOVABLE).zone_start_pfn.raw(), 0x68000u);
    EXPECT_EQ(zone_of(ZONE_MOVABLE).present_pages, 12 * PAGES_PER_MB);
    expect_sound();
}

TEST(ZoneMovable, BadValuesAreSaidAndChangeNothing)
{
    const page_machine machine(
        {{0, 64 * MB}}, {.parameters = "movablecore=12Q kernelcore= movablecore kernelcore=x"});
    EXPECT_REPORT("movablecore: \"movablecore=12Q\" ignored: 'Q' is no unit (use K, M or G)\n");
    EXPECT_REPORT("kernelcore: \"kernelcore=\" ignored: a size is missing\n");
    EXPECT_REPORT("movablecore: \"movablecore=\" ignored: a size is missing\n");
    EXPECT_REPORT("kernelcore: \"kernelcore=x\" ignored: a size is missing\n");
    EXPECT_FALSE(zone_of(ZONE_MOVABLE).populated());
}

// ---- What is kept, and what is handed over ----

TEST(HandOver, ImageTablesAndStructPagesStayReserved)
{
    const page_machine machine({{0, 64 * MB}});
    const void *const kept[] = {init_mm.pgd, to_ptr(kernel_image.end - 1),
                                pfn_to_page(PHYS_PFN_OFFSET), pkmap_page_table};
    for (const void *p : kept)
        EXPECT_TRUE(PageReserved(virt_to_page(p)));
    EXPECT_TRUE(PageReserved(empty_zero_page));
    EXPECT_STREQ(memblock_owner(__pa(pfn_to_page(PHYS_PFN_OFFSET))), "struct pages");
    EXPECT_TRUE(PageReserved(pfn_to_page(PHYS_PFN_OFFSET)));
    EXPECT_FALSE(PageReserved(virt_to_page(to_ptr(kernel_image.end))));
}

TEST(HandOver, TheBitmapsOwnPagesGoToo)
{
    static constinit phys_addr_t map{};
    const page_machine machine({{0, 64 * MB}}, {.before_mem_init = [] {
                                   map = __pa(NODE_DATA(0)->bdata->map());
                                   EXPECT_TRUE(memblock_is_reserved(map));
                               }});
    EXPECT_FALSE(PageReserved(pfn_to_page(PFN_DOWN(map))));
    EXPECT_FALSE(memblock_is_reserved(map));
    EXPECT_EQ(NODE_DATA(0)->bdata, nullptr);
}

TEST(HandOver, WhatMemblockReservedInHighmemStays)
{
    const page_machine machine({{0, 64 * MB}, {128 * MB, 16 * MB}},
                               {.lowmem_size = 64 * MB, .before_mem_init = [] {
                                    memblock_reserve(PHYS_OFFSET + 130 * MB + 100, 2 * PAGE_SIZE);
                                    memblock_reserve(PHYS_OFFSET + 144 * MB - PAGE_SIZE, PAGE_SIZE);
                                    // Of a page that is free at both ends of a reservation, nothing is free.
                                    memblock_reserve(PHYS_OFFSET + 128 * MB + 0x800, 16);
                                }});
    EXPECT_EQ(totalhigh_pages, 16 * PAGES_PER_MB - 3 - 1 - 1);
    EXPECT_TRUE(PageReserved(pfn_to_page(pfn_t(0x68000))));
    EXPECT_FALSE(PageReserved(pfn_to_page(pfn_t(0x68001))));
    EXPECT_FALSE(PageReserved(pfn_to_page(pfn_t(0x681ff))));
    EXPECT_TRUE(PageReserved(pfn_to_page(pfn_t(0x68200))));
    EXPECT_TRUE(PageReserved(pfn_to_page(pfn_t(0x68202))));
    EXPECT_FALSE(PageReserved(pfn_to_page(pfn_t(0x68203))));
    EXPECT_TRUE(PageReserved(pfn_to_page(pfn_t(0x68fff))));
    expect_sound();
}

TEST(HandOver, HighmemMayBeReservedAltogether)
{
    const page_machine machine({{0, 64 * MB}, {128 * MB, MB}},
                               {.lowmem_size = 64 * MB, .before_mem_init = [] {
                                    memblock_reserve(PHYS_OFFSET + 128 * MB, MB);
                                }});
    EXPECT_EQ(totalhigh_pages, 0u);
    EXPECT_FALSE(zone_of(ZONE_HIGHMEM).populated());
    EXPECT_TRUE(PageReserved(pfn_to_page(pfn_t(0x68000))));
    expect_sound();
}

TEST(HandOver, GivesWholeBlocks)
{
    const page_machine machine({{0, 64 * MB}, {128 * MB, 64 * MB}}, {.lowmem_size = 64 * MB});
    u32 blocks = 0;
    zone &z = zone_of(ZONE_HIGHMEM);
    const spin_irq_guard guard(z.lock);
    z.free_area.for_each_free([&](u32, unsigned order, migratetype mt) {
        EXPECT_EQ(order, MAX_ORDER - 1);
        EXPECT_EQ(mt, MIGRATE_MOVABLE);
        blocks++;
    });
    EXPECT_EQ(blocks, 16u);
}

// ---- When memory is too short ----

namespace {

/// Boots again, on the banks of the machine before, with `pages` of lowmem left.
void boot_with(u32 pages)
{
    reset_page_variables();
    EXPECT_EQ(memblock_add(PHYS_OFFSET, 64 * MB), 0);
    EXPECT_EQ(memblock_reserve(PHYS_OFFSET, 64 * MB - pages * PAGE_SIZE), 0);
    memblock_set_current_limit(PHYS_OFFSET + 64 * MB);
    bootmem_init();
}

constexpr u32 BITMAP_PAGES = 1;
constexpr u32 MAP_PAGES = 64 * PAGES_PER_MB * sizeof(page) / PAGE_SIZE;

} // namespace

TEST(TooLittle, ForTheBitmap)
{
    const page_machine machine({{0, 64 * MB}});
    EXPECT_PANIC(boot_with(0), "arm_bootmem_init: no 4096 bytes for the bitmap");
}

TEST(TooLittle, ForTheStructPages)
{
    const page_machine machine({{0, 64 * MB}});
    EXPECT_PANIC(boot_with(BITMAP_PAGES + MAP_PAGES - 1), "no memory for the struct pages of ");
}

TEST(TooLittle, ForAZone)
{
    const page_machine machine({{0, 64 * MB}});
    EXPECT_PANIC(boot_with(BITMAP_PAGES + MAP_PAGES), "free_area_init: no ");
}

TEST(TooLittle, IsOnlyLessThanThat)
{
    const page_machine machine({{0, 64 * MB}});
    u32 pages = BITMAP_PAGES + MAP_PAGES;
    while (host_attempt([&] { boot_with(pages); }).end == host_end::panic)
        pages++;
    EXPECT_LT(pages, BITMAP_PAGES + MAP_PAGES + 8);
    mem_init(); // the bitmap's page and some crumbs are all there is
    EXPECT_LT(totalram_pages, 8u);
    EXPECT_GE(totalram_pages, 1u);
    expect_sound();
    while (alloc_page(GFP_KERNEL | __GFP_NOWARN) != nullptr)
        ;
    EXPECT_EQ(alloc_page(GFP_KERNEL), nullptr);
    EXPECT_REPORT("page allocation failure: order:0");
}
