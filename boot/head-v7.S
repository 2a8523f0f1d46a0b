@ What head.S calls for an ARMv7 CPU, through its proc_info record: at physical addresses, no
@ stack, and only r4-r11 survive.
@
@ Linux: arch/arm/mm/proc-v7.S (__v7_setup), cache-v7.S (v7_flush_dcache_all).
#include <boot/board.h>

    .syntax unified
    .arm

    .section .head.text, "ax"

@ Some loaders leave caches or MMU on (U-Boot's `go`). Then memory may be newer in the cache than
@ behind it, and nobody may run on with the MMU off before that is written back.
@
@ DDI 0406C B2.2.7 asks for: no allocation (C off), clean and invalidate by set and way up to the
@ level of coherency, and only then the MMU off. Keeps r4-r11; r12 = return address.
    .global __v7_quiesce
__v7_quiesce:
    mov     r12, lr
    mrc     p15, 0, r0, c1, c0, 0               @ SCTLR
    tst     r0, #((1 << 0) | (1 << 2))          @ M or C
    beq     invalidate
    bic     r0, r0, #(1 << 2)
    mcr     p15, 0, r0, c1, c0, 0
    isb
    bl      clean_invalidate_dcache
    mrc     p15, 0, r0, c1, c0, 0
invalidate:
    @ M, A, C off; Z, I off; TRE (28) and AFE (29) off: __v7_setup begins from known ground.
    bic     r0, r0, #((1 << 0) | (1 << 1) | (1 << 2))
    bic     r0, r0, #((1 << 11) | (1 << 12))
    bic     r0, r0, #((1 << 28) | (1 << 29))
    mcr     p15, 0, r0, c1, c0, 0
    isb
    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0               @ TLBIALL
    mcr     p15, 0, r0, c7, c5, 0               @ ICIALLU
    mcr     p15, 0, r0, c7, c5, 6               @ BPIALL
    dsb
    isb
    bx      r12

@ Every data cache line, level by level (DDI 0406C B2.2.7; CLIDR B4.1.20, CCSIDR B4.1.19).
@ Clobbers r0-r3 and flags; borrows r4-r9 by parking them in the banked FIQ registers, for there
@ is no stack that is sure to be coherent.
clean_invalidate_dcache:
    dmb
    mrc     p15, 1, r0, c0, c0, 1               @ CLIDR
    ands    r3, r0, #0x07000000                 @ level of coherency, times 2 at bit 23
    bxeq    lr
    mov     r3, r3, lsr #23
    msr     cpsr_c, #0xd1                       @ FIQ mode: r8-r12 and lr are other registers
    mov     r10, #0                             @ level, times 2
1:  add     r2, r10, r10, lsr #1
    mov     r1, r0, lsr r2                      @ cache type of this level
    and     r1, r1, #7
    cmp     r1, #2
    blt     4f                                  @ none, or instructions only
    mcr     p15, 2, r10, c0, c0, 0              @ CSSELR
    isb
    mrc     p15, 1, r1, c0, c0, 0               @ CCSIDR
    and     r2, r1, #7
    add     r2, r2, #4                          @ log2 of the line in bytes
    ubfx    r8, r1, #3, #10                     @ ways - 1
    clz     r9, r8                              @ where the way number begins
    ubfx    r11, r1, #13, #15                   @ sets - 1
2:  mov     r12, r8                             @ ways, from the last
3:  orr     r1, r10, r12, lsl r9
    lsl     lr, r11, r2
    orr     r1, r1, lr
    mcr     p15, 0, r1, c7, c14, 2              @ DCCISW
    subs    r12, r12, #1
    bge     3b
    subs    r11, r11, #1
    bge     2b
4:  add     r10, r10, #2
    cmp     r3, r10
    bgt     1b
    mov     r10, #0
    mcr     p15, 2, r10, c0, c0, 0              @ CSSELR back to level 1
    dsb
    isb
    msr     cpsr_c, #0xd3
    bx      lr

@ Readies the CPU for its MMU: TEX remap words, and on several cores the coherency switch.
@ In: r5 = TTBR1, r11 = 1 on several cores. Out: r0 = SCTLR to write. Keeps r4-r11.
    .global __v7_setup
__v7_setup:
    cmp     r11, #0
    beq     1f
    @ Cortex-A9 ACTLR: SMP (6) and FW (0) before caches go on (DDI 0388 4.3.10).
    mrc     p15, 0, r0, c1, c0, 1
    tst     r0, #(1 << 6)
    orreq   r0, r0, #((1 << 6) | (1 << 0))
    mcreq   p15, 0, r0, c1, c0, 1
1:  mrc     p15, 0, r0, c0, c0, 5               @ MPIDR: the core's number
    and     r0, r0, #3
    mcr     p15, 0, r0, c13, c0, 4              @ TPIDRPRW: raw_smp_processor_id() reads it there
    mov     r0, #0
    mcr     p15, 0, r0, c7, c5, 0               @ ICIALLU
    mcr     p15, 0, r0, c8, c7, 0               @ TLBIALL
    mcr     p15, 0, r0, c13, c0, 1              @ CONTEXTIDR: ASID 0
    mcr     p15, 0, r0, c2, c0, 2               @ TTBCR: N = 0, TTBR0 for everything
    mcr     p15, 0, r5, c2, c0, 1               @ TTBR1
    @ Eight regions for {TEX[0],C,B} (DDI 0406C B3.8.3, B4.1.127 PRRR, B4.1.115 NMRR):
    @   000 strongly ordered   001 normal, not cached   010 write-through   011 write-back
    @   100 device             111 write-back, write-allocate
    ldr     r0, =0xff0a81a8
    mcr     p15, 0, r0, c10, c2, 0              @ PRRR
    ldr     r0, =0x40e040e0
    mcr     p15, 0, r0, c10, c2, 1              @ NMRR
    dsb
    mrc     p15, 0, r0, c1, c0, 0
    @ On: M, C, Z, I, V (high vectors), TRE. Off: A (unaligned access is allowed), AFE, TE, EE.
    ldr     r1, =((1 << 0) | (1 << 2) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 28))
    orr     r0, r0, r1
    ldr     r1, =((1 << 1) | (1 << 25) | (1 << 29) | (1 << 30))
    bic     r0, r0, r1
    bx      lr
    .ltorg
