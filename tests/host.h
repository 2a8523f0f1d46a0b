// Words for tests that need the host: faults and panics that a test survives.
//
//     EXPECT_FAULT_AT(VECTORS_BASE, *vectors = 0);
//     EXPECT_PANIC(memblock_alloc(too_much), "out of memory");
//
// The statement runs in a lambda, so `return` in it ends the statement only. After a fault or a
// panic the rest of the statement is left by longjmp: destructors don't run, locks stay taken.
#pragma once

#include <arch/host/machine.h>
#include <tests/test.h>

::testing::AssertionResult host_faulted_at(const host_outcome &outcome, virt_addr_t va);
::testing::AssertionResult host_panicked(const host_outcome &outcome, const char *text);

/// Wants the statement to touch the machine's address `va` while it is not mapped.
#define EXPECT_FAULT_AT(va, ...)                                                                   \
    EXPECT_TRUE(host_faulted_at(host_attempt([&] { __VA_ARGS__; }), va))
/// Wants the statement to panic, and to have printed `text`.
#define EXPECT_PANIC(statement, text)                                                              \
    EXPECT_TRUE(host_panicked(host_attempt([&] { statement; }), text))
