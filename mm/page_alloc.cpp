// The page allocator's face: what callers name, and the fast paths for single pages.
//
// A single page comes from a stack that belongs to this CPU and is found by one look-up with the
// mask's low bits; no lock, interrupts off for a dozen instructions. What the page must be - free,
// and nothing else - is one compare of its flags' low half. Freeing is the same backwards, with
// two compares: in use as a single page and nothing else, and exactly one reference. Nobody else
// can hold a reference then, so the count needs no atomic operation.
// Everything else is a tail call away (mm/page_alloc_zone.cpp).
// Linux: mm/page_alloc.c.
#include <mm/page_alloc.h>

#include <kernel/core/printk.h>
#include <mm/page_check.h>
#include <mm/page_debug.h>
#include <mm/page_lists.h>

namespace {

constexpr page reserved_page()
{
    page p{};
    p.flags = PG_reserved;
    return p;
}

} // namespace

// Side by side, so that the compiler reaches all from one address.
#if !defined(CONFIG_SPARSEMEM)
constinit struct flat_memory flat_memory {
};
#endif
constinit page page_list_end = reserved_page();
constinit pcp_list no_page_list{&page_list_end, 0, 0, 0};
constinit page_lists lists_by_flags[NR_CPUS] = {no_lists<page_lists>()};
constinit gfp_lists lists_by_gfp[NR_CPUS] = {no_lists<gfp_lists>()};
constinit unsigned long totalram_pages = 0, totalhigh_pages = 0;

#define CALLER __builtin_return_address(0)

