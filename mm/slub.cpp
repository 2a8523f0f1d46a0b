// SLUB: objects of one size, side by side in slabs of one page or a few.
//
//   slab      | object 0 | object 1 | ...          | object n-1 |          (a block of pages)
//   bits      chunk 0: 0010 1111 ...   chunk 1: 1111 ...                   1: free, and nobody's
//
//   kmem_cache --- cpu_slab[0]   free 0110 0001 ...   a chunk: 32 objects of one slab, which this
//              |                 base, inbox          CPU alone hands out: its reserve
//              |-- cpu_slab[1]   ...
//              '-- node          partial: slabs with a bit set outside of reserves, emptied ones too
//                                full: the others
//
// The free list is a bitmap. There is no link and no header in an object, so nothing that is
// written to a freed object can mislead the allocator, and an object can't be freed twice: its bit
// says that it is free.
//
// The fast path touches only the CPU's reserve, with interrupts off. Allocating is CLZ and one
// multiplication. Freeing multiplies the distance from the chunk's beginning with 2^32 / size: the
// upper word of the product is the number of the object, and a lower word that is no less than
// the factor means that the address is not the beginning of one. Number 32 and more is another
// chunk. So an address is its own proof of page, cache and alignment.
//
// The life of a slab:      new_slab            bits all set
//   its chunk becomes a CPU's reserve          acquire_chunk: the word moves to cpu_slab.free
//   others free objects of it                  their bits gather in the word, the CPU's inbox
//   the reserve is used up                     __slab_alloc: the inbox; else another chunk: of a
//                                              partial slab, else of a new one
//   an object of a chunk that is in use        __slab_free: the word; the slab becomes partial.
//     as a whole is freed                      ... or the chunk becomes this CPU's reserve, since
//                                              its neighbours are likely to be freed next
//   all bits set again                         stays, while the node has few; else discard_slab
//
// Everything but the fast path happens under the node's lock, once for up to 32 objects. That is
// why there are no lists of partial slabs for each CPU, as Linux has them to spare that lock: a
// reserve and its inbox are one. Bits beyond the last object are set for ever: they look free, so
// freeing an address there takes the long way, where it is found out.
// Exclusives (ldrexd on a pair of list and counter, as Linux does) cost 19 instructions more than
// interrupts off, measured; an interrupt or a migration between load and store cannot happen.
//
// Lock order: the node's list_lock, then the zone's. Linux: mm/slub.c.
#include <mm/slab.h>

#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <mm/page_alloc.h>
#include <mm/slub_internal.h>

#define CALLER __builtin_return_address(0)

namespace {

constinit slab_observer *observers = nullptr;

// ------------------------------------------------------------------ slabs

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

/// Linux: new_slab().
[[gnu::noinline]] page *new_slab(kmem_cache *s, gfp_t gfp)
{
    page *slab = allocate_slab(s, gfp);
    for (slab_observer *o = observers; slab && o; o = o->next)
        o->new_slab(s, slab);
    return slab;
}

} // namespace

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

// ------------------------------------------------------------------ lists

bool slab_is_empty(const kmem_cache *s, page *slab)
{
    const u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        if (words[chunk] != ~0u)
            return false;
    return slab->slab_owned == 0;
}

namespace {

/// The first chunk from `from` on with free objects that is nobody's reserve; s->words if there is
/// none.
[[gnu::always_inline]] inline u32 free_chunk(const kmem_cache *s, page *slab, u32 from = 0)
{
    const u32 *words = slab_words(s, slab);
    const u32 last = s->words - 1u;
    for (u32 chunk = from; chunk < last; chunk++)
        if (words[chunk] != 0 && (slab->slab_owned >> chunk & 1) == 0)
            return chunk;
    if (from <= last && words[last] & objects_of_chunk(s, last) &&
        (slab->slab_owned >> last & 1) == 0)
        return last;
    return s->words;
}

[[gnu::always_inline]] inline void move_to(kmem_cache *s, page *slab, slab_list_id where)
    REQUIRES(s->node.list_lock)
{
    // At the end: a slab that has just become partial has few free objects yet.
    list_move_tail(&slab->slab_list, where == SLAB_ON_PARTIAL ? &s->node.partial : &s->node.full);
    slab->slab_listed = where;
    s->node.nr_partial += where == SLAB_ON_PARTIAL ? 1 : -1u;
}

/// A chunk that is nobody's has free objects: the slab is partial, or empty and one too many.
/// @param word  the chunk's
/// @return      the slab if it is to be discarded, and then it is in no list; else nullptr
[[gnu::always_inline]] inline page *note_free_chunk(kmem_cache *s, page *slab, u32 word)
    REQUIRES(s->node.list_lock)
{
    if (slab->slab_listed != SLAB_ON_PARTIAL)
        move_to(s, slab, SLAB_ON_PARTIAL);
    if (word != ~0u || s->node.nr_partial <= s->min_partial || !slab_is_empty(s, slab))
        return nullptr;
    list_del(&slab->slab_list);
    slab->slab_listed = SLAB_ON_NONE;
    s->node.nr_partial--;
    s->node.nr_slabs--;
    return slab;
}

} // namespace

