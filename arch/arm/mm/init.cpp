// From memblock to the page allocator, as this machine does it, and the lines that tell of it.
//
//   paging_init
//     bootmem_init           find_limits
//       arm_bootmem_init     the bitmap: banks free, what memblock has reserved taken
//       arm_memory_present   SPARSEMEM: which sections there are
//       sparse_init
//       zone_sizes_init      DMA, NORMAL, HIGHMEM -> free_area_init (mm/mm_init.cpp)
//   mm_init
//     mem_init               free_all_bootmem, free_highpages, page_alloc_init, "Memory: ..."
//   free_initmem             .init.data
//
// Linux: arch/arm/mm/init.c, mm_init.c (mem_init_print_info).
#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/mm.h>
#include <asm/mach.h>
#include <asm/proc-fns.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <kernel/lib/init.h>
#include <mm/bootmem.h>
#include <mm/memblock.h>
#include <mm/mm_init.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>

namespace {

constexpr u32 DMA_ZONE_DEFAULT = SZ_16M;

void __init find_limits()
{
    min_low_pfn = PFN_UP(meminfo.bank[0].start);
    max_low_pfn = PFN_DOWN(kernel_layout.lowmem_limit);
    const membank &last = meminfo.bank[meminfo.nr_banks - 1];
    max_pfn = pfn_t(PFN_DOWN(last.start).raw() + (last.size >> PAGE_SHIFT));
}

/// Lets bootmem know what memblock knows of lowmem; memblock gives nothing away from then on.
void __init arm_bootmem_init()
{
    const u32 map_bytes =
        static_cast<u32>(bootmem_bootmap_pages(max_low_pfn - min_low_pfn)) * PAGE_SIZE;
    const void *map = memblock_alloc_raw(map_bytes, PAGE_SIZE);
    if (!map)
        panic("arm_bootmem_init: no %u bytes for the bitmap", map_bytes);
    init_bootmem_node(NODE_DATA(0), PFN_DOWN(__pa(map)).raw(), min_low_pfn.raw(),
                      max_low_pfn.raw());
    const u64 lowmem_end = PFN_PHYS(max_low_pfn).raw();
    for_each_mem_range([&](const memblock_region &ram) {
        if (ram.base.raw() < lowmem_end)
            free_bootmem(ram.base.raw(), std::min(ram.end(), lowmem_end) - ram.base.raw());
    });
    u64 done = 0; // two regions may share a page
    for_each_reserved_mem_range([&](const memblock_region &taken) {
        const u64 first = std::max<u64>(taken.base.align_down(PAGE_SIZE).raw(), done);
        const u64 end = std::min((taken.end() + PAGE_SIZE - 1) & ~u64{PAGE_SIZE - 1}, lowmem_end);
        if (first < end)
            reserve_bootmem(first, end - first, BOOTMEM_DEFAULT);
        done = std::max(done, end);
    });
    memblock_close();
}

void __init arm_memory_present()
{
    for_each_mem_range([](const memblock_region &ram) {
        memory_present(PFN_UP(ram.base), PFN_DOWN(ram.last) + 1);
    });
}

/// Linux: zone_sizes_init().
void __init zone_sizes_init()
{
    pfn_t max_zone_pfn[MAX_NR_ZONES] = {};
    max_zone_pfn[ZONE_DMA] = std::min(max_low_pfn, PFN_DOWN(max_dma_address));
    max_zone_pfn[ZONE_NORMAL] = max_low_pfn;
    max_zone_pfn[ZONE_HIGHMEM] = max_pfn;
    free_area_init(max_zone_pfn);
}

} // namespace

void __init bootmem_init()
{
    memblock_allow_resize();
    find_limits();
    const u32 dma_size = machine.dma_zone_size != 0 ? machine.dma_zone_size : DMA_ZONE_DEFAULT;
    const u64 dma_end = u64{PHYS_OFFSET.raw()} + dma_size;
    max_dma_address =
        phys_addr_t(static_cast<u32>(std::min<u64>(dma_end, kernel_layout.lowmem_limit.raw())));
    arm_bootmem_init();
    arm_memory_present();
    const u32 start = machine.boot_clock();
    sparse_init();
    zone_sizes_init();
    record_boot_time("mem_map_init", machine.boot_clock() - start, get_num_physpages());
}

void *alloc_table_page()
{
    if (mem_init_done)
        return reinterpret_cast<void *>(__get_free_page(GFP_KERNEL));
    if (NODE_DATA(0)->bdata)
        return __alloc_bootmem_raw(PAGE_SIZE, PAGE_SIZE, bootmem_goal());
    return memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);
}

namespace {

constexpr unsigned long kilobytes(unsigned long pages)
{
    return pages << (PAGE_SHIFT - 10);
}

/// Linux: mem_init_print_info().
void __init mem_init_print_info()
{
    const struct image &image = kernel_image;
    const u32 init_code = image.init_text_end - image.init_text;
    const u32 init_data = image.init_data_end - image.init_data;
    const u32 code = image.etext - image.text - init_code;
    const u32 data = image.edata - image.data - init_data;
    const u32 rodata = image.rodata_end - image.rodata;
    const u32 bss = image.bss_end - image.bss;
    const u32 pages = get_num_physpages();
    printk("Memory: %luK/%luK available (%uK kernel code, %uK rwdata, %uK rodata, %uK init, "
           "%uK bss, %luK reserved, %luK highmem)\n",
           kilobytes(nr_free_pages()), kilobytes(pages), code >> 10, data >> 10, rodata >> 10,
           (init_data + init_code) >> 10, bss >> 10, kilobytes(pages - totalram_pages),
           kilobytes(totalhigh_pages));
}

/// Records a stage of the hand-over: what it took for each of `count`.
void __init record_per(const char *name, u32 ticks, u32 count)
{
    if (count != 0)
        record_boot_time(name, ticks, count);
}

} // namespace

void __init mem_init()
{
    page_debug_init();
    const u32 start = machine.boot_clock();
    const u32 low = static_cast<u32>(free_all_bootmem());
    const u32 between = machine.boot_clock();
    const u32 high = free_highmem_range(max_low_pfn, max_pfn);
    const u32 end = machine.boot_clock();
    page_alloc_init();
    record_per("free_all_bootmem_low", between - start, low);
    record_per("free_all_bootmem_high", end - between, high);
    // Highmem is nothing but whole blocks; lowmem has the image and bootmem's pages between them.
    record_per("free_all_bootmem_block", end - between, high >> (MAX_ORDER - 1));
    mem_init_print_info();
}

void free_initmem()
{
    free_reserved_area(kernel_image.init_data, kernel_image.init_data_end, "unused kernel");
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
