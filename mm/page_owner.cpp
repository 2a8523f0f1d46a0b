// Who allocated what: a record a frame, written by the hooks of mm/page_debug.cpp.
//
//   records   [ caller, freed_by, gfp, when, order, cpu, live ] [ ... ] ...   one a frame
//             ^ frame `first`
//
// A record belongs to whoever owns the frame at that moment, so writing needs no lock; a reader
// may meet a record half old, half new. Live blocks are summed up by call site
// (mm/call_sites.h).
// Linux: mm/page_owner.c.
#include <mm/page_owner.h>

#include <algorithm>

#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>
#include <mm/call_sites.h>
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
    r->time_ms = uptime_ms();
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
    const spin_guard guard(call_sites_lock);
    call_sites.clear();
    for (const page_owner_record &r : owners)
        if (r.live)
            call_sites.add(r.caller, 1u << r.order);
    const call_site_sums sums = print_call_sites(out, "pages", "blocks", filter);
    return {sums.sites, sums.count, sums.size};
}

static int early_page_owner(const char *value)
{
    return page_debug_param("page_owner", value, PAGE_DEBUG_OWNER);
}
early_param("page_owner", early_page_owner);
