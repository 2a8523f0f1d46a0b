// Which words of a table the walker may not see yet: a store is in the data cache, or in a write
// buffer, until it is cleaned and a barrier has completed that.
//
//   v5      data cache and write buffer; the walker reads memory      clean entry, drain
//   v6      the same (walks are not cacheable here)                   clean entry, DSB
//   v7-UP   the walker looks at the point of unification              clean to PoU, DSB
//   v7-MP   multiprocessing extensions: walks see the data cache      DSB
//
// DDI 0406C.b B3.10.1 ("Clean cache line: required only if ..."), B2.2.9, A3.8.3; ARM926EJ-S TRM
// (DDI 0198D) 3.7 (tables are those in main memory), 9.2 (clean, drain); ARM1176JZF-S TRM
// (DDI 0301H) 3.2.13: "cannot page table walk from level one cache".
#pragma once

#include <map>
#include <optional>

#include <kernel/lib/types.h>

namespace model {

/// What the rules depend on, of a CPU and the machine around it.
struct cpu_profile {
    u32 architecture; // 5, 6 or 7
    u32 cores;

    [[nodiscard]] bool walks_see_cache() const { return architecture >= 7 && cores > 1; }
    /// ARMv5 drains its pipeline by itself, and predicts no branches by address.
    [[nodiscard]] bool has_isb() const { return architecture >= 6; }
    [[nodiscard]] bool has_branch_predictor() const { return architecture >= 6; }
};

class lines {
public:
    /// Bytes; the same on all CPUs here (DDI 0388 7.1, DDI 0198D 4.1, DDI 0301H chapter 7).
    static constexpr u32 LINE = 32;

    explicit lines(const cpu_profile &cpu) : cpu_(cpu) {}

    /// A word was stored.
    void store(u32 at) { unseen_[at] = 0; }
    /// A line was cleaned; says whether anything was in it that needed that.
    bool clean(u32 at);
    /// All that was stored, and cleaned where that is needed, is visible. Returns a word that was
    /// not cleaned; it and its like are forgotten.
    std::optional<u32> barrier();
    void forget() { unseen_.clear(); }

    /// The first word of [at, at + bytes) that walkers may not see.
    [[nodiscard]] std::optional<u32> first_unseen(u32 at, u32 bytes) const;
    [[nodiscard]] std::optional<u32> first_unseen() const;
    [[nodiscard]] size_t unseen() const { return unseen_.size(); }

private:
    cpu_profile cpu_;
    std::map<u32, u8> unseen_; // by address; 1: cleaned
};

} // namespace model
