// vmalloc, second and third stage: pages for an area, and a PTE for each.
//
//   __vmalloc_area_node    an array of page pointers; the pages, from high memory if there is any
//   vmap_page_range        slot by slot of 2 MB: the slot's table, then a run of PTEs in it
//
// The array comes from kmalloc, or for more than 4 MB from vmalloc itself ("vpages"). What fails in
// any stage undoes those before. The picture is in vmalloc.h, areas are in vmalloc_area.cpp, tables
// in arch/arm/mm/vmap.cpp. Linux: mm/vmalloc.c.
#include <mm/vmalloc_internal.h>

#include <algorithm>

#include <asm/cacheflush.h>
#include <asm/mapped.h>
#include <asm/tlbflush.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/trace.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

#define CALLER __builtin_return_address(0)

// ------------------------------------------------------------------ tables

namespace {

/// Addresses of one slot: from `va` to its end, or to `end`.
u32 pages_in_slot(virt_addr_t va, virt_addr_t end)
{
    const u32 to_slot_end = PTRS_PER_PTE - (va.raw() >> PAGE_SHIFT) % PTRS_PER_PTE;
    return std::min(to_slot_end, (end - va) >> PAGE_SHIFT);
}

/// Tells the host of runs of neighbouring frames (on the machine the tables say it all, and
/// nothing of this is left).
void note_runs(virt_addr_t va, struct page *const *pages, u32 count)
{
    for (u32 first = 0, i = 1; i <= count; i++) {
        if (i < count && page_pfn(pages[i]) == page_pfn(pages[i - 1]) + 1)
            continue;
        note_mapped(va + first * PAGE_SIZE, page_to_phys(pages[first]), (i - first) * PAGE_SIZE);
        first = i;
    }
}

/// No further than `va`: what was mapped before is unmapped. @return `error`
[[gnu::noinline]] int give_up(unsigned long start, virt_addr_t va, int error)
{
    const virt_addr_t first(static_cast<u32>(start));
    if (error == -EBUSY)
        printk("BUG vmap_page_range: 0x%08x is mapped already\n", va.raw());
    if (va != first) {
        flush_cache_vunmap(first, va);
        unmap_kernel_range_noflush(start, va - first);
        flush_tlb_kernel_range(first, va);
    }
    return error;
}

} // namespace

int vmap_page_range_noflush(unsigned long start, unsigned long end, pgprot_t prot,
                            struct page **pages)
{
    const virt_addr_t last(static_cast<u32>(end));
    virt_addr_t va(static_cast<u32>(start));
    u32 done = 0;
    while (va != last) {
        pte_t *const pte = pte_alloc_kernel(va);
        if (!pte)
            return give_up(start, va, -ENOMEM);
        const u32 count = pages_in_slot(va, last);
        const u32 set = set_pte_run(pte, pages + done, count, prot);
        note_runs(va, pages + done, set);
        done += set;
        va += set * PAGE_SIZE;
        if (set != count)
            return give_up(start, va, -EBUSY);
    }
    return static_cast<int>(done);
}

int vmap_page_range(unsigned long start, unsigned long end, pgprot_t prot, struct page **pages)
{
    const int mapped = vmap_page_range_noflush(start, end, prot, pages);
    flush_cache_vmap(virt_addr_t(static_cast<u32>(start)), virt_addr_t(static_cast<u32>(end)));
    return mapped;
}

int map_vm_area(struct vm_struct *area, pgprot_t prot, struct page **pages)
{
    const unsigned long start = from_ptr(area->addr).raw();
    const unsigned long end = start + get_vm_area_size(area);
    area->prot = prot;
    TRACE_POINT(trace_kind::map, 0, static_cast<u32>(start), page_to_phys(pages[0]).raw());
    return std::min(vmap_page_range(start, end, prot, pages), 0);
}

