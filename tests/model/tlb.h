// What a CPU may still believe of tables that have changed.
//
// A TLB may hold any mapping that the tables had, from the moment its entry was valid, and a
// branch predictor any branch that was fetched through one. A mapping that is gone goes through
// stages, and no stage can be left out (DDI 0406C.b B3.10.1, B3.10.2):
//
//   stored       the entry was overwritten, but a walk may still read, and cache, the old word
//   visible      a DSB came: what is cached now is cached for the last time
//   invalidated  a TLBI covers it (an earlier one was of no use: see stored)
//   done         a DSB came: no access uses it any more, but an instruction fetched before may
//   (gone)       an ISB came
//
// What was executable goes through them once more, for the branch predictors: BPIALL, after the
// TLBI, is completed by the same DSB (B2.2.9, B3.10.1 "Invalidate BTC").
#pragma once

#include <vector>

#include <tests/model/lines.h>
#include <tests/model/walker.h>

namespace model {

class tlb {
public:
    /// Whose entries an operation reaches (B3.10.5): the others' stay where it is this core's.
    enum class reach : u8 { this_core, all_cores };

    explicit tlb(const cpu_profile &cpu) : cpu_(cpu) {}

    /// The tables no longer have this mapping, or have it with other rights.
    void gone(const mapping &was);
    /// TLBI of the entry that translates `va`, and of everything.
    void invalidate(u32 va, reach cores);
    void invalidate_all(reach cores);
    /// BPIALL.
    void invalidate_branches(reach cores);
    void barrier();
    void instruction_barrier() { isb_owed_ = 0; }
    void forget();

    /// A mapping that a TLB may hold, overlaps `made`, and is of another place, size or memory
    /// type: two entries for one address (B3.10.1: the result is unpredictable).
    [[nodiscard]] const mapping *conflict(const mapping &made) const;
    /// Mappings that a TLB may hold, or whose branches a predictor may.
    [[nodiscard]] std::vector<mapping> stale() const;
    [[nodiscard]] std::vector<mapping> predicted() const;
    /// A flush is complete, and the next instruction may not know.
    [[nodiscard]] bool owes_isb() const { return isb_owed_ != 0; }

private:
    enum class stage : u8 { stored, visible, invalidated, done };
    struct entry {
        mapping was;
        stage translation, branches;
    };
    template <typename Covers>
    void drop(reach cores, Covers covers);
    [[nodiscard]] bool reaches(reach cores) const;

    cpu_profile cpu_;
    std::vector<entry> entries_;
    u8 isb_owed_ = 0;
};

} // namespace model
