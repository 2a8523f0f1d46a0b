// TLB flushes of the kernel's mappings, each whole with its barriers (rule 5 of the design).
//
// The caller has stored the entries; the first DSB here makes them visible to the walker (and,
// where walks are not coherent, completes the cleans that the writers issued).
// Linux: asm/tlbflush.h, Documentation/core-api/cachetlb.rst. DDI 0406C B3.10.1 and B3.10.2.
#pragma once

#include <asm/barrier.h>
#include <asm/maintenance.h>
#include <asm/proc-fns.h>

/// More pages than this and dropping everything is cheaper than going page by page.
constexpr u32 TLB_FLUSH_ALL_PAGES = 64;

/// Drops every TLB entry of all cores. Context: any. Linux: flush_tlb_all().
inline void flush_tlb_all()
{
    dsb();
    if (is_smp()) {
        tlbi_all_is();
        bpi_all_is();
    } else {
        tlbi_all();
        bpi_all();
    }
    dsb();
    isb();
}

/// Drops the TLB entries of kernel addresses [start, end) on all cores, `step` bytes a mapping
/// (PAGE_SIZE or SECTION_SIZE). Context: any. Linux: flush_tlb_kernel_range().
inline void flush_tlb_kernel_range(virt_addr_t start, virt_addr_t end, u32 step = PAGE_SIZE)
{
    const u32 count = (end - start + step - 1) / step;
    if (count > TLB_FLUSH_ALL_PAGES) {
        flush_tlb_all();
        return;
    }
    dsb();
    for (u32 i = 0; i < count; i++) {
        const virt_addr_t va = start + i * step;
        if (is_smp())
            tlbi_mva_is(va);
        else
            tlbi_mva(va);
    }
    if (is_smp())
        bpi_all_is();
    else
        bpi_all();
    dsb();
    isb();
}
