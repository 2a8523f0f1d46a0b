// Many objects at once: what of the CPU's reserve can serve does so in one go, with interrupts off;
// the rest takes the way of single objects.
// Linux: mm/slub.c (kmem_cache_alloc_bulk, kmem_cache_free_bulk).
#include <mm/slab.h>
#include <mm/slub_internal.h>

#define CALLER __builtin_return_address(0)

int kmem_cache_alloc_bulk(kmem_cache *s, gfp_t gfp, size_t size, void **p)
{
    void **const end = p + size;
    for (void **at = p; at != end;) {
        {
            const irq_guard off;
            kmem_cache_cpu &c = reserve_of(s);
            char *const base = c.base;
            const u32 stride = c.size;
            u32 free = read_once(c.free);
            while (free != 0) {
                const u32 number = static_cast<u32>(__builtin_clz(free));
                free &= ~(0x80000000u >> number);
                *at++ = base + number * stride;
                asm(""); // two branches are less than their sum
                if (at == end)
                    break;
            }
            write_once(c.free, free);
        }
        if (at == end)
            break;
        if (!(*at = __slab_alloc(s, gfp & ~__GFP_ZERO, CALLER))) {
            kmem_cache_free_bulk(s, static_cast<size_t>(at - p), p);
            return 0;
        }
        at++;
    }
    if (gfp & __GFP_ZERO)
        for (size_t i = 0; i < size; i++)
            clear_object(p[i], s->object_size);
    return static_cast<int>(size);
}

void kmem_cache_free_bulk(kmem_cache *s, size_t size, void **p)
{
    void **const end = p + size;
    for (void **at = p; at != end;) {
        if (!s) {
            kfree(*at++);
            continue;
        }
        {
            const irq_guard off;
            kmem_cache_cpu &c = reserve_of(s);
            const char *const base = c.base;
            const u32 reciprocal = c.reciprocal;
            // What is free must not be freed again: bits of the inbox count, but stay there.
            const u32 inbox = read_once(*c.inbox);
            const u32 had = read_once(c.free);
            u32 free = had | inbox;
            while (at != end) {
                const chunk_offset offset = offset_in_chunk(*at, base, reciprocal);
                if (offset.rest >= reciprocal)
                    break;
                asm(""); // as above
                if (offset.number >= CHUNK_OBJECTS)
                    break;
                if (free << offset.number >> 31 != 0)
                    break;
                free |= 0x80000000u >> offset.number;
                at++;
                asm("" : "+r"(at)); // one pointer, not one behind and one ahead
            }
            write_once(c.free, had | (free & ~inbox));
        }
        if (at != end)
            free_elsewhere(s, *at++, CALLER);
    }
}
