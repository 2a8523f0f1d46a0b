// The engine of memblock: two sorted lists of ranges, "memory" (what RAM there is) and "reserved"
// (what of it is taken). Free memory is the first without the second.
//
//   memory    |=================|        |==========|
//   reserved      |A|   |BB|C|                 |A|
//   free      |==|   |=|     |==|        |====|   |=|
//
// Each list is kept sorted, without overlaps, and neighbours that say the same are one entry, so
// a list is as long as the truth is complicated. The lists live in arrays that come from outside;
// when one is full it moves into a new one of twice the size, allocated from the memory that the
// engine itself describes. Nothing here knows the kernel: a test makes ten of these.
//
// A range is stored as its first and its last byte, because the end of a range that reaches the
// top of the 32-bit space is no 32-bit number. Wherever an end is wanted it is 64 bits wide.
// Linux: mm/memblock.c, include/linux/memblock.h. Context of everything here: boot, one CPU.
#pragma once

#include <optional>
#include <span>
#include <utility>

#include <asm/page.h>

/// A run of physical memory, never empty.
struct memblock_region {
    phys_addr_t base; // first byte
    phys_addr_t last; // last byte, so that the top of the 32-bit space has a name
    const char *name; // whose it is, when somebody said so at reserving; lives for ever

    /// Bytes, 1 to 2^32.
    [[nodiscard]] constexpr u64 size() const { return u64{last.raw()} - base.raw() + 1; }
    /// One past the last byte, up to 2^32.
    [[nodiscard]] constexpr u64 end() const { return u64{last.raw()} + 1; }
};

constexpr u64 PHYS_SPACE_END = u64{1} << 32;

/// Ends of a search that are no address. Linux: the same names.
constexpr phys_addr_t MEMBLOCK_ALLOC_ACCESSIBLE{0};     // up to the current limit
constexpr phys_addr_t MEMBLOCK_ALLOC_ANYWHERE{~u32{0}}; // up to the top of the space
constexpr u32 MEMBLOCK_DEFAULT_ALIGN = 64;              // a cache line; Linux: SMP_CACHE_BYTES

class memblock {
public:
    using to_virt_fn = void *(*) (phys_addr_t);
    enum class direction { top_down, bottom_up };

    /// @param memory    array for the memory list, at least 1 entry, stays the engine's
    /// @param reserved  the same for the reserved list
    /// @param to_virt   gives the pointer to memory below the current limit (the kernel: __va)
    constexpr memblock(std::span<memblock_region> memory, std::span<memblock_region> reserved,
                       to_virt_fn to_virt)
        : memory_{"memory", memory.data(), 0, static_cast<u32>(memory.size()), std::nullopt},
          reserved_{"reserved", reserved.data(), 0, static_cast<u32>(reserved.size()),
                    std::nullopt},
          to_virt_(to_virt)
    {
    }

    /// The lists as they are stored, for those who judge them (mm/memblock_verify.h).
    [[nodiscard]] std::span<const memblock_region> memory_regions() const
    {
        return {memory_.regions, memory_.cnt};
    }
    [[nodiscard]] std::span<const memblock_region> reserved_regions() const
    {
        return {reserved_.regions, reserved_.cnt};
    }

    /// Changes one of the lists. A size of 0 changes nothing; what would run past the top of the
    /// space ends there. A range may overlap what is there already, or be missing from it.
    /// reserve() leaves what is reserved already to its first owner.
    ///
    /// @param size  bytes
    /// @param name  whose it is, nullptr for nobody; neighbours of different names stay apart
    /// @return      0; -ENOMEM: the array is full and cannot grow; -EINVAL: the range holds the
    ///              engine's own arrays (reported). On failure the lists say what they said before.
    [[nodiscard]] int add(phys_addr_t base, u32 size);
    [[nodiscard]] int remove(phys_addr_t base, u32 size);
    [[nodiscard]] int reserve(phys_addr_t base, u32 size, const char *name = nullptr);
    [[nodiscard]] int free(phys_addr_t base, u32 size);

    /// Finds free memory and reserves it. The first page of the physical space is never given, so
    /// that 0 can mean failure.
    ///
    /// @param size   bytes; 0 is refused
    /// @param align  a power of two, or 0 for MEMBLOCK_DEFAULT_ALIGN; anything else is refused
    /// @param min    lowest address
    /// @param max    one past the highest, or one of MEMBLOCK_ALLOC_*
    /// @return       the physical address, or 0: nothing fits, or the reserved array is full.
    /// The memory is as it was found. Undone by free().
    [[nodiscard]] phys_addr_t phys_alloc_range(u32 size, u32 align, phys_addr_t min,
                                               phys_addr_t max, const char *name = nullptr);

    /// The same, but memory that the kernel can reach: never above the current limit. If that fails
    /// above `min`, `min` is forgotten.
    /// @return  pointer, or nullptr. alloc() fills with zeroes, alloc_raw() does not.
    [[nodiscard]] void *alloc(u32 size, u32 align, phys_addr_t min, phys_addr_t max,
                              const char *name = nullptr);
    [[nodiscard]] void *alloc_raw(u32 size, u32 align, phys_addr_t min, phys_addr_t max,
                                  const char *name = nullptr);

