// HOST ONLY: it boots machines of its own, and changes the sizes of their zones.
//
// Who may take from whom, and how much must be left: numbers of Linux 6.1 where the machine is the
// same.
#include <tests/mm/page_fixture.h>

#include <string>

#include <tests/host.h>

namespace {

constexpr u32 MB = SZ_1M;

zone &zone_of(zone_type type)
{
    return contig_page_data.node_zones[type];
}

std::string list_for(zone_type highest)
{
    std::string text;
    for (zone *const *z = contig_page_data.node_zonelists[highest].zones; *z; z++)
        text += std::string((*z)->name) + " ";
    return text;
}

std::string watermarks(zone_type type)
{
    const u32 *mark = zone_of(type).watermark;
    return std::to_string(mark[WMARK_MIN]) + " " + std::to_string(mark[WMARK_LOW]) + " " +
           std::to_string(mark[WMARK_HIGH]);
}

std::string reserve_of(zone_type type)
{
    std::string text;
    for (const u32 pages : zone_of(type).lowmem_reserve)
        text += std::to_string(pages) + " ";
    return text;
}

/// The zones of Linux on vexpress-a9 with 1 GB: 768 MB of lowmem in one zone, 256 MB of highmem.
/// Only counts are changed: nothing may be allocated.
void as_linux_had_them()
{
    zone_of(ZONE_DMA).managed_pages = 189647;
    zone_of(ZONE_NORMAL).managed_pages = 0;
    zone_of(ZONE_HIGHMEM).managed_pages = 65536;
}

} // namespace

TEST(Zonelists, LeadFromTheHighestZoneDownwards)
{
    const page_machine machine({{0, 128 * MB}},
                               {.lowmem_size = 64 * MB, .parameters = "movablecore=16M"});
    EXPECT_EQ(list_for(ZONE_MOVABLE), "Movable HighMem Normal DMA ");
    EXPECT_EQ(list_for(ZONE_HIGHMEM), "HighMem Normal DMA ");
    EXPECT_EQ(list_for(ZONE_NORMAL), "Normal DMA ");
    EXPECT_EQ(list_for(ZONE_DMA), "DMA ");
}

TEST(Zonelists, LeaveOutZonesWithoutPages)
{
    const page_machine machine({{0, 64 * MB}});
    EXPECT_EQ(list_for(ZONE_MOVABLE), "Normal DMA ");
    EXPECT_EQ(list_for(ZONE_HIGHMEM), "Normal DMA ");
}

TEST(Watermarks, AreLinuxsForLinuxsZones)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    as_linux_had_them();
    min_free_kbytes = 3478;
    setup_per_zone_wmarks();
    EXPECT_EQ(watermarks(ZONE_DMA), "869 1086 1303");
    EXPECT_EQ(watermarks(ZONE_HIGHMEM), "64 139 214");
    EXPECT_EQ(watermarks(ZONE_NORMAL), "0 0 0");
}

TEST(Watermarks, ShareMinFreeKbytesByTheZonesPages)
{
    const page_machine machine({{0, 128 * MB}}, {.parameters = "min_free_kbytes=4096"});
    EXPECT_EQ(min_free_kbytes, 4096u);
    const u32 sum =
        zone_of(ZONE_DMA).watermark[WMARK_MIN] + zone_of(ZONE_NORMAL).watermark[WMARK_MIN];
    EXPECT_TRUE(sum == 1024 || sum == 1023) << sum; // each share is rounded down
}

TEST(Watermarks, OfHighmemAreBetween32And128Pages)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    zone_of(ZONE_HIGHMEM).managed_pages = 100;
    setup_per_zone_wmarks();
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).watermark[WMARK_MIN], 32u);
    zone_of(ZONE_HIGHMEM).managed_pages = 1 << 20;
    setup_per_zone_wmarks();
    EXPECT_EQ(zone_of(ZONE_HIGHMEM).watermark[WMARK_MIN], 128u);
}

TEST(Watermarks, MovableLowmemHasALowmemZonesMarks)
{
    const page_machine machine({{0, 128 * MB}}, {.parameters = "movablecore=64M"});
    const u32 lowmem = zone_of(ZONE_DMA).managed_pages + zone_of(ZONE_NORMAL).managed_pages +
                       zone_of(ZONE_MOVABLE).managed_pages;
    EXPECT_EQ(zone_of(ZONE_MOVABLE).watermark[WMARK_MIN],
              min_free_kbytes / 4 * zone_of(ZONE_MOVABLE).managed_pages / lowmem);
}

