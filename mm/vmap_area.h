// Areas: who has which pages of a part of the kernel's address space. The engine of vmalloc.
//
//   order   | used  | free     | lazy | used | free              |   all areas, by address,
//           8       12         20     24     30                 64   without a gap
//   bins    [6]-> free 24..    [8]-> free 12..                       free ones by size: four bins a
//                                                                    power of two, exact below 8
//   table   8 -> used   20 -> lazy   24 -> used                      first page -> area
//
// An allocation takes the first area of the lowest bin in which all are large enough, and cuts what
// it needs from its lower end; one bit a bin says where to look. A free area joins those beside it
// at once. The table finds an area by the address that its user has, and `order` its neighbours. So
// all of that takes the same time with ten areas as with a hundred thousand. Only where no bin is
// sure to have what is wanted, or a part of the range is asked for, the free areas that are large
// enough are looked at one by one: then what fits is found if it is there at all.
//
// Why not a tree of gaps, augmented by the largest, as Linux has since 5.2? It was written and
// measured beside this (tests/bench/tree_areas.h, figures in tests/bench/README.md): it takes the
// lowest address that fits, and three times as many instructions, more with every doubling. The
// price here is 4 bytes for each page of the range, and address space that is scattered a little
// more, which is what there is plenty of.
//
// An area that was in use is `going` while its user unmaps it, and then `lazy`: TLBs may still know
// its pages. Lazy areas gather until their user has flushed TLBs once for all of them and releases
// them (mm/vmalloc.cpp says when).
//
// The engine allocates nothing: structs wait in its stock, which the user fills and empties, and the
// table comes from him too. So a test makes ten of these. No lock inside.
// Linux: mm/vmalloc.c (alloc_vmap_area, free_vmap_area, merge_or_add_vmap_area).
// Context of everything: under the lock of whoever owns the instance. TLB, caches: none.
#pragma once

#include <bit>
#include <utility>

#include <asm/page.h>
#include <kernel/lib/find_map.h>
#include <kernel/lib/list.h>

enum class area_state : u8 {
    border, ///< both ends of the range: neither area nor free
    free,
    used,
    going, ///< its user gives it back, and unmaps it just now
    lazy,  ///< waits for TLBs to be flushed
};

/// A run of pages of the address space. Page numbers are addresses / PAGE_SIZE.
struct vmap_area {
    u32 first; ///< page number
    u32 pages;
    area_state state;
    u8 bin; ///< of a free area
    list_head order;
    union {
        list_head list;  ///< free: of its bin
        vmap_area *next; ///< lazy, or a struct in stock: one behind the other
    };

    [[nodiscard]] u32 end() const { return first + pages; }
    [[nodiscard]] virt_addr_t start_va() const { return virt_addr_t(first << PAGE_SHIFT); }
    [[nodiscard]] virt_addr_t end_va() const { return virt_addr_t(end() << PAGE_SHIFT); }
};

/// What an allocation wants.
struct area_request {
    u32 pages;      ///< at least 1
    u32 align = 1;  ///< of the first page number: a power of two
    u32 lowest = 0; ///< first page number that may be used,
    u32 end = ~0u;  ///< and the first that may not
};

/// Sizes of free areas, four a power of two; each number of pages below 8 has a bin of its own.
struct area_bins {
    static constexpr u32 COUNT = 96;
    static constexpr u32 MAX_PAGES = 1u << (32 - PAGE_SHIFT); ///< all that there are

    /// The bin of a free area of `pages` pages.
    static constexpr u32 bin_of(u32 pages)
    {
        const u32 power = static_cast<u32>(std::bit_width(pages | 4)) - 1;
        return 4 * power - 8 + (pages >> (power - 2));
    }
    /// The lowest bin in which every area has `pages` pages.
    static constexpr u32 sure_bin(u32 pages)
    {
        const u32 power = static_cast<u32>(std::bit_width(pages | 4)) - 1;
        return bin_of(pages + (1u << (power - 2)) - 1);
    }
};
static_assert(area_bins::bin_of(1) == 1 && area_bins::bin_of(7) == 7);
static_assert(area_bins::bin_of(8) == 8 && area_bins::bin_of(9) == 8 && area_bins::bin_of(10) == 9);
static_assert(area_bins::sure_bin(7) == 7 && area_bins::sure_bin(8) == 8);
static_assert(area_bins::sure_bin(9) == 9 && area_bins::sure_bin(10) == 9);
static_assert(area_bins::sure_bin(2 * area_bins::MAX_PAGES) < area_bins::COUNT);

class vmap_areas {
public:
    /// Structs that alloc() may use up.
    static constexpr u32 STOCK_FOR_ALLOC = 2;