namespace {

/// A single page, contents as found. If the first one of the list is not free as it should be,
/// the slow path finds that again, with more time for it.
[[gnu::always_inline]] inline page *alloc_one(gfp_t gfp, const void *caller)
{
    const unsigned long interrupts = local_irq_save();
    pcp_list *list = list_of_gfp(gfp);
    page *p = list->first;
    const u32 flags = p->flags;
    if (__builtin_expect((flags & PAGE_STATE_MASK) != 0, 0)) {
        local_irq_restore(interrupts);
        return __alloc_pages(gfp, 0, caller);
    }
    list->first = p->pcp_next;
    list->room++;
    local_irq_restore(interrupts);
    p->flags = flags | PAGE_IN_USE;
    p->_refcount = 1;
    return p;
}

/// What came out of the zone is not free as it should be: it stays out, and the search goes on.
[[gnu::noinline]] page *next_after_bad(page *p, gfp_t gfp, unsigned int order, const void *caller)
{
    bad_alloc(p, order, caller);
    return __alloc_pages(gfp, order, caller);
}

[[gnu::noinline]] page *alloc_zeroed(gfp_t gfp, const void *caller)
{
    page *p = alloc_one(gfp & ~__GFP_ZERO, caller);
    if (p)
        clear_pages(p, 0);
    return p;
}

/// Takes a block out of the zone's buddy allocator, if enough is left then.
/// @return its first frame, or NONE
[[gnu::always_inline]] inline u32 take_block(zone &z, unsigned int order, migratetype mt)
{
    const spin_irq_guard guard(z.lock);
    if (z.free_area.nr_usable() < z.watermark[WMARK_LOW] + (1u << order))
        return z.free_area.NONE;
    return z.free_area.rmqueue_smallest(order, mt);
}

/// More than one frame, or zeroes. The best zone's own blocks are tried here; whatever is not as
/// usual takes the long way, which finds that again.
[[gnu::noinline]] page *alloc_block(gfp_t gfp, unsigned int order, const void *caller)
{
    if (order == 0)
        return alloc_zeroed(gfp, caller);
    const block_target &target = block_targets[(gfp & GFP_WHERE_MASK).raw()];
    zone *z = target.from;
    if (!z || order >= MAX_ORDER || gfp & (__GFP_ZERO | __GFP_COMP))
        return __alloc_pages(gfp, order, caller);
    const u32 frame = take_block(*z, order, target.mt);
    if (frame == buddy<MAX_ORDER - 1>::NONE)
        return __alloc_pages(gfp, order, caller);
    page *p = page_of_frame(*z, frame);
    const u32 flags = p->flags;
    if (__builtin_expect((flags & PAGE_STATE_MASK) != 0, 0))
        return next_after_bad(p, gfp, order, caller);
    p->flags = (flags & ~(3u << PAGE_MT_SHIFT)) | static_cast<u32>(target.mt) << PAGE_MT_SHIFT |
               PAGE_IN_USE | order;
    p->_refcount = 1;
    return p;
}

/// More than one reference, or a block that may not be freed like this.
[[gnu::noinline]] void free_slowly(page *p, unsigned int order, const void *caller)
{
    if (!is_struct_page(p) || order >= MAX_ORDER ||
        (p->flags & PAGE_STATE_MASK) != (PAGE_IN_USE | order) || page_count(p) <= 0) {
        bad_free(p, order, caller);
        return;
    }
    if (std::atomic_ref(p->_refcount).fetch_sub(1, std::memory_order_acq_rel) == 1)
        free_the_page(p, order, caller);
}

/// A block with one reference, in use with this order and nothing else, goes back to its zone.
[[gnu::noinline]] void free_block(page *p, unsigned int order, const void *caller)
{
    if (__builtin_expect(!is_struct_page(p) || order >= MAX_ORDER, 0))
        return free_slowly(p, order, caller);
    const u32 flags = p->flags;
    zone *z = block_zones[flags >> PAGE_ZONE_SHIFT & 3];
    if (__builtin_expect((flags & PAGE_FLAGS_CLEAR_AT_FREE) != (PAGE_IN_USE | order), 0))
        return free_slowly(p, order, caller);
    if (__builtin_expect(page_count_if_last(p) != 1 || !z, 0))
        return free_slowly(p, order, caller);
    p->flags = flags & ~PAGE_FLAGS_CLEAR_AT_FREE;
    p->_refcount = 0;
    const u32 frame = frame_of_page(*z, p);
    const spin_irq_guard guard(z->lock);
    z->free_area.free_one_page(frame, order);
}

[[gnu::always_inline]] inline void free_one(page *p, const void *caller)
{
    if (__builtin_expect(!is_struct_page(p), 0))
        return free_slowly(p, 0, caller);
    const u32 flags = p->flags;
    const s32 references = page_count_if_last(p);
    if (__builtin_expect((flags & PAGE_FLAGS_CLEAR_AT_FREE) != PAGE_IN_USE, 0))
        return free_slowly(p, 0, caller);
    if (__builtin_expect(references != 1, 0))
        return free_slowly(p, 0, caller);
    p->flags = flags ^ PAGE_IN_USE;
    p->_refcount = 0;
    const unsigned long interrupts = local_irq_save();
    pcp_list *list = list_of_flags(flags);
    p->pcp_next = list->first;
    list->first = p;
    const s32 room = --list->room;
    local_irq_restore(interrupts);
    if (__builtin_expect(room < 0, 0))
        free_pcp_batch(list, caller);
}

} // namespace

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
    if (__builtin_expect((order | (gfp & __GFP_ZERO).raw()) != 0, 0))
        return alloc_block(gfp, order, CALLER);
    return alloc_one(gfp, CALLER);
}

void __free_pages(struct page *p, unsigned int order)
{
    if (__builtin_expect(order != 0, 0))
        return free_block(p, order, CALLER);
    free_one(p, CALLER);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
    if (gfp & __GFP_HIGHMEM) {
        printk("__get_free_pages: __GFP_HIGHMEM refused: a high page has no address (by %pS)\n",
               CALLER);
        return 0;
    }
    page *p = (order | (gfp & __GFP_ZERO).raw()) == 0 ? alloc_one(gfp, CALLER)
                                                      : alloc_block(gfp, order, CALLER);
    return p ? __phys_to_virt(page_to_phys(p)) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
    page *p = alloc_one(gfp & ~(__GFP_HIGHMEM | __GFP_ZERO), CALLER);
    if (!p)
        return 0;
    const unsigned long addr = __phys_to_virt(page_to_phys(p));
    clear_page(reinterpret_cast<void *>(addr));
    return addr;
}

