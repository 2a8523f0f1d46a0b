// The structures of a slab cache. mm/slub.cpp tells how they work together.
// Linux: include/linux/slub_def.h, mm/slab.h.
#pragma once

#include <asm/smp.h>
#include <kernel/core/spinlock.h>
#include <kernel/lib/list.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>

class slab_flags_t {
public:
    constexpr slab_flags_t() = default;
    explicit constexpr slab_flags_t(u32 raw) : raw_(raw) {}
    [[nodiscard]] constexpr u32 raw() const { return raw_; }
    explicit constexpr operator bool() const { return raw_ != 0; }
    constexpr bool operator==(const slab_flags_t &) const = default;
    friend constexpr slab_flags_t operator|(slab_flags_t a, slab_flags_t b)
    {
        return slab_flags_t(a.raw_ | b.raw_);
    }
    friend constexpr slab_flags_t operator&(slab_flags_t a, slab_flags_t b)
    {
        return slab_flags_t(a.raw_ & b.raw_);
    }
    friend constexpr slab_flags_t operator~(slab_flags_t a) { return slab_flags_t(~a.raw_); }
    constexpr slab_flags_t &operator|=(slab_flags_t b) { return *this = *this | b; }
    constexpr slab_flags_t &operator&=(slab_flags_t b) { return *this = *this & b; }

private:
    u32 raw_ = 0;
};

// Numbers as in Linux 6.1.
constexpr slab_flags_t SLAB_CONSISTENCY_CHECKS{
    0x00000100};                                         ///< walk the bits at each alloc and free
constexpr slab_flags_t SLAB_RED_ZONE{0x00000400};        ///< guards left and right of an object
constexpr slab_flags_t SLAB_POISON{0x00000800};          ///< fill free objects
constexpr slab_flags_t SLAB_HWCACHE_ALIGN{0x00002000};   ///< begin on cache lines
constexpr slab_flags_t SLAB_CACHE_DMA{0x00004000};       ///< from ZONE_DMA
constexpr slab_flags_t SLAB_STORE_USER{0x00010000};      ///< who allocated and freed
constexpr slab_flags_t SLAB_RECLAIM_ACCOUNT{0x00020000}; ///< __GFP_RECLAIMABLE pages
constexpr slab_flags_t SLAB_PANIC{0x00040000};           ///< panic if the cache can't be made
constexpr slab_flags_t SLAB_TRACE{0x00200000};           ///< print each alloc and free
constexpr slab_flags_t SLAB_NO_MERGE{0x01000000};        ///< never share with another cache
constexpr slab_flags_t SLAB_FAILSLAB{0x02000000};        ///< allocations may fail (failslab=)
// Ours: Linux has them as static keys.
constexpr slab_flags_t SLAB_INIT_ON_ALLOC{0x00000001}; ///< objects come as zeroes
constexpr slab_flags_t SLAB_INIT_ON_FREE{0x00000002};  ///< what is freed is zeroed
constexpr slab_flags_t SLAB_DEBUG_FLAGS = SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |
                                          SLAB_STORE_USER | SLAB_TRACE | SLAB_FAILSLAB |
                                          SLAB_INIT_ON_ALLOC | SLAB_INIT_ON_FREE;

/// What one CPU has in reserve of one cache: the free objects of a chunk, which is up to 32
/// objects side by side, the objects of one word of bits. Only that CPU writes it, with interrupts
/// off; another one may look, under the node's lock.
struct alignas(8 * sizeof(void *)) kmem_cache_cpu {
    u32 free;         ///< a bit for each free object of the chunk, the first in bit 31
    u32 size;         ///< the cache's, and
    u32 reciprocal;   ///< the cache's: where the fast path finds them beside the rest
    u32 chunk;        ///< number of the word in its slab
    char *base;       ///< the chunk's first object; nullptr: no chunk
    const u32 *inbox; ///< the chunk's word in its slab: objects that others freed meanwhile
    page *slab;
    u32 objects; ///< bits of the word that stand for objects
};

/// The slabs that have free objects which are nobody's reserve. Linux: struct kmem_cache_node.
struct kmem_cache_node {
    spinlock_t list_lock;
    u32 nr_partial GUARDED_BY(list_lock);
    u32 nr_slabs GUARDED_BY(list_lock);
    list_head partial GUARDED_BY(list_lock);
    list_head full GUARDED_BY(list_lock); ///< the others: walked by reports, checks and destroy
};

/// In which of the lists a slab is (page::slab_listed).
enum slab_list_id : u16 { SLAB_ON_NONE, SLAB_ON_FULL, SLAB_ON_PARTIAL };

struct kmem_cache {
    kmem_cache_cpu cpu_slab[NR_CPUS];

    u32 slab_offset; ///< of an address: how far into its slab it is
    u32 tail_used;   ///< the word of the last chunk when all its objects are in use
    u32 size;        ///< bytes from one object to the next, debugging data included
    u32 object_size; ///< bytes the user gets
    u32 inuse;       ///< bytes up to the debugging data behind the object
    u32 red_left;    ///< bytes of the guard before each object
    u32 align;
    u32 reciprocal; ///< 2^32 / size rounded up: a multiplication divides
    u16 objects;    ///< of a slab
    u8 order;       ///< of a slab's pages
    bool slow;      ///< no reserves: every call takes the long way, where the checks stand
    u16 words;      ///< words of bits of a slab
    u16 bits_at;    ///< where in a slab they stand, if not in struct page (0)
    slab_flags_t flags;
    gfp_t allocflags;
    u16 min_partial; ///< empty slabs are kept while the node has no more than so many partial ones
    u16 quick_objects; ///< of a slab, that need no lock to be freed: objects; 0 if slow
    int refcount;      ///< users, if several caches were merged
    void (*ctor)(void *);
    const char *name;
    list_head list; ///< slab_caches
    kmem_cache_node node;
};