void unmap_kernel_range_noflush(unsigned long start, unsigned long size)
{
    virt_addr_t va(static_cast<u32>(start));
    const virt_addr_t end = va + static_cast<u32>(size);
    while (va != end) {
        const u32 count = pages_in_slot(va, end);
        if (pte_t *pte = lookup_kernel_pte(va))
            clear_pte_run(pte, count);
        va += count * PAGE_SIZE;
    }
    note_unmapped(virt_addr_t(static_cast<u32>(start)), static_cast<u32>(size));
}

void unmap_vm_area(struct vm_struct *area)
{
    const virt_addr_t start = from_ptr(area->addr);
    const u32 size = static_cast<u32>(get_vm_area_size(area));
    TRACE_POINT(trace_kind::unmap, 0, start.raw(), size);
    flush_cache_vunmap(start, start + size);
    unmap_kernel_range_noflush(start.raw(), size);
    if (!same_memory_type(area->prot, PAGE_KERNEL))
        flush_tlb_kernel_range(start, start + size);
}

struct page *vmalloc_to_page(const void *addr)
{
    if (!is_vmalloc_addr(addr))
        return nullptr;
    const virt_addr_t va = from_ptr(addr);
    const pte_t *const pte = lookup_kernel_pte(va);
    if (!pte || !pte_present(*pte) || !pfn_valid(pte_pfn(*pte).raw()))
        return nullptr;
    return pfn_to_page(pte_pfn(*pte));
}

unsigned long vmalloc_to_pfn(const void *addr)
{
    return page_to_pfn(vmalloc_to_page(addr));
}

// ------------------------------------------------------------------ pages

namespace {

/// Rule 4: lowmem has an address with lowmem's memory type already. @return 0 or -EINVAL, reported
int check_memory_type(struct page *const *pages, u32 count, pgprot_t prot, const void *caller)
{
    if (same_memory_type(prot, PAGE_KERNEL))
        return 0;
    for (u32 i = 0; i < count; i++) {
        if (PageHighMem(pages[i]))
            continue;
        printk("BUG vmap: frame %#lx is lowmem, and cached there; not mapped with another memory "
               "type (PTE bits %#x), wanted by %pS\n",
               page_to_pfn(pages[i]), prot.raw(), caller);
        return -EINVAL;
    }
    return 0;
}

/// What the memory of the array may be, for pages with `gfp`.
gfp_t array_gfp(gfp_t gfp)
{
    return gfp & ~(GFP_WHERE_MASK | __GFP_ZERO | __GFP_COMP);
}

struct page **alloc_page_array(u32 count, gfp_t gfp, const void *caller)
{
    const size_t bytes = count * sizeof(struct page *);
    if (bytes > PAGE_SIZE)
        return static_cast<struct page **>(__vmalloc_node(bytes, 1, array_gfp(gfp) | __GFP_HIGHMEM,
                                                          PAGE_KERNEL, NUMA_NO_NODE, caller));
    return static_cast<struct page **>(__kmalloc(bytes, array_gfp(gfp)));
}

/// Pages and array of an area. Linux: the second half of __vunmap().
void free_area_pages(struct page **pages, u32 count)
{
    free_pages_bulk(count, pages);
    if (is_vmalloc_addr(pages))
        vfree(pages);
    else
        kfree(pages);
}

/// Takes back an area in use of the kind that owns pages. Linux: __vunmap().
void __vunmap(struct vm_struct *area)
{
    struct page **const pages = area->pages;
    const u32 count = area->nr_pages;
    unmap_vm_area(area);
    defer_vm_area(area); // it may be somebody else's from now on
    if (pages)
        free_area_pages(pages, count);
}

/// Pages for the area, mapped. @return its address, or nullptr: then the area is gone
void *__vmalloc_area_node(struct vm_struct *area, gfp_t gfp, pgprot_t prot, int)
{
    const u32 count = static_cast<u32>(get_vm_area_size(area) >> PAGE_SHIFT);
    struct page **const pages = alloc_page_array(count, gfp, area->caller);
    const u32 got = pages ? alloc_pages_bulk(gfp, count, pages) : 0;
    if (got == count && check_memory_type(pages, count, prot, area->caller) == 0) {
        area->pages = pages;
        area->nr_pages = count;
        if (__builtin_expect(map_vm_area(area, prot, pages) == 0, 1))
            return area->addr;
        area->pages = nullptr;
    }
    if (pages)
        free_area_pages(pages, got);
    defer_vm_area(retire_vm_area(area->addr, VM_ALLOC, "vmalloc", area->caller));
    return nullptr;
}

} // namespace

