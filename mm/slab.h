// Objects: small pieces of memory, each from a cache of pieces of its size.
//
//   kmem_cache_create("name", sizeof(T), ...)   a cache for one kind of object
//   kmem_cache_alloc(cache, gfp)                one of them
//   kmalloc(bytes, gfp)                         from the general cache that fits: 8 to 8192 bytes
//                                               in powers of two, 96 and 192; larger ones are pages
//
// Freed wrongly - twice, not the beginning of an object, of another cache, no object at all - is
// always reported, and changes nothing. slub_debug= finds more (mm/slub_debug.cpp).
// Context of everything, if not said otherwise: any, interrupts too; takes the cache's node lock,
// outside the zone's. An address handed out is lowmem. TLB, caches: none.
// Linux: include/linux/slab.h, mm/slub.c, mm/slab_common.c.
#pragma once

#include <bit>

#include <kernel/lib/printer.h>
#include <mm/slub_def.h>

/// What kmalloc(0) returns: not nullptr, not to be touched, free to be freed.
inline void *const ZERO_SIZE_PTR = reinterpret_cast<void *>(16);
inline bool ZERO_OR_NULL_PTR(const void *p)
{
    return reinterpret_cast<unsigned long>(p) <= 16;
}

// ---- Caches

/// Makes a cache. It owns no page until the first allocation.
///
/// @param name   a string that stays
/// @param size   bytes, 1 to KMALLOC_MAX_CACHE_SIZE
/// @param align  bytes, a power of two, or 0 for that of a pointer
/// @param ctor   called once for each object when its slab is made, or nullptr: objects come as
///               their last user left them
/// @return       the cache, perhaps one that others of equal geometry share; nullptr: bad
///               arguments (reported), or no memory. SLAB_PANIC: panics instead.
/// Context: not from interrupts. Linux: kmem_cache_create().
[[nodiscard]] kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
                                            slab_flags_t flags, void (*ctor)(void *));
/// Ends a cache, or one user's share in it. Objects that are still in use are reported, with who
/// allocated them if that is tracked, and the cache stays. nullptr is ignored.
void kmem_cache_destroy(kmem_cache *s);
/// Gives back every empty slab. @return 0 if the cache has no slab left, else 1.
int kmem_cache_shrink(kmem_cache *s);
/// Bytes that the user of an object has.
inline unsigned int kmem_cache_size(const kmem_cache *s)
{
    return s->object_size;
}

/// An object, contents as found (__GFP_ZERO: zeroes; not with a ctor); nullptr if there is no
/// memory.
[[nodiscard]] void *kmem_cache_alloc(kmem_cache *s, gfp_t gfp);
[[nodiscard]] inline void *kmem_cache_zalloc(kmem_cache *s, gfp_t gfp)
{
    return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}
/// Frees an object of this cache. nullptr is ignored.
void kmem_cache_free(kmem_cache *s, void *object);

/// `size` objects, or none. @return `size`, or 0. Linux: kmem_cache_alloc_bulk().
[[nodiscard]] int kmem_cache_alloc_bulk(kmem_cache *s, gfp_t gfp, size_t size, void **p);
/// Frees them; `s` may be nullptr for objects of any caches.
void kmem_cache_free_bulk(kmem_cache *s, size_t size, void **p);

// ---- General caches

constexpr unsigned int KMALLOC_SHIFT_LOW = 3;
constexpr unsigned int KMALLOC_SHIFT_HIGH = 13;
constexpr unsigned int KMALLOC_MAX_CACHE_SIZE = 1u << KMALLOC_SHIFT_HIGH;

/// Three sets of them; objects of one set never share pages with another's. Objects smaller than
/// a cache line (64 bytes) share lines and are not for DMA: the DMA set has none.
enum kmalloc_cache_type : u8 { KMALLOC_NORMAL, KMALLOC_RECLAIM, KMALLOC_DMA, NR_KMALLOC_TYPES };
extern kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1];

