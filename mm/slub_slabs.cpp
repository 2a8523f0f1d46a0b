// Slabs: blocks of pages, cut into objects, and who is told when one comes or goes.
//
// mm/slub.cpp tells what a slab's life is. No lock is held here: a slab is made before its node knows
// it, and given back when its node does not any more.
// Linux: mm/slub.c (allocate_slab, new_slab, discard_slab).
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/slub_internal.h>

namespace {

constinit slab_observer *observers = nullptr;

/// A block of pages, all objects free, in no list. Linux: allocate_slab().
page *allocate_slab(kmem_cache *s, gfp_t gfp)
{
    page *slab = alloc_pages((gfp & ~__GFP_ZERO) | s->allocflags, s->order);
    if (!slab)
        return nullptr;
    for (u32 i = 0; i < 1u << s->order; i++) {
        slab[i].flags |= PG_slab;
        slab[i].slab_cache = s;
    }
    slab->slab_owned = 0;
    slab->slab_listed = SLAB_ON_NONE;
    u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        words[chunk] = ~0u;
    setup_slab_objects(s, slab);
    return slab;
}

void free_slab(kmem_cache *s, page *slab)
{
    for (u32 i = 0; i < 1u << s->order; i++) {
        slab[i].flags &= ~PG_slab;
        slab[i].slab_cache = nullptr;
    }
    __free_pages(slab, s->order);
}

} // namespace

page *new_slab(kmem_cache *s, gfp_t gfp)
{
    page *slab = allocate_slab(s, gfp);
    for (slab_observer *o = observers; slab && o; o = o->next)
        o->new_slab(s, slab);
    return slab;
}

void discard_slab(kmem_cache *s, page *slab)
{
    for (slab_observer *o = observers; o; o = o->next)
        o->discard_slab(s, slab);
    free_slab(s, slab);
}

void slab_observe(slab_observer &observer)
{
    observer.next = observers;
    observers = &observer;
}

void slab_unobserve(slab_observer &observer)
{
    for (slab_observer **at = &observers; *at; at = &(*at)->next)
        if (*at == &observer) {
            *at = observer.next;
            return;
        }
}
