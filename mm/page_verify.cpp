// Is the page allocator what it promises to be? mm/page_verify.h has the list of promises.
#include <mm/page_verify.h>

#include <algorithm>

#include <mm/page_alloc.h>
#include <mm/page_lists.h>

namespace {

/// Goes through one zone, lowest frame first, and adds up what it meets.
class zone_check {
public:
    zone_check(zone &z, const printer &out) : z_(z), out_(out) {}

    u32 run()
    {
        const spin_irq_guard guard(z_.lock);
        if (const char *problem = z_.free_area.verify())
            complain("%s", problem);
        u32 next = z_.zone_start_pfn - z_.base;
        const u32 end = next + z_.spanned_pages;
        z_.free_area.for_each_free([&](u32 frame, unsigned order, migratetype) {
            others(next, frame);
            for (u32 i = 0; i < 1u << order; i++)
                free_frame(frame + i);
            next = frame + (1u << order);
        });
        others(next, end);
        const u32 free = z_.free_area.nr_free();
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
                check_list(cpu, static_cast<migratetype>(mt));
        if (free + listed_ + in_use_ + aside_ != z_.managed_pages)
            complain("%u free, %u on lists, %u in use, %u set aside, but %u are managed", free,
                     listed_, in_use_, aside_, z_.managed_pages);
        return problems_;
    }

private:
    template <class... Args>
    void complain(const char *format, Args... args)
    {
        problems_++;
        out_.printf("zone %s: ", z_.name);
        out_.printf(format, args...);
        out_.printf("\n");
    }
    [[nodiscard]] page *page_of(u32 frame) const { return pfn_to_page(z_.base + frame); }
    [[nodiscard]] u32 pfn(u32 frame) const { return (z_.base + frame).raw(); }

    void free_frame(u32 frame)
    {
        const page *p = page_of(frame);
        if ((p->flags & PAGE_FLAGS_CLEAR_AT_FREE) != 0)
            complain("pfn %#x is free, but its flags are %#x", pfn(frame), p->flags);
        if (page_count(p) != 0)
            complain("pfn %#x is free, but has %d references", pfn(frame), page_count(p));
        if (page_zone(p) != &z_)
            complain("pfn %#x is free here, but names zone %s", pfn(frame), page_zone(p)->name);
    }

    /// Frames of [from, to) are not free: in use, reserved, set aside, or on a CPU's list.
    void others(u32 from, u32 to)
    {
        for (u32 frame = from; frame < to;) {
            if (!pfn_valid(pfn(frame))) {
                frame++;
                continue;
            }
            const page *p = page_of(frame);
            const u32 frames = 1u << compound_order(p);
            if (p->flags & PAGE_IN_USE) {
                if (frame % frames != 0 || frames > to - frame)
                    complain("pfn %#x: a block of order %u in use reaches into free memory",
                             pfn(frame), compound_order(p));
                in_use_ += frames;
                inside(frame, std::min(frames, to - frame));
            } else if (p->flags & (PG_quarantine | PG_guard)) {
                aside_++;
            }
            frame += frames;
        }
    }
    /// The frames of a block in use but its first have no state of their own.
    void inside(u32 head, u32 frames)
    {
        for (u32 frame = head + 1; frame < head + frames; frame++) {
            const u32 flags = page_of(frame)->flags;
            if ((flags & PAGE_STATE_MASK & ~(PG_tail | PG_slab)) != 0)
                complain("pfn %#x is inside the block of pfn %#x, but its flags are %#x",
                         pfn(frame), pfn(head), flags);
        }
    }

    void check_list(u32 cpu, migratetype mt) REQUIRES(z_.lock)
    {
        const pcp_list &list = z_.pageset[cpu].lists[mt];
        u32 count = 0;
        for (const page *p = list.first; p != &page_list_end; p = p->pcp_next, count++) {
            if (!is_struct_page(p) || count > list.count()) {
                complain("the list of %s pages of cpu %u is broken after %u pages",
                         migratetype_names[mt], cpu, count);
                return;
            }
            const u32 frame = page_pfn(p) - z_.base;
            if (page_zone(p) != &z_ || (p->flags >> PAGE_MT_SHIFT & 3) != mt) {
                complain("pfn %#x is on the list of %s pages, but its flags are %#x", pfn(frame),
                         migratetype_names[mt], p->flags);
                return;
            }
            free_frame(frame);
            if (z_.free_area.is_free(frame))
                complain("pfn %#x is on a list of cpu %u and free in its zone too", pfn(frame),
                         cpu);
        }
        if (count != list.count())
            complain("the list of %s pages of cpu %u has %u pages, and says %u",
                     migratetype_names[mt], cpu, count, list.count());
        listed_ += count;
    }

    zone &z_;
    const printer &out_;
    u32 problems_ = 0;
    u32 listed_ = 0;
    u32 in_use_ = 0;
    u32 aside_ = 0;
};

} // namespace

u32 verify_pages(const printer &out)
{
    u32 problems = 0;
    for (zone &z : contig_page_data.node_zones)
        if (z.populated())
            problems += zone_check(z, out).run();
    return problems;
}
