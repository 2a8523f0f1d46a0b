// "It survives the failure of any allocation": the n-th page allocation of an operation fails, for
// n = 1, 2, ... until the operation ends before its n-th, once alone and once with all after it.
//
//     EXPECT_EQ(survive_failures("vmalloc", [] { vfree(vmalloc(10 * PAGE_SIZE)); }), 12u);
//
// After each run as many pages must be free as before it, and `verify pages` must find nothing.
#pragma once

#include <mm/fail_page_alloc.h>
#include <tests/mm/page_test.h>

/// Runs `operation`, which gives back all that it got, with failures at each place.
///
/// @param name   for the message when something is lost
/// @return       allocations that the operation makes when none fails
/// Context: nobody else allocates pages.
template <class Operation>
u32 survive_failures(const char *name, Operation operation)
{
    constexpr u32 LONGEST = 1000;
    u32 allocations = 0;
    operation(); // what it makes once and keeps for ever, it makes now
    for (fail_mode mode : {fail_mode::once, fail_mode::persistently}) {
        const unsigned long free_before = nr_free_pages();
        for (u32 n = 1; n < LONGEST; n++) {
            fail_page_alloc_nth(n, mode);
            operation();
            const fail_counts counts = fail_page_alloc_stop();
            EXPECT_EQ(nr_free_pages(), free_before) << name << ", failure of number " << n;
            if (counts.failed == 0) {
                allocations = counts.asked;
                break;
            }
        }
        EXPECT_EQ(verify_pages(console_printer), 0u) << name;
    }
    return allocations;
}
