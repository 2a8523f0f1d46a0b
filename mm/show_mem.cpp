// What is said when there is no page, and the counts that others ask for: mm/show_mem.h.
//
//   page allocation failure: order:3, mode:0xcc0(GFP_KERNEL), by demo+0x1c/0x40
//   Normal free:812kB min:3784kB low:4728kB high:5676kB present:786432kB managed:771812kB
//   lowmem_reserve[]: 0 0 1024 1024
//   Normal: 3*4kB (UM) 2*8kB (U) 49*16kB (M) ... 0*4096kB = 812kB
//
// Linux: lib/show_mem.c, mm/page_alloc.c.
#include <mm/show_mem.h>

#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <kernel/lib/ratelimit.h>
#include <mm/page_alloc.h>
#include <mm/page_lists.h>

namespace {

struct gfp_name {
    gfp_t mask;
    const char *name;
};
/// Largest sets first, so that a mask is told in few words.
constexpr gfp_name gfp_names[] = {
    {GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE"},
    {GFP_HIGHUSER, "GFP_HIGHUSER"},
    {GFP_USER, "GFP_USER"},
    {GFP_KERNEL, "GFP_KERNEL"},
    {GFP_NOFS, "GFP_NOFS"},
    {GFP_ATOMIC, "GFP_ATOMIC"},
    {GFP_NOIO, "GFP_NOIO"},
    {GFP_NOWAIT, "GFP_NOWAIT"},
    {GFP_DMA, "GFP_DMA"},
    {__GFP_HIGHMEM, "__GFP_HIGHMEM"},
    {__GFP_DMA32, "__GFP_DMA32"},
    {__GFP_MOVABLE, "__GFP_MOVABLE"},
    {__GFP_RECLAIMABLE, "__GFP_RECLAIMABLE"},
    {__GFP_HIGH, "__GFP_HIGH"},
    {__GFP_IO, "__GFP_IO"},
    {__GFP_FS, "__GFP_FS"},
    {__GFP_ZERO, "__GFP_ZERO"},
    {__GFP_ATOMIC, "__GFP_ATOMIC"},
    {__GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"},
    {__GFP_NOWARN, "__GFP_NOWARN"},
    {__GFP_NOFAIL, "__GFP_NOFAIL"},
    {__GFP_MEMALLOC, "__GFP_MEMALLOC"},
    {__GFP_COMP, "__GFP_COMP"},
    {__GFP_NOMEMALLOC, "__GFP_NOMEMALLOC"},
    {__GFP_HARDWALL, "__GFP_HARDWALL"},
    {__GFP_THISNODE, "__GFP_THISNODE"},
};

constexpr u32 pages_to_kb(u32 pages)
{
    return pages << (PAGE_SHIFT - 10);
}

/// Free blocks of a zone, by order and migrate type.
struct free_blocks {
    u32 count[MAX_ORDER] = {};
    u32 types[MAX_ORDER] = {};
};

free_blocks count_blocks(zone &z)
{
    free_blocks blocks;
    const spin_irq_guard guard(z.lock);
    z.free_area.for_each_free([&](u32, unsigned order, migratetype mt) {
        blocks.count[order]++;
        blocks.types[order] |= 1u << mt;
    });
    return blocks;
}

void show_blocks(const printer &out, zone &z)
{
    constexpr char letters[] = "UMECI"; // as Linux has them; E: reclaimable
    const free_blocks blocks = count_blocks(z);
    u32 total = 0;
    out.printf("%s:", z.name);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        out.printf(" %u*%ukB", blocks.count[order], pages_to_kb(1u << order));
        total += blocks.count[order] << order;
        if (blocks.types[order] == 0)
            continue;
        char types[MIGRATE_TYPES + 1] = {};
        for (u32 mt = 0, at = 0; mt < MIGRATE_TYPES; mt++)
            if (blocks.types[order] & 1u << mt)
                types[at++] = letters[mt];
        out.printf(" (%s)", types);
    }
    out.printf(" = %ukB\n", pages_to_kb(total));
}

u32 free_frames(zone &z)
{
    const spin_irq_guard guard(z.lock);
    return z.free_area.nr_free();
}

/// Pages on CPUs' lists of a zone: a glance, for the others may be using theirs.
u32 listed_pages(const zone &z)
{
    u32 sum = 0;
    for (const per_cpu_pages &pcp : z.pageset)
        for (const pcp_list &list : pcp.lists)
            sum += list.count();
    return sum;
}

constinit spinlock_t warn_lock;
constinit ratelimit warn_limit GUARDED_BY(warn_lock){5000, 10};

/// Ten reports within five seconds, then silence until they are over.
bool may_warn()
{
    const u32 now = uptime_ms();
    ratelimit::allowance may;
    {
        const spin_irq_guard guard(warn_lock);
        may = warn_limit.ask(now);
    }
    if (may.missed != 0)
        printk("page allocation failures: %u more were not printed\n", may.missed);
    return may.granted;
}

} // namespace

void print_gfp(const printer &out, gfp_t gfp)
{
    const char *bar = "";
    for (const gfp_name &known : gfp_names)
        if ((gfp & known.mask) == known.mask) {
            out.printf("%s%s", bar, known.name);
            gfp &= ~known.mask;
            bar = "|";
        }
    if (gfp || *bar == '\0')
        out.printf("%s%#x", bar, gfp.raw());
}

void forget_warnings()
{
    const spin_irq_guard guard(warn_lock);
    warn_limit.forget();
}

void warn_alloc(gfp_t gfp, unsigned int order, const void *caller)
{
    if (gfp & __GFP_NOWARN || !may_warn())
        return;
    printk("page allocation failure: order:%u, mode:%#x(", order, gfp.raw());
    print_gfp(console_printer, gfp);
    printk("), by %pS\n", caller);
    show_free_areas(console_printer);
}

void show_free_areas(const printer &out)
{
    for (zone &z : contig_page_data.node_zones) {
        if (!z.populated())
            continue;
        out.printf("%s free:%ukB pcp:%ukB min:%ukB low:%ukB high:%ukB present:%ukB managed:%ukB\n",
                   z.name, pages_to_kb(free_frames(z)), pages_to_kb(listed_pages(z)),
                   pages_to_kb(z.watermark[WMARK_MIN]), pages_to_kb(z.watermark[WMARK_LOW]),
                   pages_to_kb(z.watermark[WMARK_HIGH]), pages_to_kb(z.present_pages),
                   pages_to_kb(z.managed_pages));
        out.printf("lowmem_reserve[]:");
        for (u32 reserve : z.lowmem_reserve)
            out.printf(" %u", reserve);
        out.printf("\n");
        show_blocks(out, z);
    }
}

unsigned long nr_free_pages()
{
    unsigned long sum = 0;
    for (zone &z : contig_page_data.node_zones)
        sum += free_frames(z) + listed_pages(z);
    return sum;
}

unsigned long nr_free_buffer_pages()
{
    unsigned long sum = 0;
    for (zone &z : contig_page_data.node_zones)
        if (z.index <= ZONE_NORMAL)
            sum += free_frames(z) + listed_pages(z);
    return sum;
}

void si_meminfo(struct sysinfo *val)
{
    *val = {};
    val->totalram = totalram_pages;
    val->totalhigh = totalhigh_pages;
    val->mem_unit = PAGE_SIZE;
    for (zone &z : contig_page_data.node_zones) {
        const u32 pages = free_frames(z) + listed_pages(z);
        val->freeram += pages;
        // A zone begins and ends on one side of the border.
        if (z.populated() && PageHighMem(pfn_to_page(z.zone_start_pfn)))
            val->freehigh += pages;
    }
}
