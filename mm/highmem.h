// High memory: frames that have no address of their own, and the three ways to look at one.
//
//   kmap_local_page(p)   one of this CPU's 16 slots in the fixmap, as a stack: the last one mapped
//                        is the first one unmapped. Cheap, never waits, not for long.
//   kmap_atomic(p)       the same under its old name; with a km_type as in old kernels, which is
//                        checked
//   kmap(p)              a slot of the pkmap window that all CPUs share, for as long as it is
//                        wanted; the frame keeps its slot until others need one
//
// A lowmem page has an address for ever: for it all three only compute that. Mappings have the
// memory type of lowmem (one frame, one type) and are never executable. (Always inlined, so that
// reports name who called, and not these.)
// Linux: include/linux/highmem.h, highmem-internal.h, mm/highmem.c, arch/arm/mm/highmem.c.
#pragma once

#include <asm/cacheflush.h>
#include <asm/fixmap.h>
#include <asm/smp.h>
#include <kernel/lib/printer.h>
#include <mm/memory_model.h>
#include <mm/mm_types.h>

/// The address of a lowmem page. No check is made. Linux: lowmem_page_address().
inline void *lowmem_page_address(const page *p)
{
    return __va(page_to_phys(p));
}
/// The address at which the kernel can use the frame: nullptr for a high page that nobody holds by
/// kmap(). A slot of kmap_local_page() is not told: it is its CPU's alone.
/// Context: any. Linux: page_address().
[[nodiscard]] void *page_address(const struct page *page);

// ---- One CPU's slots: arch/arm/mm/highmem.cpp ----

/// kmap_local_page() of any page, even one that has an address of its own.
[[nodiscard]] void *kmap_local_high(page *p);
/// kunmap_local() of an address in the fixmap.
void kunmap_local_high(virt_addr_t va);

/// Maps a frame for this CPU, until kunmap_local() of what was mapped last.
///
/// @return  page-aligned address; nullptr if all 16 slots of the CPU are taken (reported)
/// Context: any, interrupts too (an interrupt unmaps all that it mapped). Between map and unmap
/// the caller neither sleeps nor is he preempted: see kmap_local_held(). TLB: none needed;
/// unmapping flushes the address. Linux: kmap_local_page().
[[nodiscard, gnu::always_inline]] inline void *kmap_local_page(page *p)
{
    if (!PageHighMem(p))
        return lowmem_page_address(p);
    return kmap_local_high(p);
}
/// Ends the mapping that kmap_local_page() made last on this CPU.
///
/// @param addr  what it returned, or an address in that page. Any other slot's is refused with a
///              report, and stays mapped; a lowmem address is ignored.
/// Context: any, on the same CPU. TLB: flushed. Caches: lines are written back where the cache
/// knows addresses (ARMv5, ARMv6). Linux: kunmap_local().
[[gnu::always_inline]] inline void kunmap_local(const void *addr)
{
    const virt_addr_t va = from_ptr(addr);
    if (va.raw() >= FIXADDR_START.raw() ||
        (cache_knows_addresses() && va.raw() < PAGE_OFFSET.raw()))
        kunmap_local_high(va);
}

/// The older name. Linux: kmap_atomic().
[[nodiscard, gnu::always_inline]] inline void *kmap_atomic(page *p)
{
    return kmap_local_page(p);
}
/// Linux: kunmap_atomic().
[[gnu::always_inline]] inline void kunmap_atomic(const void *addr)
{
    kunmap_local(addr);
}

/// What a slot is for, in kernels that gave each use a slot of its own: two users at once of one
/// type were a bug, and still are one here. Linux: asm-generic/kmap_types.h (before 2.6.37).
enum km_type : u8 {
    KM_BOUNCE_READ,
    KM_SKB_SUNRPC_DATA,
    KM_SKB_DATA_SOFTIRQ,
    KM_USER0,
    KM_USER1,
    KM_BIO_SRC_IRQ,
    KM_BIO_DST_IRQ,
    KM_PTE0,
    KM_PTE1,
    KM_IRQ0,
    KM_IRQ1,
    KM_SOFTIRQ0,
    KM_SOFTIRQ1,
    KM_L1_CACHE,
    KM_L2_CACHE,
    KM_TYPE_NR
};
/// kmap_local_page() for one use, of lowmem pages too.
/// @return  nullptr also if the type is in use on this CPU, or none (reported)
[[nodiscard]] void *kmap_atomic(page *p, km_type type);
/// @param type  the one it was mapped with: else the call is refused with a report
void kunmap_atomic(const void *addr, km_type type);

