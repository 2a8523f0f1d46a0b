// vmalloc: pages from anywhere, side by side in the kernel's address space.
//
//   vmalloc(size)                             area              pages             tables
//     __vmalloc_node_flags
//       __vmalloc_node
//         __vmalloc_node_range
//           __get_vm_area_node          -> [va, va+size+guard)
//           __vmalloc_area_node                            -> page[0..n)
//             map_vm_area
//               vmap_page_range                                             flush_cache_vmap
//                 vmap_page_range_noflush                               -> one PTE a page
//
//   vfree(va): the same backwards; the area waits, "lazy", until TLBs were flushed for many at once.
//
// An area is never adjacent to another: the page after it stays unmapped, so running off its end
// faults at once, and the oops names it. How areas are found: mm/vmap_area.h. When lazy ones are
// purged: mm/vmalloc_area.cpp.
// Linux: include/linux/vmalloc.h, mm/vmalloc.c (3.x; map_vm_area until 5.8).
#pragma once

#include <asm/vmap.h>
#include <kernel/lib/printer.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>
#include <mm/vmap_area.h>

constexpr int NUMA_NO_NODE = -1; ///< no matter which node: there is one

// What an area is for. Linux: include/linux/vmalloc.h; ARM's asm/mach/static_vm.h.
constexpr unsigned long VM_IOREMAP = 0x1;
constexpr unsigned long VM_ALLOC = 0x2;
constexpr unsigned long VM_MAP = 0x4;
constexpr unsigned long VM_USERMAP = 0x8;         ///< may be mapped for users: zeroed, aligned
constexpr unsigned long VM_NO_GUARD = 0x40;       ///< no page is kept free behind it
constexpr unsigned long VM_MAP_PUT_PAGES = 0x200; ///< vmap(): vfree() gives the pages back
constexpr unsigned long VM_ARM_STATIC_MAPPING = 0x40000000; ///< of the board, stays for ever

/// Where an area for users begins: a multiple of all ways that a page's address may matter to a
/// cache before ARMv7. Linux: asm/shmparam.h.
constexpr unsigned long SHMLBA = 4 * PAGE_SIZE;

/// An area with all that is known of it. Linux: struct vm_struct with its vmap_area.
struct vm_struct {
    vmap_area area; ///< first: the engine's part
    void *addr;
    unsigned long size; ///< bytes, with the guard page
    unsigned long flags;
    struct page **pages; ///< VM_ALLOC, VM_MAP_PUT_PAGES: what is mapped, and owned
    unsigned int nr_pages;
    phys_addr_t phys_addr; ///< VM_IOREMAP
    pgprot_t prot;         ///< what it was mapped with last
    const void *caller;    ///< return address into who asked for it
    const void *freed_by;  ///< and who gave it back
};

// ---- Memory

/// `size` bytes of memory, contents as found, from high memory if there is any.
///
/// @return  page-aligned address; nullptr: no address space (reported), or no pages
/// Context: may sleep. TLB: none needed. Caches: flush_cache_vmap(). Undone by vfree().
/// Linux: vmalloc().
[[nodiscard]] void *vmalloc(unsigned long size);
/// The same, zeroed. Linux: vzalloc().
[[nodiscard]] void *vzalloc(unsigned long size);
/// The same, zeroed, and where a user's mapping of it needs no care of caches. Linux: vmalloc_user().
[[nodiscard]] void *vmalloc_user(unsigned long size);
/// The same for any mask and protection. Another memory type than lowmem's needs pages that have no
/// other address: high ones (rule 4), else it is refused with a report.
/// Linux: __vmalloc() until 5.7.
[[nodiscard]] void *__vmalloc(unsigned long size, gfp_t gfp, pgprot_t prot);
/// Gives memory of vmalloc() and its like back. nullptr is ignored. What is no such memory, or was
/// freed already, is reported and changes nothing.
/// Context: as vmalloc(). TLB: flushed later, for many at once; at once if the memory type was not
/// lowmem's. Caches: flush_cache_vunmap(). Linux: vfree().
void vfree(const void *addr);

// The links of the chain that others begin with (the rest is in vmalloc.cpp). Linux: the same names.
[[nodiscard]] void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
                                   pgprot_t prot, int node, const void *caller);
/// @param align  of the address, bytes: a power of two
/// @param start  of the part of the address space that it may lie in, up to `end`
[[nodiscard]] void *__vmalloc_node_range(unsigned long size, unsigned long align,
                                         unsigned long start, unsigned long end, gfp_t gfp,
                                         pgprot_t prot, unsigned long vm_flags, int node,
                                         const void *caller);

// ---- Mappings of pages that somebody owns

/// Maps `pages` side by side for the kernel's use, without owning them (but VM_MAP_PUT_PAGES).
///
/// @param pages  page pointers, `count` of them, each with a reference held by the caller
/// @param flags  VM_MAP is added
/// @param prot   memory type and permissions; must agree with every other mapping of the frames
///               (rule 4), else the call is refused and reported
/// @return       page-aligned address, or nullptr: no address space, no memory for tables, refused.
///               Nothing is changed on failure.
/// Context: may sleep. TLB: none needed (invalid to valid). Caches: flush_cache_vmap().
/// Undone by vunmap(). Linux: vmap().
[[nodiscard]] void *vmap(struct page **pages, unsigned int count, unsigned long flags,
                         pgprot_t prot);
