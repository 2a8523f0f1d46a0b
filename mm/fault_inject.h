// Failures on purpose, by rules: fail_page_alloc= and failslab= both have a set of them.
//
//   NAME=<interval>,<probability>,<space>,<times>      as in Linux, all four
//
// The first <space> (pages, or bytes of objects) are safe; after them each <interval>-th allocation
// fails, with a probability of <probability> per cent, <times> times at most (-1: for ever). What is
// random here is the same in every run. Tests let one allocation fail, or one and all that follow,
// counted from the call on.
// Linux: lib/fault-inject.c, include/linux/fault-inject.h.
#pragma once

#include <optional>

#include <kernel/core/spinlock.h>
#include <kernel/lib/types.h>

/// Linux: struct fault_attr.
struct fault_attr {
    u32 interval;    ///< every so many-th fails
    u32 probability; ///< per cent
    u32 space;       ///< pages or bytes before the first failure
    s32 times;       ///< failures at most; -1: no limit
};

enum class fail_mode : u8 { once, persistently };

struct fail_counts {
    u32 asked;  ///< allocations since the start, without __GFP_NOFAIL
    u32 failed; ///< those of them that failed
};

/// One set of rules and how often it was asked. Context of everything: any.
class fault_rules {
public:
    constexpr fault_rules() = default;

    /// By these attributes from now on; or the `n`-th (1: the next), or that and all after it.
    void start(const fault_attr &attr);
    void start_nth(u32 n, fail_mode mode);
    [[nodiscard]] fail_counts counts();

    /// What an allocation of `size` (pages, or bytes) shall do.
    struct verdict {
        bool fails;
        u32 number;       ///< of the failure, if it is to be told: 1 to MOST_PRINTED; else 0
        const char *note; ///< to print behind it
    };
    [[nodiscard]] verdict ask(u32 size);

private:
    static constexpr u32 MOST_PRINTED = 10;

    [[nodiscard]] bool ask_nth() const REQUIRES(lock_);
    [[nodiscard]] bool ask_attr(u32 size) REQUIRES(lock_);
    u32 next_random() REQUIRES(lock_);

    struct state {
        fault_attr attr{};
        u32 nth = 0;
        fail_mode mode{};
        u32 count = 0;
        u32 random = 2463534242;
        fail_counts counts{};
    };
    spinlock_t lock_;
    state now_ GUARDED_BY(lock_);
};

/// Reads the value of parameter `name`; if it is wrong, one line says what would be right.
/// Context: boot. Linux: setup_fault_attr().
[[nodiscard]] std::optional<fault_attr> fault_attr_param(const char *name, const char *value);
