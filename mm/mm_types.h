// struct page: what the kernel knows of a frame. One for each frame of RAM, 32 bytes on ARM32.
//
//   flags   31 30   29 .. 24   23 22   21 20       19 .. 16             15 .. 8           7 .. 0
//           poison  section    zone    migrate     head referenced      see below: what   in use
//           highmem                    type        uptodate dirty       forbids freeing   + order
//
// The low half-word is the whole truth about who may do what with a frame, so that freeing checks
// it in one compare: a block of order k in use, and nothing else, reads 0x0080 + k. Frames inside
// a block (but its first), and all free frames, read 0 there: freeing one of them is a bug that
// the same compare finds, and no loop over the frames of a block is ever needed.
// Linux: include/linux/mm_types.h, page-flags.h, page-flags-layout.h.
#pragma once

#include <atomic>

#include <asm/page.h>
#include <kernel/lib/list.h>

struct kmem_cache;
struct address_space;

// flags, low half: must be exactly what a free call expects.
constexpr u32 PAGE_ORDER_MASK = 0x1f; // order of the block that begins here, if PAGE_IN_USE
constexpr u32 PAGE_IN_USE = 1u << 7;  // first frame of a block in use
constexpr u32 PG_reserved = 1u << 8;  // never handed out: image, tables of boot, holes
constexpr u32 PG_slab = 1u << 9;      // belongs to a slab cache
constexpr u32 PG_tail = 1u << 10;     // inside a compound block: compound_head() leads to its first
constexpr u32 PG_locked = 1u << 11;
constexpr u32 PAGE_MEMTYPE_SHIFT = 12; // two bits: how the frame is mapped (0: write-back)
constexpr u32 PAGE_MEMTYPE_MASK = 3u << PAGE_MEMTYPE_SHIFT;
constexpr u32 PG_guard = 1u << 14;      // debug_guardpage_minorder=: kept out of use
constexpr u32 PG_quarantine = 1u << 15; // something was wrong with it: never handed out again
constexpr u32 PAGE_STATE_MASK = 0xffff;
// flags, high half: freeing clears the first four, the rest stays with the frame.
constexpr u32 PG_head = 1u << 16; // first frame of a compound block
constexpr u32 PG_referenced = 1u << 17;
constexpr u32 PG_uptodate = 1u << 18;
constexpr u32 PG_dirty = 1u << 19;
constexpr u32 PAGE_FLAGS_CLEAR_AT_FREE = 0xfffff;
constexpr u32 PAGE_MT_SHIFT = 20;      // two bits: the list that the page was taken from
constexpr u32 PAGE_ZONE_SHIFT = 22;    // two bits
constexpr u32 PAGE_SECTION_SHIFT = 24; // six bits, SPARSEMEM only
constexpr u32 PAGE_SECTION_BITS = 6;
constexpr u32 PG_highmem = 1u << 30; // has no address of its own: kmap()
constexpr u32 PG_poison = 1u << 31;  // page_poison=1: free, and filled with PAGE_POISON

struct alignas(8 * sizeof(void *)) page {
    u32 flags;
    s32 _refcount; ///< 0: free; page_count(). Plain, so that an owner without company may be fast
    union {
        struct {                    // whoever uses the frame
            s32 _mapcount;          ///< user mappings less one: -1 for none, as in Linux
            unsigned long private_; ///< (`private` in Linux); page_private()
            address_space *mapping;
            unsigned long index; ///< offset in the mapping
            union {
                list_head lru;               ///< the owner's list
                page *pcp_next;              ///< next in a CPU's list of free pages
                unsigned long compound_head; ///< PG_tail: address of the first frame's struct page
            };
        };
        struct {                    // PG_slab, mm/slub_def.h
            u32 slab_bits[2];       ///< of 64 objects, which are free and nobody's; or unused
            kmem_cache *slab_cache; ///< on every frame of the slab
            u16 slab_owned;         ///< which words of bits are the reserve of a CPU
            u16 slab_listed;        ///< in which list of its node it is
            list_head slab_list;    ///< of its node
        };
    };
};
// 32 bytes on ARM32 and 64 on the host: a shift finds a page's number.
static_assert(sizeof(page) == 8 * sizeof(void *));

/// Users of the frame; 0 if it is free. Linux: page_count().
inline int page_count(const page *p)
{
    return std::atomic_ref<const s32>(p->_refcount).load(std::memory_order_relaxed);
}
/// The same for one who gives back a reference: if it is 1, then all that others did with the page
/// before they gave back theirs has happened. On ARM no barrier is needed for that: the others' has
/// one, and what is stored after this load depends on it (DDI 0406C A3.8.2, control dependency); who
/// gets the page next expects nothing of its contents.
inline int page_count_if_last(const page *p)
{
#if defined(LOWMEM_HOST)
    constexpr std::memory_order order = std::memory_order_acquire;
#else
    constexpr std::memory_order order = std::memory_order_relaxed;
#endif
    return std::atomic_ref<const s32>(p->_refcount).load(order);
}
/// The owner's word. Linux: page_private(), set_page_private().
inline unsigned long page_private(const page *p)
{
    return p->private_;
}
inline void set_page_private(page *p, unsigned long value)
{
    p->private_ = value;
}
inline bool PageReserved(const page *p)
{
    return p->flags & PG_reserved;
}
inline bool PageHighMem(const page *p)
{
    return p->flags & PG_highmem;
}
inline bool PageSlab(const page *p)
{
    return p->flags & PG_slab;
}
inline bool PageCompound(const page *p)
{
    return p->flags & (PG_head | PG_tail);
}
/// The first frame's page of the compound block that `p` is part of; else `p`.
inline page *compound_head(page *p)
{
    return p->flags & PG_tail ? reinterpret_cast<page *>(p->compound_head) : p;
}
/// Order of the block in use that begins at `p`; 0 for any other page. Linux: compound_order()
/// (there for compound pages only; here every block remembers).
inline unsigned int compound_order(const page *p)
{
    return p->flags & PAGE_IN_USE ? p->flags & PAGE_ORDER_MASK : 0;
}
