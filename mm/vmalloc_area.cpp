// vmalloc, first stage: areas. Who gets them, and when those that were given back can be taken again.
//
//   __get_vm_area_node    used     the engine finds a gap; a struct comes from the stock
//   retire_vm_area        going    by address, under the lock: a second vfree finds it gone
//   defer_vm_area         lazy     unmapped, but TLBs may still know its pages
//   purge_vmap_area_lazy  free     all lazy ones, after one flush of the TLB
//
// A TLB flush is broadcast to all cores and throws away what they know; so it is paid once for many
// areas: when more than lazy_max pages wait (a sixteenth of the range, 32 MB at most), when there is
// no gap left, or when somebody asks (vm_unmap_aliases). Meanwhile a stale entry can do no harm:
// the frame has left the area, but nobody has the address, and whatever a CPU may fetch through it
// by itself has the frame's one memory type. Where that is not so, because the area was mapped with
// another type than lowmem's, unmap_vm_area() flushes at once.
//
// Structs wait in the engine's stock, filled in batches outside the lock, because making one may
// need a page. Lock order: vmap_purge_lock, vmap_area_lock (vmap_space.lock); slabs and zones are
// taken with neither held.
// Linux: mm/vmalloc.c (alloc_vmap_area, __purge_vmap_area_lazy).
#include <mm/vmalloc_internal.h>

#include <algorithm>
#include <new>

#include <asm/tlbflush.h>
#include <kernel/core/panic.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

constinit struct vmap_space vmap_space;

namespace {

/// Held while lazy areas are on their way; who finds no gap waits for it before he gives up.
constinit spinlock_t vmap_purge_lock;

constexpr u32 LAZY_MOST = 32 * SZ_1M / PAGE_SIZE;
constexpr u32 LAZY_PART = 16; // of the range
constexpr u32 STOCK_BATCH = 8;
constexpr u32 STOCK_KEEP = 32; // structs that a purge leaves in stock
constexpr u32 RELEASE_BATCH = 32;

/// Puts new structs into the stock. @return false if there is no memory
[[gnu::noinline]] bool fill_stock(gfp_t gfp)
{
    const gfp_t mask = gfp & ~(GFP_WHERE_MASK | __GFP_ZERO | __GFP_COMP);
    void *batch[STOCK_BATCH];
    u32 count = STOCK_BATCH;
    if (kmem_cache_alloc_bulk(vmap_space.structs, mask, count, batch) == 0) {
        count = vmap_areas::STOCK_FOR_ALLOC;
        if (kmem_cache_alloc_bulk(vmap_space.structs, mask, count, batch) == 0)
            return false;
    }
    const spin_guard guard(vmap_space.lock);
    while (count != 0)
        vmap_space.areas.stock(static_cast<vmap_area *>(batch[--count]));
    return true;
}

/// Gives structs in stock back, until `keep` are left.
void drain_stock(u32 keep)
{
    for (;;) {
        void *batch[STOCK_BATCH];
        u32 count = 0;
        {
            const spin_guard guard(vmap_space.lock);
            while (count < STOCK_BATCH && vmap_space.areas.stocked() > keep)
                batch[count++] = vmap_space.areas.unstock();
        }
        if (count == 0)
            return;
        kmem_cache_free_bulk(vmap_space.structs, count, batch);
    }
}

/// @return pages that became free. Linux: __purge_vmap_area_lazy().
[[gnu::noinline]] u32 purge_vmap_area_lazy(u32 keep)
{
    u32 purged = 0;
    {
        const spin_guard purging(vmap_purge_lock);
        vmap_area *lazy;
        {
            const spin_guard guard(vmap_space.lock);
            lazy = vmap_space.areas.take_lazy();
        }
        u32 first = ~0u, end = 0;
        for (const vmap_area *area = lazy; area; area = area->next) {
            first = std::min(first, area->first);
            end = std::max(end, area->end());
            purged += area->pages;
        }
        if (lazy)
            flush_tlb_kernel_range(virt_addr_t(first << PAGE_SHIFT),
                                   virt_addr_t(end << PAGE_SHIFT));
        while (lazy) {
            const spin_guard guard(vmap_space.lock);
            for (u32 i = 0; i < RELEASE_BATCH && lazy; i++) {
                vmap_area *const area = lazy;
                lazy = area->next;
                vmap_space.areas.release(area);
            }
        }
    }
    drain_stock(keep);
    return purged;
}

/// What an area knows of itself when it is new.
struct new_area {
    unsigned long size, flags;
    const void *caller;
};

/// The struct's part that is not the engine's. Linux: setup_vmalloc_vm().
vm_struct *setup_vmalloc_vm(vmap_area *area, const new_area &about)
{
    vm_struct *const vm = vm_of(area);
    vm->addr = to_ptr(area->start_va());
    vm->size = about.size;
    vm->flags = about.flags;
    vm->pages = nullptr;
    vm->nr_pages = 0;
    vm->phys_addr = phys_addr_t(0);
    vm->prot = pgprot_t(0);
    vm->caller = about.caller;
    vm->freed_by = nullptr;
    return vm;
}

enum class gap : u8 { found, none, no_struct };
struct gap_search {
    gap result;
    vm_struct *vm;
};

gap_search find_gap(const area_request &want, const new_area &about)
{
    const spin_guard guard(vmap_space.lock);
    if (__builtin_expect(vmap_space.areas.stocked() < vmap_areas::STOCK_FOR_ALLOC, 0))
        return {gap::no_struct, nullptr};
    vmap_area *const area = vmap_space.areas.alloc(want);
    return area ? gap_search{gap::found, setup_vmalloc_vm(area, about)}
                : gap_search{gap::none, nullptr};
}

/// Linux: alloc_vmap_area().
vm_struct *alloc_vmap_area(const area_request &want, const new_area &about, gfp_t gfp)
{
    gap_search search = find_gap(want, about);
    u32 purged = 0;
    while (__builtin_expect(search.result != gap::found, 0)) {
        if (search.result == gap::no_struct) { // or others were faster to take them
            if (!fill_stock(gfp))
                return nullptr;
        } else if (purged++ == 0) {
            purge_vmap_area_lazy(STOCK_KEEP);
        } else {
            if (!(gfp & __GFP_NOWARN))
                report_no_space(about.size - (about.flags & VM_NO_GUARD ? 0 : PAGE_SIZE),
                                about.caller);
            return nullptr;
        }
        search = find_gap(want, about);
    }
    return search.vm;
}

} // namespace

