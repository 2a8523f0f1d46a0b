// The slabs of all caches followed through the observers: each new one and each one given up is an
// event in the kernel's trace ring, among the others that are there.
//
//   an event   a: the slab's address   b: its bytes   order: of its pages
//
// An event has no room for the cache. Printing looks at the page: as long as it is a slab, it knows.
#include <mm/slab_trace.h>

#include <kernel/lib/trace.h>
#include <mm/slub_internal.h>

namespace {

void record(trace_kind kind, const kmem_cache *s, page *slab)
{
    kernel_trace.record(kind, s->order, from_ptr(lowmem_page_address(slab)).raw(),
                        PAGE_SIZE << s->order);
}

constinit slab_observer tracer = {
    [](kmem_cache *s, page *slab) { record(trace_kind::new_slab, s, slab); },
    [](kmem_cache *s, page *slab) { record(trace_kind::discard_slab, s, slab); },
    nullptr,
};
constinit bool tracing = false;

void print_event(const printer &out, const trace_event &event)
{
    const page *p = virt_to_page(to_ptr(virt_addr_t(event.a)));
    out.printf("%10u  %s 0x%08x, %u bytes, now %s%s\n", event.time,
               event.kind == trace_kind::new_slab ? "new    " : "discard", event.a, event.b,
               PageSlab(p) ? "of " : "no slab", PageSlab(p) ? p->slab_cache->name : "");
}

} // namespace

void slab_trace_on()
{
    if (tracing)
        return;
    tracing = true;
    slab_observe(tracer);
}

void slab_trace_off()
{
    if (!tracing)
        return;
    tracing = false;
    slab_unobserve(tracer);
}

bool slab_trace_is_on()
{
    return tracing;
}

u32 print_slab_trace(const printer &out)
{
    u32 events = 0;
    for (u32 i = 0; i < kernel_trace.size(); i++) {
        const trace_event event = kernel_trace.at(i);
        if (event.kind != trace_kind::new_slab && event.kind != trace_kind::discard_slab)
            continue;
        print_event(out, event);
        events++;
    }
    return events;
}
