// What the zones owe each other: zonelists, watermarks, and what each keeps from the others.
//
//   request for   may use            of 1 GB, in pages, as this kernel boots
//   MOVABLE       MOVABLE, HIGHMEM, NORMAL, DMA
//   HIGHMEM       HIGHMEM, NORMAL, DMA
//   NORMAL        NORMAL, DMA
//   DMA           DMA
//
// A zone lower down the list keeps lowmem_reserve[zone of the request] pages more than its
// watermark: what went there could have gone higher.
// Linux: mm/page_alloc.c (build_zonelists, __setup_per_zone_wmarks, setup_per_zone_lowmem_reserve,
// calculate_min_free_kbytes).
#include <algorithm>

#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/init.h>
#include <kernel/lib/memparse.h>
#include <mm/bootmem.h>
#include <mm/mm_init.h>
#include <mm/page_alloc.h>
#include <mm/page_lists.h>

constinit u32 min_free_kbytes = 0;
/// One page of a zone is kept for so many that higher zones have; 0: none are.
constinit u32 sysctl_lowmem_reserve_ratio[MAX_NR_ZONES] = {256, 32, 0, 0};

namespace {

constexpr u32 MIN_FREE_KBYTES_LOW = 128, MIN_FREE_KBYTES_HIGH = 65536;
/// Distance of the watermarks, in ten thousandths of the zone. Linux: watermark_scale_factor.
constexpr u32 WATERMARK_SCALE = 10;

constinit __initdata u32 user_min_free_kbytes = 0; // 0: the command line did not say

/// Is the zone's RAM highmem?
bool is_highmem(const zone &z)
{
    return z.zone_start_pfn >= max_low_pfn;
}

u32 managed_lowmem()
{
    u32 pages = 0;
    for (const zone &z : contig_page_data.node_zones)
        pages += is_highmem(z) ? 0 : z.managed_pages;
    return pages;
}

/// The largest number whose square is not above `n`. Linux: int_sqrt().
u32 int_sqrt(u32 n)
{
    u32 root = 0;
    for (u32 bit = 1u << 15; bit != 0; bit >>= 1)
        if (u64{root + bit} * (root + bit) <= n)
            root += bit;
    return root;
}

/// So many pages must always be left in `z`.
u32 watermark_min(const zone &z, u32 lowmem)
{
    if (is_highmem(z)) // nobody who cannot wait depends on it
        return std::clamp(z.managed_pages / 1024, 32u, 128u);
    const u64 pages_min = min_free_kbytes >> (PAGE_SHIFT - 10);
    return static_cast<u32>(pages_min * z.managed_pages / std::max(lowmem, 1u));
}

} // namespace

void build_all_zonelists()
{
    for (u32 highest = 0; highest < MAX_NR_ZONES; highest++) {
        zone **next = contig_page_data.node_zonelists[highest].zones;
        for (u32 z = highest + 1; z-- > 0;)
            if (contig_page_data.node_zones[z].populated())
                *next++ = &contig_page_data.node_zones[z];
        *next = nullptr;
    }
}

void setup_per_zone_wmarks()
{
    const u32 lowmem = managed_lowmem();
    for (zone &z : contig_page_data.node_zones) {
        const u32 min = z.populated() ? watermark_min(z, lowmem) : 0;
        const u32 pages_min = (min_free_kbytes >> (PAGE_SHIFT - 10));
        const u32 share = static_cast<u32>(u64{pages_min} * z.managed_pages / std::max(lowmem, 1u));
        const u32 step =
            std::max(share / 4, static_cast<u32>(u64{z.managed_pages} * WATERMARK_SCALE / 10000));
        z.watermark[WMARK_MIN] = min;
        z.watermark[WMARK_LOW] = min + step;
        z.watermark[WMARK_HIGH] = min + 2 * step;
    }
}

void setup_per_zone_lowmem_reserve()
{
    zone *zones = contig_page_data.node_zones;
    for (u32 z = 0; z < MAX_NR_ZONES; z++) {
        const u32 ratio = zones[z].populated() ? sysctl_lowmem_reserve_ratio[z] : 0;
        u32 higher = 0;
        for (u32 request = 0; request < MAX_NR_ZONES; request++) {
            higher += request > z ? zones[request].managed_pages : 0;
            zones[z].lowmem_reserve[request] = ratio != 0 ? higher / ratio : 0;
        }
    }
}

void init_per_zone_wmark_min()
{
    const u32 lowmem_kbytes = managed_lowmem() << (PAGE_SHIFT - 10);
    min_free_kbytes =
        user_min_free_kbytes != 0 ? user_min_free_kbytes : int_sqrt(lowmem_kbytes * 16);
    min_free_kbytes = std::clamp(min_free_kbytes, MIN_FREE_KBYTES_LOW, MIN_FREE_KBYTES_HIGH);
    setup_per_zone_wmarks();
    setup_per_zone_lowmem_reserve();
}

void page_alloc_init()
{
    build_all_zonelists();
    init_per_zone_wmark_min();
    setup_pagesets();
    setup_page_lists();
    mem_init_done = true;
}

/// min_free_kbytes=N, 128 to 65536, or 0 for the formula. Linux: sysctl vm.min_free_kbytes.
static int early_min_free_kbytes(const char *value)
{
    char *end = nullptr;
    const u64 kbytes = value ? memparse(value, &end) : 0;
    if (!value || end == value || *end != '\0') {
        printk("early_min_free_kbytes: \"min_free_kbytes=%s\" ignored: that is no number\n",
               value ? value : "");
        return -EINVAL;
    }
    user_min_free_kbytes = static_cast<u32>(std::min<u64>(kbytes, MIN_FREE_KBYTES_HIGH));
    return 0;
}
early_param("min_free_kbytes", early_min_free_kbytes);
