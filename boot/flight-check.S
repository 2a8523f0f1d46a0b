@ The flight check: head.S's tables, walked in software before the MMU is switched on.
@
@ Runs at physical addresses, MMU off, no stack; comes back to `fly` in head.S or prints one line
@ and parks. Keeps r6-r11.
#include <boot/board.h>

    .syntax unified
    .arm

    .section .head.text, "ax"

@ Before the leap: is everything mapped that the next instructions need? Without this, one wrong
@ entry is a silent hang. Tests spoil entries at this label.
    .global flight_check
flight_check:
    ldr     r12, =PHYS(flight_plan)
1:  ldmia   r12!, {r0, r1, r2, r3}              @ table, address, expected, name
    cmp     r3, #0
    beq     fly
    bl      walk_phys                           @ r4 = 1 and r0 = where it leads, or r4 = 0
    cmp     r4, #0
    beq     flight_missing
    cmp     r0, r2
    beq     1b
    mov     r4, r0
    ldr     r0, =PHYS(text_flight)
    bl      early_puts
    bl      flight_name
    ldr     r0, =PHYS(text_leads_to)
    bl      early_puts
    mov     r0, r4
    bl      early_puthex
    ldr     r0, =PHYS(text_instead_of)
    bl      early_puts
    ldr     r0, [r12, #-8]
    bl      early_puthex
    b       newline_and_park
flight_missing:
    ldr     r0, =PHYS(text_flight_missing)
    bl      early_puts
    bl      flight_name
    b       newline_and_park

@ Prints "NAME (0xADDRESS)" of the plan's entry before r12.
flight_name:
    mov     r5, lr
    ldr     r0, [r12, #-4]
    bl      early_puts
    ldr     r0, =PHYS(text_open)
    bl      early_puts
    ldr     r0, [r12, #-12]
    bl      early_puthex
    mov     r0, #')'
    bl      early_putc
    bx      r5

@ Walks the table at r0 for address r1: r4 = 1 and r0 = physical address, or r4 = 0 (fault).
walk_phys:
    mov     r3, r1, lsr #20
    ldr     r0, [r0, r3, lsl #2]
    and     r4, r0, #3
    cmp     r4, #1
    beq     1f
    cmp     r4, #2
    movne   r4, #0
    bxne    lr
    mov     r0, r0, lsr #20
    mov     r0, r0, lsl #20
    bic     r3, r1, #0xff000000                 @ offset in the section
    bic     r3, r3, #0x00f00000
    orr     r0, r0, r3
    mov     r4, #1
    bx      lr
1:  bic     r0, r0, #0x3fc
    bic     r0, r0, #0x003
    mov     r3, r1, lsr #12
    and     r3, r3, #0xff
    ldr     r0, [r0, r3, lsl #2]
    tst     r0, #2                              @ a small page?
    moveq   r4, #0
    bxeq    lr
    mov     r0, r0, lsr #12
    mov     r3, r1, lsl #20
    mov     r0, r0, lsl #12
    orr     r0, r0, r3, lsr #20
    mov     r4, #1
    bx      lr

    .ltorg
text_flight:         .asciz "flight check: "
text_flight_missing: .asciz "flight check: no mapping for "
text_leads_to:       .asciz " leads to "
text_instead_of:     .asciz " instead of "
text_open:           .asciz " ("
name_pc:        .asciz "the PC in idmap_pgd"
name_landing:   .asciz "the landing in idmap_pgd"
name_text:      .asciz "the landing in swapper_pg_dir"
name_stack:     .asciz "the stack in swapper_pg_dir"
name_vectors:   .asciz "the vectors in swapper_pg_dir"
name_uart:      .asciz "the UART in swapper_pg_dir"
name_vectors_i: .asciz "the vectors in idmap_pgd"
name_uart_i:    .asciz "the UART in idmap_pgd"
    .align 2
flight_plan:
    .word   PHYS(idmap_pgd), PHYS(__turn_mmu_on), PHYS(__turn_mmu_on), PHYS(name_pc)
    .word   PHYS(idmap_pgd), __mmap_switched, PHYS(__mmap_switched), PHYS(name_landing)
    .word   PHYS(idmap_pgd), 0xffff0000, PHYS(__vectors_start), PHYS(name_vectors_i)
    .word   PHYS(idmap_pgd), UART_VIRT, UART_PHYS, PHYS(name_uart_i)
    .word   PHYS(swapper_pg_dir), __mmap_switched, PHYS(__mmap_switched), PHYS(name_text)
    .word   PHYS(swapper_pg_dir), boot_stack_top - 8, PHYS(boot_stack_top - 8), PHYS(name_stack)
    .word   PHYS(swapper_pg_dir), 0xffff0000, PHYS(__vectors_start), PHYS(name_vectors)
    .word   PHYS(swapper_pg_dir), UART_VIRT, UART_PHYS, PHYS(name_uart)
    .word   0, 0, 0, 0
