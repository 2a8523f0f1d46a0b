// What differs from one ARM processor to another, as one table of functions and words.
//
// head.S finds the running CPU in the records of <asm/procinfo.h>; setup_processor() copies that
// record's `processor` here. Linux: asm/proc-fns.h, arch/arm/mm/proc-*.S.
#pragma once

#include <asm/cpu_facts.h>
#include <asm/pgtable-hwdef.h>
#include <asm/pgtable-types.h>

/// What a fault status register said, in the numbering of DDI 0406C table B3-23.
struct fault_status {
    virt_addr_t address; ///< DFAR or IFAR
    u32 fsr;             ///< DFSR or IFSR as read
};

/// Memory types that the kernel asks for; each generation has its own bits for them.
enum class memory_region : u8 { strongly_ordered, device, normal_uncached, normal_cached };

// What a processor has; tests and reports ask, so that nobody guesses from a version.
constexpr u32 CPU_HAS_XN = 1 << 0;    ///< execute never
constexpr u32 CPU_HAS_APX = 1 << 1;   ///< read-only for the kernel
constexpr u32 CPU_HAS_TTBR1 = 1 << 2; ///< TTBCR.N, TTBR1, ASIDs
constexpr u32 CPU_HAS_IFSR = 1 << 3;  ///< IFSR and IFAR, and DFSR.WnR
constexpr u32 CPU_HAS_ATS = 1 << 4;   ///< address translation operations
constexpr u32 CPU_HAS_LDREX = 1 << 5; ///< LDREX, and CLREX with it
/// Entries of 16 MB; an ARMv7 may lack them, which its ID_MMFR3 says (setup_processor).
constexpr u32 CPU_HAS_SUPERSECTIONS = 1 << 6;

/// The functions of one kind of processor.
struct processor {
    const char *name;
    u32 architecture; ///< 5, 6 or 7
    /// Stores `pte` and the hardware entry made from it; cleans the line where walks need it.
    /// No DSB: the caller ends a run of entries with one.
    void (*set_pte_ext)(pte_t *ptep, pte_t pte, pte_ext ext);
    /// The hardware entry that set_pte_ext makes of `pte`; stores nothing.
    hw_pte_t (*hw_pte)(pte_t pte, pte_ext ext);
    /// TEX, C, B and S of a memory type; all other attributes 0.
    hw_attrs (*region)(memory_region region);
    const descriptor_format *format;
    u32 features; ///< CPU_HAS_*

    /// True if it has all of `wanted`.
    [[nodiscard]] bool has(u32 wanted) const { return (features & wanted) == wanted; }
};

/// The running processor's functions. Linux: struct processor processor (MULTI_CPU).
extern struct processor processor;

/// Through the processor table. Linux: cpu_set_pte_ext().
inline void cpu_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    processor.set_pte_ext(ptep, pte, ext);
}

/// The one writer of second-level entries (rule 1): stores the Linux PTE at `ptep` and the
/// hardware entry 2048 bytes above it.
///
/// TLB: none; a caller that changes a present entry flushes. Caches: the entry's line is cleaned
/// where walks need it. Barriers: none; end a run with dsb(). Context: any.
/// Linux: set_pte_ext().
inline void set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    cpu_set_pte_ext(ptep, pte, ext);
}
