// The zones of the node, and the struct pages of all frames.
//
//   frames   PHYS_OFFSET          +16 MB                    lowmem ends              RAM ends
//            | DMA                | NORMAL                  | HIGHMEM     | MOVABLE  |
//            cut[DMA]             cut[NORMAL]               cut[HIGHMEM]  cut[MOVABLE]
//
// The cuts say for every frame, RAM or not, which zone it would be of. A zone spans from its first
// frame of RAM to its last; its engine counts frames from there, down to a block of the highest
// order. A struct page is written once: as free, or as PG_reserved where there is no RAM. What
// bootmem and memblock kept for good becomes PG_reserved when the rest is handed over.
// Linux: mm/page_alloc.c up to 6.3, mm/mm_init.c (free_area_init, find_zone_movable_pfns_for_nodes,
// calculate_node_totalpages, free_area_init_core, memmap_init).
#include <mm/mm_init.h>

#include <kernel/core/early_param.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/init.h>
#include <kernel/lib/memparse.h>
#include <mm/bootmem.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>

const char *const zone_names[MAX_NR_ZONES] = {"DMA", "Normal", "HighMem", "Movable"};
constinit pg_data_t contig_page_data{};

namespace {

constexpr pfn_t END_OF_SPACE{1u << (32 - PAGE_SHIFT)};

/// Where each zone begins; the last entry is the end of the space.
constinit __initdata pfn_t cut[MAX_NR_ZONES + 1] = {};

/// Pages asked for on the command line; 0: not.
constinit __initdata u32 required_kernelcore = 0, required_movablecore = 0;

/// Calls visit(first, last_plus_one) for the frames of RAM in [from, to), run by run.
template <class Visit>
void each_ram_range(pfn_t from, pfn_t to, Visit visit)
{
    for_each_mem_range([&](const memblock_region &ram) {
        const pfn_t first = std::max(PFN_UP(ram.base), from);
        const pfn_t end = std::min(pfn_t(static_cast<u32>(ram.end() >> PAGE_SHIFT)), to);
        if (first < end)
            visit(first, end);
    });
}

/// Calls visit(zone, first, last_plus_one) for the part of each zone in [first, last_plus_one).
template <class Visit>
void each_zone_part(pfn_t first, pfn_t last_plus_one, Visit visit)
{
    for (u32 z = 0; z < MAX_NR_ZONES; z++) {
        const pfn_t from = std::max(first, cut[z]);
        const pfn_t to = std::min(last_plus_one, cut[z + 1]);
        if (from < to)
            visit(contig_page_data.node_zones[z], from, to);
    }
}

u32 ram_pages(pfn_t from, pfn_t to)
{
    u32 sum = 0;
    each_ram_range(from, to, [&](pfn_t first, pfn_t end) { sum += end - first; });
    return sum;
}

/// The frames of RAM above `from` that leave `pages` of them above: where such a part begins.
pfn_t last_pages(pfn_t from, pfn_t to, u32 pages)
{
    u32 left = ram_pages(from, to);
    left -= std::min(left, pages);
    pfn_t begin = to;
    each_ram_range(from, to, [&](pfn_t first, pfn_t end) {
        if (begin == to && left < end - first)
            begin = first + left;
        left -= std::min(left, end - first);
    });
    return begin;
}

/// Cuts MOVABLE from the highest zone that has RAM. Linux: find_zone_movable_pfns_for_nodes().
void find_zone_movable_pfns()
{
    const u32 total = ram_pages(pfn_t(0), END_OF_SPACE);
    const u32 movable = std::min(required_movablecore, total);
    u32 core = required_kernelcore;
    if (movable != 0)
        core = std::max(core, total - movable);
    if (core == 0 || core >= total)
        return;
    u32 highest = ZONE_HIGHMEM;
    while (highest > ZONE_DMA && ram_pages(cut[highest], cut[highest + 1]) == 0)
        highest--;
    const pfn_t begin =
        last_pages(cut[highest], END_OF_SPACE, total - core).align_up(1u << (MAX_ORDER - 1));
    for (u32 z = highest + 1; z <= ZONE_MOVABLE; z++)
        cut[z] = begin;
}

/// From the first frame of RAM to the last. Linux: calculate_node_totalpages().
void size_zone(zone &z)
{
    pfn_t end{};
    z.zone_start_pfn = cut[z.index];
    z.spanned_pages = z.present_pages = z.managed_pages = 0;
    each_ram_range(cut[z.index], cut[z.index + 1], [&](pfn_t first, pfn_t last_plus_one) {
        if (z.present_pages == 0)
            z.zone_start_pfn = first;
        end = last_plus_one;
        z.present_pages += last_plus_one - first;
        z.spanned_pages = end - z.zone_start_pfn;
    });
}

/// The zone's engine. Linux: the same name; there the free lists need no memory.
void free_area_init_core(zone &z)
{
    z.base = z.zone_start_pfn.align_down(1u << (MAX_ORDER - 1));
    const u32 frames = z.zone_start_pfn + z.spanned_pages - z.base;
    const u32 bytes = buddy<MAX_ORDER - 1>::bytes_needed(frames);
    void *memory =
        __alloc_bootmem_raw(bytes, sizeof(u32), bootmem_goal(), "zones: buddy allocators");
    if (!memory)
        panic("free_area_init: no %u bytes for zone %s of %u pages", bytes, z.name, frames);
    const spin_irq_guard guard(z.lock);
    z.free_area.init(memory, frames);
    z.quarantined = 0;
}

/// All struct pages: of RAM as free, of holes as reserved. Linux: memmap_init().
void memmap_init(pfn_t end)
{
    pfn_t at{};
    each_ram_range(pfn_t(0), END_OF_SPACE, [&](pfn_t first, pfn_t last_plus_one) {
        memmap_init_range(at, first, PG_reserved);
        memmap_init_range(first, last_plus_one, 0);
        at = last_plus_one;
    });
    memmap_init_range(at, end, PG_reserved);
}

} // namespace