// ------------------------------------------------------------------ the chain

void *__vmalloc_node_range(unsigned long size, unsigned long align, unsigned long start,
                           unsigned long end, gfp_t gfp, pgprot_t prot, unsigned long vm_flags,
                           int node, const void *caller)
{
    struct vm_struct *const area =
        __get_vm_area_node(size, align, VM_ALLOC | vm_flags, start, end, node, gfp, caller);
    return area ? __vmalloc_area_node(area, gfp, prot, node) : nullptr;
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, pgprot_t prot, int node,
                     const void *caller)
{
    return __vmalloc_node_range(size, align, vmap_space.start.raw(), vmap_space.end.raw(), gfp,
                                prot, 0, node, caller);
}

/// Always inlined: areas remember who called vmalloc().
[[gnu::always_inline]] static inline void *__vmalloc_node_flags(unsigned long size, int node,
                                                                gfp_t gfp)
{
    return __vmalloc_node(size, 1, gfp, PAGE_KERNEL, node, CALLER);
}

void *vmalloc(unsigned long size)
{
    return __vmalloc_node_flags(size, NUMA_NO_NODE, GFP_KERNEL | __GFP_HIGHMEM);
}

void *vzalloc(unsigned long size)
{
    return __vmalloc_node_flags(size, NUMA_NO_NODE, GFP_KERNEL | __GFP_HIGHMEM | __GFP_ZERO);
}

void *vmalloc_user(unsigned long size)
{
    return __vmalloc_node_range(size, SHMLBA, vmap_space.start.raw(), vmap_space.end.raw(),
                                GFP_KERNEL | __GFP_HIGHMEM | __GFP_ZERO, PAGE_KERNEL, VM_USERMAP,
                                NUMA_NO_NODE, CALLER);
}

void *__vmalloc(unsigned long size, gfp_t gfp, pgprot_t prot)
{
    return __vmalloc_node(size, 1, gfp, prot, NUMA_NO_NODE, CALLER);
}

void vfree(const void *addr)
{
    if (!addr)
        return;
    if (struct vm_struct *area = retire_vm_area(addr, VM_ALLOC | VM_MAP_PUT_PAGES, "vfree", CALLER))
        __vunmap(area);
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
    const void *const caller = CALLER;
    if (count == 0 || count > totalram_pages || check_memory_type(pages, count, prot, caller) != 0)
        return nullptr;
    struct vm_struct *const area =
        get_vm_area_caller(count * static_cast<unsigned long>(PAGE_SIZE), flags | VM_MAP, caller);
    if (!area)
        return nullptr;
    void *const addr = area->addr;
    if (map_vm_area(area, prot, pages) != 0) {
        defer_vm_area(retire_vm_area(addr, VM_MAP, "vmap", caller));
        return nullptr;
    }
    if (flags & VM_MAP_PUT_PAGES) {
        area->pages = pages;
        area->nr_pages = count;
    }
    return addr;
}

void vunmap(const void *addr)
{
    if (!addr)
        return;
    struct vm_struct *const area = retire_vm_area(addr, VM_MAP, "vunmap", CALLER);
    if (!area)
        return;
    unmap_vm_area(area);
    defer_vm_area(area);
}

bool is_vmalloc_addr(const void *addr)
{
    const virt_addr_t va = from_ptr(addr);
    return va >= vmap_space.start && va < vmap_space.end;
}
