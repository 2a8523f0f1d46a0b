// libFuzzer on the command line: parse_early_param() with mem= over banks, and what comes after:
// the kernel's own range put back, the border between lowmem and highmem drawn.
//
// The first 8 bytes of the input are vmalloc's size, the rest is the line.
#include <arch/arm/mm/layout.h>
#include <kernel/core/early_param.h>
#include <tests/fuzz/loader_invariants.h>

using namespace loader_fuzz;

extern "C" int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    u64 vmalloc = 0;
    const size_t head = size < sizeof vmalloc ? size : sizeof vmalloc;
    if (head > 0)
        std::memcpy(&vmalloc, bytes, head);
    // The line is of its own size, so that ASan sees a read beyond its NUL.
    auto *line = static_cast<char *>(malloc(size - head + 1));
    if (size > head)
        std::memcpy(line, bytes + head, size - head);
    line[size - head] = '\0';

    meminfo_reset(WINDOW);
    arm_add_memory(0x60000000, 0x10000000, {"fuzz", "bank", ""});
    arm_add_memory(0x80000000, 0x10000000, {"fuzz", "bank", ""});
    parse_early_param(line);
    free(line);
    check_banks(meminfo);
    FUZZ_CHECK(meminfo.nr_banks > 0); // no mem= leaves a machine without RAM

    const u64 ram = meminfo_size(meminfo);
    meminfo_require(WINDOW.start.raw(), SZ_16M, "the kernel");
    check_banks(meminfo);
    FUZZ_CHECK(meminfo.bank[0].start == WINDOW.start && meminfo.bank[0].size >= SZ_16M);
    FUZZ_CHECK(meminfo.nr_banks == NR_BANKS || meminfo_size(meminfo) >= ram);

    layout_request request;
    request.phys_offset = WINDOW.start;
    request.vmalloc_size = vmalloc;
    const memory_layout layout = adjust_lowmem_bounds(meminfo, request);
    FUZZ_CHECK(layout.high_memory >= PAGE_OFFSET + SZ_16M);
    FUZZ_CHECK(layout.vmalloc_start > layout.high_memory);
    FUZZ_CHECK(layout.vmalloc_end - layout.vmalloc_start >= VMALLOC_MIN_SIZE);
    FUZZ_CHECK(layout.lowmem_limit - WINDOW.start >= LOWMEM_MIN_SIZE);
    for (int i = 0; i < meminfo.nr_banks; ++i) {
        const membank &bank = meminfo.bank[i];
        const u64 end = u64{bank.start.raw()} + bank.size;
        FUZZ_CHECK(bank.highmem ? bank.start >= layout.lowmem_limit
                                : end <= layout.lowmem_limit.raw());
    }
    return 0;
}