page *put_on_right_list(kmem_cache *s, page *slab)
{
    if (slab->slab_listed == SLAB_ON_NONE)
        return nullptr; // not in yet, or given up already
    const u32 chunk = free_chunk(s, slab);
    if (chunk < s->words)
        return note_free_chunk(s, slab, slab_words(s, slab)[chunk]);
    if (slab->slab_listed == SLAB_ON_PARTIAL)
        move_to(s, slab, SLAB_ON_FULL);
    return nullptr;
}

void add_slab(kmem_cache *s, page *slab)
{
    list_add(&slab->slab_list, &s->node.full);
    slab->slab_listed = SLAB_ON_FULL;
    s->node.nr_slabs++;
    move_to(s, slab, SLAB_ON_PARTIAL);
}

// ------------------------------------------------------------------ reserves

namespace {

/// Makes a chunk this CPU's reserve, in place of what it had. Others may be adding bits to the
/// word.
[[gnu::always_inline]] inline void acquire_chunk(kmem_cache *s, kmem_cache_cpu &c, page *slab,
                                                 u32 chunk) REQUIRES(s->node.list_lock)
{
    u32 *word = slab_words(s, slab) + chunk;
    const u32 objects = objects_of_chunk(s, chunk);
    c.free = std::atomic_ref(*word).fetch_and(~objects, std::memory_order_acquire) & objects;
    c.base = object_at(s, slab, chunk * CHUNK_OBJECTS);
    c.inbox = word;
    c.slab = slab;
    c.chunk = chunk;
    slab->slab_owned |= static_cast<u16>(1u << chunk);
}

/// What of the reserve is left goes back to its slab; the caller fills or forgets it.
/// @return a slab to discard, or nullptr
[[gnu::always_inline]] inline page *release_chunk(kmem_cache *s, kmem_cache_cpu &c)
    REQUIRES(s->node.list_lock)
{
    page *slab = c.slab;
    if (!slab)
        return nullptr;
    u32 *word = slab_words(s, slab) + c.chunk;
    const u32 left = c.free;
    const u32 freed = std::atomic_ref(*word).fetch_or(left, std::memory_order_release);
    if (__builtin_expect((freed & left) != 0, 0))
        report_reserve(s, c, freed & left);
    slab->slab_owned &= static_cast<u16>(~(1u << c.chunk));
    if (((freed | left) & objects_of_chunk(s, c.chunk)) == 0)
        return nullptr; // in use as a whole: no list cares
    return note_free_chunk(s, slab, freed | left);
}

/// This CPU's reserve. Context: interrupts off, as long as it is looked at.
[[gnu::always_inline]] inline kmem_cache_cpu &reserve_of(kmem_cache *s)
{
    kmem_cache_cpu *c = &s->cpu_slab[raw_smp_processor_id()];
    // The compiler shall keep this one address, instead of the cache's and the CPU's number.
    asm("" : "+r"(c));
    return *c;
}

/// Takes the first free object of the reserve, which has one.
[[gnu::always_inline]] inline void *take_object(kmem_cache_cpu &c)
{
    const u32 number = static_cast<u32>(__builtin_clz(c.free));
    c.free &= ~(0x80000000u >> number);
    return c.base + number * c.size;
}

/// Refills the reserve from where there is something. @return false: only a new slab can help
bool refill(kmem_cache *s, kmem_cache_cpu &c, page **discard) REQUIRES(s->node.list_lock)
{
    if (c.slab) {
        // Objects that others freed while the chunk was ours.
        u32 *word = slab_words(s, c.slab) + c.chunk;
        const u32 objects = objects_of_chunk(s, c.chunk);
        if (*word & objects) {
            c.free =
                std::atomic_ref(*word).fetch_and(~objects, std::memory_order_acquire) & objects;
            return true;
        }
    }
    if (list_empty(&s->node.partial))
        return false;
    *discard = release_chunk(s, c);
    page *slab = list_first_entry<&page::slab_list>(&s->node.partial);
    const u32 chunk = free_chunk(s, slab);
    acquire_chunk(s, c, slab, chunk);
    if (free_chunk(s, slab, chunk + 1) == s->words)
        move_to(s, slab, SLAB_ON_FULL);
    return true;
}

} // namespace

