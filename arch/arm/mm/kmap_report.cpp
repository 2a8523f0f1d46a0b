// What there is to tell of kmap's slots: who holds them, who misused one, who forgot one; and
// kmap_atomic with a type, which is kmap_local_page with a book of who uses which type.
//
// Nothing here is on a fast path.
#include <arch/arm/mm/kmap_slots.h>
#include <asm/highmem.h>
#include <asm/pgtable-types.h>
#include <kernel/core/printk.h>
#include <kernel/core/spinlock.h>

namespace {

/// A slot by its place: whose, and which.
struct slot_place {
    u32 cpu, number;
};
bool is_kmap_address(virt_addr_t va)
{
    return va >= fix_to_virt(FIX_KMAP_END - 1) && va < FIXADDR_TOP;
}
slot_place place_of(virt_addr_t va)
{
    const u32 index = virt_to_fix(va) - FIX_KMAP_BEGIN;
    return {index / KMAP_SLOTS, index % KMAP_SLOTS};
}
const kmap_slot *slot_at(slot_place place)
{
    return place.cpu < NR_CPUS ? &kmap_stacks.slots[place.cpu][1 + place.number] : nullptr;
}

/// The frame that a slot in use maps, or shares (highmem.cpp).
u32 frame_of(const kmap_slot &slot)
{
    if (slot.va.raw() < PAGE_OFFSET.raw())
        return pkmap_pfn(PKMAP_NR(slot.va)).raw();
    return pte_pfn(*fixmap_pte(virt_to_fix(slot.va))).raw();
}

const char *const type_names[KM_TYPE_NR] = {
    "KM_BOUNCE_READ",
    "KM_SKB_SUNRPC_DATA",
    "KM_SKB_DATA_SOFTIRQ",
    "KM_USER0",
    "KM_USER1",
    "KM_BIO_SRC_IRQ",
    "KM_BIO_DST_IRQ",
    "KM_PTE0",
    "KM_PTE1",
    "KM_IRQ0",
    "KM_IRQ1",
    "KM_SOFTIRQ0",
    "KM_SOFTIRQ1",
    "KM_L1_CACHE",
    "KM_L2_CACHE",
};

/// Who uses a type on a CPU now.
struct type_use {
    const void *address; // of the mapped page; nullptr: nobody
    const void *user;
};
constinit type_use type_uses[NR_CPUS][KM_TYPE_NR] = {};

} // namespace

void report_bad_kunmap(virt_addr_t va, const void *caller)
{
    const u32 cpu = raw_smp_processor_id();
    const u32 depth = kmap_stacks.depth(cpu);
    if (!is_kmap_address(va)) {
        printk("BUG kunmap_local: 0x%08x is in no kmap slot, unmapped by %pS\n", va.raw(), caller);
        return;
    }
    const slot_place place = place_of(va);
    text_buffer<80> what;
    if (place.cpu != cpu)
        what.out().printf("unmapped on cpu %u", cpu);
    else if (place.number >= depth)
        what.out().printf("is not mapped (unmapped twice?)");
    else
        what.out().printf("unmapped before slot %u, which was mapped later", depth - 1);
    const kmap_slot *slot = slot_at(place);
    printk("BUG kunmap_local: slot %u of cpu %u (0x%08x) %s, by %pS; last mapped by %pS\n",
           place.number, place.cpu, va.raw(), what.c_str(), caller, slot ? slot->user : nullptr);
}

// ------------------------------------------------------------------ kmap_atomic with a type

void *kmap_atomic(page *p, km_type type)
{
    const void *const caller = __builtin_return_address(0);
    if (type >= KM_TYPE_NR) {
        printk("BUG kmap_atomic: %u is no km_type, by %pS\n", type, caller);
        return nullptr;
    }
    const irq_guard off;
    const u32 cpu = raw_smp_processor_id();
    type_use &use = type_uses[cpu][type];
    if (use.address) {
        printk("BUG kmap_atomic: %s is in use on cpu %u since %pS; frame %#lx is not mapped, "
               "wanted by %pS\n",
               type_names[type], cpu, use.user, page_to_pfn(p), caller);
        return nullptr;
    }
    use = {kmap_local_page(p), caller};
    return const_cast<void *>(use.address);
}

