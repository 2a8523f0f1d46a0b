// Small pages of the kernel's address space, made and unmade in runs: what mm/vmalloc.cpp needs of
// the tables. The code is arch/arm/mm/vmap.cpp.
//
// A kernel second-level table is made when its 2 MB slot first needs one, and stays with the slot
// for ever: its first-level words are the same in every set of tables from then on (rule 2).
// Linux: asm/pgtable.h (PAGE_KERNEL, pgprot_writecombine), asm/pgalloc.h.
#pragma once

#include <asm/memory.h>
#include <asm/pgtable-types.h>

struct page;

/// What the kernel's data are mapped with on the running CPU: read-write, never executable, of
/// lowmem's memory type. Linux: pgprot_kernel.
[[nodiscard]] pgprot_t pgprot_kernel();
// (Names of Linux's that stand for expressions.)
#define PAGE_KERNEL pgprot_kernel()
#define PAGE_KERNEL_RO pgprot_t(pgprot_kernel().raw() | L_PTE_RDONLY)
#define PAGE_KERNEL_EXEC pgprot_t(pgprot_kernel().raw() & ~L_PTE_XN)

/// The same rights with another memory type: normal, not cached; strongly ordered.
/// Linux: pgprot_writecombine(), pgprot_noncached().
constexpr pgprot_t pgprot_writecombine(pgprot_t prot)
{
    return pgprot_t((prot.raw() & ~L_PTE_MT_MASK) | L_PTE_MT_BUFFERABLE);
}
constexpr pgprot_t pgprot_noncached(pgprot_t prot)
{
    return pgprot_t((prot.raw() & ~L_PTE_MT_MASK) | L_PTE_MT_UNCACHED);
}
/// May one frame be mapped with both (rule 4)?
constexpr bool same_memory_type(pgprot_t a, pgprot_t b)
{
    return ((a.raw() ^ b.raw()) & (L_PTE_MT_MASK | L_PTE_SHARED)) == 0;
}

/// The Linux PTE of `va`; nullptr where the slot has no table: a section, or nothing.
[[nodiscard]] pte_t *lookup_kernel_pte(virt_addr_t va);
/// The same, and makes the table if there is none.
/// @return nullptr: no memory, or the slot holds sections
/// Context: may sleep; takes pgd_lock. Linux: pte_alloc_kernel().
[[nodiscard]] pte_t *pte_alloc_kernel(virt_addr_t va);

/// Maps `count` pages by neighbouring entries of one table: set_pte_ext() for a run.
///
/// @return  entries made: less than `count` if one was there already, which stays
/// Context: any; the entries' owner. TLB: none needed (invalid to valid), flush_cache_vmap() when
/// all runs are made. Caches: where those know addresses, a page's lines leave the one it had.
/// Linux: set_ptes().
[[nodiscard]] u32 set_pte_run(pte_t *first, struct page *const *pages, u32 count, pgprot_t prot);
/// Makes `count` neighbouring entries invalid. TLB: the caller's, before the addresses or, if they
/// had another memory type than lowmem's, the frames are used again. Linux: clear_full_ptes().
void clear_pte_run(pte_t *first, u32 count);

/// Lines of the page leave the data cache at whatever address it has in the kernel: linear, or by
/// kmap(). Nothing to do where the cache knows no addresses. Linux: flush_dcache_page().
void flush_dcache_page(struct page *page);
