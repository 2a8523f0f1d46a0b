@ Exception vectors and entry.
@
@ The first page of text is the vectors page, seen a second time at 0xffff0000, read-only both
@ times. All that a vector reaches by a branch must be inside that page; a literal leads out.
@
@ Each mode has 256 bytes of stack, of which a stub uses 16: {r0, return address, SPSR, SVC sp}.
@ It then goes to SVC mode and builds a pt_regs there, so that handlers run in one mode on one
@ stack. Stacks are 8 KB and begin at a multiple of 16 KB: when bit 13 of sp is set the frame
@ would not fit, the stack has overflowed (or was never one), and the overflow stack is used.
@ Linux: arch/arm/kernel/entry-armv.S (vector_stub, __dabt_svc, overflow_stack).

#include <asm/ptrace.h>

    .syntax unified
    .arm

    .macro  vector_stub, name, number, correction
vector_\name:
    .if \correction
    sub     lr, lr, #\correction
    .endif
    str     r0, [sp, #-16]
    str     lr, [sp, #-12]
    mrs     r0, spsr
    str     r0, [sp, #-8]
    sub     r0, sp, #16
    msr     cpsr_c, #0xd3                       @ SVC, IRQ and FIQ masked
    ldr     pc, 1f
1:  .word   entry_\name
    .endm

    .section .vectors, "ax"
    .global __vectors_start
__vectors_start:
    b       vector_reset
    b       vector_undefined
    b       vector_svc
    b       vector_prefetch
    b       vector_data
    b       vector_reserved
    b       vector_irq
    b       vector_fiq

    @ lr points past the instruction (DDI 0406C B1.8.3, table B1-7): correct it to the one meant.
    vector_stub undefined, 1, 4
    vector_stub prefetch, 3, 4
    vector_stub data, 4, 8
    vector_stub irq, 6, 4
    vector_stub fiq, 7, 4

    @ Entered in SVC mode itself: no mode stack to save on but the one after the boot stack's.
    .macro  svc_stub, name
vector_\name:
    str     r0, [sp, #-8]!                      @ faults into the data abort if sp is bad
    str     lr, [sp, #4]
    ldr     r0, 2f
    ldr     lr, [sp], #4
    str     lr, [r0]                            @ r0
    ldr     lr, [sp], #4
    sub     lr, lr, #4
    str     lr, [r0, #4]                        @ the svc instruction
    mrs     lr, spsr
    str     lr, [r0, #8]
    ldr     pc, 1f
1:  .word   entry_\name
2:  .word   svc_save_area
    .endm
    svc_stub svc
    svc_stub reset
    svc_stub reserved

    .data
    .align 2
svc_save_area:
    .space 16

    .text
    .macro  exception_entry, name, number
entry_\name:
    str     sp, [r0, #12]
    sub     sp, sp, #PT_REGS_SIZE
    tst     sp, #(1 << 13)
    ldrne   sp, =(overflow_stack_top - PT_REGS_SIZE)
    stmia   sp, {r0-r12}
    ldmia   r0, {r1-r4}                         @ r0, pc, cpsr, SVC sp of the interrupted
    str     r1, [sp]
    mov     r5, lr
    and     r6, r3, #0x1f
    cmp     r6, #0x13
    beq     1f
    cmp     r6, #0x10
    moveq   r6, #0x1f                           @ the user's sp and lr are System mode's
    orr     r6, r6, #0xc0
    mrs     r7, cpsr
    mov     r8, sp
    msr     cpsr_c, r6
    mov     r4, sp
    mov     r5, lr
    msr     cpsr_c, r7
1:  add     r6, sp, #PT_SP
    str     r1, [sp, #(PT_CPSR + 4)]
    mov     r1, r4
    mov     r4, r3
    mov     r3, r2
    mov     r2, r5
    stmia   r6, {r1-r4}                         @ sp, lr, pc, cpsr
    mov     r0, sp
    mov     r1, #\number
    mov     r4, sp
    bic     sp, sp, #7                          @ AAPCS: 8-byte aligned at a call
    mov     fp, #0
    bl      do_exception
    mov     sp, r4
    b       exception_return
    .endm

    exception_entry reset, 0
    exception_entry undefined, 1
    exception_entry svc, 2
    exception_entry prefetch, 3
    exception_entry data, 4
    exception_entry reserved, 5
    exception_entry irq, 6
    exception_entry fiq, 7

@ Back to SVC mode code at regs->pc. CLREX: a pair of LDREX and STREX must not span an exception
@ (rule 7 of the design; DDI 0406C A3.4.4).
exception_return:
#if __ARM_ARCH >= 7
    clrex                                       @ before: no LDREX in the image, atomics mask IRQs
#endif
    ldr     r0, [sp, #PT_CPSR]
    msr     spsr_cxsf, r0
    ldmia   sp, {r0-pc}^
    .ltorg

@ int save_recovery(recovery_context *): keeps r4-r11, sp, lr, returns 0; and again, with 1, when
@ jump_recovery() is called on the same context. Like setjmp and longjmp.
    .global save_recovery
save_recovery:
    stmia   r0!, {r4-r11}
    str     sp, [r0]
    str     lr, [r0, #4]
    mov     r0, #0
    bx      lr
    .global jump_recovery
jump_recovery:
    ldmia   r0!, {r4-r11}
    ldr     sp, [r0]
    ldr     lr, [r0, #4]
    mov     r0, #1
    bx      lr
