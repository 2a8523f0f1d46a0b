// What the files of SLUB share, and nobody else needs.
#pragma once

#include <mm/highmem.h>
#include <mm/memory_model.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/slub_layout.h>

/// A glance at what another CPU may be writing, and writing what another one may glance at: one
/// access, in no order with others. Linux: READ_ONCE(), WRITE_ONCE(). (Volatile on the target, since
/// ARMv5 makes a call of each atomic load.)
template <class T>
[[gnu::always_inline]] inline T read_once(const T &at)
{
#if defined(LOWMEM_HOST)
    return __atomic_load_n(&at, __ATOMIC_RELAXED);
#else
    return *static_cast<const volatile T *>(&at);
#endif
}
template <class T>
[[gnu::always_inline]] inline void write_once(T &at, T value)
{
#if defined(LOWMEM_HOST)
    __atomic_store_n(&at, value, __ATOMIC_RELAXED);
#else
    *static_cast<volatile T *>(&at) = value;
#endif
}
/// Also sees what the writer of the value wrote before it.
inline u32 read_acquire(u32 &at)
{
    return std::atomic_ref(at).load(std::memory_order_acquire);
}

/// Is this a lowmem address of a frame with a struct page, which virt_to_page() can give?
[[gnu::always_inline]] inline bool has_page(const void *object)
{
    if (to_ptr(from_ptr(object)) != object)
        return false; // on the host: no address of the machine at all
    const u32 number = (from_ptr(object) - PAGE_OFFSET) >> PAGE_SHIFT;
#if defined(CONFIG_SPARSEMEM)
    return from_ptr(object) >= PAGE_OFFSET && pfn_valid(PHYS_PFN_OFFSET.raw() + number);
#else
    // An address below PAGE_OFFSET has a number that is far too large.
    return number < max_mapnr;
#endif
}

/// The first page of the slab that a page is in: slabs are aligned to their size.
inline page *slab_of(page *p)
{
    return pfn_to_page(page_pfn(p).align_down(1u << p->slab_cache->order));
}

/// The slab's words of free bits.
inline u32 *slab_words(const kmem_cache *s, page *slab)
{
    if (s->bits_at == 0)
        return slab->slab_bits;
    return reinterpret_cast<u32 *>(static_cast<char *>(lowmem_page_address(slab)) + s->bits_at);
}

/// Fast or slow, as the cache's flags say now.
inline void choose_path(kmem_cache *s)
{
    s->slow = static_cast<bool>(s->flags & SLAB_DEBUG_FLAGS);
    s->quick_objects = s->slow ? u16{0} : s->objects;
}

constexpr u32 CHUNK_OBJECTS = 32;
/// The bit of an object in the word of its chunk.
[[nodiscard]] inline u32 bit_of(u32 number)
{
    return 0x80000000u >> number % CHUNK_OBJECTS;
}

/// Those bits of a chunk's word that stand for objects.
[[nodiscard]] inline u32 objects_of_chunk(const kmem_cache *s, u32 chunk)
{
    const u32 objects = s->objects - chunk * CHUNK_OBJECTS;
    return objects >= CHUNK_OBJECTS ? ~0u : ~(~0u >> objects);
}

/// The address of an object.
inline char *object_at(const kmem_cache *s, page *slab, u32 number)
{
    return static_cast<char *>(lowmem_page_address(slab)) + s->red_left + number * s->size;
}

/// Free objects of a chunk that CPUs have in reserve: a glance at what is theirs.
inline u32 reserved_by_a_cpu(const kmem_cache *s, const page *slab, u32 chunk)
{
    u32 free = 0;
    for (const kmem_cache_cpu &c : s->cpu_slab)
        if (c.slab == slab && c.chunk == chunk)
            free |= read_once(c.free);
    return free;
}

