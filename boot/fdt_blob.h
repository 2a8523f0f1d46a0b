// What the two halves of the device tree's reader share: numbers of the blob, and its blocks.
// fdt.cpp reads the header and the reservations, fdt_structure.cpp the nodes. Nobody else includes
// this.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include <boot/loader_sink.h>

namespace fdt {

using bytes_t = std::span<const u8>;

constexpr size_t CELL = 4;

/// The big-endian number at `at`, which must have four bytes.
inline u32 be32(bytes_t bytes, size_t at)
{
    const u8 *p = bytes.data() + at;
    return u32{p[0]} << 24 | u32{p[1]} << 16 | u32{p[2]} << 8 | u32{p[3]};
}

/// A number of one or two cells.
inline u64 number(bytes_t bytes, size_t at, u32 cells)
{
    const u64 first = be32(bytes, at);
    return cells == 1 ? first : first << 32 | be32(bytes, at + CELL);
}

struct blocks {
    bytes_t reservations, structure, strings;
};

/// Reads the structure block and tells `sink` what it says.
void read_structure(const blocks &found, loader_sink &sink);

} // namespace fdt
