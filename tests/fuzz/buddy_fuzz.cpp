// libFuzzer on the buddy engine: the input is a string of operations, each checked against the
// model of tests/mm/buddy_model.h, with the engine's invariants after every one. The first two
// bytes say how many frames there are.
#include <cstdio>
#include <cstdlib>

#include <tests/mm/buddy_model.h>

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    if (size < 2)
        return 0;
    alignas(4) static u8 metadata[16 * 1024];
    // Small worlds find the same bugs as large ones, sooner.
    const u32 pages = 1 + (bytes[0] | bytes[1] << 8) % 1200;
    buddy_model::checker<MAX_ORDER - 1> model(metadata, pages);
    buddy_model::source source({bytes + 2, size - 2});
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
