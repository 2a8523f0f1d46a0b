// The buddy engine against a model that cannot be wrong: thousands of random operations.
#include <tests/mm/buddy_model.h>
#include <tests/test.h>

namespace {

u32 next_random(u32 &state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

alignas(4) u8 metadata[16 * 1024];

template <unsigned MaxOrder>
void agree(u32 pages, u32 seed, u32 rounds)
{
    static buddy_model::checker<MaxOrder> *model;
    alignas(buddy_model::checker<MaxOrder>) static u8 place[sizeof(*model)];
    static u8 bytes[700];
    ASSERT_LE(buddy<MaxOrder>::bytes_needed(pages), sizeof(metadata));
    for (u32 round = 0; round < rounds; ++round) {
        for (u8 &byte : bytes)
            byte = static_cast<u8>(next_random(seed) >> 7);
        model = new (place) buddy_model::checker<MaxOrder>(metadata, pages);
        buddy_model::source source(bytes);
        const char *problem = nullptr;
        u32 step = 0;
        for (; !source.empty() && !problem; ++step)
            problem = model->step(source);
        if (!problem)
            problem = model->free_all();
        if (problem) {
            ADD_FAILURE() << "round " << round << ", step " << step << ": " << problem;
            return;
        }
    }
}

} // namespace

TEST(BuddyModel, AgreesOnWholePageblocks)
{
    agree<10>(2048, 2463534242u, 6);
}

TEST(BuddyModel, AgreesWhereTheEndIsNoWholeBlock)
{
    agree<10>(1024 + 517, 123456789u, 6);
}

TEST(BuddyModel, AgreesOnFewFrames)
{
    agree<10>(77, 362436069u, 20);
}

TEST(BuddyModel, AgreesWithBlocksLargerThanPageblocks)
{
    agree<16>(2048, 521288629u, 4);
}
