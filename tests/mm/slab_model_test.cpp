// Slab caches against a model that cannot be wrong: thousands of random operations.
#include <tests/mm/slab_model.h>
#include <tests/mm/slab_test.h>

namespace {

class SlabModel : public slab_test::slabs {};

u32 next_random(u32 &state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

} // namespace

TEST_F(SlabModel, Agrees)
{
    static u8 bytes[1500];
    u32 seed = 2463534242u;
    for (u32 round = 0; round < 8; ++round) {
        for (u8 &byte : bytes)
            byte = static_cast<u8>(next_random(seed) >> 7);
        static slab_model::checker *model;
        alignas(slab_model::checker) static u8 place[sizeof(*model)];
        model = new (place) slab_model::checker;
        slab_model::source source(bytes, sizeof(bytes));
        const char *problem = nullptr;
        u32 step = 0;
        for (; !source.empty() && !problem; ++step) {
            problem = model->step(source);
            if (!problem && step % 16 == 0 && verify_slab(console_printer) != 0)
                problem = "verify_slab() found something";
        }
        if (!problem)
            problem = model->finish();
        if (problem) {
            ADD_FAILURE() << "round " << round << ", step " << step << ": " << problem;
            return;
        }
    }
}
