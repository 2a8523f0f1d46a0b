// What arch/arm/mm/init.cpp tells the console.
#pragma once

#include <kernel/lib/printer.h>

/// Prints "Virtual kernel memory layout:" and its rows, as the boot log has them. Context: any
/// after setup_arch. Linux: arch/arm/mm/init.c mem_init().
void print_memory_layout(const printer &out);
