@ A tiny boot loader for tests: sets r0, r1, r2 and jumps to the kernel's Image.
@
@ Assembled by the test with R0, R1, R2 and ENTRY given; with CACHES_ON it first turns on caches
@ and MMU (everything mapped to itself, RAM write-back), as a loader may leave them.
    .syntax unified
    .arch   armv7-a
    .global _start
_start:
    mrc     p15, 0, r3, c0, c0, 5           @ MPIDR: only core 0 goes on
    ands    r3, r3, #3
1:  wfine
    bne     1b
#ifdef CACHES_ON
    ldr     r4, =table
    mov     r5, #0
    ldr     r6, =0x00000c02                 @ section, all rights, strongly ordered
    ldr     r7, =0x00000c0e                 @ section, all rights, write-back
2:  lsr     r8, r5, #28
    cmp     r8, #6                          @ 0x60000000 to 0x9fffffff is RAM
    movlo   r9, r6
    movhs   r9, r7
    cmp     r8, #10
    movhs   r9, r6
    orr     r9, r9, r5
    lsr     r8, r5, #20
    str     r9, [r4, r8, lsl #2]
    adds    r5, r5, #0x100000
    bne     2b
    mcr     p15, 0, r4, c2, c0, 0           @ TTBR0
    mov     r0, #0
    mcr     p15, 0, r0, c2, c0, 2           @ TTBCR
    mov     r0, #1
    mcr     p15, 0, r0, c3, c0, 0           @ DACR: domain 0 client
    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0           @ TLBIALL
    mcr     p15, 0, r0, c7, c5, 0           @ ICIALLU
    dsb
    isb
    mrc     p15, 0, r0, c1, c0, 0
    ldr     r1, =0x00001805                 @ I, Z, C, M
    orr     r0, r0, r1
    mcr     p15, 0, r0, c1, c0, 0
    isb
#endif
    ldr     r0, =R0
    ldr     r1, =R1
    ldr     r2, =R2
    ldr     r3, =ENTRY
    bx      r3
    .ltorg
    .bss
    .balign 16384
table:
    .space  16384
