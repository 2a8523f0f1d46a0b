// libFuzzer on the page allocator: the input is a string of calls from several CPUs, each answer
// checked by tests/mm/page_model.h, with verify_pages after every one. The first byte chooses the
// machine. Compiles tests/mm/page_fixture.cpp, which boots it.
#include <cstdio>
#include <cstdlib>

#include <tests/mm/page_model.h>

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    page_model::checker *model = nullptr;
    u32 step = 0;
    if (const char *problem = page_model::run({bytes, size}, model, step)) {
        fprintf(stderr, "step %u: %s\n%s", step, problem, model->details());
        abort();
    }
    return 0;
}
