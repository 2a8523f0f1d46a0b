// Are memblock's lists what they promise to be?
//
// The walk uses the engine's own iteration, which shows each region as it is stored.
#include <mm/memblock_verify.h>

namespace {

template <class Next>
u32 verify_list(const char *name, const printer &out, Next next)
{
    u32 problems = 0;
    std::optional<memblock_region> before;
    for (std::optional<memblock_region> r = next(0); r; r = next(r->end())) {
        if (r->last < r->base) {
            out.printf("verify memblock: %s: 0x%08x ends before it starts\n", name, r->base.raw());
            return problems + 1; // the walk could not go on from here
        }
        if (before && r->base <= before->last) {
            out.printf("verify memblock: %s: 0x%08x overlaps its neighbour\n", name, r->base.raw());
            problems++;
        }
        if (before && before->end() == r->base.raw() && before->name == r->name) {
            out.printf("verify memblock: %s: 0x%08x should be one with its neighbour\n", name,
                       r->base.raw());
            problems++;
        }
        before = r;
    }
    return problems;
}

} // namespace

u32 verify_memblock(const memblock &engine, const printer &out)
{
    return verify_list("memory", out, [&](u64 from) { return engine.next_memory(from); }) +
           verify_list("reserved", out, [&](u64 from) { return engine.next_reserved(from); });
}
