// Do the kernel's page tables say what the design says? Asked by the console, tests and boot tests.
#pragma once

#include <arch/arm/mm/walk.h>

/// Walks all 4 GB of the kernel's tables and checks:
///  - page 0 and the user's half are not mapped; nothing is both writable and executable
///  - each page of lowmem leads to its frame at the fixed distance, with RAM's memory type and the
///    rights of its part of the image (text r-x, rodata r--, all else rw-)
///  - no frame of lowmem is mapped elsewhere with another memory type
///  - the vectors page is at 0xffff0000
///  - the sixteen words of a supersection are equal
///  - each hardware PTE is what its Linux PTE asks for
///  - each pgd of pgd_list has the kernel's sections, and its tables where it has any
///
/// @return  number of lines printed to `out`, each naming an address and what is wrong with it
/// Context: any after paging_init; takes pgd_lock.
u32 verify_tables(const printer &out);