void kunmap_atomic(const void *addr, km_type type)
{
    const void *const caller = __builtin_return_address(0);
    const irq_guard off;
    const u32 cpu = raw_smp_processor_id();
    const void *const page_of_addr = to_ptr(from_ptr(addr).align_down(PAGE_SIZE));
    if (type >= KM_TYPE_NR || !addr || type_uses[cpu][type].address != page_of_addr) {
        printk("BUG kunmap_atomic: 0x%08x was not mapped as %s on cpu %u, unmapped by %pS\n",
               from_ptr(addr).raw(), type < KM_TYPE_NR ? type_names[type] : "(no km_type)", cpu,
               caller);
        return;
    }
    const u32 held = kmap_local_held();
    kunmap_local(addr);
    // Refused, because another one was mapped later? Then the type is in use as before.
    if (from_ptr(addr).raw() < PAGE_OFFSET.raw() || is_kmap_address(from_ptr(addr)))
        if (kmap_local_held() == held)
            return;
    type_uses[cpu][type] = {};
}

// ------------------------------------------------------------------ the scheduler's questions

u32 kmap_local_held()
{
    return kmap_stacks.depth(raw_smp_processor_id());
}

u32 kmap_local_sched_out(const char *task)
{
    const u32 cpu = raw_smp_processor_id();
    const u32 held = kmap_stacks.depth(cpu);
    for (u32 left = held; left > 0; left--) {
        const kmap_slot &slot = kmap_stacks.slots[cpu][left];
        printk("BUG kmap_local: %s leaves cpu %u with slot %u (0x%08x), frame %#x, mapped by %pS\n",
               task, cpu, left - 1, slot.va.raw(), frame_of(slot), slot.user);
        kunmap_local_high(slot.va);
    }
    for (type_use &use : type_uses[cpu])
        use = {};
    return held;
}

void kmap_local_init()
{
    new (&kmap_stacks) struct kmap_stacks;
    for (auto &uses : type_uses)
        for (type_use &use : uses)
            use = {};
}

// ------------------------------------------------------------------ for people

void print_kmaps(const printer &out)
{
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        const u32 depth = kmap_stacks.depth(cpu);
        out.printf("cpu %u: %u of %u slots in use\n", cpu, depth, KMAP_SLOTS);
        for (u32 i = 0; i < depth; i++) {
            const kmap_slot &slot = kmap_stacks.slots[cpu][1 + i];
            out.printf("  slot %-4u 0x%08x  frame 0x%05x  mapped by %pS\n", i, slot.va.raw(),
                       frame_of(slot), slot.user);
        }
    }
    print_pkmaps(out);
}

void print_kmap_of(const printer &out, virt_addr_t va)
{
    if (!is_kmap_address(va)) {
        print_pkmap_of(out, va);
        return;
    }
    const slot_place place = place_of(va);
    const kmap_slot *slot = slot_at(place);
    out.printf("kmap slot %u of cpu %u", place.number, place.cpu);
    if (!slot || !slot->user)
        out.printf(", never used\n");
    else if (place.number < kmap_stacks.depth(place.cpu))
        out.printf(", mapped by %pS\n", slot->user);
    else
        out.printf(", last used by %pS, and unmapped\n", slot->user);
}

u32 verify_kmaps(const printer &out)
{
    u32 problems = 0;
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        const u32 depth = kmap_stacks.depth(cpu);
        for (u32 i = 0; i < KMAP_SLOTS && kmap_stacks.was_used(cpu); i++) {
            const kmap_slot &slot = kmap_stacks.slots[cpu][1 + i];
            const u32 shares = slot.va != fix_to_virt(fix_kmap_index(cpu, i));
            // A slot that shares an address keeps its own PTE empty; so does one that is free.
            const u32 wants_empty = i >= depth || shares;
            if ((i >= depth && shares) || pte_none(*slot.pte) != (wants_empty != 0)) {
                out.printf("verify kmaps: slot %u of cpu %u (0x%08x), %u in use: %s\n", i, cpu,
                           slot.va.raw(), depth,
                           pte_none(*slot.pte) ? "leads nowhere" : "leads somewhere");
                problems++;
            }
        }
    }
    return problems + verify_pkmaps(out);
}
