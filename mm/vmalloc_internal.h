// The kernel's own areas, for the files that work on them: vmalloc_area.cpp, vmalloc_report.cpp.
#pragma once

#include <kernel/core/spinlock.h>
#include <mm/vmalloc.h>

struct kmem_cache;

/// The vmalloc range: engine, lock, and where structs come from.
struct vmap_space {
    spinlock_t lock; ///< Linux: vmap_area_lock
    vmap_areas areas GUARDED_BY(lock);
    kmem_cache *structs = nullptr; ///< Linux: vmap_area_cachep
    u32 lazy_max = 0;              ///< pages that may wait for a flush. Linux: lazy_max_pages()
    virt_addr_t start{0}, end{0};
};
extern struct vmap_space vmap_space;

inline vm_struct *vm_of(vmap_area *area)
{
    return reinterpret_cast<vm_struct *>(area); // its first member
}
inline const vm_struct *vm_of(const vmap_area *area)
{
    return reinterpret_cast<const vm_struct *>(area);
}
/// The page number of an address.
inline u32 page_number(unsigned long address)
{
    return static_cast<u32>(address) >> PAGE_SHIFT;
}
inline u32 page_number(const void *addr)
{
    return from_ptr(addr).raw() >> PAGE_SHIFT;
}

/// Why `addr` can't be given back: one line.
void report_bad_area(const char *who, const void *addr, const void *caller);
/// No gap for so many bytes: one line.
void report_no_space(unsigned long size, const void *caller);
