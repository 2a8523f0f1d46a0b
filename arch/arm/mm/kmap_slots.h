// The stacks of kmap_local_page, as the files that work on them see them: highmem.cpp pushes and
// pops, kmap_report.cpp tells of them.
#pragma once

#include <atomic>

#include <asm/smp.h>
#include <mm/highmem.h>

/// A PTE that is never empty: of slots that are none.
extern pte_t kmap_no_pte;

struct kmap_slot {
    pte_t *pte = &kmap_no_pte;
    virt_addr_t va{0};
    const void *user = nullptr; ///< return address into who mapped it last
};

/// All CPUs' stacks; side by side, so that one address leads to all.
struct kmap_stacks {
    kmap_slot *next[NR_CPUS];
    std::atomic<u32> several_cores; ///< is_smp(), where it costs no address of its own
    kmap_slot slots[NR_CPUS][1 + KMAP_SLOTS + 1]; ///< the first and the last are none

    constexpr kmap_stacks() : next{}, several_cores{0}, slots{}
    {
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            next[cpu] = &slots[cpu][1];
    }
    /// Slots in use on `cpu`.
    [[nodiscard]] u32 depth(u32 cpu) const { return static_cast<u32>(next[cpu] - &slots[cpu][1]); }
    [[nodiscard]] bool was_used(u32 cpu) const { return slots[cpu][1].pte != &kmap_no_pte; }
};
extern kmap_stacks kmap_stacks;

/// kunmap_local() of an address that was not mapped last. Context: interrupts as found.
void report_bad_kunmap(virt_addr_t va, const void *caller);
