// What the page allocator tells of itself: mm/vmstat.h.
//
// Free blocks are counted when somebody asks: the engine keeps no counters of them, only of
// frames. Blocks of orders 0 to 4 are what buddies would have inside each chunk of 32 frames.
// Linux: mm/vmstat.c (frag_show_print, pagetypeinfo_show, zoneinfo_show_print).
#include <mm/vmstat.h>

#include <mm/page_alloc.h>

namespace {

/// Free blocks of a zone, and pageblocks by type.
struct zone_counts {
    u32 free[MIGRATE_TYPES][MAX_ORDER] = {};
    u32 blocks[MIGRATE_TYPES] = {};

    explicit zone_counts(zone &z)
    {
        const spin_irq_guard guard(z.lock);
        z.free_area.for_each_free(
            [this](u32, unsigned order, migratetype mt) { free[mt][order]++; });
        // The first and the last pageblock may hang over the zone's ends.
        const u32 end = z.zone_start_pfn - z.base + z.spanned_pages;
        for (u32 frame = 0; frame < end; frame += pageblock_nr_pages)
            blocks[z.free_area.block_type(frame)]++;
    }
    [[nodiscard]] u32 of_order(unsigned order) const
    {
        u32 sum = 0;
        for (const auto &of_type : free)
            sum += of_type[order];
        return sum;
    }
};

template <class Visit>
void for_each_populated_zone(Visit visit)
{
    for (zone &z : contig_page_data.node_zones)
        if (z.populated())
            visit(z);
}

u32 free_pages_of(zone &z)
{
    const spin_irq_guard guard(z.lock);
    return z.free_area.nr_free();
}

void print_pageset(const printer &out, u32 cpu, const per_cpu_pages &pcp)
{
    u32 count = 0, high = 0;
    for (const pcp_list &list : pcp.lists) {
        count += list.count();
        high += static_cast<u32>(list.high);
    }
    out.printf("    cpu: %u\n              count: %u\n              high:  %u\n"
               "              batch: %u\n",
               cpu, count, high, pcp.lists[0].batch);
}

} // namespace

void print_buddyinfo(const printer &out)
{
    for_each_populated_zone([&](zone &z) {
        const zone_counts counts(z);
        out.printf("Node %d, zone %8s ", contig_page_data.node_id, z.name);
        for (unsigned order = 0; order < MAX_ORDER; order++)
            out.printf("%6u ", counts.of_order(order));
        out.printf("\n");
    });
}

void print_pagetypeinfo(const printer &out)
{
    out.printf("Page block order: %u\nPages per block:  %u\n\n", pageblock_order,
               pageblock_nr_pages);
    out.printf("%-43s ", "Free pages count per migrate type at order");
    for (unsigned order = 0; order < MAX_ORDER; order++)
        out.printf("%6u ", order);
    out.printf("\n");
    for_each_populated_zone([&](zone &z) {
        const zone_counts counts(z);
        for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
            out.printf("Node %4d, zone %8s, type %12s ", contig_page_data.node_id, z.name,
                       migratetype_names[mt]);
            for (u32 blocks : counts.free[mt])
                out.printf("%6u ", blocks);
            out.printf("\n");
        }
    });
    out.printf("\n%-23s", "Number of blocks type ");
    for (const char *name : migratetype_names)
        out.printf("%12s ", name);
    out.printf("\n");
    for_each_populated_zone([&](zone &z) {
        const zone_counts counts(z);
        out.printf("Node %d, zone %8s ", contig_page_data.node_id, z.name);
        for (u32 blocks : counts.blocks)
            out.printf("%12u ", blocks);
        out.printf("\n");
    });
}

void print_zoneinfo(const printer &out)
{
    for (zone &z : contig_page_data.node_zones) {
        const u32 free = z.populated() ? free_pages_of(z) : 0;
        out.printf("Node %d, zone %8s\n", contig_page_data.node_id, z.name);
        out.printf("  pages free     %u\n        min      %u\n        low      %u\n"
                   "        high     %u\n        spanned  %u\n        present  %u\n"
                   "        managed  %u\n        protection: (",
                   free, z.watermark[WMARK_MIN], z.watermark[WMARK_LOW], z.watermark[WMARK_HIGH],
                   z.spanned_pages, z.present_pages, z.managed_pages);
        for (u32 i = 0; i < MAX_NR_ZONES; i++)
            out.printf("%s%u", i == 0 ? "" : ", ", z.lowmem_reserve[i]);
        out.printf(")\n");
        if (!z.populated())
            continue;
        out.printf("      nr_free_pages %u\n  pagesets\n", free);
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            print_pageset(out, cpu, z.pageset[cpu]);
        out.printf("  start_pfn:           %u\n", z.zone_start_pfn.raw());
    }
}
