// Page tables made by hand, for code that reads tables: walk, ptdump. No CPU walks them; any word
// may be written to them. They lie in lowmem in both worlds, because the readers refuse anything
// else.
#pragma once

#include <arch/arm/mm/walk.h>
#include <tests/model/walker.h>

/// A first level, and one page of second level below it; all faults at first.
class hand_made_tables {
public:
    hand_made_tables();

    /// The first-level word of `va`.
    [[nodiscard]] u32 &l1(u32 va) const { return words_[va >> 20]; }
    /// Linux's and the hardware's word number `index`, 0 to 511, of the second-level page.
    [[nodiscard]] u32 &linux_pte(u32 index) const { return words_[L1_WORDS + index]; }
    [[nodiscard]] u32 &l2(u32 index) const { return words_[L1_WORDS + 512 + index]; }
    /// Physical addresses.
    [[nodiscard]] u32 l1_pa() const;
    [[nodiscard]] u32 l2_pa(u32 index = 0) const;
    /// The word that links half 0 or 1 of the second-level page, domain 0.
    [[nodiscard]] u32 link(u32 half = 0) const { return l2_pa(256 * half) | 1; }

    /// Registers of a Cortex-A9 that would walk these tables through TTBR0 and TTBR1.
    [[nodiscard]] mmu_registers regs() const;
    /// What the model says of the same registers and memory.
    [[nodiscard]] static model::mapping model_walk(const mmu_registers &regs, u32 va);

    static constexpr u32 L1_WORDS = 4096;

private:
    u32 *words_;
};
