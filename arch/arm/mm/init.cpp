// The memory layout that the kernel prints, and the limits of RAM in pages.
//
// Linux: arch/arm/mm/init.c (mem_init, bootmem_init, find_limits).
#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/mm.h>
#include <asm/proc-fns.h>
#include <kernel/lib/init.h>

constinit pfn_t min_low_pfn{}, max_low_pfn{}, max_pfn{};

void __init bootmem_init()
{
    min_low_pfn = PFN_UP(meminfo.bank[0].start);
    max_low_pfn = PFN_DOWN(kernel_layout.lowmem_limit);
    const membank &last = meminfo.bank[meminfo.nr_banks - 1];
    max_pfn = pfn_t(PFN_DOWN(last.start).raw() + (last.size >> PAGE_SHIFT));
}

namespace {

void row_kb(const printer &out, const char *name, virt_addr_t from, virt_addr_t to)
{
    out.printf("    %-7s : 0x%08x - 0x%08x   (%4u kB)\n", name, from.raw(), to.raw(),
               (to - from + SZ_1K - 1) / SZ_1K);
}
void row_mb(const printer &out, const char *name, virt_addr_t from, virt_addr_t to)
{
    out.printf("    %-7s : 0x%08x - 0x%08x   (%4u MB)\n", name, from.raw(), to.raw(),
               (to - from) / SZ_1M);
}

} // namespace

void print_memory_layout(const printer &out)
{
    const struct image &image = kernel_image;
    out.printf("Virtual kernel memory layout:\n");
    row_kb(out, "vector", VECTORS_BASE, VECTORS_BASE + PAGE_SIZE);
    row_kb(out, "fixmap", FIXADDR_START, FIXADDR_TOP);
    row_mb(out, "DMA", CONSISTENT_BASE, CONSISTENT_END);
    row_mb(out, "vmalloc", kernel_layout.vmalloc_start, VMALLOC_END);
    row_mb(out, "lowmem", PAGE_OFFSET, from_ptr(high_memory));
    row_mb(out, "pkmap", PKMAP_BASE, PKMAP_BASE + PKMAP_SIZE);
    row_mb(out, "modules", MODULES_VADDR, MODULES_END);
    row_kb(out, ".init", image.init_text, image.init_text_end);
    row_kb(out, ".text", image.text, image.etext);
    row_kb(out, ".data", image.data, image.edata);
    row_kb(out, ".bss", image.bss, image.bss_end);
    if (!processor.has(CPU_HAS_XN | CPU_HAS_APX))
        out.printf("    no XN on this CPU, and no read-only for the kernel\n");
}
