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
//   an object of a chunk that is in use        __slab_free: the chunk becomes this CPU's reserve,
//     as a whole is freed                      since its neighbours are likely to be freed next
//   all bits set again                         stays, while the node has few; else discard_slab
//
// Everything but the fast path happens under the node's lock, once for up to 32 objects. That is
// why there are no lists of partial slabs for each CPU, as Linux has them to spare that lock: a
// reserve and its inbox are one. Bits beyond the last object are set for ever: they look free, so
// freeing an address there takes the long way, where it is found out.
// One thing more needs no lock: another bit in the word of a chunk that has some, but not all.
// No list changes by that, so one compare-and-swap does it (free_to_word()).
//
// Who may write what, and who may look:
//   cpu_slab.free         its CPU, with interrupts off    others under the lock, a glance
//   the rest of cpu_slab  its CPU, under the lock         others under the lock
//   slab_owned, lists     under the lock                  slab_owned: anybody, a glance
//   words of bits         bits vanish under the lock only; one that is neither empty nor full
//                         gains some at any time
// A glance may be late. Whoever glances without the lock only decides by it whether to take the
// lock; whoever glances at another CPU's `free` asks for an object that its caller holds, or it is
// a bug: that CPU gave the object away before the caller got it, so the glance can't be too early.
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

// ------------------------------------------------------------------ lists

