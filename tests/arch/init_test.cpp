// HOST ONLY: the rows depend on the machine that was booted.
//
// "Virtual kernel memory layout:" as it is printed at boot.
#include <tests/arch/fixture.h>

#include <arch/arm/mm/init.h>
#include <arch/arm/mm/proc-v5.h>

namespace {

std::string layout_of(const boot_params &params)
{
    const booting_kernel kernel(params);
    text_buffer<2048> text;
    print_memory_layout(text.out());
    return text.c_str();
}

} // namespace

TEST(MemoryLayout, OfOneGigabyteIsTheDesigns)
{
    EXPECT_EQ(layout_of({}), "Virtual kernel memory layout:\n"
                             "    vector  : 0xffff0000 - 0xffff1000   (   4 kB)\n"
                             "    fixmap  : 0xfff00000 - 0xfffe0000   ( 896 kB)\n"
                             "    DMA     : 0xff000000 - 0xffe00000   (  14 MB)\n"
                             "    vmalloc : 0xf8800000 - 0xff000000   ( 104 MB)\n"
                             "    lowmem  : 0xc0000000 - 0xf8000000   ( 896 MB)\n"
                             "    pkmap   : 0xbfe00000 - 0xc0000000   (   2 MB)\n"
                             "    modules : 0xbf000000 - 0xbfe00000   (  14 MB)\n"
                             "    .init   : 0xc011e000 - 0xc0120000   (   8 kB)\n"
                             "    .text   : 0xc0100000 - 0xc0120000   ( 128 kB)\n"
                             "    .data   : 0xc0300000 - 0xc0306000   (  24 kB)\n"
                             "    .bss    : 0xc0306000 - 0xc0320000   ( 104 kB)\n");
}

TEST(MemoryLayout, FollowsVmalloc)
{
    const std::string text = layout_of({.vmalloc_size = 512 * SZ_1M});
    EXPECT_NE(text.find("    vmalloc : 0xdf000000 - 0xff000000   ( 512 MB)\n"), std::string::npos);
    EXPECT_NE(text.find("    lowmem  : 0xc0000000 - 0xde800000   ( 488 MB)\n"), std::string::npos);
}

TEST(MemoryLayout, VmallocTakesWhatALittleMachineDoesNotUse)
{
    const std::string text = layout_of({.banks = {{0, 64 * SZ_1M}}});
    EXPECT_NE(text.find("    vmalloc : 0xc4800000 - 0xff000000   ( 936 MB)\n"), std::string::npos);
    EXPECT_NE(text.find("    lowmem  : 0xc0000000 - 0xc4000000   (  64 MB)\n"), std::string::npos);
}

TEST(MemoryLayout, PartsOfTheImageAreRoundedUpToKilobytes)
{
    const booting_kernel kernel;
    kernel_image.bss_end = kernel_image.bss + 1;
    text_buffer<2048> text;
    print_memory_layout(text.out());
    EXPECT_TRUE(text.contains("    .bss    : 0xc0306000 - 0xc0306001   (   1 kB)\n"));
}

TEST(MemoryLayout, SaysWhenTheCpuCannotForbidTheKernelAnything)
{
    const booting_kernel kernel;
    processor = arm926_processor;
    text_buffer<2048> text;
    print_memory_layout(text.out());
    EXPECT_TRUE(text.contains(" kB)\n    no XN on this CPU, and no read-only for the kernel\n"));
}