vm_struct *__get_vm_area_node(unsigned long size, unsigned long align, unsigned long flags,
                              unsigned long start, unsigned long end, int, gfp_t gfp,
                              const void *caller)
{
    const unsigned long guard = flags & VM_NO_GUARD ? 0 : PAGE_SIZE;
    const unsigned long bytes = vmap_space.end - vmap_space.start;
    if (size == 0 || size > bytes) {
        if (!(gfp & __GFP_NOWARN))
            report_no_space(size, caller);
        return nullptr;
    }
    const u32 whole = PAGE_ALIGN(static_cast<u32>(size + guard));
    const area_request want{.pages = whole >> PAGE_SHIFT,
                            .align = align > PAGE_SIZE ? page_number(align) : 1,
                            .lowest = page_number(start),
                            .end = page_number(end)};
    return alloc_vmap_area(want, {whole, flags, caller}, gfp);
}

vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags, const void *caller)
{
    return __get_vm_area_node(size, 1, flags, vmap_space.start.raw(), vmap_space.end.raw(),
                              NUMA_NO_NODE, GFP_KERNEL, caller);
}

vm_struct *find_vm_area(const void *addr)
{
    const spin_guard guard(vmap_space.lock);
    vmap_area *const area = vmap_space.areas.find(page_number(addr));
    return area && area->state == area_state::used ? vm_of(area) : nullptr;
}

vm_struct *retire_vm_area(const void *addr, unsigned long kind, const char *who, const void *caller)
{
    {
        const spin_guard guard(vmap_space.lock);
        const u32 first = page_number(addr);
        vmap_area *const area = vmap_space.areas.find(first);
        if (area && vm_of(area)->addr == addr && vm_of(area)->flags & kind &&
            vmap_space.areas.retire(first)) {
            vm_of(area)->freed_by = caller;
            return vm_of(area);
        }
    }
    report_bad_area(who, addr, caller);
    return nullptr;
}

void defer_vm_area(vm_struct *vm)
{
    u32 waiting;
    {
        const spin_guard guard(vmap_space.lock);
        vmap_space.areas.defer(&vm->area);
        waiting = vmap_space.areas.lazy_pages();
    }
    if (waiting > vmap_space.lazy_max)
        purge_vmap_area_lazy(STOCK_KEEP);
}

void vm_unmap_aliases()
{
    purge_vmap_area_lazy(0);
}

void vm_area_add_static(virt_addr_t va, unsigned long size, unsigned long flags, phys_addr_t pa)
{
    const unsigned long start = va.raw();
    vm_struct *const vm =
        __get_vm_area_node(size, 1, flags | VM_ARM_STATIC_MAPPING | VM_NO_GUARD, start,
                           start + size, NUMA_NO_NODE, GFP_KERNEL, __builtin_return_address(0));
    if (!vm)
        panic("vm_area_add_static: 0x%08lx, %lu bytes, is not free", start, size);
    vm->phys_addr = pa;
}

void vmalloc_init(virt_addr_t start, virt_addr_t end)
{
    u32 pages = (end - start) >> PAGE_SHIFT;
    const u32 most = static_cast<u32>(totalram_pages * PAGE_SIZE / 64 / sizeof(void *));
    pages = std::min(pages, most);
    new (&vmap_space) struct vmap_space;
    vmap_space.structs = kmem_cache_create("vmap_area", sizeof(vm_struct), 0, SLAB_PANIC, nullptr);
    vmap_space.lazy_max = std::min(pages / LAZY_PART, LAZY_MOST);
    vmap_space.start = end - (pages << PAGE_SHIFT);
    vmap_space.end = end;
    const size_t table_bytes = pages * sizeof(void *);
    auto *table = static_cast<vmap_area **>(
        alloc_pages_exact(table_bytes, GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL));
    auto *whole =
        static_cast<vmap_area *>(kmem_cache_alloc(vmap_space.structs, GFP_KERNEL | __GFP_NOFAIL));
    if (!table || !whole)
        panic("vmalloc_init: no memory for the table of %u pages", pages);
    const spin_guard guard(vmap_space.lock);
    vmap_space.areas.init(page_number(vmap_space.start.raw()), pages, table, whole);
}
