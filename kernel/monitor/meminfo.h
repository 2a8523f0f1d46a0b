// /proc/meminfo, as far as it is true here: nothing is cached, nothing is swapped.
#pragma once

#include <kernel/lib/printer.h>
#include <kernel/lib/types.h>

/// Bytes. High is what lies above lowmem's border.
struct memory_totals {
    u64 total = 0, free = 0;
    u64 high_total = 0, high_free = 0;
    u64 page_tables = 0;
    u64 vmalloc_total = 0;
};

/// The running kernel's, from the page allocator and the layout. Context: any, after mem_init.
[[nodiscard]] memory_totals count_memory();

/// Prints the rows that Linux's /proc/meminfo has for these, in its order and columns.
/// Linux: fs/proc/meminfo.c.
void print_meminfo(const memory_totals &totals, const printer &out);
