// Caches without reserves: each allocation and each free takes the long way, where the checks are.
//
//   allocate   a slab with a free object   its cell must be that of a free object
//              damaged: reported, retired, the next one          (somebody wrote after freeing)
//              else its bit is cleared, guards and bytes say "in use", the owner is noted
//   free       the cell must be that of an object in use
//              damaged: reported, retired                        (somebody wrote beside it)
//              else who frees is noted, guards and bytes say "free", and its bit is set again
//
// Which checks are made is a matter of the cache's flags: SLAB_RED_ZONE guards, SLAB_POISON
// contents, SLAB_STORE_USER notes; SLAB_CONSISTENCY_CHECKS looks at the whole slab each time,
// SLAB_TRACE prints. What is retired stays out of use, so a bug costs an object and never hands
// one to two owners.
// SLAB_INIT_ON_ALLOC and SLAB_INIT_ON_FREE come this way too, as the fast path can't know of them.
//
// Linux: mm/slub.c alloc_debug_processing(), free_debug_processing(), setup_object(),
// setup_slab_debug().
#include <mm/slub_debug.h>

#include <kernel/core/printk.h>
#include <kernel/core/ticks.h>

namespace {

constexpr char RETIRED[] = "it stays out of use";

[[nodiscard]] slab_track track_of(const void *caller)
{
    constexpr s16 NO_TASK = -1; // until there are tasks
    return {caller, uptime_ms(), static_cast<u16>(raw_smp_processor_id()), NO_TASK};
}

void trace(const kmem_cache *s, const char *what, const char *object, const void *caller)
{
    if (s->flags & SLAB_TRACE)
        printk("TRACE %s: %s 0x%08x by %pS on cpu %u\n", s->name, what, from_ptr(object).raw(),
               caller, raw_smp_processor_id());
}

/// The whole slab, if the cache asks for it. What is wrong there is reported and made good as far
/// as it can be. Linux: check_slab().
void check_whole_slab(kmem_cache *s, page *slab, const slab_occasion &when)
    REQUIRES(s->node.list_lock)
{
    if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
        return;
    if (!check_tail(console_printer, s, slab, when, "repaired"))
        fill_tail(s, slab);
    if (const char *fault = slab_fault(s, slab)) {
        printk("BUG %s: slab 0x%08x: %s; found when %pS %s, on cpu %u\n", s->name,
               from_ptr(lowmem_page_address(slab)).raw(), fault, when.caller, when.did,
               raw_smp_processor_id());
        repair_slab(s, slab);
    }
}

/// The first free object of a slab, whose bit is cleared; nullptr if there is none.
char *take_first(kmem_cache *s, page *slab) REQUIRES(s->node.list_lock)
{
    u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++) {
        const u32 free = words[chunk] & objects_of_chunk(s, chunk);
        if (free == 0)
            continue;
        const u32 number = static_cast<u32>(__builtin_clz(free));
        words[chunk] &= ~bit_of(number);
        return object_at(s, slab, chunk * CHUNK_OBJECTS + number);
    }
    return nullptr;
}

/// An object of a partial slab, fit for use; nullptr: there is none.
char *take_object(kmem_cache *s, const void *caller) REQUIRES(s->node.list_lock)
{
    const slab_occasion when{"allocated it", caller};
    while (!list_empty(&s->node.partial)) {
        page *slab = list_first_entry<&page::slab_list>(&s->node.partial);
        check_whole_slab(s, slab, {"allocated an object of it", caller});
        char *object = take_first(s, slab);
        put_on_right_list(s, slab);
        if (!object)
            continue;
        if (check_cell(console_printer, s, object, cell_state::free, when, RETIRED))
            return object;
        fill_cell(s, object, cell_state::free);
        retire(object);
    }
    return nullptr;
}

} // namespace

void setup_slab_objects(kmem_cache *s, page *slab)
{
    const bool debug{s->flags & (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)};
    if (!debug && !s->ctor)
        return;
    for (u32 number = 0; number < s->objects; number++) {
        char *object = object_at(s, slab, number);
        init_cell(s, object);
        if (s->ctor)
            s->ctor(object);
    }
    fill_tail(s, slab);
}

void *alloc_debug(kmem_cache *s, gfp_t gfp, const void *caller)
{
    char *object = nullptr;
    while (!object) {
        {
            const spin_irq_guard guard(s->node.list_lock);
            object = take_object(s, caller);
            if (object) {
                fill_cell(s, object, cell_state::in_use);
                if (slab_tracks *tracks = tracks_of(s, object))
                    tracks->alloc = track_of(caller);
                trace(s, "alloc", object, caller);
            }
        }
        if (!object && !new_slab_objects(s, gfp))
            return nullptr;
    }
    if (s->flags & SLAB_INIT_ON_ALLOC && !s->ctor && !poisons(s))
        clear_object(object, s->object_size);
    return object;
}

bool free_debug(kmem_cache *s, page *slab, char *object, const void *caller)
{
    check_whole_slab(s, slab, {"freed an object of it", caller});
    if (is_retired(object)) {
        report_retired(s, object, caller);
        return false;
    }
    if (!check_cell(console_printer, s, object, cell_state::in_use, {"freed it", caller},
                    RETIRED)) {
        fill_cell(s, object, cell_state::in_use);
        retire(object);
        return false;
    }
    if (slab_tracks *tracks = tracks_of(s, object))
        tracks->free = track_of(caller);
    trace(s, "free", object, caller);
    fill_cell(s, object, cell_state::free);
    if (s->flags & SLAB_INIT_ON_FREE && !s->ctor && !poisons(s))
        clear_object(object, s->object_size);
    return true;
}
