// libFuzzer on the reader of device trees: the input as a blob, alone and through setup_machine();
// and the input as the structure block of a blob whose header and names are good, because a fuzzer
// seldom finds those.
#include <boot/fdt.h>
#include <tests/fuzz/loader_invariants.h>

using namespace loader_fuzz;

namespace {

constexpr char STRINGS[] = "#address-cells\0#size-cells\0device_type\0reg\0status\0bootargs\0"
                           "linux,initrd-start\0linux,initrd-end\0other";
constexpr size_t HEADER = 40;
constexpr size_t RESERVATIONS = 32;
u8 blob[LOADER_DATA_MAX];

void put(size_t at, u32 value)
{
    for (size_t i = 0; i < 4; ++i)
        blob[at + i] = static_cast<u8>(value >> (24 - 8 * i));
}

/// A blob of version 17: the first 16 bytes of the input are a reservation, the rest is structure.
std::span<const u8> wrapped(std::span<const u8> input)
{
    const size_t strings = HEADER + RESERVATIONS;
    const size_t structure = strings + (sizeof STRINGS + 3) / 4 * 4;
    const size_t reserved = input.size() < 16 ? input.size() : 16;
    const size_t most = sizeof blob - structure;
    const size_t length = input.size() - reserved < most ? input.size() - reserved : most;
    std::memset(blob, 0, structure);
    const u32 header[] = {0xd00dfeed,
                          static_cast<u32>(structure + length),
                          static_cast<u32>(structure),
                          static_cast<u32>(strings),
                          HEADER,
                          17,
                          16,
                          0,
                          sizeof STRINGS,
                          static_cast<u32>(length)};
    for (size_t i = 0; i < std::size(header); ++i)
        put(4 * i, header[i]);
    if (reserved > 0)
        std::memcpy(blob + HEADER, input.data(), reserved);
    std::memcpy(blob + strings, STRINGS, sizeof STRINGS);
    if (length > 0)
        std::memcpy(blob + structure, input.data() + reserved, length);
    return {blob, structure + length};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    const std::span<const u8> input(bytes, size);
    for (const auto tree : {input, wrapped(input)}) {
        check_reader(read_fdt, tree);
        check_setup(LOADER_KIND_FDT, tree);
    }
    return 0;
}