/// Does this CPU hold a slot? Then what it runs may not be preempted, because the slots are the
/// CPU's and not the task's: an interrupt that would like another task to run asks this first.
/// Context: interrupts off. Linux: none (there kmap_local migrates with the task's kmap_ctrl).
[[nodiscard]] u32 kmap_local_held();
/// The scheduler's question when a task gives up the CPU: slots that it still holds are reported,
/// each with who mapped it, and unmapped, so that the next task finds none.
///
/// @param task  the name of who leaves, for the report
/// @return      slots that were held; 0 is right
/// Context: interrupts off, on the CPU that is switched. Linux: kmap_assert_nomap().
u32 kmap_local_sched_out(const char *task);
/// Makes all CPUs' slots free and forgets their users. Context: nobody uses any; at boot it is
/// not needed. For tests.
void kmap_local_init();

// ---- The window that all CPUs share: mm/highmem.cpp ----

/// kmap() and kunmap() of high pages.
[[nodiscard]] void *kmap_high(page *p);
void kunmap_high(page *p);
/// One more user of a page that has an address by kmap(); nullptr if it has none. Context: any.
/// Undone by kunmap_high(). Linux: kmap_high_get().
[[nodiscard]] void *kmap_high_get(page *p);

/// Maps a frame for all CPUs, until as many kunmap().
///
/// @return  page-aligned address, the same for all who hold the page; nullptr if each of the 512
///          slots holds a page that somebody uses (reported). Tasks, when they exist, wait instead.
/// Context: may sleep then: not in interrupts, not while this CPU holds a slot of
/// kmap_local_page(). TLB: flushed once for each round through the window. Linux: kmap().
[[nodiscard, gnu::always_inline]] inline void *kmap(page *p)
{
    if (!PageHighMem(p))
        return lowmem_page_address(p);
    return kmap_high(p);
}
/// Gives back one kmap() of the page (the page, not the address). More than there were are
/// refused with a report. The mapping stays until the window is full: nobody may rely on that.
/// Context: any. Linux: kunmap().
[[gnu::always_inline]] inline void kunmap(page *p)
{
    if (PageHighMem(p))
        kunmap_high(p);
}
/// Empties all slots of the window that nobody uses. Context: any. TLB: flushed.
/// Linux: kmap_flush_unused(), flush_all_zero_pkmaps().
void kmap_flush_unused();
/// Forgets all pages of the window. Context: nothing is mapped there. For tests.
/// Linux: page_address_init().
void page_address_init();

// ---- What the two are for ----

/// Fills the frame with zeroes; copies one frame to another. High or not. Context: any; takes one
/// slot of the CPU, or two. Linux: clear_highpage(), copy_highpage().
void clear_highpage(page *p);
void copy_highpage(page *to, page *from);

/// Prints who holds which slot; the console's `kmaps`.
void print_kmaps(const printer &out);
void print_pkmaps(const printer &out); // the window's part
/// Are books and tables of one mind? Each CPU's slots below its depth lead to a frame and the others
/// nowhere; a slot of the window leads to its page, stands in the hash once, and an empty one
/// nowhere.
///
/// @return  number of lines printed, each naming a slot
/// Context: nobody maps meanwhile. For the console, and after each step of tests.
u32 verify_kmaps(const printer &out);
u32 verify_pkmaps(const printer &out); // the window's part
/// Says whose `va` is, if it lies in a slot of this CPU's, or in the window: for an oops. Prints
/// nothing else. Context: any, takes no lock.
void print_kmap_of(const printer &out, virt_addr_t va);
void print_pkmap_of(const printer &out, virt_addr_t va);
