// Commands that look at the address space: layout, walk, ptdump, page, verify.
#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/init.h>
#include <arch/arm/mm/mmu.h>
#include <arch/arm/mm/verify.h>
#include <arch/arm/mm/walk.h>
#include <asm/image.h>
#include <cstring>
#include <kernel/core/printk.h>
#include <kernel/lib/string_util.h>
#include <kernel/monitor/monitor.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/memblock_verify.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/page_verify.h>
#include <mm/vmalloc.h>

static int layout_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_memory_layout(console_printer);
    return 0;
}
monitor_command("layout", "", "where everything is in the kernel's address space", layout_command);

/// The number in `text`, or nothing after one line that says what would be right.
static std::optional<u32> number_of(const char *command, const char *text, const char *what)
{
    const std::optional<u32> value = parse_u32(text);
    if (!value)
        printk("%s: \"%s\" is no %s: use a number such as 0xc0100000\n", command, text, what);
    return value;
}

static int walk_command(int argc, char **argv)
{
    if (argc != 2)
        return bad_usage;
    const std::optional<u32> va = number_of("walk", argv[1], "address");
    if (!va)
        return 1;
    print_walk(console_printer, live_mmu_registers(), virt_addr_t(*va));
    return 0;
}
monitor_command("walk", "VA", "every step of the translation of VA", walk_command);

static int ptdump_command(int argc, char **argv)
{
    virt_addr_t start(0), end(0xffffffff);
    if (argc > 2)
        return bad_usage;
    if (argc == 2 && strcmp(argv[1], "kernel") == 0) {
        start = TASK_SIZE;
    } else if (argc == 2 && strcmp(argv[1], "user") == 0) {
        end = TASK_SIZE - 1;
    } else if (argc == 2) {
        printk("ptdump: \"%s\" is no part of the address space: use kernel or user\n", argv[1]);
        return 1;
    }
    const u32 runs = print_tables(console_printer, live_mmu_registers(), start, end);
    printk("%u runs\n", runs);
    return 0;
}
monitor_command("ptdump", "[kernel|user]", "runs of equal mappings, hardware and Linux view",
                ptdump_command);

namespace {

struct image_part {
    const char *name;
    virt_addr_t start, end;
};

/// The part of the kernel's image that holds `va`, or nullptr.
const char *image_part_of(virt_addr_t va)
{
    const struct image &image = kernel_image;
    const image_part parts[] = {
        {"swapper_pg_dir, the kernel's first-level table", image.swapper,
         image.swapper + SZ_16M / 1024},
        {"idmap_pgd, for switching the MMU on", image.idmap, image.idmap + SZ_16M / 1024},
        {"bm_pte, the table of fixmap and vectors", image.fixmap_table,
         image.fixmap_table + PAGE_SIZE},
        {"vectors page", image.vectors, image.vectors + PAGE_SIZE},
        {".init.text", image.init_text, image.init_text_end},
        {".text", image.text, image.etext},
        {".rodata", image.rodata, image.rodata_end},
        {"boot stack", image.stack, image.stack_end},
        {".data", image.data, image.edata},
        {".bss", image.bss, image.bss_end},
    };
    for (const image_part &part : parts)
        if (va >= part.start && va < part.end)
            return part.name;
    return nullptr;
}

/// The first frame of the block in use that `p` is inside of, or nullptr.
const page *block_around(const page *p)
{
    const pfn_t pfn = page_pfn(p);
    for (unsigned order = 1; order < MAX_ORDER; order++) {
        const pfn_t head = pfn.align_down(1u << order);
        if (!pfn_valid(head.raw()))
            return nullptr;
        const page *first = pfn_to_page(head);
        if (first->flags & PAGE_IN_USE && compound_order(first) >= order)
            return first;
    }
    return nullptr;
}

/// Free in its zone, of a block of which order; or else kept by a CPU.
void print_free(const page *p)
{
    zone &z = *page_zone(p);
    const spin_irq_guard guard(z.lock);
    const u32 frame = page_pfn(p) - z.base;
    const int order = z.free_area.free_order(frame);
    const char *type = migratetype_names[z.free_area.block_type(frame)];
    if (order >= 0)
        printk("  owner    : free, in a block of order %d, zone %s, %s\n", order, z.name, type);
    else
        printk("  owner    : free, on a CPU's list, zone %s, %s\n", z.name, type);
}

/// Who owns the frame: what its struct page says, and for what was never handed out, memblock.
void print_owner(phys_addr_t pa)
{
    const page *p = pfn_to_page(PFN_DOWN(pa));
    const char *name = memblock_owner(pa);
    const char *part = pa < kernel_layout.lowmem_limit ? image_part_of(linear_va(pa)) : nullptr;
    if (part && PageReserved(p)) // what was .init.data is a page like others
        printk("  owner    : kernel image: %s\n", part);
    else if (p->flags & PG_quarantine)
        printk("  owner    : nobody: in quarantine after a bug\n");
    else if (p->flags & PG_guard)
        printk("  owner    : nobody: a guard page\n");
    else if (p->flags & PAGE_IN_USE)
        printk("  owner    : in use, a block of order %u, %d references, zone %s\n",
               compound_order(p), page_count(p), page_zone(p)->name);
    else if (const page *head = block_around(p))
        printk("  owner    : in use, inside the block of pfn %#lx, order %u, zone %s\n",
               page_to_pfn(head), compound_order(head), page_zone(p)->name);
    else if (!PageReserved(p))
        print_free(p);
    else
        printk("  owner    : memblock: %s\n",
               name && *name ? name : "reserved, nobody said for whom");
    print_page_owner(console_printer, p, "  history  : ");
}

} // namespace

