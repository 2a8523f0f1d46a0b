// Are memblock's lists what they promise to be?
//
// The lists are read as they are stored: the engine's own iteration would smooth over what is wrong.
#include <mm/memblock_verify.h>

namespace {

u32 verify_list(const char *name, const printer &out, std::span<const memblock_region> regions)
{
    u32 problems = 0;
    const auto complain = [&](const memblock_region &region, const char *what) {
        out.printf("verify memblock: %s: 0x%08x %s\n", name, region.base.raw(), what);
        problems++;
    };
    const memblock_region *before = nullptr;
    for (const memblock_region &region : regions) {
        if (region.last < region.base)
            complain(region, "ends before it starts");
        if (before && region.base <= before->last)
            complain(region, "overlaps its neighbour");
        if (before && before->end() == region.base.raw() && before->name == region.name)
            complain(region, "should be one with its neighbour");
        before = &region;
    }
    return problems;
}

} // namespace

u32 verify_memblock(const memblock &engine, const printer &out)
{
    return verify_list("memory", out, engine.memory_regions()) +
           verify_list("reserved", out, engine.reserved_regions());
}