bool slab_is_empty(const kmem_cache *s, page *slab)
{
    // Acquired: all that was done with the objects is done before others get the pages.
    u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        if (read_acquire(words[chunk]) != ~0u)
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
        if (read_once(words[chunk]) != 0 && (slab->slab_owned >> chunk & 1) == 0)
            return chunk;
    if (from <= last && read_once(words[last]) & objects_of_chunk(s, last) &&
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
        return note_free_chunk(s, slab, read_once(slab_words(s, slab)[chunk]));
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

/// Makes a chunk this CPU's reserve, in place of what it had.
/// @param free  its free objects, which are no longer in the word
[[gnu::always_inline]] inline void acquire_chunk(kmem_cache *s, kmem_cache_cpu &c, page *slab,
                                                 u32 chunk, u32 &word, u32 objects, u32 free)
    REQUIRES(s->node.list_lock)
{
    write_once(c.free, free);
    c.base = object_at(s, slab, chunk * CHUNK_OBJECTS);
    c.inbox = &word;
    c.objects = objects;
    c.slab = slab;
    c.chunk = chunk;
    write_once(slab->slab_owned, static_cast<u16>(slab->slab_owned | 1u << chunk));
}

/// All free objects leave the word. Others may be adding bits to it: what they add later stays.
/// Acquires: all that was done with the objects before they were freed is done.
[[gnu::always_inline]] inline u32 take_word(u32 &word, u32 objects)
{
    // The other bits are set for ever, so there is nothing to be kept.
    return std::atomic_ref(word).exchange(~objects, std::memory_order_acquire) & objects;
}

/// The word of a reserve that is not nothing.
[[gnu::always_inline]] inline u32 &inbox_of(const kmem_cache_cpu &c)
{
    return *const_cast<u32 *>(c.inbox);
}

/// What of the reserve is left goes back to its slab; the caller fills or forgets it.
/// @return a slab to discard, or nullptr
[[gnu::always_inline]] inline page *release_chunk(kmem_cache *s, kmem_cache_cpu &c)
    REQUIRES(s->node.list_lock)
{
    page *slab = c.slab;
    if (!slab)
        return nullptr;
    u32 &word = inbox_of(c);
    const u32 left = read_once(c.free);
    u32 freed = read_once(word);
    if (left != 0) {
        // Relaxed: who takes these objects takes the lock before, which the caller holds.
        freed = std::atomic_ref(word).fetch_or(left, std::memory_order_relaxed);
        if (__builtin_expect((freed & left) != 0, 0))
            report_reserve(s, c, freed & left);
    }
    write_once(slab->slab_owned, static_cast<u16>(slab->slab_owned & ~(1u << c.chunk)));
    if (((freed | left) & c.objects) == 0)
        return nullptr; // in use as a whole: no list cares
    return note_free_chunk(s, slab, freed | left);
}

/// Takes the first of the reserve's free objects, of which there are some.
[[gnu::always_inline]] inline void *take_object(kmem_cache_cpu &c, u32 free)
{
    const u32 number = static_cast<u32>(__builtin_clz(free));
    write_once(c.free, free & ~(0x80000000u >> number));
    return c.base + number * c.size;
}

/// Refills the reserve from where there is something. @return false: only a new slab can help
bool refill(kmem_cache *s, kmem_cache_cpu &c, page **discard) REQUIRES(s->node.list_lock)
{
    if (c.slab) {
        // Objects that others freed while the chunk was ours.
        u32 &word = inbox_of(c);
        if (read_once(word) & c.objects) {
            write_once(c.free, take_word(word, c.objects));
            return true;
        }
    }
    if (list_empty(&s->node.partial))
        return false;
    *discard = release_chunk(s, c);
    page *slab = list_first_entry<&page::slab_list>(&s->node.partial);
    const u32 chunk = s->words == 1 ? 0 : free_chunk(s, slab);
    u32 &word = slab_words(s, slab)[chunk];
    const u32 objects = objects_of_chunk(s, chunk);
    acquire_chunk(s, c, slab, chunk, word, objects, take_word(word, objects));
    if (s->words == 1 || free_chunk(s, slab, chunk + 1) == s->words)
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
    write_once(c.free, 0u);
    c.base = nullptr;
    c.inbox = &nothing;
    c.objects = 0;
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
            if (read_once(c.free) != 0 || refill(s, c, &discard))
                object = take_object(c, c.free);
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
    const u32 free = read_once(c.free);
    if (__builtin_expect(free == 0, 0)) {
        local_irq_restore(interrupts);
        return __slab_alloc(s, gfp, caller);
    }
    void *object = take_object(c, free);
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

// ------------------------------------------------------------------ freeing

namespace {

/// Frees an object where more than a bit of a word may change: some CPU has its chunk in reserve;
/// its chunk is in use as a whole, or will be free as a whole; its cache is being debugged.
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
        if (((read_once(word) | reserved) & bit) != 0) {
            report_free(s, slab, object_at(s, slab, number), caller, free_fault::free_already);
            return;
        }
        if (s->slow && !free_debug(s, slab, object_at(s, slab, number), caller))
            return;
        if (!owned && !s->slow && (read_once(word) & objects_of_chunk(s, chunk)) == 0) {
            // In use as a whole until now: its neighbours are likely to be freed next. And it stays
            // so while we hold the lock: nobody adds a bit to an empty word without it.
            kmem_cache_cpu &c = reserve_of(s);
            discard = release_chunk(s, c);
            acquire_chunk(s, c, slab, chunk, word, objects_of_chunk(s, chunk), bit);
        } else {
            std::atomic_ref(word).fetch_or(bit, std::memory_order_release);
            if (!owned)
                discard = put_on_right_list(s, slab);
        }
    }
    if (discard)
        discard_slab(s, discard);
}

/// The same for any address in a slab of the cache, which may be no object.
[[gnu::noinline]] void free_checked(kmem_cache *s, char *object, const void *caller)
{
    char *const base = object - (from_ptr(object).raw() & s->slab_offset);
    page *slab = virt_to_page(base);
    const u32 distance = static_cast<u32>(object - base) - s->red_left;
    const u64 product = u64{distance} * s->reciprocal;
    const u32 number = static_cast<u32>(product >> 32);
    if (static_cast<u32>(product) >= s->reciprocal || number >= s->objects)
        report_free(s, slab, object, caller, free_fault::not_an_object);
    else
        free_locked(s, slab, number, caller);
}

} // namespace

void __slab_free(kmem_cache *s, char *object, const void *caller)
{
    // Slabs are aligned to their size, and lowmem's addresses to the largest block of pages.
    static_assert(PAGE_OFFSET.is_aligned(SZ_16M) && PHYS_OFFSET.is_aligned(SZ_16M));
    const u32 distance = from_ptr(object).raw() & s->slab_offset;
    const u32 reciprocal = s->reciprocal;
    const u64 product = u64{distance} * reciprocal;
    const u32 number = static_cast<u32>(product >> 32);
    // One compare for two questions: a cache that is being debugged has no quick objects.
    if (__builtin_expect(static_cast<u32>(product) >= reciprocal || number >= s->quick_objects, 0))
        return free_checked(s, object, caller);
    char *const base = object - distance;
    page *slab = virt_to_page(base);
    u32 *words = s->bits_at == 0 ? slab->slab_bits : reinterpret_cast<u32 *>(base + s->bits_at);
    const u32 chunk = number / CHUNK_OBJECTS;
    u32 &word = words[chunk];
    const u32 seen = read_once(word);
    if (read_once(slab->slab_owned) >> chunk & 1 || !free_to_word(s, word, seen, bit_of(number)))
        free_locked(s, slab, number, caller);
}

namespace {

/// Frees `object` if it is of this CPU's chunk, and in use. @return false: somebody must look
/// closer. Context: interrupts off.
[[gnu::always_inline]] inline bool free_to_reserve(kmem_cache_cpu &c, const char *object)
{
    const chunk_offset at = offset_in_chunk(object, c.base, c.reciprocal);
    if (__builtin_expect(at.rest >= c.reciprocal || at.number >= CHUNK_OBJECTS, 0))
        return false;
    const u32 free = read_once(c.free);
    if (__builtin_expect((free | read_once(*c.inbox)) << at.number >> 31 != 0, 0))
        return false;
    write_once(c.free, free | 0x80000000u >> at.number);
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

} // namespace

void free_elsewhere(kmem_cache *s, void *object, const void *caller)
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

void kmem_cache_free(kmem_cache *s, void *object)
{
    const unsigned long interrupts = local_irq_save();
    const bool done = free_to_reserve(reserve_of(s), static_cast<char *>(object));
    local_irq_restore(interrupts);
    if (__builtin_expect(!done, 0))
        free_elsewhere(s, object, CALLER);
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
