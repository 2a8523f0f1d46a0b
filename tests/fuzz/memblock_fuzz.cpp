// libFuzzer on memblock: the input is a string of operations, each checked against the model of
// tests/mm/memblock_model.h. The first byte says how long the lists are at first and where in the
// physical space the memory lies.
#include <cstdio>
#include <cstdlib>

#include <tests/mm/memblock_model.h>

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    if (size == 0)
        return 0;
    constexpr u32 BASES[] = {0x60000000, 0xffff0000, 0};
    const size_t entries = 1 + bytes[0] % 8;
    static memblock_region memory[8];
    static memblock_region reserved[8];
    memblock_model::checker model(std::span<memblock_region>(memory, entries),
                                  std::span<memblock_region>(reserved, entries),
                                  BASES[bytes[0] / 8 % 3]);
    memblock_model::source source({bytes + 1, size - 1});
    for (u32 step = 0; !source.empty(); ++step) {
        if (const char *problem = model.step(source)) {
            fprintf(stderr, "step %u: %s\n", step, problem);
            abort();
        }
    }
    return 0;
}
