// kmap_local_page: each CPU's stack of slots in the fixmap; and the PTEs of the pkmap window.
//
//   next[cpu] -> [ none | slot 0 | slot 1 | ... | slot 15 | none ]
//                each slot knows its PTE, its address, and who mapped it last
//
// Mapping takes the slot at `next`, whose PTE must be empty, and moves on; unmapping wants the
// address of the slot before. What is no slot has a PTE that is never empty and an address that is
// nobody's, so that one test finds all of: a full stack, a slot that somebody else has mapped, and
// the first use, when no slot has its PTE yet.
//
// While it maps, interrupts are off, so that the CPU whose number was read is the one that maps.
// Then it holds a slot, and who holds one is not preempted (kmap_local_held); an interrupt leaves
// the stack as it found it. So unmapping moves `next` at last, and needs no more.
//
// Mapping ends with DSB and ISB, no TLB flush: the entry was invalid. Unmapping flushes the address
// on all cores: others never use it, but may have walked to it by themselves (DDI 0406C B3.10.1).
// The pages are never executable, so branch predictors know nothing of them.
//
// Where the cache knows addresses a frame has one address at a time: who maps it again, while it
// is mapped here or by kmap(), shares that address, and its slot stays empty.
// Linux: mm/highmem.c (kmap_local), arch/arm/mm/highmem.c (before 5.11), kmap_high_get().
#include <arch/arm/mm/kmap_slots.h>
#include <arch/arm/mm/mmu.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/highmem.h>
#include <asm/irqflags.h>
#include <asm/mapped.h>
#include <asm/tlbflush.h>
#include <kernel/core/printk.h>
#if !defined(LOWMEM_HOST) && __ARM_ARCH >= 7
#include <arch/arm/mm/proc-v7.h>
#endif

static_assert(NR_CPUS <= KMAP_CPUS);
constinit pte_t kmap_no_pte{~0u};
constinit struct kmap_stacks kmap_stacks;

namespace {

// An image that knows ARMv7 alone knows all words but the frame when it is compiled.
#if !defined(LOWMEM_HOST) && __ARM_ARCH >= 7
[[gnu::always_inline]] inline void map_frame(pte_t *pte, pfn_t pfn, u32 several_cores)
{
    constexpr u32 kernel = L_PTE_KERNEL | L_PTE_XN;
    constexpr pgprot_t one_core(kernel | L_PTE_MT_WRITEBACK);
    constexpr pgprot_t several(kernel | L_PTE_MT_WRITEALLOC | L_PTE_SHARED);
    if (several_cores)
        cpu_v7_set_pte_ext_inline(pte, pfn_pte(pfn, several), pte_ext::global, walks_read::cache);
    else
        cpu_v7_set_pte_ext_inline(pte, pfn_pte(pfn, one_core), pte_ext::global, walks_read::memory);
}
[[gnu::always_inline]] inline void unmap_frame(pte_t *pte, u32 several_cores)
{
    cpu_v7_set_pte_ext_inline(pte, pte_t(0), pte_ext::global,
                              several_cores ? walks_read::cache : walks_read::memory);
}
#else
void map_frame(pte_t *pte, pfn_t pfn, u32)
{
    set_pte_ext(pte, pfn_pte(pfn, mem_types[MT_MEMORY_RW].prot_pte), pte_ext::global);
}
void unmap_frame(pte_t *pte, u32)
{
    set_pte_ext(pte, pte_t(0), pte_ext::global);
}
#endif

u32 several_cores()
{
    return kmap_stacks.several_cores.load(std::memory_order_relaxed);
}

void fill_stack(u32 cpu)
{
    kmap_stacks.several_cores.store(is_smp(), std::memory_order_relaxed);
    for (u32 i = 0; i < KMAP_SLOTS; i++) {
        const u32 index = fix_kmap_index(cpu, i);
        kmap_stacks.slots[cpu][1 + i] = {fixmap_pte(index), fix_to_virt(index), nullptr};
    }
}

/// There is no empty PTE: the first use, a full stack, or a slot that somebody else has mapped.
[[gnu::noinline]] void *kmap_without_slot(page *p, const void *user)
{
    const irq_guard off;
    const u32 cpu = raw_smp_processor_id();
    const u32 depth = kmap_stacks.depth(cpu);
    if (!kmap_stacks.was_used(cpu)) {
        fill_stack(cpu);
        void *const at = kmap_local_high(p);
        kmap_stacks.next[cpu][-1].user = user;
        return at;
    }
    if (depth == KMAP_SLOTS)
        printk("BUG kmap_local_page: all %u slots of cpu %u are taken (kmaps shows by whom); "
               "frame %#lx is not mapped, wanted by %pS\n",
               KMAP_SLOTS, cpu, page_to_pfn(p), user);
    else
        printk("BUG kmap_local_page: slot %u of cpu %u is free, and maps frame %#x; frame %#lx is "
               "not mapped, wanted by %pS\n",
               depth, cpu, pte_pfn(*kmap_stacks.next[cpu]->pte).raw(), page_to_pfn(p), user);
    return nullptr;
}

/// The address that the frame has now, in this CPU's slots or by kmap(); 0 if it has none.
virt_addr_t address_of(page *p, const kmap_slot *slot)
{
    const pfn_t pfn = page_pfn(p);
    while ((--slot)->pte != &kmap_no_pte)
        if (!pte_none(*slot->pte) && pte_pfn(*slot->pte) == pfn)
            return slot->va;
    return from_ptr(kmap_high_get(p));
}

/// The slot, the last one of the stack at `next`, shared an address: it gets its own back.
void unshare_address(kmap_slot *slot, kmap_slot **next)
{
    if (slot->va < PAGE_OFFSET)
        kunmap_high(pfn_to_page(pkmap_pfn(PKMAP_NR(slot->va))));
    const u32 cpu = static_cast<u32>(next - kmap_stacks.next);
    slot->va = fix_to_virt(fix_kmap_index(cpu, kmap_stacks.depth(cpu) - 1));
    *next = slot;
}

} // namespace

