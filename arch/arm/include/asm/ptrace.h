// The registers of whoever was interrupted, as exception entry leaves them on the stack.
//
// Linux: asm/ptrace.h (struct pt_regs). Offsets are known to arch/arm/kernel/entry-armv.S.
#pragma once

#define PT_REGS_SIZE 72
#define PT_SP 52
#define PT_LR 56
#define PT_PC 60
#define PT_CPSR 64

#if !defined(__ASSEMBLER__)
#include <cstddef>

#include <kernel/lib/types.h>

struct pt_regs {
    u32 r[13];
    u32 sp, lr;
    u32 pc; ///< the instruction that was interrupted or faulted
    u32 cpsr;
    u32 orig_r0;
};
static_assert(sizeof(pt_regs) == PT_REGS_SIZE && offsetof(pt_regs, sp) == PT_SP);
static_assert(offsetof(pt_regs, pc) == PT_PC && offsetof(pt_regs, cpsr) == PT_CPSR);

/// The eight exception vectors, in their order (DDI 0406C B1.8.1, table B1-3).
enum class exception_vector : u32 {
    reset,
    undefined,
    svc,
    prefetch_abort,
    data_abort,
    reserved, // Hyp trap; never taken by this kernel
    irq,
    fiq,
};

/// CPSR mode field (B1.3.1, table B1-1).
constexpr u32 MODE_MASK = 0x1f;
constexpr u32 USR_MODE = 0x10;
constexpr u32 FIQ_MODE = 0x11;
constexpr u32 IRQ_MODE = 0x12;
constexpr u32 SVC_MODE = 0x13;
constexpr u32 ABT_MODE = 0x17;
constexpr u32 UND_MODE = 0x1b;
constexpr u32 SYSTEM_MODE = 0x1f;
#endif