TEST(Watermarks, SurviveAMachineWithoutLowmemPages)
{
    const page_machine machine({{0, 64 * MB}});
    zone_of(ZONE_DMA).managed_pages = zone_of(ZONE_NORMAL).managed_pages = 0;
    init_per_zone_wmark_min();
    EXPECT_EQ(min_free_kbytes, 128u);
    EXPECT_EQ(watermarks(ZONE_NORMAL), "0 0 0");
}

TEST(MinFreeKbytes, IsTheRootOfSixteenTimesLowmem)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    const u32 lowmem_kbytes =
        4 * (zone_of(ZONE_DMA).managed_pages + zone_of(ZONE_NORMAL).managed_pages);
    EXPECT_LE(min_free_kbytes * min_free_kbytes, lowmem_kbytes * 16);
    EXPECT_GT((min_free_kbytes + 1) * (min_free_kbytes + 1), lowmem_kbytes * 16);
    as_linux_had_them();
    init_per_zone_wmark_min();
    EXPECT_EQ(min_free_kbytes, 3483u);
}

TEST(MinFreeKbytes, HasItsBounds)
{
    {
        const page_machine machine({{0, 64 * MB}}, {.parameters = "min_free_kbytes=1"});
        EXPECT_EQ(min_free_kbytes, 128u);
    }
    {
        const page_machine machine({{0, 64 * MB}}, {.parameters = "min_free_kbytes=1G"});
        EXPECT_EQ(min_free_kbytes, 65536u);
    }
    const page_machine machine({{0, 64 * MB}});
    zone_of(ZONE_DMA).managed_pages = 0;
    zone_of(ZONE_NORMAL).managed_pages = 1u << 20; // 4 GB, whose formula is within the bounds
    init_per_zone_wmark_min();
    EXPECT_EQ(min_free_kbytes, 8192u);
}

TEST(MinFreeKbytes, BadValuesAreSaidAndTheFormulaHolds)
{
    const page_machine machine({{0, 64 * MB}},
                               {.parameters = "min_free_kbytes=many min_free_kbytes=12x "
                                              "min_free_kbytes= min_free_kbytes"});
    EXPECT_REPORT("early_min_free_kbytes: \"min_free_kbytes=many\" ignored: that is no number\n");
    EXPECT_REPORT("early_min_free_kbytes: \"min_free_kbytes=12x\" ignored: that is no number\n");
    EXPECT_REPORT("early_min_free_kbytes: \"min_free_kbytes=\" ignored: that is no number\n");
    EXPECT_REPORT("early_min_free_kbytes: \"min_free_kbytes=\" ignored: that is no number\n");
    EXPECT_GT(min_free_kbytes, 128u);
}

TEST(LowmemReserve, IsLinuxsForLinuxsZones)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    as_linux_had_them();
    setup_per_zone_lowmem_reserve();
    EXPECT_EQ(reserve_of(ZONE_DMA), "0 0 256 256 ");
    EXPECT_EQ(reserve_of(ZONE_HIGHMEM), "0 0 0 0 ");
}

TEST(LowmemReserve, AddsUpWhatHigherZonesHave)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    zone_of(ZONE_NORMAL).managed_pages = 25600;
    zone_of(ZONE_HIGHMEM).managed_pages = 12800;
    zone_of(ZONE_MOVABLE).managed_pages = 6400;
    setup_per_zone_lowmem_reserve();
    EXPECT_EQ(reserve_of(ZONE_DMA), "0 100 150 175 ");
    EXPECT_EQ(reserve_of(ZONE_NORMAL), "0 0 400 600 ");
    EXPECT_EQ(reserve_of(ZONE_MOVABLE), "0 0 0 0 ");
}

TEST(LowmemReserve, ARatioOfNothingReservesNothing)
{
    const page_machine machine({{0, 128 * MB}}, {.lowmem_size = 64 * MB});
    const u32 before = sysctl_lowmem_reserve_ratio[ZONE_NORMAL];
    sysctl_lowmem_reserve_ratio[ZONE_NORMAL] = 0;
    setup_per_zone_lowmem_reserve();
    EXPECT_EQ(reserve_of(ZONE_NORMAL), "0 0 0 0 ");
    sysctl_lowmem_reserve_ratio[ZONE_NORMAL] = before;
}
