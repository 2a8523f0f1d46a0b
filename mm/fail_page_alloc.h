// fail_page_alloc=: allocations of pages that fail on purpose, so that what callers do then is tried
// out.
//
//   fail_page_alloc=<interval>,<probability>,<space>,<times>      mm/fault_inject.h tells the rules
//
// __GFP_NOFAIL never fails. Unlike Linux, where only blocks of order 1 and more that need not wait
// fail unless debugfs says otherwise, all others may fail here.
// Linux: Documentation/fault-injection/fault-injection.rst.
#pragma once

#include <mm/fault_inject.h>

/// Lets allocations fail by these rules from now on. Context: as page_debug_set().
void fail_page_alloc_start(const fault_attr &attr);
/// Lets the `n`-th allocation from now on fail (1: the next), or that and all after it. Silently.
/// Context: as page_debug_set().
void fail_page_alloc_nth(u32 n, fail_mode mode);

/// No more failures. Context: as page_debug_set().
fail_counts fail_page_alloc_stop();
/// Since the last start. Context: any.
[[nodiscard]] fail_counts fail_page_alloc_counts();
