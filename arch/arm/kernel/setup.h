// From the first line of C++ to a machine with page tables.
#pragma once

#include <asm/procinfo.h>

/// Reads the linker's symbols into kernel_image (arch/arm/kernel/image.cpp).
void read_linker_symbols();

/// Finds out what machine this is and builds its page tables: processor, loader's data, early
/// parameters, lowmem's border, memblock, paging_init, the tree of physical addresses.
///
/// @param proc  the record by which head.S recognised the CPU
/// Context: boot, one CPU, interrupts off. Linux: arch/arm/kernel/setup.c setup_arch().
void setup_arch(const proc_info_list &proc);
