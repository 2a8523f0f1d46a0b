// memblock: what RAM there is and what of it is taken, before there are page structures.
//
//   setup_arch            memblock_add() each bank, memblock_reserve() image, tables, initrd, ...
//   paging_init           memblock_alloc() page tables; at its end bootmem takes over lowmem
//   mem_init              what for_each_free_mem_range() finds of highmem goes to its zone
//
// These are Linux's functions over the kernel's own instance of the engine in memblock_engine.h,
// which has the contracts; here stands only what the face adds. Where Linux's numbers can reach
// 2^32 (an end, a total) ours are u64. Every function prints a line when it fails for want of
// room in the lists, because callers of the old kernel seldom look.
// Linux: include/linux/memblock.h, mm/memblock.c. Context: boot, one CPU; TLB and caches: none.
#pragma once

#include <mm/memblock_engine.h>

constexpr u32 INIT_MEMBLOCK_REGIONS = 128;

/// The kernel's own instance. Its arrays have INIT_MEMBLOCK_REGIONS entries at first.
extern memblock kernel_memblock;

/// Sizes in bytes; return 0, -ENOMEM or -EINVAL (memblock::add and its neighbours).
int memblock_add(phys_addr_t base, u32 size);
int memblock_remove(phys_addr_t base, u32 size);
int memblock_reserve(phys_addr_t base, u32 size);
int memblock_free(phys_addr_t base, u32 size);
/// Reserves and says for whom, in a string that lives for ever: the console's `page` prints it.
int memblock_reserve(phys_addr_t base, u32 size, const char *name);

/// Physical memory, up to the current limit, or anywhere in [start, end). 0 on failure.
[[nodiscard]] phys_addr_t memblock_phys_alloc(u32 size, u32 align);
[[nodiscard]] phys_addr_t memblock_phys_alloc_range(u32 size, u32 align, phys_addr_t start,
                                                    phys_addr_t end);

/// Zeroed lowmem below the current limit, through __va(); nullptr on failure (no line: the
/// caller knows whether that is the end). Linux: the same names, _try without its node number.
[[nodiscard]] void *memblock_alloc(u32 size, u32 align);
[[nodiscard]] void *memblock_alloc_named(u32 size, u32 align, const char *name);
[[nodiscard]] void *memblock_alloc_from(u32 size, u32 align, phys_addr_t min_addr);
[[nodiscard]] void *memblock_alloc_try(u32 size, u32 align, phys_addr_t min_addr,
                                       phys_addr_t max_addr);
/// The same, not zeroed.
[[nodiscard]] void *memblock_alloc_raw(u32 size, u32 align);
[[nodiscard]] void *memblock_alloc_try_raw(u32 size, u32 align, phys_addr_t min_addr,
                                           phys_addr_t max_addr);

/// Bottom up or top down (the default). A bool because Linux has one.
void memblock_set_bottom_up(bool enable);
[[nodiscard]] bool memblock_bottom_up();
/// One past the last byte that may be handed out to be used through __va(). Until map_lowmem is
/// done that is what head.S has mapped; afterwards the end of lowmem.
void memblock_set_current_limit(phys_addr_t limit);
[[nodiscard]] phys_addr_t memblock_get_current_limit();
/// Called once map_lowmem is done: from then on the lists may grow.
void memblock_allow_resize();

/// Called when bootmem takes over: memblock_alloc() fails from then on (memblock::close()).
void memblock_close();

/// Bytes, for the limit and both totals.
void memblock_enforce_memory_limit(u64 limit);
void memblock_trim_memory(u32 align);
[[nodiscard]] u64 memblock_phys_mem_size();
[[nodiscard]] u64 memblock_reserved_size();
[[nodiscard]] phys_addr_t memblock_start_of_DRAM();
/// One past the last byte of RAM. 64 bits wide: RAM may end at the top of the space.
[[nodiscard]] u64 memblock_end_of_DRAM();

[[nodiscard]] bool memblock_is_memory(phys_addr_t addr);
[[nodiscard]] bool memblock_is_reserved(phys_addr_t addr);
/// All of it is memory; any of it is reserved.
[[nodiscard]] bool memblock_is_region_memory(phys_addr_t base, u32 size);
[[nodiscard]] bool memblock_is_region_reserved(phys_addr_t base, u32 size);
/// Who reserved the byte at `addr`: the name given, "" for a nameless one, nullptr for free.
[[nodiscard]] const char *memblock_owner(phys_addr_t addr);

void memblock_dump_all();

/// Call visit(const memblock_region &) for each region, lowest first. The lists may change while
/// a visit is under way: the walk goes on from the end of the region that it showed.
template <class Visit>
void for_each_mem_range(Visit visit)
{
    for (auto r = kernel_memblock.next_memory(0); r; r = kernel_memblock.next_memory(r->end()))
        visit(*r);
}
template <class Visit>
void for_each_reserved_mem_range(Visit visit)
{
    for (auto r = kernel_memblock.next_reserved(0); r; r = kernel_memblock.next_reserved(r->end()))
        visit(*r);
}
template <class Visit>
void for_each_free_mem_range(Visit visit)
{
    for (auto r = kernel_memblock.next_free(0); r; r = kernel_memblock.next_free(r->end()))
        visit(*r);
}
/// The same, highest first.
template <class Visit>
void for_each_free_mem_range_reverse(Visit visit)
{
    for (auto r = kernel_memblock.prev_free(PHYS_SPACE_END); r;
         r = kernel_memblock.prev_free(r->base.raw()))
        visit(*r);
}
