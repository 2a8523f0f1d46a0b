// EXPECT_REPORT: what the kernel said. Ours, beside GoogleTest's words, in both worlds.
//
// While a test runs, printk's tap copies every text into one buffer. EXPECT_REPORT(text) looks
// for `text` in what has not been read yet and marks as read everything up to the end of the
// line where it stood, so that several lines of one call are checked one after the other:
//
//     parse("mem=12Q panic");
//     EXPECT_REPORT("\"mem=12Q\" ignored: 'Q' is no unit");
//     EXPECT_REPORT("\"panic\" ignored");
//     EXPECT_NO_REPORT("ignored");
#pragma once

#include <kernel/lib/types.h>

#if defined(LOWMEM_HOST)
#include <tests/host_print.h>
#endif

/// Forgets what was printed and listens from now on. Called before each test.
void report_start();
/// True if `text` was printed and not read yet; then it is read, with the rest of its line.
bool report_take(const char *text);
/// What was printed and not read yet; valid until the next print.
const char *report_unread();

// The outer if keeps a user's else away from ours.
#define LOWMEM_REPORT_CHECK_(wanted, text, complaint)                                              \
    if (report_take(text) == (wanted))                                                             \
        ;                                                                                          \
    else                                                                                           \
        ADD_FAILURE() << complaint << (text) << "\"; not read yet:\n" << report_unread()

/// Wants `text` to have been printed since the last line that was read, or the test's start.
#define EXPECT_REPORT(text)                                                                        \
    switch (0)                                                                                     \
    case 0:                                                                                        \
    default:                                                                                       \
        LOWMEM_REPORT_CHECK_(true, text, "not printed: \"")
/// Wants `text` not to have been printed since then.
#define EXPECT_NO_REPORT(text)                                                                     \
    switch (0)                                                                                     \
    case 0:                                                                                        \
    default:                                                                                       \
        LOWMEM_REPORT_CHECK_(false, text, "printed, but should not be: \"")
