// The end of the road, and checks that lead there.
//
// Linux: kernel/panic.c, include/linux/bug.h.
#pragma once

/// Prints "Kernel panic - not syncing: ..." and stops the machine; under QEMU with semihosting
/// the run ends with a non-zero status. Never returns. Context: any. Linux: panic().
[[noreturn, gnu::format(printf, 1, 2)]] void panic(const char *fmt, ...);

/// Stops the machine for good after a panic; the architecture defines it.
[[noreturn]] void machine_panic_stop();

/// Panics with the expression and its place if `condition` is true. Linux: BUG_ON().
#define BUG_ON(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            panic("BUG at %s:%d: %s", __FILE__, __LINE__, #condition);                             \
    } while (0)