// slub.cpp
/// The reserve is nothing: every look at it fails.
void forget_reserve(kmem_cache_cpu &c);
enum class which_cpus : u8 { this_one, all };
/// Gives reserves of the cache back. All of them only when nobody uses the cache any more.
void flush_reserve(kmem_cache *s, which_cpus whose);
/// kmem_cache_alloc() in the name of somebody else.
[[nodiscard]] void *kmem_cache_alloc_caller(kmem_cache *s, gfp_t gfp, const void *caller);
[[nodiscard]] bool slab_is_empty(const kmem_cache *s, page *slab);
/// Puts a slab whose bits have changed where it belongs.
/// @return the slab if it is to be discarded, and then it is in no list; else nullptr
page *put_on_right_list(kmem_cache *s, page *slab) REQUIRES(s->node.list_lock);
/// Makes a slab and puts it into the list: the caller looks there, as another CPU may be quicker.
/// @return false if there is no memory. Context: no lock held. Linux: new_slab_objects().
[[gnu::noinline]] bool new_slab_objects(kmem_cache *s, gfp_t gfp);
/// A slab that is in no list yet, all objects free.
void add_slab(kmem_cache *s, page *slab) REQUIRES(s->node.list_lock);
/// Tells the observers and gives the pages back. Context: no lock held.
void discard_slab(kmem_cache *s, page *slab);
void *__slab_alloc(kmem_cache *s, gfp_t gfp, const void *caller);
/// Adds an object's bit to the word of a chunk that is nobody's and looked like `seen`: the slab is in
/// the right list and not empty, before and after. @return false: it takes the lock to free it.
/// Nothing of the slab may be touched after success: it may be given up.
[[gnu::always_inline]] inline bool free_to_word(const kmem_cache *s, u32 &word, u32 seen, u32 bit)
{
    // An empty one: then the slab may be in the wrong list. A full one: then it may be empty.
    if (seen == 0 || seen == s->tail_used || (seen & bit) != 0 || (seen | bit) == ~0u)
        return false;
    return std::atomic_ref(word).compare_exchange_weak(seen, seen | bit, std::memory_order_release,
                                                       std::memory_order_relaxed);
}
/// Frees an object of the cache that is not of this CPU's chunk, or is free already, or none.
void __slab_free(kmem_cache *s, char *object, const void *caller);

/// This CPU's reserve. Context: interrupts off, as long as it is looked at.
[[gnu::always_inline]] inline kmem_cache_cpu &reserve_of(kmem_cache *s)
{
    kmem_cache_cpu *c = &s->cpu_slab[raw_smp_processor_id()];
    // The compiler shall keep this one address, instead of the cache's and the CPU's number.
    asm("" : "+r"(c));
    return *c;
}

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

/// Frees an object that did not fit the CPU's chunk: perhaps it is of another one, perhaps no object of
/// this cache at all. nullptr is ignored.
void free_elsewhere(kmem_cache *s, void *object, const void *caller);

// slub_slabs.cpp
/// A slab, all objects free, in no list; nullptr if there is no memory. Tells the observers.
[[nodiscard]] page *new_slab(kmem_cache *s, gfp_t gfp);

// slab_common.cpp
extern list_head slab_caches;
extern spinlock_t slab_mutex;
/// kfree() of what is in no slab: whole pages, nothing, or a bug.
void kfree_large(const void *object, const void *caller);
/// Fills an object with zeroes.
void clear_object(void *object, u32 size);

// slub_debug.cpp
/// How an address is wrong that somebody freed.
enum class free_fault : u8 { not_an_object, free_already, other_cache };
/// Reports it; the object stays as it is. `wanted` is the cache that the caller named.
void report_free(kmem_cache *s, page *slab, char *object, const void *caller, free_fault fault,
                 const kmem_cache *wanted = nullptr);
/// An address that is in no slab, or no lowmem at all. `s` is nullptr for kfree().
void report_bad_address(const kmem_cache *s, const void *object, const void *caller);
/// Objects that are in a CPU's reserve and in its inbox: freed twice, on two CPUs at once.
void report_reserve(kmem_cache *s, const kmem_cache_cpu &c, u32 objects);
/// Objects that are still in use when their cache is destroyed.
void report_remaining(kmem_cache *s);
/// Fills a new slab's objects: constructor, poison, guards.
void setup_slab_objects(kmem_cache *s, page *slab);
/// Allocation from a cache without reserves, with all checks that its flags ask for.
[[nodiscard]] void *alloc_debug(kmem_cache *s, gfp_t gfp, const void *caller);
/// Checks an object that is freed into such a cache, and prepares it for being free.
/// @return false if it is spoiled (reported): it stays out of use
[[nodiscard]] bool free_debug(kmem_cache *s, page *slab, char *object, const void *caller)
    REQUIRES(s->node.list_lock);
/// Shall this allocation fail? (failslab=)
[[nodiscard]] bool should_failslab(const kmem_cache *s, gfp_t gfp);
/// The flags that slub_debug= adds to a cache of this name.
[[nodiscard]] slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name);
