// HOST ONLY: what it is told of exists on the host alone.
//
// See dcache.h: lines come with the mapping, and go by flushes alone.
#include <tests/model/dcache.h>

namespace model {

std::optional<u32> dcache::made(u32 va, u32 pa, std::optional<u32> home)
{
    std::optional<u32> elsewhere;
    if (home && differ(va, *home) && !flushed_[*home].all())
        elsewhere = home;
    for (const auto &[other, place] : places_)
        if (place.pa == pa && differ(va, other) && place.cached.any())
            elsewhere = other;
    places_[va] = {pa, line_set().set()};
    return elsewhere;
}

std::optional<u32> dcache::gone(u32 va)
{
    const auto found = places_.find(va);
    if (found == places_.end())
        return std::nullopt;
    const line_set left = found->second.cached;
    places_.erase(found);
    flushed_.clear(); // homes may be used again
    for (u32 i = 0; i < left.size(); i++)
        if (left[i])
            return va + i * lines::LINE;
    return std::nullopt;
}

void dcache::flush(u32 at)
{
    const u32 page = at & ~(PAGE - 1);
    const u32 line = at % PAGE / lines::LINE;
    if (const auto found = places_.find(page); found != places_.end())
        found->second.cached[line] = false;
    else
        flushed_[page][line] = true;
}

} // namespace model
