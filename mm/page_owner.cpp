// Who allocated what: a record a frame, written by the hooks of mm/page_debug.cpp.
//
//   records   [ caller, freed_by, gfp, when, order, cpu, live ] [ ... ] ...   one a frame
//             ^ frame `first`
//
// A record belongs to whoever owns the frame at that moment, so writing needs no lock; a reader
// may meet a record half old, half new. Live blocks are grouped by call site in a table of 256
// sites, which a hash of the address finds; what finds no room there is counted as one site.
// Linux: mm/page_owner.c.
#include <mm/page_owner.h>

#include <algorithm>
#include <array>
#include <utility>

#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/core/spinlock.h>
#include <kernel/core/ticks.h>
#include <mm/memory_model.h>
#include <mm/mmzone.h>
#include <mm/page_debug.h>
#include <mm/show_mem.h>

namespace {

constinit std::span<page_owner_record> owners;
constinit pfn_t first_owner{};

page_owner_record *record_of(pfn_t pfn)
{
    return pfn - first_owner < owners.size() ? &owners[pfn - first_owner] : nullptr;
}

/// The counter of ticks made wide, and never backwards. It loses time if nobody asks for as long
/// as the counter takes to come round (43 s on vexpress-a9).
class wide_clock {
public:
    u32 now_ms()
    {
        const u32 ticks = bench_ticks();
        sum_ += ticks - last_;
        last_ = ticks;
        return static_cast<u32>(sum_ * 1000 / bench_ticks_hz());
    }

private:
    u64 sum_ = 0;
    u32 last_ = 0;
};

constinit spinlock_t clock_lock;
constinit wide_clock clock GUARDED_BY(clock_lock);

u32 now_ms()
{
    const spin_irq_guard guard(clock_lock);
    return clock.now_ms();
}

/// The record of the live block that holds the frame; else the frame's own; else nullptr.
const page_owner_record *record_around(pfn_t pfn)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        const page_owner_record *r = record_of(pfn.align_down(1u << order));
        if (r && r->live && r->order >= order)
            return r;
    }
    return record_of(pfn);
}

// ------------------------------------------------------------------ by call site

struct call_site {
    const void *caller; ///< nullptr: no site, or in the last entry all that found no room
    u32 blocks, pages;
};

class site_table {
public:
    static constexpr u32 SITES = 256;

    void clear() { sites_.fill({}); }
    void add(const page_owner_record &r)
    {
        call_site &site = find(r.caller);
        site.blocks++;
        site.pages += 1u << r.order;
    }
    /// The site with the most pages, which is taken out; one without blocks when all are.
    call_site take_largest()
    {
        call_site *largest = std::max_element(
            sites_.begin(), sites_.end(),
            [](const call_site &a, const call_site &b) { return a.pages < b.pages; });
        return std::exchange(*largest, {});
    }

private:
    call_site &find(const void *caller)
    {
        const auto hash = reinterpret_cast<unsigned long>(caller) / 4;
        for (u32 i = 0; i < SITES; i++) {
            call_site &site = sites_[(hash + i) % SITES];
            if (site.caller == caller || site.blocks == 0) {
                site.caller = caller;
                return site;
            }
        }
        return sites_[SITES];
    }

    std::array<call_site, SITES + 1> sites_{};
};

constinit spinlock_t sites_lock;
constinit site_table sites GUARDED_BY(sites_lock);

} // namespace

void page_owner_use(pfn_t first, std::span<page_owner_record> records)
{
    std::fill(records.begin(), records.end(), page_owner_record{});
    first_owner = first;
    owners = records;
}

void set_page_owner(const page *p, unsigned int order, gfp_t gfp, const void *caller)
{
    page_owner_record *r = record_of(page_pfn(p));
    if (!r)
        return;
    r->caller = caller;
    r->gfp = gfp.raw();
    r->time_ms = now_ms();
    r->order = static_cast<u8>(order);
    r->cpu = static_cast<u8>(raw_smp_processor_id());
    r->live = 1;
}

void reset_page_owner(const page *p, unsigned int order, const void *caller)
{
    for (u32 i = 0; i < 1u << order; i++)
        if (page_owner_record *r = record_of(page_pfn(p) + i)) {
            r->live = 0;
            r->freed_by = caller;
        }
}

void split_page_owner(const page *p, unsigned int order)
{
    page_owner_record *first = record_of(page_pfn(p));
    if (!first || !first->live)
        return;
    first->order = 0;
    for (u32 i = 1; i < 1u << order; i++)
        if (page_owner_record *r = record_of(page_pfn(p) + i))
            *r = *first;
}

void print_page_owner(const printer &out, const page *p, const char *before)
{
    if (!(page_debug & PAGE_DEBUG_OWNER))
        return;
    const page_owner_record *r = record_around(page_pfn(p));
    if (r && r->caller) {
        text_buffer<256> line;
        line.out().printf("%sallocated by %pS on cpu %u, %u.%03u s after boot, order %u, gfp ",
                          before, r->caller, r->cpu, r->time_ms / 1000, r->time_ms % 1000,
                          r->order);
        print_gfp(line.out(), gfp_t(r->gfp));
        out.printf("%s%s\n", line.c_str(), r->live ? "" : "; free since");
    }
    if (r && r->freed_by)
        out.printf("%slast freed by %pS\n", before, r->freed_by);
}

void dump_page_owner(const page *p)
{
    print_page_owner(console_printer, p, "page_owner: ");
}

page_owner_sums print_page_owners(const printer &out, std::string_view filter)
{
    page_owner_sums sums{};
    const spin_guard guard(sites_lock);
    sites.clear();
    for (const page_owner_record &r : owners)
        if (r.live)
            sites.add(r);
    out.printf("   pages   blocks  allocated by\n");
    for (call_site site = sites.take_largest(); site.blocks; site = sites.take_largest()) {
        text_buffer<128> name;
        if (site.caller)
            name.out().printf("%pS", site.caller);
        else
            name.out().printf("(sites beyond the first %u)", site_table::SITES);
        if (!name.contains(filter))
            continue;
        out.printf("%8u %8u  %s\n", site.pages, site.blocks, name.c_str());
        sums.sites++;
        sums.blocks += site.blocks;
        sums.pages += site.pages;
    }
    out.printf("%u call sites, %u blocks, %u pages\n", sums.sites, sums.blocks, sums.pages);
    return sums;
}

static int early_page_owner(const char *value)
{
    return page_debug_param("page_owner", value, PAGE_DEBUG_OWNER);
}
early_param("page_owner", early_page_owner);
