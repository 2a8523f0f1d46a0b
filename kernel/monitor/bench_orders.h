// A thousand of something, and a random order to free them in: always the same one.
#pragma once

#include <array>
#include <utility>

#include <kernel/lib/types.h>

namespace bench_orders {

constexpr u32 batch_size = 1024;
inline constinit std::array<u16, batch_size> shuffled{};

/// For bench_state::prepare.
inline const char *shuffle()
{
    for (u32 i = 0; i < batch_size; ++i)
        shuffled[i] = static_cast<u16>(i);
    u32 seed = 1;
    for (u32 i = batch_size - 1; i != 0; --i) {
        seed = seed * 1664525 + 1013904223;
        std::swap(shuffled[i], shuffled[(seed >> 16) % (i + 1)]);
    }
    return nullptr;
}

} // namespace bench_orders