/// Index of the general cache for `size` bytes, 1 to 8192: 1 is 96, 2 is 192, else the power of
/// two. Linux: kmalloc_index().
constexpr unsigned int kmalloc_index(size_t size)
{
    if (size <= 8)
        return 3;
    if (size > 64 && size <= 96)
        return 1;
    if (size > 128 && size <= 192)
        return 2;
    return static_cast<unsigned int>(std::bit_width(size - 1));
}
constexpr kmalloc_cache_type kmalloc_type(gfp_t gfp)
{
    if (!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE)))
        return KMALLOC_NORMAL;
    return gfp & __GFP_DMA ? KMALLOC_DMA : KMALLOC_RECLAIM;
}

/// `size` bytes, aligned for anything (a power of two: to itself), contents as found.
/// @return ZERO_SIZE_PTR for 0 bytes; nullptr if there is no memory. Freed by kfree().
[[nodiscard]] void *__kmalloc(size_t size, gfp_t gfp);
/// More than KMALLOC_MAX_CACHE_SIZE: whole pages.
[[nodiscard]] void *kmalloc_large(size_t size, gfp_t gfp);
/// kmem_cache_alloc() for a mask that is known to be without __GFP_ZERO. Linux: kmalloc_trace().
[[nodiscard]] void *kmalloc_trace(kmem_cache *s, gfp_t gfp);
/// `size` bytes, as __kmalloc(); a size that the compiler knows chooses its cache at compile time.
[[nodiscard, gnu::always_inline]] inline void *kmalloc(size_t size, gfp_t gfp)
{
    if (!__builtin_constant_p(size) || size == 0)
        return __kmalloc(size, gfp);
    if (size > KMALLOC_MAX_CACHE_SIZE)
        return kmalloc_large(size, gfp);
    kmem_cache *s = kmalloc_caches[kmalloc_type(gfp)][kmalloc_index(size)];
    return gfp & __GFP_ZERO ? kmem_cache_alloc(s, gfp) : kmalloc_trace(s, gfp);
}
[[nodiscard, gnu::always_inline]] inline void *kzalloc(size_t size, gfp_t gfp)
{
    return kmalloc(size, gfp | __GFP_ZERO);
}
/// `n` times `size` bytes; nullptr if that overflows.
[[nodiscard, gnu::always_inline]] inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return nullptr;
    return kmalloc(bytes, gfp);
}
[[nodiscard, gnu::always_inline]] inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
    return kmalloc_array(n, size, gfp | __GFP_ZERO);
}
/// Frees what kmalloc() and kmem_cache_alloc() returned. nullptr and ZERO_SIZE_PTR are ignored.
void kfree(const void *object);
/// Bytes that may be used at `object`, at least as many as were asked for.
[[nodiscard]] size_t ksize(const void *object);
/// The same bytes in a place of `size` bytes, which may be the same place. nullptr for `object` is
/// kmalloc(); 0 for `size` is kfree(). @return nullptr if there is no memory: `object` stays.
[[nodiscard]] void *krealloc(const void *object, size_t size, gfp_t gfp);

// ---- Boot

/// The first caches, those that hold caches, and the general ones. Needs the page allocator.
void kmem_cache_init();
void create_kmalloc_caches(slab_flags_t flags);
/// Can objects be had yet? Linux: slab_is_available().
[[nodiscard]] bool slab_is_available();

// ---- Checks

/// Looks at every slab of the cache, at every object where something can be said about it; what is
/// wrong is reported. @return slabs looked at. Context: no other CPU uses the cache.
/// Linux: validate_slab_cache().
long validate_slab_cache(kmem_cache *s);
/// The same for all caches, and that no slab page is outside of them.
/// @return  number of lines that say what is wrong. Context: no other CPU uses caches.
u32 verify_slab(const printer &out);

// ---- Observers

/// Told of each slab that is made and given up: all memory of all caches can be followed so.
struct slab_observer {
    void (*new_slab)(kmem_cache *s, page *slab);     ///< just made, nothing handed out yet
    void (*discard_slab)(kmem_cache *s, page *slab); ///< empty, about to be given back
    slab_observer *next;
};
/// Context: not while slabs are made: boot, or a test. No lock is held when observers are called.
void slab_observe(slab_observer &observer);
void slab_unobserve(slab_observer &observer);
