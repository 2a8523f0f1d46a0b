// Leaving the machine: Arm's semihosting under QEMU, or for ever asleep.
//
// Arm: "Semihosting for AArch32 and AArch64", SYS_EXIT_EXTENDED.
#pragma once

#include <kernel/lib/types.h>

/// Ends the run with `status` (0 to 255) if semihosting answers; else the SVC comes to our own
/// vector, which says so and halts.
[[noreturn]] void semihosting_exit(u32 status);

/// Interrupts off, asleep for ever.
[[noreturn]] void halt();