void free_pages(unsigned long addr, unsigned int order)
{
    if (addr == 0)
        return;
    page *p = virt_to_page(reinterpret_cast<void *>(addr));
    if (addr % PAGE_SIZE != 0 || !is_struct_page(p) || PageHighMem(p))
        bad_free_address(addr, order, CALLER);
    else if (order == 0)
        free_one(p, CALLER);
    else
        free_block(p, order, CALLER);
}

void get_page(struct page *p)
{
    // References to a compound block are its first page's: put_page() takes them off there.
    std::atomic_ref(compound_head(p)->_refcount).fetch_add(1, std::memory_order_relaxed);
}

void put_page(struct page *p)
{
    page *head = is_struct_page(p) ? compound_head(p) : p;
    __free_pages(head, is_struct_page(head) ? compound_order(head) : 0);
}

// ------------------------------------------------------------------ many at once

u32 alloc_pages_bulk(gfp_t gfp, u32 count, struct page **pages)
{
    for (u32 got = 0; got < count; got++) {
        pages[got] = gfp & __GFP_ZERO ? alloc_zeroed(gfp, CALLER) : alloc_one(gfp, CALLER);
        if (!pages[got])
            return got;
    }
    return count;
}

void free_pages_bulk(u32 count, struct page **pages)
{
    for (u32 i = 0; i < count; i++)
        free_one(pages[i], CALLER);
}

// ------------------------------------------------------------------ blocks cut to size

namespace {

size_t pages_for(size_t bytes)
{
    return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

/// Smallest order whose block has `pages` frames; MAX_ORDER if there is none. Linux: get_order().
unsigned order_for(size_t pages)
{
    unsigned order = 0;
    while (order < MAX_ORDER && 1u << order < pages)
        order++;
    return order;
}

} // namespace

void split_page(struct page *p, unsigned int order)
{
    if (PageCompound(p) || (p->flags & PAGE_STATE_MASK) != (PAGE_IN_USE | order)) {
        printk("split_page: page %#lx refused: %s\n", page_to_pfn(p),
               PageCompound(p)          ? "it is compound"
               : p->flags & PAGE_IN_USE ? "it is no plain block of that order"
                                        : "it is not in use");
        return;
    }
    const u32 stays = p->flags & ~PAGE_STATE_MASK;
    p->flags = stays | PAGE_IN_USE;
    for (u32 i = 1; i < 1u << order; i++) {
        p[i].flags = (p[i].flags & ~PAGE_FLAGS_CLEAR_AT_FREE & ~(3u << PAGE_MT_SHIFT)) |
                     (stays & 3u << PAGE_MT_SHIFT) | PAGE_IN_USE;
        p[i]._refcount = 1;
    }
    if (page_debug)
        split_page_hook(p, order);
}

void *alloc_pages_exact(size_t bytes, gfp_t gfp)
{
    const size_t wanted = pages_for(bytes);
    const unsigned order = order_for(wanted);
    if (wanted == 0 || order == MAX_ORDER || gfp & (__GFP_HIGHMEM | __GFP_COMP)) {
        printk("alloc_pages_exact: %zu bytes, gfp %#x refused\n", bytes, gfp.raw());
        return nullptr;
    }
    page *p = __alloc_pages(gfp, order, CALLER);
    if (!p)
        return nullptr;
    split_page(p, order);
    for (size_t i = wanted; i < 1u << order; i++)
        free_one(p + i, CALLER);
    return page_address(p);
}

void free_pages_exact(void *virt, size_t bytes)
{
    page *p = virt_to_page(virt);
    for (size_t i = 0; i < pages_for(bytes); i++)
        free_one(p + i, CALLER);
}
