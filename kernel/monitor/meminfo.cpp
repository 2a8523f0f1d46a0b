// Counting RAM, as Linux does: MemTotal is what the page allocator manages, so the frames of the
// kernel's image and of the page structures are not in it; MemFree counts CPUs' lists as free.

#include <kernel/monitor/meminfo.h>

#include <arch/arm/mm/mmu.h>
#include <mm/page_alloc.h>

memory_totals count_memory()
{
    struct sysinfo info;
    si_meminfo(&info);
    memory_totals totals;
    totals.total = u64{info.totalram} * info.mem_unit;
    totals.free = u64{info.freeram} * info.mem_unit;
    totals.high_total = u64{info.totalhigh} * info.mem_unit;
    totals.high_free = u64{info.freehigh} * info.mem_unit;
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
