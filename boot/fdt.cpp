// A flattened device tree: a header, a list of reservations, a structure of tokens, and the names
// of the properties gathered in a block of strings. All numbers are big-endian.
//
//   header     magic, totalsize, where the blocks are, versions
//   rsvmap     (u64 address, u64 size) ... (0, 0)
//   structure  the nodes and their properties: fdt_structure.cpp
//   strings    "reg\0" "device_type\0" ...
//
// The header's offsets are checked here once, by cutting the blocks out as spans; nothing later
// on can leave them. Blocks may overlap: they are only read.
// Manual: Devicetree Specification 0.3, chapter 5. Linux: drivers/of/fdt.c, scripts/dtc/libfdt.
#include <boot/fdt.h>

#include <optional>

#include <boot/fdt_blob.h>
#include <kernel/core/printk.h>

using namespace fdt;

namespace {

constexpr u32 FDT_MAGIC = 0xd00dfeed;
constexpr u32 FDT_VERSION = 17;     // the newest that there is
constexpr u32 FDT_OLDEST_READ = 16; // full names of nodes are gone since then

/// A block of the blob, or nothing if it is not inside of it.
std::optional<bytes_t> block_at(bytes_t blob, u32 offset, u32 size)
{
    if (offset > blob.size() || size > blob.size() - offset)
        return std::nullopt;
    return blob.subspan(offset, size);
}

/// The blocks, or nothing with a line.
std::optional<blocks> read_header(bytes_t blob)
{
    enum : size_t {
        MAGIC = 0,
        TOTAL_SIZE = 4,
        OFF_STRUCTURE = 8,
        OFF_STRINGS = 12,
        OFF_RESERVATIONS = 16,
        VERSION = 20,
        LAST_COMPATIBLE = 24,
        SIZE_STRINGS = 32,
        SIZE_STRUCTURE = 36,
        HEADER_SIZE = 40,
    };
    const auto refuse = [](const char *why) {
        printk("fdt: ignored: %s\n", why);
        return std::nullopt;
    };
    if (blob.size() < HEADER_SIZE || be32(blob, MAGIC) != FDT_MAGIC)
        return refuse("no device tree (wrong magic)");
    const u32 total = be32(blob, TOTAL_SIZE);
    if (total < HEADER_SIZE || total > blob.size())
        return refuse("its size is not that of what was copied");
    if (be32(blob, VERSION) < FDT_OLDEST_READ || be32(blob, LAST_COMPATIBLE) > FDT_VERSION)
        return refuse("its version is not understood (16 and 17 are)");

    blob = blob.first(total);
    const u32 structure_at = be32(blob, OFF_STRUCTURE);
    const u32 reservations_at = be32(blob, OFF_RESERVATIONS);
    // Version 16 does not say how long the structure is.
    const u32 structure_size =
        be32(blob, VERSION) > FDT_OLDEST_READ ? be32(blob, SIZE_STRUCTURE) : total - structure_at;
    const auto structure = block_at(blob, structure_at, structure_size);
    const auto strings = block_at(blob, be32(blob, OFF_STRINGS), be32(blob, SIZE_STRINGS));
    const auto reservations = block_at(blob, reservations_at, total - reservations_at);
    if (!structure || !strings || !reservations || structure_at % CELL != 0)
        return refuse("its header points outside of it");
    return blocks{*reservations, *structure, *strings};
}

void read_reservations(bytes_t bytes, loader_sink &sink)
{
    constexpr size_t ENTRY = 16;
    for (; bytes.size() >= ENTRY; bytes = bytes.subspan(ENTRY)) {
        const u64 start = number(bytes, 0, 2);
        const u64 size = number(bytes, 8, 2);
        if (start == 0 && size == 0)
            return;
        if (size != 0)
            sink.reserve(start, size, "memreserve");
    }
    printk("fdt: the list of reservations has no end\n");
}

} // namespace

void read_fdt(std::span<const u8> bytes, loader_sink &sink)
{
    const auto found = read_header(bytes);
    if (!found)
        return;
    read_reservations(found->reservations, sink);
    read_structure(*found, sink);
}
