// HOST ONLY: what it is told of exists on the host alone.
//
// See tlb.h: two stages an entry, one for the TLBs and one for the branch predictors.
#include <tests/model/tlb.h>

namespace model {

bool tlb::reaches(reach cores) const
{
    return cores == reach::all_cores || cpu_.cores == 1;
}

void tlb::gone(const mapping &was)
{
    const bool branches = cpu_.has_branch_predictor() && !was.xn;
    entries_.push_back({was, stage::stored, branches ? stage::stored : stage::done});
}

template <typename Covers>
void tlb::drop(reach cores, Covers covers)
{
    if (!reaches(cores))
        return;
    for (entry &old : entries_)
        if (old.translation == stage::visible && covers(old.was))
            old.translation = stage::invalidated;
}

void tlb::invalidate(u32 va, reach cores)
{
    drop(cores, [va](const mapping &was) { return va - was.va < was.size; });
}

void tlb::invalidate_all(reach cores)
{
    drop(cores, [](const mapping &) { return true; });
}

void tlb::invalidate_branches(reach cores)
{
    if (!reaches(cores))
        return;
    // Before the TLBI it is too early: the old mapping can still be fetched through.
    for (entry &old : entries_)
        if (old.branches == stage::visible && old.translation >= stage::invalidated)
            old.branches = stage::invalidated;
}

void tlb::barrier()
{
    const auto complete = [this](stage &s) {
        if (s == stage::stored) {
            s = stage::visible;
        } else if (s == stage::invalidated) {
            s = stage::done;
            isb_owed_ = cpu_.has_isb();
        }
    };
    for (entry &old : entries_) {
        complete(old.translation);
        complete(old.branches);
    }
    std::erase_if(entries_, [](const entry &old) {
        return old.translation == stage::done && old.branches == stage::done;
    });
}

void tlb::forget()
{
    entries_.clear();
    isb_owed_ = 0;
}

const mapping *tlb::conflict(const mapping &made) const
{
    for (const entry &old : entries_)
        if (old.translation != stage::done && old.was.va < u64{made.va} + made.size &&
            made.va < u64{old.was.va} + old.was.size && !old.was.same_place(made))
            return &old.was;
    return nullptr;
}

std::vector<mapping> tlb::stale() const
{
    std::vector<mapping> all;
    for (const entry &old : entries_)
        if (old.translation != stage::done)
            all.push_back(old.was);
    return all;
}

std::vector<mapping> tlb::predicted() const
{
    std::vector<mapping> all;
    for (const entry &old : entries_)
        if (old.branches != stage::done)
            all.push_back(old.was);
    return all;
}

} // namespace model
