// Counting RAM: memblock's ranges, cut at lowmem's border. MemTotal is all RAM that the loader
// told and mem= left; Linux's MemTotal lacks what was reserved at boot, which the page allocator
// will know when it exists.

#include <kernel/monitor/meminfo.h>

#include <algorithm>

#include <arch/arm/mm/mmu.h>
#include <mm/memblock.h>

/// The bytes of `range` that lie at or above `border`.
static u64 bytes_above(const memblock_region &range, phys_addr_t border)
{
    u64 from = std::max<u64>(range.base.raw(), border.raw());
    return range.end() > from ? range.end() - from : 0;
}

memory_totals count_memory()
{
    phys_addr_t border = kernel_layout.lowmem_limit;
    memory_totals totals;
    for_each_mem_range([&](const memblock_region &range) {
        totals.total += range.size();
        totals.high_total += bytes_above(range, border);
    });
    for_each_free_mem_range([&](const memblock_region &range) {
        totals.free += range.size();
        totals.high_free += bytes_above(range, border);
    });
    totals.page_tables = page_table_bytes;
    totals.vmalloc_total = VMALLOC_END - kernel_layout.vmalloc_start;
    return totals;
}

void print_meminfo(const memory_totals &totals, const printer &out)
{
    auto row = [&out](const char *name, u64 bytes) {
        out.printf("%-16s%8u kB\n", name, static_cast<u32>(bytes / 1024));
    };
    row("MemTotal:", totals.total);
    row("MemFree:", totals.free);
    row("HighTotal:", totals.high_total);
    row("HighFree:", totals.high_free);
    row("LowTotal:", totals.total - totals.high_total);
    row("LowFree:", totals.free - totals.high_free);
    row("PageTables:", totals.page_tables);
    row("VmallocTotal:", totals.vmalloc_total);
}
