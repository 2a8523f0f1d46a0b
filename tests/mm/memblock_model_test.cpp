// memblock against a model that cannot be wrong: thousands of random operations.
#include <tests/mm/memblock_model.h>
#include <tests/test.h>

namespace {

/// Marsaglia's xorshift: the same numbers everywhere.
u32 next_random(u32 &state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

/// Runs `rounds` of fresh lists through 120 operations each.
void agree(u32 base, size_t entries, u32 seed, u32 rounds)
{
    static memblock_region memory[128];
    static memblock_region reserved[128];
    static u8 bytes[600];
    for (u32 round = 0; round < rounds; ++round) {
        for (u8 &byte : bytes)
            byte = static_cast<u8>(next_random(seed) >> 7);
        memblock_model::checker model(std::span<memblock_region>(memory, entries),
                                      std::span<memblock_region>(reserved, entries), base);
        memblock_model::source source(bytes);
        for (u32 step = 0; !source.empty(); ++step) {
            const char *problem = model.step(source);
            if (problem != nullptr) {
                ADD_FAILURE() << "round " << round << ", step " << step << ": " << problem;
                return;
            }
        }
    }
}

} // namespace

TEST(MemblockModel, AgreesInRam)
{
    agree(0x60000000, 128, 2463534242u, 40);
}

TEST(MemblockModel, AgreesWithListsThatMustGrow)
{
    agree(0x60000000, 3, 123456789u, 40);
}

TEST(MemblockModel, AgreesAtTheTopOfTheSpace)
{
    agree(0xffff0000, 4, 362436069u, 40);
}

TEST(MemblockModel, AgreesAtTheBottomOfTheSpace)
{
    agree(0, 4, 521288629u, 40);
}
