// The border between lowmem and highmem, as a pure computation.
//
//   PAGE_OFFSET                              high_memory     vmalloc_start          vmalloc_end
//   | lowmem: RAM from phys_offset ......... |  8 MB hole ~  | vmalloc, ioremap ... |
//
//   the most that lowmem can have:  vmalloc_end - vmalloc_size - 8 MB - PAGE_OFFSET
//   high_memory                     the end of the RAM that is really there below that
//   vmalloc_start                   high_memory + 8 MB, rounded down to 8 MB
//
// So with little RAM vmalloc gets what lowmem does not use, and the hole, which catches what runs
// off the end of lowmem, is 1 byte to 8 MB long, 8 MB if high_memory is a multiple of that.
// Linux: arch/arm/mm/mmu.c adjust_lowmem_bounds(), asm/pgtable.h VMALLOC_START.
#pragma once

#include <arch/arm/kernel/meminfo.h>
#include <asm/memory.h>

/// What the border depends on. The places are multiples of 1 MB, and vmalloc_end is at least
/// 8 MB + LOWMEM_MIN_SIZE + 1 MB above page_offset.
struct layout_request {
    phys_addr_t phys_offset = PHYS_OFFSET;
    virt_addr_t page_offset = PAGE_OFFSET;
    virt_addr_t vmalloc_end = VMALLOC_END;
    u64 vmalloc_size = VMALLOC_DEFAULT; // vmalloc=, bytes, anything at all
    u32 static_maps_size = 0;           // bytes of device maps below vmalloc_end
};

struct memory_layout {
    phys_addr_t lowmem_limit; // no lowmem at or above this; a multiple of 1 MB
    phys_addr_t lowmem_end;   // one past the last byte of lowmem that exists
    virt_addr_t high_memory;  // the same place in the kernel's address space
    virt_addr_t vmalloc_start;
    virt_addr_t vmalloc_end;
    u32 vmalloc_size; // what vmalloc= came to, bytes
};

/// Draws the border through `banks`: splits the bank that it cuts, marks those beyond as highmem.
///
/// The size of vmalloc is raised to VMALLOC_MIN_SIZE beside the static maps, lowered so that
/// lowmem can have LOWMEM_MIN_SIZE, and rounded up so that the border is a multiple of 1 MB and
/// lowmem below it can be mapped by sections. RAM below phys_offset has no place in the address
/// space and is dropped. If the split finds the array of banks full, its upper half is dropped.
/// Each of these except the rounding prints one line. Banks as arm_add_memory() leaves them:
/// sorted, whole pages; those marked by an earlier call are marked anew, without being joined.
///
/// Context: boot. Linux: adjust_lowmem_bounds().
memory_layout adjust_lowmem_bounds(struct meminfo &banks, const layout_request &request);