void memmap_init_range(pfn_t first, pfn_t last_plus_one, u32 state)
{
    each_zone_part(first, last_plus_one, [&](const zone &z, pfn_t from, pfn_t to) {
        page pattern{};
        pattern._mapcount = -1;
        pattern.flags =
            state | MIGRATE_MOVABLE << PAGE_MT_SHIFT | static_cast<u32>(z.index) << PAGE_ZONE_SHIFT;
        const pfn_t low_end = std::clamp(max_low_pfn, from, to);
        memmap_init_model(from, low_end, pattern);
        pattern.flags |= PG_highmem;
        memmap_init_model(low_end, to, pattern);
    });
}

void free_area_init(const pfn_t (&max_zone_pfn)[MAX_NR_ZONES])
{
    cut[ZONE_DMA] = pfn_t(0);
    for (u32 z = ZONE_NORMAL; z <= ZONE_HIGHMEM; z++)
        cut[z] = std::max(cut[z - 1], max_zone_pfn[z - 1]);
    cut[ZONE_MOVABLE] = cut[MAX_NR_ZONES] = END_OF_SPACE;
    find_zone_movable_pfns();

    pg_data_t &node = contig_page_data;
    const pfn_t end(static_cast<u32>(memblock_end_of_DRAM() >> PAGE_SHIFT));
    node.node_start_pfn = PFN_UP(memblock_start_of_DRAM());
    node.node_spanned_pages = end - node.node_start_pfn;
    node.node_present_pages = 0;
    node.nr_zones = 0;
    alloc_node_mem_map(end);
    for (u32 i = 0; i < MAX_NR_ZONES; i++) {
        zone &z = node.node_zones[i];
        z.name = zone_names[i];
        z.index = static_cast<zone_type>(i);
        size_zone(z);
        node.node_present_pages += z.present_pages;
        if (z.present_pages != 0) {
            node.nr_zones = i + 1;
            free_area_init_core(z);
        }
    }
    memmap_init(end.align_up(PAGES_PER_SECTION));
}

