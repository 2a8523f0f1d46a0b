// libFuzzer on slab caches: the input is a string of operations, each checked against the model of
// tests/mm/slab_model.h, with the invariants of slabs after every one.
#include <cstdio>
#include <cstdlib>

#include <kernel/core/printk.h>
#include <mm/page_verify.h>
#include <tests/mm/page_fixture.h>
#include <tests/mm/slab_model.h>

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    const page_machine machine{{{0, 33 * SZ_1M}}};
    kmem_cache_init();
    slab_model::checker model;
    slab_model::source source(bytes, size);
    const char *problem = nullptr;
    u32 step = 0;
    for (; !source.empty() && !problem; ++step) {
        problem = model.step(source);
        if (!problem && verify_slab(console_printer) != 0)
            problem = "verify_slab() found something";
    }
    if (!problem)
        problem = model.finish();
    if (!problem && verify_pages(console_printer) != 0)
        problem = "verify_pages() found something";
    if (problem) {
        fprintf(stderr, "step %u: %s\n", step, problem);
        abort();
    }
    return 0;
}
