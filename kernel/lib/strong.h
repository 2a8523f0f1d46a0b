// A 32-bit number that knows what it counts.
//
// Physical addresses, virtual addresses and page frame numbers are all 32 bits wide on ARM32
// and all mean something else. Each becomes a type of its own here: explicit in, raw() out,
// arithmetic only where it has a meaning (a place plus a distance, a place minus a place).
// The value is 32 bits on the host too, by type and not by luck.
#pragma once

#include <compare>

#include <kernel/lib/types.h>

/// A place on a 32-bit line: an address in bytes, or a frame number in pages.
///
/// @tparam Tag  makes the type distinct; places with different tags never mix
/// Distances are plain u32 in the same unit. Arithmetic wraps as the hardware's does.
template <class Tag>
class place {
public:
    constexpr place() = default;
    explicit constexpr place(u32 raw) : raw_(raw) {}

    /// The bare number. The only way out, so that a reader can grep for it.
    [[nodiscard]] constexpr u32 raw() const { return raw_; }

    constexpr auto operator<=>(const place &) const = default;

    constexpr place &operator+=(u32 distance)
    {
        raw_ += distance;
        return *this;
    }
    constexpr place &operator-=(u32 distance)
    {
        raw_ -= distance;
        return *this;
    }
    friend constexpr place operator+(place p, u32 distance) { return place(p.raw_ + distance); }
    friend constexpr place operator-(place p, u32 distance) { return place(p.raw_ - distance); }
    friend constexpr u32 operator-(place a, place b) { return a.raw_ - b.raw_; }

    /// Rounded down to a multiple of `unit`, a power of two.
    [[nodiscard]] constexpr place align_down(u32 unit) const { return place(raw_ & ~(unit - 1)); }
    /// Rounded up to a multiple of `unit`, a power of two. Wraps to 0 at the end of the line.
    [[nodiscard]] constexpr place align_up(u32 unit) const
    {
        return place((raw_ + unit - 1) & ~(unit - 1));
    }
    /// True if this is a multiple of `unit`, a power of two.
    [[nodiscard]] constexpr bool is_aligned(u32 unit) const { return (raw_ & (unit - 1)) == 0; }

private:
    u32 raw_;
};

constexpr u32 SZ_1K = 1u << 10;
constexpr u32 SZ_4K = 4u << 10;
constexpr u32 SZ_64K = 64u << 10;
constexpr u32 SZ_1M = 1u << 20;
constexpr u32 SZ_2M = 2u << 20;
constexpr u32 SZ_8M = 8u << 20;
constexpr u32 SZ_16M = 16u << 20;
constexpr u32 SZ_1G = 1u << 30;
