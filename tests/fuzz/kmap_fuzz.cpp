// libFuzzer on kmap and kmap_local_page: the input is a string of operations on 560 high pages by
// four CPUs, each checked against the model of tests/mm/kmap_model.h, with the invariants at the
// end. The first byte says whether the machine has one core or several.
#include <cstdio>
#include <cstdlib>

#include <tests/mm/kmap_model.h>
#include <tests/mm/page_fixture.h>

namespace {

page *pages[kmap_model::checker::PAGES];

/// One machine for all inputs: each gives back what it takes.
void boot_once()
{
    static const page_machine machine({{0, 32 * SZ_1M}, {SZ_1G / 2, 8 * SZ_1M}},
                                      {.lowmem_size = 32 * SZ_1M});
    if (pages[0])
        return;
    for (page *&p : pages)
        p = alloc_page(GFP_HIGHUSER);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    if (size == 0)
        return 0;
    boot_once();
    cpu_facts.smp = bytes[0] & 1;
    kmap_local_init();
    kmap_model::checker model(pages);
    kmap_model::source source({bytes + 1, size - 1});
    const char *problem = nullptr;
    u32 step = 0;
    for (; !source.empty() && !problem; ++step)
        problem = model.step(source);
    if (!problem)
        problem = model.release();
    if (problem) {
        fprintf(stderr, "step %u: %s\n", step, problem);
        abort();
    }
    return 0;
}
