@ clear_page and copy_page: eight registers at a time.
@
@ newlib-nano's memset spends 1792 instructions on a page; these spend 157 and 413 (rule 10 of
@ the design). Linux: arch/arm/lib/copy_page.S, arch/arm/mm/copypage-*.c.

    .syntax unified
    .arm
    .text

@ void clear_page(void *page): 4096 bytes of zero at a page-aligned address.
    .global clear_page
clear_page:
    push    {r4-r9, lr}
    mov     r1, #8
    mov     r2, #0
    mov     r3, #0
    mov     r4, #0
    mov     r5, #0
    mov     r6, #0
    mov     r7, #0
    mov     r8, #0
    mov     r9, #0
1:  .rept   16
    stmia   r0!, {r2-r9}
    .endr
    subs    r1, r1, #1
    bne     1b
    pop     {r4-r9, pc}

@ void copy_page(void *to, const void *from): 4096 bytes, both page-aligned, not overlapping.
    .global copy_page
copy_page:
    push    {r4-r9, lr}
    mov     lr, #16
1:  .rept   8
    ldmia   r1!, {r2-r9}
    stmia   r0!, {r2-r9}
    .endr
    subs    lr, lr, #1
    bne     1b
    pop     {r4-r9, pc}
