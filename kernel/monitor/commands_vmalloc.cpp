// Commands that look at vmalloc: vmallocinfo, and demo contiguous, which shows what it is for.
#include <kernel/core/printk.h>
#include <kernel/lib/string_util.h>
#include <kernel/monitor/monitor.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static int vmallocinfo_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_vmallocinfo(console_printer);
    return 0;
}
monitor_command("vmallocinfo", "", "areas of the vmalloc range: who has them, and for what",
                vmallocinfo_command);

namespace {

constexpr u32 DEMO_KB = 32;
constexpr u32 DEMO_KB_MOST = 4096; // what kmalloc can give
constexpr u32 SCATTERED = 64;

unsigned long frame_behind(const void *addr)
{
    const struct page *const page =
        is_vmalloc_addr(addr) ? vmalloc_to_page(addr) : virt_to_page(addr);
    return page_to_pfn(page);
}
const char *page_of(const void *base, u32 i)
{
    return static_cast<const char *>(base) + i * PAGE_SIZE;
}
/// Runs of neighbouring frames.
u32 count_runs(const void *base, u32 pages)
{
    u32 runs = 1;
    for (u32 i = 1; i < pages; i++)
        runs += frame_behind(page_of(base, i)) != frame_behind(page_of(base, i - 1)) + 1;
    return runs;
}

void show_side_by_side(const void *v, const void *k, u32 pages)
{
    printk("%-6s %-10s %-7s   %-10s %-7s\n", "page", "vmalloc", "frame", "kmalloc", "frame");
    for (u32 i = 0; i < pages; i++)
        printk("%-6u 0x%08x 0x%05lx   0x%08x 0x%05lx\n", i, from_ptr(page_of(v, i)).raw(),
               frame_behind(page_of(v, i)), from_ptr(page_of(k, i)).raw(),
               frame_behind(page_of(k, i)));
    const auto say = [=](const char *what, const void *base) {
        const u32 runs = count_runs(base, pages);
        printk("%s: %u pages in %u run%s of frames: %s\n", what, pages, runs, runs == 1 ? "" : "s",
               runs == 1 ? "contiguous" : "contiguous only in the address space");
    };
    say("vmalloc", v);
    say("kmalloc", k);
}

/// Every second of some pages is kept while vmalloc chooses, as on a machine that has run for long.
class scattered_memory {
public:
    scattered_memory()
    {
        const u32 got = alloc_pages_bulk(GFP_HIGHUSER | __GFP_NOWARN, SCATTERED, pages_);
        for (u32 i = 0; i < got; i++)
            if (i % 2 == 0)
                __free_page(pages_[i]);
            else
                pages_[kept_++] = pages_[i];
    }
    ~scattered_memory() { free_pages_bulk(kept_, pages_); }
    scattered_memory(const scattered_memory &) = delete;
    scattered_memory &operator=(const scattered_memory &) = delete;

private:
    struct page *pages_[SCATTERED];
    u32 kept_ = 0;
};

int demo_contiguous(u32 kilobytes)
{
    const scattered_memory kept;
    const u32 pages = (kilobytes + 3) / 4;
    const size_t bytes = pages * static_cast<size_t>(PAGE_SIZE);
    void *const v = vmalloc(bytes);
    void *const k = kmalloc(bytes, GFP_KERNEL | __GFP_NOWARN);
    if (v && k)
        show_side_by_side(v, k, pages);
    else if (v)
        printk("demo: kmalloc has no %u KB side by side in memory; vmalloc has, at 0x%08x\n",
               kilobytes, from_ptr(v).raw());
    else
        printk("demo: there is not so much memory\n");
    const int result = v && k ? 0 : 1;
    kfree(k);
    vfree(v);
    return result;
}

int demo_command(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return bad_usage;
    if (std::string_view(argv[1]) != "contiguous") {
        printk("demo: \"%s\" is no demonstration: use contiguous\n", argv[1]);
        return 1;
    }
    const std::optional<u32> kilobytes = argc == 3 ? parse_u32(argv[2]) : DEMO_KB;
    if (!kilobytes || *kilobytes == 0 || *kilobytes > DEMO_KB_MOST) {
        printk("demo: \"%s\" is no size: use 1 to %u kilobytes\n", argv[2], DEMO_KB_MOST);
        return 1;
    }
    return demo_contiguous(*kilobytes);
}

} // namespace

monitor_command("demo", "contiguous [KB]",
                "vmalloc and kmalloc of one size, and the frames behind each page", demo_command);
