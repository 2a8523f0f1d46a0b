// libFuzzer on the reader of ATAGs: the input as a list, alone and through setup_machine(); and,
// so that good lists are not rare, the input behind an ATAG_CORE.
#include <boot/atags.h>
#include <tests/fuzz/loader_invariants.h>

using namespace loader_fuzz;

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    const std::span<const u8> input(bytes, size);
    static u8 list[LOADER_DATA_MAX];
    constexpr u8 CORE[] = {2, 0, 0, 0, 1, 0, 0x41, 0x54};
    std::memcpy(list, CORE, sizeof CORE);
    const size_t length = size < sizeof list - sizeof CORE ? size : sizeof list - sizeof CORE;
    if (length > 0)
        std::memcpy(list + sizeof CORE, bytes, length);
    for (const auto tags : {input, std::span<const u8>(list, sizeof CORE + length)}) {
        check_reader(read_atags, tags);
        check_setup(LOADER_KIND_ATAGS, tags);
    }
    return 0;
}
