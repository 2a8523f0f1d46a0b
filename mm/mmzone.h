// Zones: which frames are good for what, and how many must be left.
//
//   DMA      the first 16 MB        devices that see no more; a board can say otherwise
//   NORMAL   the rest of lowmem     has an address in the kernel for ever
//   HIGHMEM  above lowmem           mapped when somebody looks at it
//   MOVABLE  cut off the highest zone by movablecore= or kernelcore=
//
// A request names the highest zone that it can use; if that is short of pages the zonelist leads
// down to the next. Watermarks keep some pages of each zone for those who cannot wait, and
// lowmem_reserve keeps low zones from being eaten by requests that could have gone higher.
// Each zone has a buddy allocator (mm/buddy.h) under its lock, and for each CPU lists of single
// pages in front of it, which only that CPU touches, with interrupts off.
// Linux: include/linux/mmzone.h.
#pragma once

#include <asm/smp.h>
#include <kernel/core/spinlock.h>
#include <mm/buddy.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>

enum zone_type : u8 { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE, MAX_NR_ZONES };
extern const char *const zone_names[MAX_NR_ZONES];

enum zone_watermark : u8 { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

/// Single free pages of one zone and migrate type, one CPU's own: a stack, linked by pcp_next.
/// The pages' flags name the zone and type, so that a freed page finds its way back here.
struct pcp_list {
    page *first;
    s32 room;  ///< how many more it takes; a batch goes back to the zone when this falls below 0
    s32 high;  ///< how many it takes when empty; 0: nothing is kept here
    u32 batch; ///< pages that are fetched or given back at once

    /// Of another CPU's list a glance.
    [[nodiscard]] RACES_ON_PURPOSE u32 count() const { return static_cast<u32>(high - room); }
};

/// Linux: struct per_cpu_pages.
struct per_cpu_pages {
    pcp_list lists[MIGRATE_PCPTYPES];
};

struct zone {
    const char *name;
    zone_type index;
    u32 watermark[NR_WMARK];          ///< pages
    u32 lowmem_reserve[MAX_NR_ZONES]; ///< pages kept from requests for the zone of that index
    pfn_t zone_start_pfn;
    u32 spanned_pages; ///< from the first frame to the last, holes included
    u32 present_pages; ///< without holes
    u32 managed_pages; ///< without what was reserved at boot
    per_cpu_pages pageset[NR_CPUS];

    spinlock_t lock;
    pfn_t base;   ///< frame 0 of free_area: zone_start_pfn down to a block of the highest order
    page *frames; ///< FLATMEM: the page of frame 0, as if there were one for it
    buddy<MAX_ORDER - 1> free_area GUARDED_BY(lock);
    u32 quarantined GUARDED_BY(lock); ///< pages taken out of use after a bug

    /// Has the zone any page to give?
    [[nodiscard]] bool populated() const { return managed_pages != 0; }
    [[nodiscard]] bool holds(pfn_t pfn) const { return pfn - zone_start_pfn < spanned_pages; }
};

/// The zones that a request may use, best first, ended by nullptr.
struct zonelist {
    zone *zones[MAX_NR_ZONES + 1];
};

struct bootmem_data;

/// All memory of one node; there is one. Linux: pg_data_t.
struct pglist_data {
    zone node_zones[MAX_NR_ZONES];
    zonelist node_zonelists[MAX_NR_ZONES]; ///< by the highest zone that is allowed
    u32 nr_zones;
    pfn_t node_start_pfn;
    u32 node_present_pages;
    u32 node_spanned_pages;
    int node_id;
    bootmem_data *bdata;
};
using pg_data_t = pglist_data;
extern pg_data_t contig_page_data;
/// Linux: NODE_DATA().
inline pg_data_t *NODE_DATA(int)
{
    return &contig_page_data;
}

inline zone *page_zone(const page *p)
{
    return &contig_page_data.node_zones[p->flags >> PAGE_ZONE_SHIFT & 3];
}
inline zone_type page_zonenum(const page *p)
{
    return static_cast<zone_type>(p->flags >> PAGE_ZONE_SHIFT & 3);
}

/// The highest zone that a mask allows, or MAX_NR_ZONES for a mask that contradicts itself.
/// Linux: gfp_zone().
[[nodiscard]] zone_type gfp_zone(gfp_t gfp);
/// MIGRATE_PCPTYPES for a mask that contradicts itself. Linux: gfp_migratetype().
[[nodiscard]] migratetype gfp_migratetype(gfp_t gfp);

/// Pages that are never given to those who can wait, and the watermarks that follow from them.
extern u32 min_free_kbytes;
extern u32 sysctl_lowmem_reserve_ratio[MAX_NR_ZONES];
