// The words tests are written in: GoogleTest's, in both worlds.
//
// On the host this is GoogleTest itself. On the target it is a small shim that knows the same
// words (tests/shim.h). EXPECT_REPORT(text) is ours in both: it wants `text` to have been printed
// by printk since the last such check or the start of the test.
#pragma once

#if defined(LOWMEM_HOST)
#include <gtest/gtest.h>
#include <tests/report.h>
#else
#include <tests/shim.h>
#endif