bool new_slab_objects(kmem_cache *s, gfp_t gfp)
{
    page *slab = new_slab(s, gfp);
    if (!slab)
        return false;
    const spin_irq_guard guard(s->node.list_lock);
    add_slab(s, slab);
    return true;
}

void forget_reserve(kmem_cache_cpu &c)
{
    static constinit const u32 nothing = ~0u;
    c.free = 0;
    c.base = nullptr;
    c.inbox = &nothing;
    c.slab = nullptr;
    c.chunk = 0;
}

void flush_reserve(kmem_cache *s, which_cpus whose)
{
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        page *discard = nullptr;
        {
            const spin_irq_guard guard(s->node.list_lock);
            if (whose == which_cpus::all || cpu == raw_smp_processor_id()) {
                discard = release_chunk(s, s->cpu_slab[cpu]);
                forget_reserve(s->cpu_slab[cpu]);
            }
        }
        if (discard)
            discard_slab(s, discard);
    }
}

// ------------------------------------------------------------------ allocating

void *__slab_alloc(kmem_cache *s, gfp_t gfp, const void *caller)
{
    if (__builtin_expect(s->slow, 0))
        return should_failslab(s, gfp) ? nullptr : alloc_debug(s, gfp, caller);
    for (;;) {
        void *object = nullptr;
        page *discard = nullptr;
        {
            const spin_irq_guard guard(s->node.list_lock);
            kmem_cache_cpu &c = reserve_of(s);
            // An interrupt may have refilled it since the fast path looked.
            if (c.free != 0 || refill(s, c, &discard))
                object = take_object(c);
        }
        if (discard)
            discard_slab(s, discard);
        if (object || !new_slab_objects(s, gfp))
            return object;
    }
}

namespace {

/// Linux: slab_alloc_node().
[[gnu::always_inline]] inline void *slab_alloc_node(kmem_cache *s, gfp_t gfp, const void *caller)
{
    const unsigned long interrupts = local_irq_save();
    kmem_cache_cpu &c = reserve_of(s);
    if (__builtin_expect(c.free == 0, 0)) {
        local_irq_restore(interrupts);
        return __slab_alloc(s, gfp, caller);
    }
    void *object = take_object(c);
    local_irq_restore(interrupts);
    return object;
}

[[gnu::noinline]] void *slab_alloc_zeroed(kmem_cache *s, gfp_t gfp, const void *caller)
{
    void *object = slab_alloc_node(s, gfp & ~__GFP_ZERO, caller);
    if (object)
        clear_object(object, s->object_size);
    return object;
}

/// Linux: slab_alloc().
[[gnu::always_inline]] inline void *slab_alloc(kmem_cache *s, gfp_t gfp, const void *caller)
{
    if (__builtin_expect(static_cast<bool>(gfp & __GFP_ZERO), 0))
        return slab_alloc_zeroed(s, gfp, caller);
    return slab_alloc_node(s, gfp, caller);
}

} // namespace

void *kmem_cache_alloc(kmem_cache *s, gfp_t gfp)
{
    return slab_alloc(s, gfp, CALLER);
}

void *kmem_cache_alloc_caller(kmem_cache *s, gfp_t gfp, const void *caller)
{
    return slab_alloc(s, gfp, caller);
}

void *kmalloc_trace(kmem_cache *s, gfp_t gfp)
{
    return slab_alloc_node(s, gfp, CALLER);
}

