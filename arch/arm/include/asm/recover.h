// A way back from an oops that somebody expects.
//
// save_recovery() is setjmp: it returns 0, and 1 when jump_recovery() is called on the same
// context. It restores r4-r11, sp and lr, so the frame that saved must still be there.
#pragma once

#include <kernel/lib/types.h>

struct recovery_context {
    u32 r4_to_r11[8];
    u32 sp, lr;
};

extern "C" [[gnu::returns_twice]] int save_recovery(recovery_context *context);
extern "C" [[noreturn]] void jump_recovery(recovery_context *context);

/// Where an oops goes instead of ending the run, or nullptr. Set by the console's expect-oops;
/// the trap code clears it before it jumps. Defined in arch/arm/kernel/cp15.cpp.
extern recovery_context *oops_recovery;