void *kmap_local_high(page *p)
{
    const unsigned long flags = local_irq_save();
    kmap_slot **const next = &kmap_stacks.next[raw_smp_processor_id()];
    kmap_slot *const slot = *next;
    if (__builtin_expect(!pte_none(*slot->pte), 0)) {
        local_irq_restore(flags);
        return kmap_without_slot(p, __builtin_return_address(0));
    }
    slot->user = __builtin_return_address(0);
    if (cache_knows_addresses()) {
        if (const virt_addr_t shared = address_of(p, slot); shared != virt_addr_t(0)) {
            slot->va = shared;
            *next = slot + 1;
            local_irq_restore(flags);
            return to_ptr(shared);
        }
    }
    const pfn_t pfn = page_pfn(p);
    map_frame(slot->pte, pfn, several_cores());
    dsb();
    isb();
    *next = slot + 1;
    local_irq_restore(flags);
    note_mapped(slot->va, PFN_PHYS(pfn), PAGE_SIZE);
    return to_ptr(slot->va);
}

void kunmap_local_high(virt_addr_t va)
{
    kmap_slot **const next = &kmap_stacks.next[raw_smp_processor_id()];
    kmap_slot *const slot = *next - 1;
    if (__builtin_expect(va - slot->va >= PAGE_SIZE, 0))
        return report_bad_kunmap(va, __builtin_return_address(0));
    if (cache_knows_addresses()) {
        if (pte_none(*slot->pte))
            return unshare_address(slot, next);
        flush_dcache_area(slot->va, PAGE_SIZE);
    }
    const virt_addr_t page = slot->va;
    const u32 several = several_cores();
    note_unmapped(page, PAGE_SIZE);
    unmap_frame(slot->pte, several);
    dsb();
    if (several)
        tlbi_mva_is(page);
    else
        tlbi_mva(page);
    dsb();
    isb();
    *next = slot;
}

// ------------------------------------------------------------------ the window of kmap()

void pkmap_map(u32 nr, pfn_t pfn)
{
    map_frame(pkmap_page_table + nr, pfn, is_smp());
    dsb();
    isb();
    note_mapped(PKMAP_ADDR(nr), PFN_PHYS(pfn), PAGE_SIZE);
}

void pkmap_unmap(u32 nr)
{
    if (cache_knows_addresses())
        flush_dcache_area(PKMAP_ADDR(nr), PAGE_SIZE);
    note_unmapped(PKMAP_ADDR(nr), PAGE_SIZE);
    unmap_frame(pkmap_page_table + nr, is_smp());
}

void flush_pkmaps()
{
    flush_tlb_kernel_range(PKMAP_BASE, PKMAP_BASE + PKMAP_SIZE);
}

pfn_t pkmap_pfn(u32 nr)
{
    return pte_pfn(pkmap_page_table[nr]);
}

bool pkmap_is_mapped(u32 nr)
{
    return pkmap_page_table && !pte_none(pkmap_page_table[nr]);
}
