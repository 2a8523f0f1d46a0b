// Memory of a few words, for tests of walkers: everything else is a bus error.
#pragma once

#include <tests/model/formats.h>

namespace model {

struct few_words {
    struct word {
        u32 pa, value;
    };
    word words[4] = {};

    static std::optional<u32> read(const void *context, u32 pa)
    {
        for (const word &w : static_cast<const few_words *>(context)->words)
            if (w.pa == pa && pa != 0)
                return w.value;
        return std::nullopt;
    }
    [[nodiscard]] memory_view view() const { return {read, this}; }
};

/// Four rights as bits: 8 privileged read, 4 privileged write, 2 user read, 1 user write.
inline u32 rights_of(format f, const registers &regs, const mapping &m)
{
    const auto passes = [&](access what, mode who) {
        return check(f, regs, m, what, who) == fault::none ? 1u : 0u;
    };
    return passes(access::read, mode::privileged) << 3 |
           passes(access::write, mode::privileged) << 2 | passes(access::read, mode::user) << 1 |
           passes(access::write, mode::user);
}

} // namespace model