/// The argument is a page frame number when it is below the first kernel address that is mapped
/// and a frame of that number exists, else a virtual address.
static int page_command(int argc, char **argv)
{
    if (argc != 2)
        return bad_usage;
    const std::optional<u32> number = number_of("page", argv[1], "page frame number or address");
    if (!number)
        return 1;
    phys_addr_t pa{};
    if (*number < PTRS_PER_L1 * 256u) { // 20 bits: a pfn
        pa = PFN_PHYS(pfn_t(*number));
    } else {
        const translation t = translate(live_mmu_registers(), virt_addr_t(*number));
        if (!t.mapped()) {
            printk("page: 0x%08x is not mapped (walk 0x%08x says why)\n", *number, *number);
            return 1;
        }
        pa = t.pa.align_down(PAGE_SIZE);
    }
    printk("pfn %#x, physical 0x%08x\n", PFN_DOWN(pa).raw(), pa.raw());
    if (!memblock_is_memory(pa)) {
        printk("  kind     : not RAM\n");
        return 0;
    }
    const bool lowmem = pa < kernel_layout.lowmem_limit;
    printk("  kind     : RAM, %s\n", lowmem ? "lowmem" : "highmem");
    print_owner(pa);
    if (!lowmem) {
        if (const void *held = page_address(pfn_to_page(PFN_DOWN(pa))))
            printk("  mapped   : 0x%08x, by kmap\n", from_ptr(held).raw());
        else
            printk("  mapped   : nowhere, or in a CPU's kmap slot\n");
        return 0;
    }
    const translation linear = translate(live_mmu_registers(), linear_va(pa));
    if (!linear.mapped()) {
        printk("  mapped   : nowhere, a gap in lowmem\n");
        return 0;
    }
    printk("  mapped   : 0x%08x, %s, %s\n", linear.va.raw(), access_text(linear.attrs),
           region_text(linear.attrs));
    return 0;
}
monitor_command("page", "PFN|VA", "who owns this frame and how it is mapped", page_command);

static int verify_command(int argc, char **argv)
{
    struct engine {
        const char *name;
        u32 (*verify)(const printer &out);
    };
    static constexpr engine engines[] = {
        {"memblock", [](const printer &out) { return verify_memblock(kernel_memblock, out); }},
        {"tables", verify_tables},
        {"pages", verify_pages},
        {"kmaps", verify_kmaps},
        {"vmalloc", verify_vmalloc},
    };
    if (argc > 2)
        return bad_usage;
    u32 problems = 0, matched = 0;
    for (const engine &e : engines) {
        if (argc == 2 && strcmp(argv[1], e.name) != 0)
            continue;
        const u32 found = e.verify(console_printer);
        printk("verify %s: %u problems\n", e.name, found);
        problems += found;
        matched++;
    }
    if (matched == 0) {
        printk("verify: \"%s\" is no engine: use memblock, tables, pages, kmaps or vmalloc\n",
               argv[1]);
        return 1;
    }
    return problems == 0 ? 0 : 1;
}
monitor_command("verify", "[ENGINE]", "walks the invariants of one engine or all", verify_command);
