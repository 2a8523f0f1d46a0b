// GFP flags: what an allocation may do, and from where it may take.
//
// The low five bits say where from, and are the index of the table that finds a CPU's list in one
// look-up (mm/page_alloc.cpp): four choose the zone, two of the five the migrate type.
//
//   bit    0 DMA   1 HIGHMEM   2 DMA32   3 MOVABLE   4 RECLAIMABLE
//
// DMA32 means NORMAL on this machine, which has no such zone; MOVABLE with HIGHMEM means the zone
// MOVABLE. Two zones at once, or two migrate types, contradict each other: such a mask is refused
// with a warning and no page.
// Linux: include/linux/gfp.h, gfp_types.h; the numbers are those of 6.1.
#pragma once

#include <kernel/lib/types.h>

/// A set of GFP flags: a | b, a & b, ~a, comparison, `if (a & b)`. Nothing else converts.
class gfp_t {
public:
    constexpr gfp_t() = default;
    explicit constexpr gfp_t(u32 raw) : raw_(raw) {}
    [[nodiscard]] constexpr u32 raw() const { return raw_; }

    explicit constexpr operator bool() const { return raw_ != 0; }
    constexpr bool operator==(const gfp_t &) const = default;
    friend constexpr gfp_t operator|(gfp_t a, gfp_t b) { return gfp_t(a.raw_ | b.raw_); }
    friend constexpr gfp_t operator&(gfp_t a, gfp_t b) { return gfp_t(a.raw_ & b.raw_); }
    friend constexpr gfp_t operator~(gfp_t a) { return gfp_t(~a.raw_); }
    constexpr gfp_t &operator|=(gfp_t b) { return *this = *this | b; }
    constexpr gfp_t &operator&=(gfp_t b) { return *this = *this & b; }

private:
    u32 raw_ = 0;
};

// Where from.
constexpr gfp_t __GFP_DMA{0x01};
constexpr gfp_t __GFP_HIGHMEM{0x02};
constexpr gfp_t __GFP_DMA32{0x04};
constexpr gfp_t __GFP_MOVABLE{0x08};     // the page can be moved or dropped later
constexpr gfp_t __GFP_RECLAIMABLE{0x10}; // slab caches that can shrink
constexpr gfp_t GFP_ZONEMASK = __GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE;
constexpr u32 GFP_WHERE_BITS = 5;
constexpr gfp_t GFP_WHERE_MASK = GFP_ZONEMASK | __GFP_RECLAIMABLE;
static_assert(GFP_WHERE_MASK.raw() == (1u << GFP_WHERE_BITS) - 1);

// How hard to try.
constexpr gfp_t __GFP_HIGH{0x20}; // may go below the watermark min, by half of it
constexpr gfp_t __GFP_IO{0x40};
constexpr gfp_t __GFP_FS{0x80};
constexpr gfp_t __GFP_ZERO{0x100};
constexpr gfp_t __GFP_ATOMIC{0x200}; // and by another quarter
constexpr gfp_t __GFP_DIRECT_RECLAIM{0x400};
constexpr gfp_t __GFP_KSWAPD_RECLAIM{0x800};
constexpr gfp_t __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;
constexpr gfp_t __GFP_NOWARN{0x2000};    // no report when there is no page
constexpr gfp_t __GFP_NOFAIL{0x8000};    // there must be a page: else panic, nothing reclaims yet
constexpr gfp_t __GFP_MEMALLOC{0x20000}; // watermarks do not count
constexpr gfp_t __GFP_COMP{0x40000};     // pages of one block know their head
constexpr gfp_t __GFP_NOMEMALLOC{0x80000};
constexpr gfp_t __GFP_HARDWALL{0x100000};
constexpr gfp_t __GFP_THISNODE{0x200000};

// What callers say.
constexpr gfp_t GFP_ATOMIC = __GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM;
constexpr gfp_t GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
constexpr gfp_t GFP_NOWAIT = __GFP_KSWAPD_RECLAIM;
constexpr gfp_t GFP_NOIO = __GFP_RECLAIM;
constexpr gfp_t GFP_NOFS = __GFP_RECLAIM | __GFP_IO;
constexpr gfp_t GFP_USER = GFP_KERNEL | __GFP_HARDWALL;
constexpr gfp_t GFP_DMA = __GFP_DMA;
constexpr gfp_t GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM;
constexpr gfp_t GFP_HIGHUSER_MOVABLE = GFP_HIGHUSER | __GFP_MOVABLE;