/// Ends a mapping of vmap(); misuse is reported as by vfree(). Linux: vunmap().
void vunmap(const void *addr);

/// Maps all pages of the area, which is new.
/// @return 0, or -ENOMEM, -EBUSY: then none is mapped. Linux: map_vm_area().
[[nodiscard]] int map_vm_area(struct vm_struct *area, pgprot_t prot, struct page **pages);
/// Maps pages at [start, end). The second one leaves flush_cache_vmap() to the caller.
/// @return  pages mapped, or -ENOMEM, -EBUSY (something is mapped there, reported): none, as above
[[nodiscard]] int vmap_page_range(unsigned long start, unsigned long end, pgprot_t prot,
                                  struct page **pages);
[[nodiscard]] int vmap_page_range_noflush(unsigned long start, unsigned long end, pgprot_t prot,
                                          struct page **pages);
/// Unmaps what is mapped by pages in [start, end). TLB: the caller's. Linux: the same name.
void unmap_kernel_range_noflush(unsigned long start, unsigned long size);

/// Flushes now what waits: no TLB knows an address that is not in use. Linux: vm_unmap_aliases().
void vm_unmap_aliases();

// ---- Questions

/// Does the address lie in the range of vmalloc and ioremap? Linux: is_vmalloc_addr().
[[nodiscard]] bool is_vmalloc_addr(const void *addr);
/// The page mapped at `addr`; nullptr if none is, or a frame without struct page. Linux: the same.
[[nodiscard]] struct page *vmalloc_to_page(const void *addr);
[[nodiscard]] unsigned long vmalloc_to_pfn(const void *addr);
/// The area in use that begins at `addr`, or nullptr. It stays as long as its user wants.
/// Linux: find_vm_area().
[[nodiscard]] struct vm_struct *find_vm_area(const void *addr);
/// Bytes of the area that can be mapped. Linux: get_vm_area_size().
inline unsigned long get_vm_area_size(const vm_struct *area)
{
    return area->size - (area->flags & VM_NO_GUARD ? 0 : PAGE_SIZE);
}

// ---- Areas alone, for who maps something else there (ioremap)

/// @param size   bytes, rounded up to pages; a guard page comes behind (but VM_NO_GUARD)
/// @param align  of the address, bytes: a power of two
/// @return       nullptr: no address space in [start, end) (reported but for __GFP_NOWARN), no memory
/// Context: may sleep. Linux: __get_vm_area_node().
[[nodiscard]] struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
                                                   unsigned long flags, unsigned long start,
                                                   unsigned long end, int node, gfp_t gfp,
                                                   const void *caller);
[[nodiscard]] struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
                                                   const void *caller);
/// The area at `addr` is no longer its user's, who unmaps it next, then calls defer_vm_area().
///
/// @param kind  flags of which it has one: VM_ALLOC, VM_IOREMAP, ...
/// @param who   function for the report if there is no such area: freed twice, inside of one, ...
/// @return      nullptr after a report
[[nodiscard]] struct vm_struct *retire_vm_area(const void *addr, unsigned long kind,
                                               const char *who, const void *caller);
/// Unmaps the pages of a retired area, with what caches and the memory type demand. Linux: the
/// first part of free_unmap_vmap_area().
void unmap_vm_area(struct vm_struct *area);
/// The retired area waits until TLBs are flushed; it may be purged at once, and is gone then.
void defer_vm_area(struct vm_struct *vm);

/// An area of the board at a fixed place, before others take it. It has no guard page.
///
/// @param flags  VM_IOREMAP, or 0: addresses that are kept free
/// Panics if it is not free. Context: boot. Linux: vm_area_add_early(), add_static_vm_early().
void vm_area_add_static(virt_addr_t va, unsigned long size, unsigned long flags, phys_addr_t pa);

// ---- Boot

/// Areas for [start, end); struct vm_struct from a cache of its own. Needs slabs. If the table of
/// first pages would take more than a 64th of RAM, only the upper part is used.
/// Context: boot, one CPU. Linux: vmalloc_init().
void vmalloc_init(virt_addr_t start, virt_addr_t end);

// ---- For people

/// Linux's /proc/vmallocinfo, lazy areas too.
void print_vmallocinfo(const printer &out);
/// Says in one line which area `va` is in, or behind, if it is in the range: for an oops. Prints
/// nothing else. Context: any, takes no lock.
void print_vmalloc_of(const printer &out, virt_addr_t va);
/// Prints what kind of area in use holds `va` and whose it is, without a newline, or nothing.
void print_vm_area_name(const printer &out, virt_addr_t va);

/// Checks the engine's invariants, and for each area that its pages are mapped as it says, its
/// guard page and all that is free or lazy not.
/// @return  lines printed to `out`. Context: no other CPU maps. O(pages).
u32 verify_vmalloc(const printer &out);
