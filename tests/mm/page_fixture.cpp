// HOST ONLY: it boots a machine of its own.
//
// The steps of setup_arch and mm_init, from their description: see page_fixture.h.
#include <tests/mm/page_fixture.h>

#include <cstring>
#include <new>

#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/layout.h>
#include <arch/arm/mm/mm.h>
#include <arch/host/machine.h>
#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/page_debug.h>
#include <mm/vmalloc_internal.h>

namespace {

constexpr u32 REGIONS = 128;
memblock_region memory_regions[REGIONS];
memblock_region reserved_regions[REGIONS];

void reset_tables() NO_THREAD_SAFETY_ANALYSIS
{
    memset(static_cast<void *>(mem_types), 0, sizeof mem_types);
    memset(static_cast<void *>(tables_aside), 0, sizeof tables_aside);
    page_table_bytes = 0;
    pkmap_page_table = nullptr;
    new (&pgd_lock) spinlock_t; // a panic may have left it taken
    init_mm = {static_cast<pgd_t *>(to_ptr(kernel_image.swapper)), nullptr};
    pgd_list = &init_mm;
}

void add_banks(std::initializer_list<page_machine_bank> banks, u32 lowmem_size)
{
    meminfo_reset(machine.ram);
    for (const page_machine_bank &bank : banks)
        (void) arm_add_memory(u64{PHYS_OFFSET.raw()} + bank.offset, bank.size,
                              {"page_machine", "bank", ""});
    const u32 image_size = linear_pa(kernel_image.end) - PHYS_OFFSET;
    meminfo_require(PHYS_OFFSET.raw(), image_size, "the image");
    const memory_layout layout = adjust_lowmem_bounds(
        meminfo, {.vmalloc_size = VMALLOC_END - PAGE_OFFSET - VMALLOC_OFFSET - lowmem_size,
                  .static_maps_size = static_maps_size()});
    kernel_layout = {layout.lowmem_end, layout.vmalloc_start};
    high_memory = to_ptr(layout.high_memory);

    // RAM where the linear map will have it, and nothing between.
    host_unmap(PAGE_OFFSET, VMALLOC_END - PAGE_OFFSET);
    for (int i = 0; i < meminfo.nr_banks; i++) {
        const membank &bank = meminfo.bank[i];
        memblock_add(bank.start, bank.size);
        if (!bank.highmem)
            host_map(linear_va(bank.start), bank.start, bank.size);
    }
    memblock_reserve(PHYS_OFFSET, image_size, "kernel image");
    memblock_set_current_limit(kernel_layout.lowmem_limit);
}

} // namespace

void reset_page_variables()
{
    kernel_memblock = memblock(memory_regions, reserved_regions, __va);
    // As text, because each has its variable in the file that reads it.
    parse_early_param("movablecore=0 kernelcore=0 min_free_kbytes=0");
    page_debug = 0;
    new (&contig_page_data) pg_data_t{};
    totalram_pages = totalhigh_pages = 0;
    min_low_pfn = max_low_pfn = max_pfn = pfn_t(0);
    max_dma_address = phys_addr_t(0);
    empty_zero_page = nullptr;
    mem_init_done = false;
    kmap_local_init();
    page_address_init();
    new (&vmap_space) struct vmap_space;
}

page_machine::page_machine(std::initializer_list<page_machine_bank> banks,
                           const page_machine_options &options)
{
    host_reset();
    host_cpu = 0;
    reset_tables();
    reset_page_variables();
    parse_early_param(options.parameters);
    add_banks(banks, options.lowmem_size);
    paging_init(machine);
    if (options.before_mem_init)
        options.before_mem_init();
    mem_init();
}
