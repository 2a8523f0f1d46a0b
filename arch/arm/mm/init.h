// What arch/arm/mm/init.cpp does for start_kernel and the console.
#pragma once

#include <kernel/lib/printer.h>

/// Prints "Virtual kernel memory layout:" and its rows, as the boot log has them. Context: any
/// after setup_arch. Linux: arch/arm/mm/init.c mem_init().
void print_memory_layout(const printer &out);

/// The end of boot's allocators: all free memory goes to the page allocator. Prints "Memory: ...".
/// Context: boot, one CPU, after setup_arch. Linux: arch/arm/mm/init.c mem_init().
void mem_init();
/// Gives the writable .init data back. (.init.text stays: it shares read-only megabytes with the
/// text.) Context: when nothing of it will be used any more. Linux: free_initmem().
void free_initmem();
