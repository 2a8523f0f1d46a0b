// fail_page_alloc=: allocations that fail on purpose, so that what callers do then is tried out.
//
//   fail_page_alloc=<interval>,<probability>,<space>,<times>      as in Linux, all four
//
// The first <space> pages are safe; after them each <interval>-th allocation fails, with a
// probability of <probability> per cent, <times> times at most (-1: for ever). What is random
// here is the same in every run. __GFP_NOFAIL never fails. Unlike Linux, where only blocks of order
// 1 and more that need not wait fail unless debugfs says otherwise, all others may fail here.
//
// Tests let one allocation fail, or one and all that follow, counted from the call on.
// Linux: lib/fault-inject.c, Documentation/fault-injection/fault-injection.rst.
#pragma once

#include <kernel/lib/types.h>

/// Linux: struct fault_attr.
struct fault_attr {
    u32 interval;    ///< every so many-th fails
    u32 probability; ///< per cent
    u32 space;       ///< pages before the first failure
    s32 times;       ///< failures at most; -1: no limit
};

enum class fail_mode : u8 { once, persistently };

/// Lets allocations fail by these rules from now on. Context: as page_debug_set().
void fail_page_alloc_start(const fault_attr &attr);
/// Lets the `n`-th allocation from now on fail (1: the next), or that and all after it. Silently.
/// Context: as page_debug_set().
void fail_page_alloc_nth(u32 n, fail_mode mode);

struct fail_counts {
    u32 asked;  ///< allocations since the start, without __GFP_NOFAIL
    u32 failed; ///< those of them that failed
};
/// No more failures. Context: as page_debug_set().
fail_counts fail_page_alloc_stop();
/// Since the last start. Context: any.
[[nodiscard]] fail_counts fail_page_alloc_counts();