int kmem_cache_alloc_bulk(kmem_cache *s, gfp_t gfp, size_t size, void **p)
{
    for (size_t got = 0; got < size;) {
        {
            const irq_guard off;
            kmem_cache_cpu &c = reserve_of(s);
            char *const base = c.base;
            const u32 stride = s->size;
            u32 free = c.free;
            while (free != 0) {
                const u32 number = static_cast<u32>(__builtin_clz(free));
                free &= ~(0x80000000u >> number);
                p[got++] = base + number * stride;
                if (got == size)
                    break;
            }
            c.free = free;
        }
        if (got == size)
            break;
        if (!(p[got] = __slab_alloc(s, gfp & ~__GFP_ZERO, CALLER))) {
            kmem_cache_free_bulk(s, got, p);
            return 0;
        }
        got++;
    }
    if (gfp & __GFP_ZERO)
        for (size_t i = 0; i < size; i++)
            clear_object(p[i], s->object_size);
    return static_cast<int>(size);
}

// ------------------------------------------------------------------ freeing

namespace {

/// Frees an object of a chunk that some CPU has in reserve, or that is in use as a whole, or of a
/// cache that is being debugged.
[[gnu::noinline]] void free_locked(kmem_cache *s, page *slab, u32 number, const void *caller)
{
    const u32 bit = bit_of(number);
    const u32 chunk = number / CHUNK_OBJECTS;
    page *discard = nullptr;
    {
        const spin_irq_guard guard(s->node.list_lock);
        u32 &word = slab_words(s, slab)[chunk];
        const bool owned = slab->slab_owned >> chunk & 1;
        const u32 reserved = owned ? reserved_by_a_cpu(s, slab, chunk) : 0;
        if (((word | reserved) & bit) != 0) {
            report_free(s, slab, object_at(s, slab, number), caller, free_fault::free_already);
            return;
        }
        if (s->slow && !free_debug(s, slab, object_at(s, slab, number), caller))
            return;
        if (!owned && !s->slow && (word & objects_of_chunk(s, chunk)) == 0) {
            // In use as a whole until now: its neighbours are likely to be freed next.
            kmem_cache_cpu &c = reserve_of(s);
            discard = release_chunk(s, c);
            acquire_chunk(s, c, slab, chunk);
            c.free = bit;
        } else {
            std::atomic_ref(word).fetch_or(bit, std::memory_order_release);
            if (!owned)
                discard = put_on_right_list(s, slab);
        }
    }
    if (discard)
        discard_slab(s, discard);
}

/// The bits of a slab have changed in a way that may move it to another list.
[[gnu::noinline]] void settle_slab(kmem_cache *s, page *slab)
{
    page *discard;
    {
        const spin_irq_guard guard(s->node.list_lock);
        // Whoever came first may have settled it, and even given it up: then it is in no list.
        discard = PageSlab(slab) && slab->slab_cache == s ? put_on_right_list(s, slab) : nullptr;
    }
    if (discard)
        discard_slab(s, discard);
}

} // namespace

void __slab_free(kmem_cache *s, char *object, const void *caller)
{
    // Slabs are aligned to their size, and lowmem's addresses to the largest block of pages.
    static_assert(PAGE_OFFSET.is_aligned(SZ_16M) && PHYS_OFFSET.is_aligned(SZ_16M));
    char *const base = object - (from_ptr(object).raw() & ~s->slab_mask);
    page *slab = virt_to_page(base);
    const u32 distance = static_cast<u32>(object - base) - s->red_left;
    const u64 product = u64{distance} * s->reciprocal;
    const u32 number = static_cast<u32>(product >> 32);
    if (__builtin_expect(static_cast<u32>(product) >= s->reciprocal, 0))
        return report_free(s, slab, object, caller, free_fault::not_an_object);
    if (__builtin_expect(number >= s->objects, 0))
        return report_free(s, slab, object, caller, free_fault::not_an_object);
    const u32 chunk = number / CHUNK_OBJECTS;
    u32 *words = s->bits_at == 0 ? slab->slab_bits : reinterpret_cast<u32 *>(base + s->bits_at);
    u32 &word = words[chunk];
    // A chunk that is nobody's and has free objects already: the slab is in the right list, and one
    // bit more is all that changes. No lock is needed for that.
    const u32 seen = word;
    if (s->slow || slab->slab_owned >> chunk & 1 || seen == 0 || seen == s->tail_used)
        return free_locked(s, slab, number, caller);
    const u32 bit = bit_of(number);
    const u32 before = std::atomic_ref(word).fetch_or(bit, std::memory_order_release);
    if (__builtin_expect((before & bit) != 0, 0))
        return report_free(s, slab, object, caller, free_fault::free_already);
    // All free now, or taken by a CPU and used up in the meantime?
    if (__builtin_expect((before | bit) == ~0u || before == 0 || before == s->tail_used, 0))
        settle_slab(s, slab);
}

