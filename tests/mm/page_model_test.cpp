// HOST ONLY: it boots machines of its own.
//
// The page allocator against tests/mm/page_model.h: random calls, each answer checked.
#include <tests/mm/page_model.h>
#include <tests/test.h>

namespace {

u32 next_random(u32 &state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

void agree(u8 machine, u32 seed, u32 rounds)
{
    static u8 bytes[500];
    for (u32 round = 0; round < rounds; round++) {
        for (u8 &byte : bytes)
            byte = static_cast<u8>(next_random(seed) >> 7);
        bytes[0] = machine;
        page_model::checker *model = nullptr;
        u32 step = 0;
        if (const char *problem = page_model::run(bytes, model, step)) {
            ADD_FAILURE() << "round " << round << ", step " << step << ": " << problem << "\n"
                          << model->details();
            return;
        }
    }
}

} // namespace

TEST(PageModel, AgreesWithTwoLowZonesAndHighMemory)
{
    agree(0, 2463534242u, 6);
}

TEST(PageModel, AgreesWithAZoneMovable)
{
    agree(1, 123456789u, 6);
}

TEST(PageModel, AgreesWithOneLowZone)
{
    agree(2, 362436069u, 6);
}

TEST(PageModel, AgreesWithoutHighMemory)
{
    agree(3, 521288629u, 6);
}
