// The data cache, where a page's address matters to it.
//
//   ARMv7   a line is found by its physical address: mappings come and go without maintenance
//   ARMv6   by index bits of the virtual address, where a way is larger than a page (aliasing)
//   ARMv5   by the virtual address alone: a page that is mapped elsewhere afterwards would be read
//           from memory while its newest bytes sit in the cache under the old address
//
// So before ARMv7 a mapping of cached memory ends with its lines written back and dropped.
// Linux: asm/cacheflush.h, asm/cachetype.h (cache_is_vivt), DDI 0406C B2.2, D12.4 (ARMv5 and v6).
#pragma once

#include <asm/barrier.h>
#include <asm/cpu_facts.h>
#include <asm/maintenance.h>
#include <asm/world.h>

/// Smallest line of the CPUs we know; a larger one is maintained twice.
constexpr u32 DCACHE_LINE = 32;

/// Must a page's lines leave the cache before the page loses this address?
/// Linux: cache_is_vivt() || cache_is_vipt_aliasing().
inline bool cache_knows_addresses()
{
#if __ARM_ARCH >= 7
    return false;
#else
    return cpu_facts.architecture < 7;
#endif
}

/// Writes back and drops the lines of [va, va + size), multiples of a line, while they are still
/// mapped. Complete after the next DSB. Linux: __cpuc_flush_dcache_area().
inline void flush_dcache_area(virt_addr_t va, u32 size)
{
    for (u32 done = 0; done < size; done += DCACHE_LINE)
        flush_line_poc(to_ptr(va + done));
}

// Around a change of kernel mappings, under the names and at the places of Linux's
// Documentation/core-api/cachetlb.rst.

/// [start, end) was mapped just now: whoever uses it next sees the entries. The pages' lines have
/// left the cache at the address that they had before (set_pte_run). Linux: flush_cache_vmap().
inline void flush_cache_vmap(virt_addr_t, virt_addr_t)
{
    dsb();
    isb();
}
/// [start, end), multiples of PAGE_SIZE, will be unmapped next. Linux: flush_cache_vunmap().
inline void flush_cache_vunmap(virt_addr_t start, virt_addr_t end)
{
    if (cache_knows_addresses())
        flush_dcache_area(start, end - start);
}