    /// Where a search begins: at the top (the default) or at the bottom.
    void set_direction(direction d) { direction_ = d; }
    [[nodiscard]] direction get_direction() const { return direction_; }

    /// One past the highest address that MEMBLOCK_ALLOC_ACCESSIBLE and the pointer-returning
    /// functions give; MEMBLOCK_ALLOC_ANYWHERE for no limit (the default).
    void set_current_limit(phys_addr_t limit) { limit_ = limit; }
    [[nodiscard]] phys_addr_t get_current_limit() const { return limit_; }

    /// From now on a full array moves into a bigger one. Before, it is an error: the memory for
    /// the new array must be mapped.
    void allow_resize() { can_resize_ = true; }

    /// The memory belongs to another allocator from now on: nothing is given away any more, also
    /// not for the arrays. The lists stay, and may change as far as there is room.
    void close()
    {
        closed_ = true;
        can_resize_ = false;
    }

    /// Forgets all memory, and all reservations, beyond the first `limit` bytes of RAM counted
    /// from the bottom; holes do not count. 0 changes nothing.
    void enforce_memory_limit(u64 limit);
    /// Shrinks each region of memory inwards to multiples of `align`, a power of two.
    void trim_memory(u32 align);

    [[nodiscard]] bool is_memory(phys_addr_t at) const { return find(memory_, at) != nullptr; }
    [[nodiscard]] bool is_reserved(phys_addr_t at) const { return find(reserved_, at) != nullptr; }
    /// True if all of the range is memory. An empty range is if its base is.
    [[nodiscard]] bool is_region_memory(phys_addr_t base, u32 size) const;
    /// True if any byte of the range is reserved. An empty range is not.
    [[nodiscard]] bool is_region_reserved(phys_addr_t base, u32 size) const;

    /// Bytes in the lists, up to 2^32.
    [[nodiscard]] u64 mem_size() const { return total(memory_); }
    [[nodiscard]] u64 reserved_size() const { return total(reserved_); }
    /// The first byte of RAM, and one past its last; both 0 while there is none.
    [[nodiscard]] phys_addr_t start_of_dram() const;
    [[nodiscard]] u64 end_of_dram() const;

    /// The lowest region that has a byte at or above `from`, cut to begin there at the earliest;
    /// nothing if there is none. A loop that asks again from the end of what it got visits all,
    /// also when the lists change under it.
    [[nodiscard]] std::optional<memblock_region> next_memory(u64 from) const;
    [[nodiscard]] std::optional<memblock_region> next_reserved(u64 from) const;
    [[nodiscard]] std::optional<memblock_region> next_free(u64 from) const;
    /// The highest free region that has a byte below `below`, cut to end there at the latest.
    [[nodiscard]] std::optional<memblock_region> prev_free(u64 below) const;

    /// Prints both lists, one line an entry.
    void dump_all() const;

    /// Entries in use and entries there is room for: what tests and the curious look at.
    struct usage {
        u32 used, room;
    };
    [[nodiscard]] usage memory_usage() const { return {memory_.cnt, memory_.max}; }
    [[nodiscard]] usage reserved_usage() const { return {reserved_.cnt, reserved_.max}; }

private:
    /// A list and its array. Linux: struct memblock_type.
    struct memblock_type {
        const char *name;
        memblock_region *regions;
        u32 cnt;
        u32 max;
        std::optional<memblock_region> own; // the array's memory, once it is the engine's own
    };

    static u32 index_of(const memblock_type &type, u64 address);
    static const memblock_region *find(const memblock_type &type, phys_addr_t at);
    static u64 total(const memblock_type &type);
    static std::optional<memblock_region> next_in(const memblock_type &type, u64 from);
    static void insert(memblock_type &type, u32 index, const memblock_region &region);
    static void merge(memblock_type &type);
    template <class Function>
    static void each_gap(const memblock_type &type, const memblock_region &range, Function gap);
    static void fill_gaps(memblock_type &type, const memblock_region &range);
    static bool inside_one_entry(const memblock_type &type, const memblock_region &range);
    static void cut_out(memblock_type &type, const memblock_region &range);

    int add_range(memblock_type &type, const memblock_region &range);
    int remove_range(memblock_type &type, const memblock_region &range);
    bool double_array(memblock_type &type, u32 wanted, const memblock_region &avoid);
    bool holds_own_array(const memblock_region &range) const;
    std::optional<phys_addr_t> find_in_range(u64 size, u32 align, u64 min, u64 max) const;
    phys_addr_t place(u32 size, u32 align, phys_addr_t min, phys_addr_t max, const char *name);
    static void dump(const memblock_type &type);

    memblock_type memory_;
    memblock_type reserved_;
    to_virt_fn to_virt_;
    phys_addr_t limit_ = MEMBLOCK_ALLOC_ANYWHERE;
    direction direction_ = direction::top_down;
    bool can_resize_ = false;
    bool closed_ = false;
};
