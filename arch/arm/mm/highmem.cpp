// kmap_local_page: each CPU's stack of slots in the fixmap.
//
//   kmap_stacks[cpu]   next -> [ slot 0 | slot 1 | ... | slot 15 | end ]
//                      each slot knows its PTE, its address, and who mapped it last
//
// Mapping takes the slot at `next`, which must be empty, and moves on; unmapping wants the address
// of the slot before. Interrupts are off for that, so that the CPU that was asked for its number is
// the one that maps, and an interrupt that maps too finds and leaves a stack in order.
//
// Mapping needs DSB and ISB, no TLB flush: the entry was invalid. Unmapping flushes the address on
// all cores: another one never uses it, but may have walked to it by itself (DDI 0406C B3.10.1).
// The pages are never executable, so that branch predictors know nothing of them.
// Linux: mm/highmem.c (kmap_local), arch/arm/mm/highmem.c (before 5.11).
#include <arch/arm/mm/mmu.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/mapped.h>
#include <asm/smp.h>
#include <asm/tlbflush.h>
#include <kernel/core/printk.h>
#include <mm/highmem.h>

namespace {

struct kmap_slot {
    pte_t *pte; // nullptr: no slot, the stack ends here
    virt_addr_t va;
    const void *user; // return address into who mapped it last
};

/// One before and one behind that are no slots: what looks for one there finds no PTE.
struct kmap_stack {
    kmap_slot slots[1 + KMAP_SLOTS + 1] = {};
    kmap_slot *next = &slots[KMAP_SLOTS + 1]; // full, until the first use
};

static_assert(NR_CPUS <= KMAP_CPUS);
constinit kmap_stack kmap_stacks[NR_CPUS] = {};

void fill_stack(kmap_stack &stack, u32 cpu)
{
    for (u32 i = 0; i < KMAP_SLOTS; i++) {
        const u32 index = fix_kmap_index(cpu, i);
        stack.slots[1 + i] = {fixmap_pte(index), fix_to_virt(index), nullptr};
    }
    stack.next = &stack.slots[1];
}

/// The next slot has no PTE, or it is not empty: first use of the stack, overflow, or worse.
[[gnu::noinline]] void *kmap_without_slot(page *p, const void *user)
{
    const u32 cpu = raw_smp_processor_id();
    kmap_stack &stack = kmap_stacks[cpu];
    if (stack.slots[1].pte == nullptr) {
        fill_stack(stack, cpu);
        return kmap_local_high(p);
    }
    printk("kmap_local_page: no slot is free on cpu %u (for %pS)\n", cpu, user);
    return nullptr;
}

} // namespace

void *kmap_local_high(page *p)
{
    const void *const user = __builtin_return_address(0);
    const irq_guard off;
    kmap_stack &stack = kmap_stacks[raw_smp_processor_id()];
    kmap_slot *const slot = stack.next;
    if (__builtin_expect(slot->pte == nullptr || !pte_none(*slot->pte), 0))
        return kmap_without_slot(p, user);
    const pfn_t pfn = page_pfn(p);
    set_pte_ext(slot->pte, pfn_pte(pfn, mem_types[MT_MEMORY_RW].prot_pte), pte_ext::global);
    dsb();
    isb();
    slot->user = user;
    stack.next = slot + 1;
    note_mapped(slot->va, PFN_PHYS(pfn), PAGE_SIZE);
    return to_ptr(slot->va);
}

void kunmap_local_high(virt_addr_t va)
{
    const irq_guard off;
    kmap_stack &stack = kmap_stacks[raw_smp_processor_id()];
    kmap_slot *const slot = stack.next - 1;
    if (__builtin_expect(slot->pte == nullptr || va - slot->va >= PAGE_SIZE, 0)) {
        printk("kunmap_local: 0x%08x was not mapped last on cpu %u\n", va.raw(),
               raw_smp_processor_id());
        return;
    }
    if (cache_knows_addresses())
        flush_dcache_area(slot->va, PAGE_SIZE);
    set_pte_ext(slot->pte, pte_t(0), pte_ext::global);
    dsb();
    if (is_smp())
        tlbi_mva_is(slot->va);
    else
        tlbi_mva(slot->va);
    dsb();
    isb();
    stack.next = slot;
    note_unmapped(slot->va, PAGE_SIZE);
}
