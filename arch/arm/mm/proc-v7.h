// ARMv7-A: words and functions that tests and the processor table need by name.
#pragma once

#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/pgtable.h>
#include <asm/procinfo.h>

/// The hardware's small page word for Linux PTE `pte` (without storing anything).
///
/// Fault unless present and young and not L_PTE_NONE; read-only unless dirty and not rdonly.
/// Linux: arch/arm/mm/proc-v7-2level.S cpu_v7_set_pte_ext. DDI 0406C B3.5.1, B3.7.1.
[[gnu::always_inline]] constexpr hw_pte_t v7_hw_pte(pte_t pte, pte_ext ext)
{
    const u32 p = pte.raw();
    if (!linux_pte::present::get(p) || !linux_pte::young::get(p) || linux_pte::none::get(p))
        return hw_pte_t(0);
    const bool read_only = linux_pte::rdonly::get(p) || !linux_pte::dirty::get(p);
    const u32 mt = linux_pte::mt::get(p);
    const hw_attrs attrs{
        .ap = static_cast<u8>((read_only ? 4u : 0u) | (linux_pte::user::get(p) ? 2u : 0u) | 1u),
        .tex = static_cast<u8>((mt >> 2) & 1), // TEX[0]: with TRE the region is {TEX[0],C,B}
        .c = static_cast<u8>((mt >> 1) & 1),
        .b = static_cast<u8>(mt & 1),
        .s = static_cast<u8>(linux_pte::shared::get(p)),
        .ng = static_cast<u8>(ext == pte_ext::not_global),
        .xn = static_cast<u8>(linux_pte::xn::get(p)),
        .domain = 0,
    };
    return hw_pte_t(small_page_desc::base::make(linux_pte::pfn::get(p)) | small_page_bits(attrs));
}

/// Where table walks read: past the data cache on one core, in it on several.
enum class walks_read : u8 { memory, cache };

/// cpu_v7_set_pte_ext() for a caller whose image knows no other CPU: without a call, and without
/// asking is_smp() if he has done so.
[[gnu::always_inline]] inline void cpu_v7_set_pte_ext_inline(pte_t *ptep, pte_t pte, pte_ext ext,
                                                             walks_read walks)
{
    hw_pte_t *const hw = hw_pte_of(ptep);
    store_linux_pte(ptep, pte);
    store_hw_pte(hw, v7_hw_pte(pte, ext));
    if (walks == walks_read::memory)
        clean_line_pou(hw);
}

/// set_pte_ext of ARMv7: Linux PTE, hardware PTE, and on one core a clean of the line to the
/// point of unification, because its walks need not see the data cache (rule 5).
void cpu_v7_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext);

/// ARMv7's functions, and the record by which head.S recognises a Cortex-A9.
extern const struct processor v7_processor;
extern const proc_info_list v7_ca9_proc_info;
