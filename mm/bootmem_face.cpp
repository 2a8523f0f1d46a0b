// Linux's names for the kernel's own bootmem: what is refused is said, and the end of it all.
//
// Linux: mm/bootmem.c.
#include <mm/bootmem.h>

#include <cstring>

#include <asm/memory.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/init.h>
#include <mm/memblock.h>
#include <mm/mm_init.h>

constinit pfn_t min_low_pfn{}, max_low_pfn{}, max_pfn{};
constinit phys_addr_t max_dma_address{};
constinit bool mem_init_done = false;

namespace {

constinit __initdata bootmem_data boot_data{};

constexpr u32 SMP_CACHE_BYTES = 64;

pfn_t frame(unsigned long pfn)
{
    return pfn_t(static_cast<u32>(pfn));
}
unsigned long page_up(unsigned long physaddr)
{
    return (u64{physaddr} + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/// Are [first, last_plus_one) pages of bootmem? Says so if not.
bool are_known(const char *call, u64 first, u64 last_plus_one)
{
    const bootmem_data *data = contig_page_data.bdata;
    if (data && last_plus_one <= data->end().raw() && first >= data->start().raw())
        return true;
    printk("%s: pages %#llx-%#llx: %s\n", call, first, last_plus_one,
           data ? "not lowmem" : "bootmem is not there, or no longer");
    return false;
}

/// What is wrong with a request, or nullptr.
const char *bad_request(unsigned long size, unsigned long align)
{
    if (!contig_page_data.bdata)
        return mem_init_done ? "bootmem is no more: use alloc_pages" : "bootmem is not there yet";
    if (size == 0 || size > ~u32{0})
        return "that is no size";
    return (align & (align - 1)) != 0 ? "the alignment is no power of two" : nullptr;
}

void *allocate(unsigned long size, unsigned long align, unsigned long goal, unsigned long limit)
{
    if (const char *wrong = bad_request(size, align)) {
        printk("alloc_bootmem: %lu bytes aligned to %lu refused: %s\n", size, align, wrong);
        return nullptr;
    }
    const auto place = contig_page_data.bdata->alloc(
        {static_cast<u32>(size), align ? static_cast<u32>(align) : SMP_CACHE_BYTES,
         phys_addr_t(static_cast<u32>(goal)), phys_addr_t(static_cast<u32>(limit))});
    return place ? __va(*place) : nullptr;
}

void *zeroed(void *p, unsigned long size)
{
    return p ? std::memset(p, 0, size) : nullptr;
}

void *or_panic(void *p, unsigned long size)
{
    if (!p)
        panic("alloc_bootmem: no %lu bytes of lowmem", size);
    return p;
}

} // namespace

unsigned long bootmem_bootmap_pages(unsigned long pages)
{
    return page_up(bootmem_data::bytes_needed(static_cast<u32>(pages)));
}

unsigned long init_bootmem_node(pg_data_t *pgdat, unsigned long freepfn, unsigned long startpfn,
                                unsigned long endpfn)
{
    boot_data.init(__va(PFN_PHYS(frame(freepfn))), frame(startpfn), frame(endpfn));
    pgdat->bdata = &boot_data;
    return bootmem_data::bytes_needed(static_cast<u32>(endpfn - startpfn));
}

unsigned long init_bootmem(unsigned long start, unsigned long pages)
{
    min_low_pfn = frame(start);
    max_low_pfn = frame(pages);
    return init_bootmem_node(NODE_DATA(0), start, 0, pages);
}

int reserve_bootmem(unsigned long physaddr, unsigned long size, int flags)
{
    const u64 first = physaddr >> PAGE_SHIFT, end = page_up(physaddr + u64{size});
    if (!are_known("reserve_bootmem", first, end))
        return -EINVAL;
    bootmem_data &data = *contig_page_data.bdata;
    if (flags & BOOTMEM_EXCLUSIVE)
        for (pfn_t pfn = frame(first); pfn < frame(end); pfn += 1)
            if (data.is_taken(pfn))
                return -EBUSY;
    if (const u32 known = data.reserve(frame(first), frame(end)))
        printk("reserve_bootmem: pages %#llx-%#llx: %u of them were reserved already\n", first, end,
               known);
    return 0;
}

void free_bootmem(unsigned long physaddr, unsigned long size)
{
    const u64 first = page_up(physaddr), end = (physaddr + u64{size}) >> PAGE_SHIFT;
    if (first >= end || !are_known("free_bootmem", first, end))
        return;
    if (const u32 known = contig_page_data.bdata->free(frame(first), frame(end)))
        printk("free_bootmem: pages %#llx-%#llx: %u of them were free already\n", first, end,
               known);
}

void *__alloc_bootmem_raw(unsigned long size, unsigned long align, unsigned long goal,
                          const char *name)
{
    void *p = allocate(size, align, goal, 0);
    if (p && name)
        memblock_reserve(__pa(p), static_cast<u32>(size), name);
    return p;
}

void *__alloc_bootmem_nopanic(unsigned long size, unsigned long align, unsigned long goal)
{
    return zeroed(allocate(size, align, goal, 0), size);
}

void *__alloc_bootmem(unsigned long size, unsigned long align, unsigned long goal)
{
    return zeroed(or_panic(allocate(size, align, goal, 0), size), size);
}

void *__alloc_bootmem_limit(unsigned long size, unsigned long align, unsigned long goal,
                            unsigned long limit)
{
    return zeroed(or_panic(allocate(size, align, goal, limit), size), size);
}

void *__alloc_bootmem_low(unsigned long size, unsigned long align, unsigned long goal)
{
    return __alloc_bootmem_limit(size, align, goal, bootmem_goal());
}

unsigned long free_all_bootmem()
{
    bootmem_data &data = *contig_page_data.bdata;
    const pfn_t start = data.start(), end = data.end();
    // The bitmap's own pages go as well: nobody writes to a free page before it is allocated, and
    // that is after the last look at the bitmap.
    const phys_addr_t map = __pa(data.map());
    const u32 map_pages = static_cast<u32>(bootmem_bootmap_pages(end - start));
    data.free(PFN_DOWN(map), PFN_DOWN(map) + map_pages);
    memblock_free(map, map_pages * PAGE_SIZE);
    unsigned long freed = 0;
    data.for_each_run([&](pfn_t first, u32 count, bootmem_data::state state) {
        if (state == bootmem_data::state::free)
            freed += give_to_zones(first, first + count);
        else
            reserve_range(first, first + count);
    });
    contig_page_data.bdata = nullptr;
    return freed;
}
