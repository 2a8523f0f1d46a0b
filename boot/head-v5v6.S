@ What head.S calls for an ARM926 (ARMv5) or an ARM1176 (ARMv6), through its proc_info record: at
@ physical addresses, no stack, and only r4-r11 survive.
@
@ Linux: arch/arm/mm/proc-arm926.S, proc-v6.S. Manuals: ARM926EJ-S TRM (DDI 0198) chapter 2,
@ ARM1176JZF-S TRM (DDI 0301) chapter 3.

    .syntax unified
    .arm

    .section .head.text, "ax"

@ Caches and MMU off, what they hold written back. Cleaning runs before the MMU goes off, because
@ the ARM926's cache is virtual: afterwards nobody knows where its lines belong.
    .global __arm926_quiesce
__arm926_quiesce:
    mrc     p15, 0, r0, c1, c0, 0
    tst     r0, #((1 << 0) | (1 << 2))          @ M or C
    beq     2f
1:  mrc     p15, 0, pc, c7, c14, 3              @ test, clean and invalidate; Z when all is clean
    bne     1b
    mov     r1, #0
    mcr     p15, 0, r1, c7, c10, 4              @ drain the write buffer
2:  bic     r0, r0, #((1 << 0) | (1 << 1) | (1 << 2))
    bic     r0, r0, #(1 << 12)
    mcr     p15, 0, r0, c1, c0, 0
    mov     r1, #0
    mcr     p15, 0, r1, c7, c7, 0               @ invalidate both caches
    mcr     p15, 0, r1, c8, c7, 0               @ and both TLBs
    bx      lr

@ Out: r0 = SCTLR to write.
    .global __arm926_setup
__arm926_setup:
    mov     r0, #0
    mcr     p15, 0, r0, c7, c7, 0               @ invalidate both caches
    mcr     p15, 0, r0, c7, c10, 4              @ drain the write buffer
    mcr     p15, 0, r0, c8, c7, 0               @ invalidate both TLBs
    mrc     p15, 0, r0, c1, c0, 0
    @ On: M, A (an unaligned load would rotate: better a fault), C, I, V. Off: S, R, RR, B.
    ldr     r1, =((1 << 0) | (1 << 1) | (1 << 2) | (1 << 12) | (1 << 13))
    orr     r0, r0, r1
    ldr     r1, =((1 << 7) | (1 << 8) | (1 << 9) | (1 << 14))
    bic     r0, r0, r1
    bx      lr

    .global __v6_quiesce
__v6_quiesce:
    mov     r1, #0
    mrc     p15, 0, r0, c1, c0, 0
    tst     r0, #((1 << 0) | (1 << 2))          @ M or C
    beq     1f
    bic     r0, r0, #(1 << 2)                   @ no new lines
    mcr     p15, 0, r0, c1, c0, 0
    mcr     p15, 0, r1, c7, c5, 4               @ prefetch flush
    mcr     p15, 0, r1, c7, c14, 0              @ clean and invalidate the whole data cache
    mcr     p15, 0, r1, c7, c10, 4              @ DSB
1:  bic     r0, r0, #((1 << 0) | (1 << 1) | (1 << 2))
    bic     r0, r0, #((1 << 11) | (1 << 12))
    mcr     p15, 0, r0, c1, c0, 0
    mcr     p15, 0, r1, c7, c5, 0               @ instruction cache and branch predictor
    mcr     p15, 0, r1, c8, c7, 0               @ TLBs
    mcr     p15, 0, r1, c7, c10, 4              @ DSB
    mcr     p15, 0, r1, c7, c5, 4               @ prefetch flush
    bx      lr

@ In: r5 = TTBR1. Out: r0 = SCTLR to write.
    .global __v6_setup
__v6_setup:
    mov     r0, #0
    mcr     p15, 0, r0, c7, c6, 0               @ invalidate the data cache
    mcr     p15, 0, r0, c7, c5, 0               @ instruction cache, branch predictor
    mcr     p15, 0, r0, c8, c7, 0               @ TLBs
    mcr     p15, 0, r0, c13, c0, 1              @ CONTEXTIDR: ASID 0
    mcr     p15, 0, r0, c2, c0, 2               @ TTBCR: N = 0, TTBR0 for everything
    mcr     p15, 0, r5, c2, c0, 1               @ TTBR1
    mcr     p15, 0, r0, c7, c10, 4              @ DSB
    mrc     p15, 0, r0, c1, c0, 0
    @ On: M, C, Z, I, V, U (unaligned access), XP (ARMv6 descriptors). Off: A, S, R, TRE.
    ldr     r1, =((1 << 0) | (1 << 2) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 22) | (1 << 23))
    orr     r0, r0, r1
    ldr     r1, =((1 << 1) | (1 << 8) | (1 << 9) | (1 << 28) | (1 << 29))
    bic     r0, r0, r1
    bx      lr
    .ltorg
