// HOST ONLY: what it is told of exists on the host alone.
//
// See lines.h: a word goes from stored to cleaned to visible, and a store takes it back.
#include <tests/model/lines.h>

namespace model {

bool lines::clean(u32 at)
{
    const u32 line = at & ~(LINE - 1);
    bool needed = false;
    for (auto word = unseen_.lower_bound(line); word != unseen_.end() && word->first - line < LINE;
         ++word) {
        needed |= word->second == 0;
        word->second = 1;
    }
    return needed && !cpu_.walks_see_cache();
}

std::optional<u32> lines::barrier()
{
    std::optional<u32> forgotten;
    if (!cpu_.walks_see_cache())
        for (const auto &[at, cleaned] : unseen_)
            if (!cleaned) {
                forgotten = at;
                break;
            }
    unseen_.clear();
    return forgotten;
}

std::optional<u32> lines::first_unseen(u32 at, u32 bytes) const
{
    const auto first = unseen_.lower_bound(at);
    if (first == unseen_.end() || first->first - at >= bytes)
        return std::nullopt;
    return first->first;
}

std::optional<u32> lines::first_unseen() const
{
    if (unseen_.empty())
        return std::nullopt;
    return unseen_.begin()->first;
}

} // namespace model
