// What is wrong with an address that somebody freed, in one line; and who had it before, if the
// cache takes notes.
//
//   BUG kmalloc-64: object 0xc1234040 freed twice; first by worker+0x1c/0x40 on cpu 1, now by
//       worker+0x30/0x40 on cpu 0                                                     (one line)
//     allocated by worker+0x10/0x40 on cpu 1, 1.234 s after boot
//     freed by worker+0x1c/0x40 on cpu 1, 1.235 s after boot
//   BUG kmalloc-64: 0xc1234050 freed: expected an object, found byte 16 of object 1 of kmalloc-64,
//       in use; nothing is freed; by worker+0x1c/0x40 on cpu 0                        (one line)
//
// Nothing is changed: an object that is in use stays its owner's, one that is free stays free, once.
// Linux: mm/slub.c object_err(), slab_err(), free_consistency_checks(), list_slab_objects().
#include <mm/slub_debug.h>

#include <kernel/core/printk.h>

namespace {

constexpr size_t LONGEST = 192;

/// What an address outside of slabs is, as far as its page tells.
const char *page_text(const void *address)
{
    if (!has_page(address))
        return "an address outside of lowmem";
    const page *p = virt_to_page(address);
    if (PageReserved(p))
        return "memory that boot took (a variable, a stack?)";
    if (p->flags & PG_quarantine)
        return "a page in quarantine";
    if (p->flags & (PAGE_IN_USE | PG_tail))
        return "a page in use which kmalloc() did not give out, or the middle of one";
    return "a free page";
}

/// "BUG CACHE: ADDRESS freed: expected an object, found WHAT; nothing is freed; by CALLER on cpu N"
void report_no_object(const char *cache, const void *address, const char *found, const void *caller)
{
    // On the host an address outside of the machine is longer.
    const auto number =
        has_page(address) ? from_ptr(address).raw() : reinterpret_cast<unsigned long>(address);
    printk("BUG %s: 0x%08lx freed: expected an object, found %s; nothing is freed; by %pS on cpu "
           "%u\n",
           cache, number, found, caller, raw_smp_processor_id());
}

void report_twice(const kmem_cache *s, const char *object, const void *caller)
{
    text_buffer<LONGEST> first;
    const slab_tracks *tracks = tracks_of(s, object);
    if (tracks && tracks->free.caller)
        first.out().printf("first by %pS on cpu %u, now ", tracks->free.caller, tracks->free.cpu);
    printk("BUG %s: object 0x%08x freed twice; %sby %pS on cpu %u\n", s->name,
           from_ptr(object).raw(), first.c_str(), caller, raw_smp_processor_id());
    print_tracks(console_printer, s, object);
}

} // namespace

void report_free(kmem_cache *s, page *slab, char *object, const void *caller, free_fault fault,
                 const kmem_cache *wanted)
{
    if (fault == free_fault::free_already)
        return report_twice(s, object, caller);
    text_buffer<LONGEST> found;
    print_slab_address(found.out(), s, slab, object);
    report_no_object(wanted ? wanted->name : s->name, object, found.c_str(), caller);
    const slab_address at = whereabouts(s, slab, object);
    if (at.where != slab_address::tail)
        print_tracks(console_printer, s, object_at(s, slab, at.number));
}

void report_bad_address(const kmem_cache *s, const void *object, const void *caller)
{
    report_no_object(s ? s->name : "kfree", object, page_text(object), caller);
}

void report_reserve(kmem_cache *s, const kmem_cache_cpu &c, u32 objects)
{
    for (u32 number = 0; number < CHUNK_OBJECTS; number++)
        if (objects & bit_of(number))
            printk("BUG %s: object 0x%08x freed twice, on two cpus; it is free once\n", s->name,
                   from_ptr(c.base + number * s->size).raw());
}

void report_retired(const kmem_cache *s, const char *object, const void *caller)
{
    printk("BUG %s: object 0x%08x freed, which is out of use since a bug; by %pS on cpu %u\n",
           s->name, from_ptr(object).raw(), caller, raw_smp_processor_id());
    print_tracks(console_printer, s, object);
}

// ------------------------------------------------------------------ left at the end

namespace {

constexpr u32 MOST_REMAINING = 8;

/// Calls `visit(object)` for each object in use of the cache's slabs in a list.
template <class Visit>
void for_objects_in_use(const kmem_cache *s, list_head &slabs, Visit visit)
{
    for (page &slab : list_entries<&page::slab_list>(slabs))
        for (u32 number = 0; number < s->objects; number++)
            if (state_of(s, &slab, number) == object_state::in_use)
                visit(object_at(s, &slab, number));
}

} // namespace

void report_remaining(kmem_cache *s)
{
    const spin_irq_guard guard(s->node.list_lock);
    u32 remaining = 0;
    const auto count = [&](const char *) { remaining++; };
    for_objects_in_use(s, s->node.partial, count);
    for_objects_in_use(s, s->node.full, count);
    printk("BUG %s: destroyed with %u objects in use, %u out of use since a bug; the cache stays\n",
           s->name, remaining, retired_objects(s));
    u32 printed = 0;
    const auto print = [&](const char *object) {
        if (printed++ >= MOST_REMAINING)
            return;
        printk("  object 0x%08x\n", from_ptr(object).raw());
        print_tracks(console_printer, s, object);
    };
    for_objects_in_use(s, s->node.partial, print);
    for_objects_in_use(s, s->node.full, print);
    if (remaining > MOST_REMAINING)
        printk("  and %u more\n", remaining - MOST_REMAINING);
}
