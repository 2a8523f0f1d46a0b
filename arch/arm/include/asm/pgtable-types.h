// The entries of page tables, as types that can be read and copied but not assigned: only the
// primitives of <asm/hw_tables.h> store to a table.
//
// A 4 KB page of second-level entries holds Linux's view and the hardware's:
//
//     +0     Linux PTEs 0..255   (first megabyte of the 2 MB slot)
//     +1024  Linux PTEs 256..511 (second megabyte)
//     +2048  hardware table of the first megabyte,  256 entries
//     +3072  hardware table of the second megabyte, 256 entries
//
// The hardware has no dirty bit and (AFE=0) no young bit: the Linux PTE has both, and
// set_pte_ext makes the hardware entry fault or read-only until they are set.
// Linux: asm/pgtable-2level.h, asm/pgtable-2level-types.h.
#pragma once

#include <asm/page.h>
#include <kernel/lib/bitfield.h>

/// One 32-bit table entry of a certain kind. Copying out of a table is allowed, assignment to an
/// entry is not, so `*ptep = pte` does not compile.
template <class Tag>
class table_entry {
public:
    table_entry() = default;
    explicit constexpr table_entry(u32 raw) : raw_(raw) {}
    constexpr table_entry(const table_entry &) = default;
    table_entry &operator=(const table_entry &) = delete;
    [[nodiscard]] constexpr u32 raw() const { return raw_; }
    constexpr bool operator==(const table_entry &) const = default;

private:
    u32 raw_;
};

/// A Linux PTE: what the kernel wants of a page.
using pte_t = table_entry<struct linux_pte_tag>;
/// A hardware second-level entry.
using hw_pte_t = table_entry<struct hw_pte_tag>;
/// A hardware first-level entry (1 MB). Linux calls it pmd.
using pmd_t = table_entry<struct pmd_tag>;

constexpr u32 PTRS_PER_PTE = 512;
constexpr u32 PTRS_PER_PGD = 2048;
constexpr u32 PTRS_PER_L1 = 4096;
constexpr u32 PGDIR_SHIFT = 21;
constexpr u32 PGDIR_SIZE = 1u << PGDIR_SHIFT;
constexpr u32 PTE_HWTABLE_OFF = PTRS_PER_PTE * sizeof(pte_t);

/// An entry of Linux's first level: two hardware entries, 2 MB.
struct pgd_t {
    pmd_t pmd[2];
};
static_assert(sizeof(pgd_t) == 8 && PTRS_PER_PGD * sizeof(pgd_t) == 16384);

/// Bits of a Linux PTE (asm/pgtable-2level.h). Position of the memory type is chosen so that on
/// ARMv7 its low three bits are TEX[0], C, B.
struct linux_pte {
    using pfn = field<12, 20>;
    using none = field<11, 1>;   // L_PTE_NONE: no access, though present
    using shared = field<10, 1>; // L_PTE_SHARED: shareable between CPUs
    using xn = field<9, 1>;      // L_PTE_XN
    using user = field<8, 1>;    // L_PTE_USER
    using rdonly = field<7, 1>;  // L_PTE_RDONLY
    using dirty = field<6, 1>;   // L_PTE_DIRTY
    using mt = field<2, 4>;      // L_PTE_MT_*
    using young = field<1, 1>;   // L_PTE_YOUNG
    using present = field<0, 1>; // L_PTE_PRESENT
};

constexpr u32 L_PTE_PRESENT = linux_pte::present::mask;
constexpr u32 L_PTE_YOUNG = linux_pte::young::mask;
constexpr u32 L_PTE_DIRTY = linux_pte::dirty::mask;
constexpr u32 L_PTE_RDONLY = linux_pte::rdonly::mask;
constexpr u32 L_PTE_USER = linux_pte::user::mask;
constexpr u32 L_PTE_XN = linux_pte::xn::mask;
constexpr u32 L_PTE_SHARED = linux_pte::shared::mask;
constexpr u32 L_PTE_NONE = linux_pte::none::mask;
constexpr u32 L_PTE_MT_MASK = linux_pte::mt::mask;
constexpr u32 L_PTE_MT_UNCACHED = linux_pte::mt::make(0x0);   // strongly ordered
constexpr u32 L_PTE_MT_BUFFERABLE = linux_pte::mt::make(0x1); // normal, not cached
constexpr u32 L_PTE_MT_WRITETHROUGH = linux_pte::mt::make(0x2);
constexpr u32 L_PTE_MT_WRITEBACK = linux_pte::mt::make(0x3);
constexpr u32 L_PTE_MT_DEV_SHARED = linux_pte::mt::make(0x4);
constexpr u32 L_PTE_MT_WRITEALLOC = linux_pte::mt::make(0x7);
constexpr u32 L_PTE_MT_VECTORS = linux_pte::mt::make(0xf);
constexpr u32 L_PTE_MT_DEV_NONSHARED = linux_pte::mt::make(0xc);
constexpr u32 L_PTE_MT_DEV_WC = linux_pte::mt::make(0x9);
constexpr u32 L_PTE_MT_DEV_CACHED = linux_pte::mt::make(0xb);

/// What set_pte_ext is told beside the Linux PTE: not global, for user pages.
enum class pte_ext : u8 { global, not_global };

/// Protection bits of a Linux PTE, without a frame. Linux: pgprot_t.
class pgprot_t {
public:
    constexpr pgprot_t() = default;
    explicit constexpr pgprot_t(u32 raw) : raw_(raw) {}
    [[nodiscard]] constexpr u32 raw() const { return raw_; }
    constexpr bool operator==(const pgprot_t &) const = default;

private:
    u32 raw_ = 0;
};

/// The Linux PTE for frame `pfn` with `prot`. Linux: pfn_pte().
constexpr pte_t pfn_pte(pfn_t pfn, pgprot_t prot)
{
    return pte_t(linux_pte::pfn::make(pfn.raw()) | prot.raw());
}
constexpr pfn_t pte_pfn(pte_t pte)
{
    return pfn_t(linux_pte::pfn::get(pte.raw()));
}
constexpr bool pte_none(pte_t pte)
{
    return pte.raw() == 0;
}
constexpr bool pte_present(pte_t pte)
{
    return (pte.raw() & L_PTE_PRESENT) != 0;
}
static_assert(pte_pfn(pfn_pte(pfn_t(0xfffff), pgprot_t(0x5f))) == pfn_t(0xfffff));
