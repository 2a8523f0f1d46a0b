@ A tiny boot loader for tests: sets r0, r1, r2 and jumps to the kernel's Image.
@
@ What it sets stands in the four words before it: r0, r1, r2, and where to jump. With CACHES_ON it
@ first turns on caches and MMU (everything mapped to itself, the megabytes from RAM to RAM_LAST
@ write-back), as a loader may leave them. Assembled for the CPU by start_by_stub in machines.py.
    .syntax unified
    .global _start
_start:
#if __ARM_ARCH >= 7
    mrc     p15, 0, r3, c0, c0, 5           @ MPIDR: only core 0 goes on
    ands    r3, r3, #3
1:  wfine
    bne     1b
#endif
#ifdef CACHES_ON
    ldr     r4, =table
    mov     r5, #0
    ldr     r6, =0x00000c12                 @ section, all rights, strongly ordered
    ldr     r7, =0x00000c1e                 @ section, all rights, write-back
#if __ARM_ARCH >= 7
    bic     r6, r6, #0x10                   @ bit 4: must be one on ARMv5, is XN from ARMv6 on
    bic     r7, r7, #0x10
#endif
    ldr     r9, =RAM
    ldr     r10, =RAM_LAST
2:  cmp     r5, r9
    movlo   r8, r6
    movhs   r8, r7
    cmp     r5, r10
    movhi   r8, r6
    orr     r8, r8, r5
    lsr     r11, r5, #20
    str     r8, [r4, r11, lsl #2]
    adds    r5, r5, #0x100000
    bne     2b
    mcr     p15, 0, r4, c2, c0, 0           @ TTBR0
    mov     r0, #0
#if __ARM_ARCH >= 6
    mcr     p15, 0, r0, c2, c0, 2           @ TTBCR
#endif
    mov     r0, #1
    mcr     p15, 0, r0, c3, c0, 0           @ DACR: domain 0 client
    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0           @ the whole TLB
    mcr     p15, 0, r0, c7, c5, 0           @ the instruction cache
    mcr     p15, 0, r0, c7, c10, 4          @ DSB, by its name of ARMv5
    mrc     p15, 0, r0, c1, c0, 0
    ldr     r1, =0x00001805                 @ I, Z, C, M
    orr     r0, r0, r1
    mcr     p15, 0, r0, c1, c0, 0
    nop
    nop
#endif
    ldr     r4, =_start
    ldmdb   r4, {r0, r1, r2, r3}
    bx      r3
    .ltorg
    .bss
    .balign 16384
table:
    .space  16384
