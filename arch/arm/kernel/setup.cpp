// setup_arch: who am I, what RAM is there, where does lowmem end, and then paging_init.
//
// Linux: arch/arm/kernel/setup.c.
#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/kernel/setup.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/layout.h>
#include <arch/arm/mm/mmu.h>
#include <arch/arm/mm/probe.h>
#include <asm/console.h>
#include <asm/cp15.h>
#include <asm/image.h>
#include <asm/tlbflush.h>
#include <boot/board.h>
#include <boot/loader.h>
#include <kernel/core/early_param.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/core/resource.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/init.h>
#include <kernel/lib/memparse.h>
#include <mm/memblock.h>

static_assert(DACR_AT_BOOT == DACR_INIT, "head.S and <asm/pgtable-hwdef.h> disagree");

struct processor processor;
struct cpu_facts cpu_facts;

namespace {

constinit u64 vmalloc_size = VMALLOC_DEFAULT;

constinit const proc_info_list *boot_proc = nullptr;

/// For a machine whose loader said nothing of RAM.
phys_window __init default_bank()
{
    const phys_window bank = probe_ram(machine.ram, boot_proc->io_section);
    printk("probe_ram: 0x%08x-0x%08x (%u MB)\n", bank.start.raw(),
           (bank.start + (bank.size - 1)).raw(), bank.size / SZ_1M);
    return bank;
}

/// RAM that head.S has mapped at PAGE_OFFSET.
constexpr u32 HEAD_MAPPED_SIZE = SZ_16M;

void __init setup_processor(const proc_info_list &proc)
{
    processor = *proc.proc;
    cpu_facts.architecture = processor.architecture;
    if (processor.architecture >= 7 && read_id_mmfr3() >> 28 == 15) // 0: has them, 15: has none
        processor.features &= ~CPU_HAS_SUPERSECTIONS;
    printk("CPU: %s [%08x] revision %u (ARMv%u), cr=%08x\n", processor.name, cpu_facts.midr,
           cpu_facts.midr & 15, processor.architecture, read_sctlr());
    printk("CPU: %s\n", is_smp() ? "several cores, the others are parked" : "one core");
}

} // namespace

/// vmalloc=SIZE: how much address space lowmem leaves. Linux: arch/arm/mm/mmu.c early_vmalloc().
static int __init early_vmalloc(const char *value)
{
    char *end = nullptr;
    const u64 size = value ? memparse(value, &end) : 0;
    if (!value || end == value) {
        printk("early_vmalloc: \"vmalloc=%s\" ignored: a size is missing\n", value ? value : "");
        return -EINVAL;
    }
    if (*end != '\0') {
        printk("early_vmalloc: \"vmalloc=%s\" ignored: '%c' is no unit (use K, M or G)\n", value,
               *end);
        return -EINVAL;
    }
    vmalloc_size = size;
    return 0;
}
early_param("vmalloc", early_vmalloc);

namespace {

/// Tells memblock what RAM there is and what of it is taken.
void __init arm_memblock_init()
{
    for (int i = 0; i < meminfo.nr_banks; i++)
        memblock_add(meminfo.bank[i].start, meminfo.bank[i].size);
    const phys_addr_t text = linear_pa(kernel_image.text);
    // The first megabyte: the loader's page (cores may still wait in its pen), the tables, head.S
    // with the parked cores, the loader's copy.
    memblock_reserve(PHYS_OFFSET, text - PHYS_OFFSET, "boot: loader's page, tables, head.S");
    memblock_reserve(text, kernel_image.end - kernel_image.text, "kernel image");
    // Until map_lowmem is done only what head.S mapped may be handed out, and of that whole
    // slots: the last one may still have to become a table.
    const membank &first = meminfo.bank[0];
    const u32 mapped = first.size < HEAD_MAPPED_SIZE ? first.size : HEAD_MAPPED_SIZE;
    memblock_set_current_limit((first.start + mapped).align_down(PGDIR_SIZE));
}

constinit resource ram_resources[NR_BANKS] = {};
constinit resource kernel_code{{}, {}, "Kernel code"};
constinit resource kernel_data{{}, {}, "Kernel data"};
constinit resource device_resources[8] = {};

void __init claim(resource &entry, phys_addr_t start, phys_addr_t last, const char *name)
{
    entry.start = start;
    entry.end = last;
    entry.name = name;
    if (insert_resource(&iomem_resource, &entry) != 0)
        printk("request_standard_resources: %s %08x-%08x overlaps\n", name, start.raw(),
               last.raw());
}

/// Linux: request_standard_resources().
void __init request_standard_resources()
{
    // Lowmem and highmem of one bank are two banks here and one bar of RAM there: memblock's view.
    u32 bars = 0;
    for_each_mem_range([&](const memblock_region &region) {
        if (bars < NR_BANKS)
            claim(ram_resources[bars++], region.base, region.last, "System RAM");
    });
    claim(kernel_code, linear_pa(kernel_image.text), linear_pa(kernel_image.etext - 1),
          "Kernel code");
    claim(kernel_data, linear_pa(kernel_image.stack), linear_pa(kernel_image.end - 1),
          "Kernel data");
    for (u32 i = 0; i < machine.nr_io_map && i < 8; i++) {
        const phys_addr_t start = PFN_PHYS(machine.io_map[i].pfn);
        claim(device_resources[i], start, start + (machine.io_map[i].length - 1),
              machine.io_map[i].name);
    }
}

} // namespace

void __init setup_arch(const proc_info_list &proc)
{
    setup_processor(proc);
    printk("Machine: %s\n", machine.name);
    init_mm.pgd = static_cast<pgd_t *>(to_ptr(kernel_image.swapper));

    boot_proc = &proc;
    setup_machine(__loader_data, machine.ram, default_bank);
    parse_early_param(boot_command_line);
    // The image, and room behind it for the first page tables.
    meminfo_require(PHYS_OFFSET.raw(),
                    linear_pa(kernel_image.end).align_up(PGDIR_SIZE) - PHYS_OFFSET + PGDIR_SIZE,
                    "the kernel image");

    const memory_layout layout = adjust_lowmem_bounds(
        meminfo, {.vmalloc_size = vmalloc_size, .static_maps_size = static_maps_size()});
    kernel_layout = {layout.lowmem_end, layout.vmalloc_start};
    high_memory = to_ptr(layout.high_memory);
    arm_memblock_init();

    paging_init(machine);
    request_standard_resources();
    machine.init_time();
    console_init();
}
