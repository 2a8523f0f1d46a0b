// The vmalloc range of this machine.
#pragma once

/// vmalloc_init() for the range, and areas for the board's static maps, which devicemaps_init() made.
/// Needs slabs. Context: boot. Linux: mm/vmalloc.c vmalloc_init(), arch/arm/mm/mmu.c iotable_init().
void vmalloc_areas_init();