    /// Manages `pages` pages from page number `first`, all free.
    ///
    /// @param table  `pages` pointers, all null; the engine's from now on
    /// @param whole  a struct for the one free area
    void init(u32 first, u32 pages, vmap_area **table, vmap_area *whole);

    /// Puts a struct into the stock, whatever it was; takes one out (nullptr: it is empty).
    void stock(vmap_area *area)
    {
        area->next = stock_;
        stock_ = area;
        stocked_++;
    }
    [[nodiscard]] vmap_area *unstock()
    {
        vmap_area *const area = stock_;
        if (area) {
            stock_ = area->next;
            stocked_--;
        }
        return area;
    }
    [[nodiscard]] u32 stocked() const { return stocked_; }

    /// An area as requested, `used`; nullptr if no free area can hold it.
    /// Needs STOCK_FOR_ALLOC structs in stock. Constant time, but see above.
    [[nodiscard]] vmap_area *alloc(const area_request &want);
    /// The used area that begins at page `first`, which becomes `going`; nullptr: there is none.
    [[nodiscard]] vmap_area *retire(u32 first)
    {
        vmap_area *const area = find(first);
        if (!area || area->state != area_state::used)
            return nullptr;
        area->state = area_state::going;
        return area;
    }
    /// The area, which is `going`, waits for a flush.
    void defer(vmap_area *area)
    {
        area->state = area_state::lazy;
        lazy_pages_ += area->pages;
        area->next = lazy_;
        lazy_ = area;
    }
    /// Pages of all lazy areas.
    [[nodiscard]] u32 lazy_pages() const { return lazy_pages_; }
    /// All lazy areas, one behind the other, for the caller to release when TLBs are flushed.
    [[nodiscard]] vmap_area *take_lazy()
    {
        lazy_pages_ = 0;
        return std::exchange(lazy_, nullptr);
    }
    /// The area, going or taken from the lazy ones, is free from now on. Its struct, or a neighbour's, may
    /// go into the stock.
    void release(vmap_area *area);

    /// The area in use, going or lazy that begins at page `first`, or nullptr. Constant time.
    [[nodiscard]] vmap_area *find(u32 first) const
    {
        return first - first_ < pages_ ? table_[first - first_] : nullptr;
    }
    /// The area, of any state, that holds this page; nullptr outside of the range. O(pages).
    [[nodiscard]] vmap_area *containing(u32 page) const;
    /// The one below `area` that is not free, or nullptr.
    [[nodiscard]] vmap_area *below(const vmap_area *area) const;

    /// Calls visit(area) for all areas by address, free ones too.
    template <class Visit>
    void for_each(Visit visit) const
    {
        for (list_head *at = ends_.order.next; at != &ends_.order; at = at->next)
            visit(*at_order(at));
    }
    [[nodiscard]] u32 first() const { return first_; }
    [[nodiscard]] u32 pages() const { return pages_; }
    /// Free pages, and how many of them the largest free area has. O(areas).
    struct free_pages {
        u32 all, largest;
    };
    [[nodiscard]] free_pages count_free() const;

    /// nullptr, or what is wrong. O(pages). No purge is going on.
    [[nodiscard]] const char *verify() const;

private:
    static vmap_area *at_order(list_head *node) { return list_entry<&vmap_area::order>(node); }
    [[nodiscard]] vmap_area *in_sure_bin(u32 pages) const;
    [[nodiscard]] vmap_area *in_any_bin(const area_request &want) const;
    /// The lowest page number in a free area at which the request fits, or NOWHERE.
    static constexpr u32 NOWHERE = ~0u;
    static u32 place_in(const vmap_area &area, const area_request &want);
    [[nodiscard]] vmap_area *cut(vmap_area *from, u32 first, u32 pages);
    vmap_area *make_used(vmap_area *area, u32 first, u32 pages);
    void put_in_bin(vmap_area *area);
    void take_from_bin(vmap_area *area);
    void resize(vmap_area *area, u32 first, u32 pages);
    [[nodiscard]] const char *verify_area(const vmap_area &area) const;

    u32 first_ = 0;
    u32 pages_ = 0;
    vmap_area **table_ = nullptr;
    vmap_area *stock_ = nullptr;
    u32 stocked_ = 0;
    u32 lazy_pages_ = 0;
    u32 bins_used_[area_bins::COUNT / 32] = {}; // word_bit(b % 32) of word b / 32: not empty
    vmap_area *lazy_ = nullptr;
    vmap_area ends_ = {}; // before the first and behind the last
    list_head bins_[area_bins::COUNT] = {};
};
