// libFuzzer on the engine of areas: the input is a string of operations, each checked against the
// model of tests/mm/vmap_area_model.h, with the engine's invariants after every one. The first two
// bytes say how many pages there are.
#include <cstdio>
#include <cstdlib>
#include <new>

#include <tests/mm/vmap_area_model.h>

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    if (size < 2)
        return 0;
    alignas(area_model::checker) static u8 place[sizeof(area_model::checker)];
    // Small worlds find the same bugs as large ones, sooner.
    const u32 pages = 1 + (bytes[0] | bytes[1] << 8) % 700;
    auto &model = *new (place) area_model::checker(0xd0000 + bytes[0], pages);
    area_model::source source({bytes + 2, size - 2});
    const char *problem = nullptr;
    u32 step = 0;
    for (; !source.empty() && !problem; ++step)
        problem = model.step(source);
    if (!problem)
        problem = model.free_all();
    if (problem) {
        fprintf(stderr, "step %u: %s\n", step, problem);
        abort();
    }
    return 0;
}
