// A table walk in software: what would this CPU do with an address, and why.
//
// Reads the real tables through the registers it is given and believes nothing: a table pointer
// that leads out of mapped RAM is reported, not followed. DDI 0406C B3.5.4 (translation table
// walks), B3.5.5 (which TTBR). Linux: show_pte() in arch/arm/mm/fault.c.
#pragma once

#include <asm/pgtable.h>
#include <kernel/lib/printer.h>

/// The registers that a walk depends on.
struct mmu_registers {
    u32 sctlr, ttbr0, ttbr1, ttbcr, dacr;
};

/// Those of the running CPU (on the host: of the tables under test). Context: any.
mmu_registers live_mmu_registers();

enum class walk_end : u8 {
    l1_off,        ///< TTBCR.PD0 or PD1: no walk through this table base
    l1_unreadable, ///< the first-level table is not in mapped RAM
    l1_fault,
    l2_unreadable, ///< the second-level table is not in mapped RAM
    l2_fault,
    section,
    supersection,
    large_page,
    small_page,
};

/// One walk, step by step.
struct translation {
    virt_addr_t va;
    u8 ttbr;           ///< 0 or 1: which table base was used
    phys_addr_t l1_at; ///< where the first-level word stands
    u32 l1;
    phys_addr_t l2_at; ///< where the second-level word stands, if there is one
    u32 l2;
    u32 linux_pte; ///< the Linux PTE 2048 bytes below the hardware's; 0 if none
    u8 has_linux_pte;
    walk_end end;
    hw_attrs attrs; ///< if mapped; domain from the first level
    phys_addr_t pa; ///< if mapped

    [[nodiscard]] bool mapped() const { return end >= walk_end::section; }
    /// Bytes that this one word decides: 1 MB or 4 KB. A supersection is 16 words, a large page
    /// 16 words of the second level, and each of them may be damaged by itself.
    [[nodiscard]] u32 size() const;
};

/// Walks the tables of `regs` for `va`. Never faults. Context: any.
translation translate(const mmu_registers &regs, virt_addr_t va);

/// Prints each step of the walk with each field in words. Context: any.
void print_walk(const printer &out, const mmu_registers &regs, virt_addr_t va);

/// Prints runs of equal mappings in [start, end], hardware and Linux view side by side.
///
/// @param end  last address, inclusive
/// @return     number of runs
u32 print_tables(const printer &out, const mmu_registers &regs, virt_addr_t start, virt_addr_t end);

/// "rw/-- XN": kernel's rights, user's rights, execute never.
const char *access_text(const hw_attrs &attrs);
/// "write-back", "device", ...: the region that {TEX[0],C,B} selects under TEX remap.
const char *region_text(const hw_attrs &attrs);
/// The Linux memory type: "WRITEBACK", "DEV_SHARED", ...
const char *linux_mt_text(u32 linux_pte);