namespace {

/// Where in a chunk an address is: an object's number, and a rest that is below the reciprocal if it
/// is the object's beginning. A number of 32 and more is not of this chunk.
struct chunk_offset {
    u32 number, rest;
};
[[gnu::always_inline]] inline chunk_offset offset_in_chunk(const void *object, const char *base,
                                                           u32 reciprocal)
{
    const auto distance =
        reinterpret_cast<unsigned long>(object) - reinterpret_cast<unsigned long>(base);
    if (sizeof(distance) > 4 && distance >> 31 >> 1 != 0)
        return {CHUNK_OBJECTS, 0};
    const u64 product = u64{static_cast<u32>(distance)} * reciprocal;
    return {static_cast<u32>(product >> 32), static_cast<u32>(product)};
}

/// Frees `object` if it is of this CPU's chunk, and in use. @return false: somebody must look
/// closer. Context: interrupts off.
[[gnu::always_inline]] inline bool free_to_reserve(kmem_cache_cpu &c, const char *object)
{
    const chunk_offset at = offset_in_chunk(object, c.base, c.reciprocal);
    if (__builtin_expect(at.rest >= c.reciprocal || at.number >= CHUNK_OBJECTS, 0))
        return false;
    const u32 free = c.free;
    if (__builtin_expect((free | *c.inbox) << at.number >> 31 != 0, 0))
        return false;
    c.free = free | 0x80000000u >> at.number;
    return true;
}

/// Linux: slab_free().
[[gnu::always_inline]] inline void slab_free(kmem_cache *s, const void *object, const void *caller)
{
    char *const at = static_cast<char *>(const_cast<void *>(object));
    const unsigned long interrupts = local_irq_save();
    const bool done = free_to_reserve(reserve_of(s), at);
    local_irq_restore(interrupts);
    if (__builtin_expect(!done, 0))
        __slab_free(s, at, caller);
}

/// The cache of an address that did not fit the CPU's chunk: perhaps another chunk of this cache.
[[gnu::noinline]] void free_elsewhere(kmem_cache *s, void *object, const void *caller)
{
    if (object == nullptr)
        return;
    if (!has_page(object) || !PageSlab(virt_to_page(object))) {
        report_bad_address(s, object, caller);
        return;
    }
    page *p = virt_to_page(object);
    if (p->slab_cache != s) {
        report_free(p->slab_cache, slab_of(p), static_cast<char *>(object), caller,
                    free_fault::other_cache, s);
        return;
    }
    __slab_free(s, static_cast<char *>(object), caller);
}

} // namespace

void kmem_cache_free(kmem_cache *s, void *object)
{
    const unsigned long interrupts = local_irq_save();
    const bool done = free_to_reserve(reserve_of(s), static_cast<char *>(object));
    local_irq_restore(interrupts);
    if (__builtin_expect(!done, 0))
        free_elsewhere(s, object, CALLER);
}

void kmem_cache_free_bulk(kmem_cache *s, size_t size, void **p)
{
    for (size_t i = 0; i < size;) {
        if (!s) {
            kfree(p[i++]);
            continue;
        }
        {
            const irq_guard off;
            kmem_cache_cpu &c = reserve_of(s);
            const char *const base = c.base;
            const u32 reciprocal = c.reciprocal;
            // What is free must not be freed again: bits of the inbox count, but stay there.
            const u32 inbox = *c.inbox;
            u32 free = c.free | inbox;
            for (; i < size; i++) {
                const chunk_offset at = offset_in_chunk(p[i], base, reciprocal);
                if (at.rest >= reciprocal)
                    break;
                if (at.number >= CHUNK_OBJECTS)
                    break;
                if (free << at.number >> 31 != 0)
                    break;
                free |= 0x80000000u >> at.number;
            }
            c.free |= free & ~inbox;
        }
        if (i < size)
            free_elsewhere(s, p[i++], CALLER);
    }
}

void kfree(const void *object)
{
    if (__builtin_expect(!has_page(object), 0))
        return kfree_large(object, CALLER);
    page *p = virt_to_page(object);
    if (__builtin_expect(!PageSlab(p), 0))
        return kfree_large(object, CALLER);
    slab_free(p->slab_cache, object, CALLER);
}
