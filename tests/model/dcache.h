// What a data cache that knows addresses may hold of a page, and under which of its addresses.
//
//   v5    a line is found by its virtual address alone (ARM926EJ-S TRM, DDI 0198D 4.1, 4.2)
//   v6    by index bits of the virtual address: two addresses of a frame are one for the cache if
//         those bits, 13 and 12 at most, are equal (DDI 0301H, restrictions on page table mappings)
//   v7    by the physical address: nothing to keep here (DDI 0406C.b B3.11)
//
// As long as a page is mapped, somebody may write to it, so all of its lines may be in the cache
// until they are cleaned and invalidated. A page that loses its address with a line left would be
// read from memory at its next one, and the line would be found by whoever gets the old address.
// The linear address of a lowmem frame is its home: it never goes, but its lines must leave the
// cache, too, before the frame is mapped elsewhere.
#pragma once

#include <bitset>
#include <map>
#include <optional>

#include <tests/model/lines.h>

namespace model {

class dcache {
public:
    static constexpr u32 PAGE = 4096;

    explicit dcache(const cpu_profile &cpu) : cpu_(cpu) {}

    [[nodiscard]] bool knows_addresses() const { return cpu_.architecture < 7; }

    /// A page of cached memory has another address beside its home, or its only one.
    /// @param home  the frame's linear address; nothing if it has none
    /// @return      an address of the frame under which lines of it may be in the cache
    std::optional<u32> made(u32 va, u32 pa, std::optional<u32> home);
    /// The address is no longer the page's. Returns the first line that may be in the cache.
    std::optional<u32> gone(u32 va);
    /// The line of `at` was cleaned and invalidated.
    void flush(u32 at);

private:
    [[nodiscard]] bool differ(u32 va, u32 other) const
    {
        return cpu_.architecture < 6 ? va != other : (va ^ other) / PAGE % 4 != 0;
    }

    using line_set = std::bitset<PAGE / lines::LINE>;
    struct place {
        u32 pa;
        line_set cached; // lines that may be there
    };

    cpu_profile cpu_;
    std::map<u32, place> places_;     // by address: all but homes
    std::map<u32, line_set> flushed_; // homes, by page: lines that left the cache
};

} // namespace model