u32 get_num_physpages()
{
    return contig_page_data.node_present_pages;
}

// ------------------------------------------------------------------ handing over

u32 give_to_zones(pfn_t first, pfn_t last_plus_one)
{
    each_zone_part(first, last_plus_one, [](zone &z, pfn_t from, pfn_t to) {
        const spin_irq_guard guard(z.lock);
        z.free_area.free_range(from - z.base, to - from);
        z.managed_pages += to - from;
    });
    totalram_pages += last_plus_one - first;
    return last_plus_one - first;
}

void reserve_range(pfn_t first, pfn_t last_plus_one)
{
    if (first >= last_plus_one)
        return;
    each_ram_range(first, last_plus_one,
                   [](pfn_t from, pfn_t to) { memmap_init_range(from, to, PG_reserved); });
}

u32 free_highmem_range(pfn_t first, pfn_t last_plus_one)
{
    u32 freed = 0;
    u64 searched = u64{first.raw()} << PAGE_SHIFT;
    while (const auto run = kernel_memblock.next_free(searched)) {
        const pfn_t from = std::max(PFN_UP(run->base), first);
        const pfn_t to = std::min(pfn_t(static_cast<u32>(run->end() >> PAGE_SHIFT)), last_plus_one);
        searched = run->end();
        if (from >= to)
            continue;
        reserve_range(first, from);
        freed += give_to_zones(from, to);
        first = to;
    }
    reserve_range(first, last_plus_one);
    totalhigh_pages += freed;
    return freed;
}

u32 free_reserved_area(virt_addr_t start, virt_addr_t end, const char *name)
{
    const virt_addr_t first = start.align_up(PAGE_SIZE);
    const virt_addr_t last_plus_one = end.align_down(PAGE_SIZE);
    u32 pages = 0;
    for (virt_addr_t va = first; va < last_plus_one; va += PAGE_SIZE, pages++) {
        page *p = virt_to_page(to_ptr(va));
        zone &z = *page_zone(p);
        // As if it had been allocated: freeing checks that.
        p->flags = (p->flags & ~PG_reserved) | PAGE_IN_USE;
        p->_refcount = 1;
        z.managed_pages++;
        totalram_pages++;
        __free_page(p);
    }
    if (name)
        printk("Freeing %s memory: %uK\n", name, pages << (PAGE_SHIFT - 10));
    return pages;
}

// ------------------------------------------------------------------ the command line

namespace {

/// Pages in the value of `name`=SIZE; a line and 0 if it is none.
u32 pages_of(const char *name, const char *value)
{
    char *end = nullptr;
    const u64 bytes = value ? memparse(value, &end) : 0;
    if (!value || end == value)
        printk("%s: \"%s=%s\" ignored: a size is missing\n", name, name, value ? value : "");
    else if (*end != '\0')
        printk("%s: \"%s=%s\" ignored: '%c' is no unit (use K, M or G)\n", name, name, value, *end);
    else
        return static_cast<u32>(std::min<u64>(bytes >> PAGE_SHIFT, END_OF_SPACE.raw()));
    return 0;
}

} // namespace

/// kernelcore=SIZE: so much for the kernel, all above is MOVABLE. Linux: cmdline_parse_kernelcore().
static int cmdline_parse_kernelcore(const char *value)
{
    required_kernelcore = pages_of("kernelcore", value);
    return required_kernelcore != 0 ? 0 : -EINVAL;
}
early_param("kernelcore", cmdline_parse_kernelcore);

/// movablecore=SIZE: so much for MOVABLE. With both, the one that leaves the kernel more holds.
static int cmdline_parse_movablecore(const char *value)
{
    required_movablecore = pages_of("movablecore", value);
    return required_movablecore != 0 ? 0 : -EINVAL;
}
early_param("movablecore", cmdline_parse_movablecore);
