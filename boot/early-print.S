@ A voice before the MMU: the UART at its physical address, polled. No stack.
#include <boot/board.h>

    .syntax unified
    .arm

    .section .head.text, "ax"

@ r0 = text. Clobbers r0-r3.
    .global early_puts
early_puts:
    mov     r3, r0
    ldr     r1, =UART_PHYS
1:  ldrb    r0, [r3], #1
    cmp     r0, #0
    bxeq    lr
2:  ldr     r2, [r1, #UART_STATUS]
    tst     r2, #UART_STATUS_FULL
    bne     2b
    str     r0, [r1, #UART_DATA]
    b       1b
@ r0 = character. Clobbers r1, r2.
    .global early_putc
early_putc:
    ldr     r1, =UART_PHYS
1:  ldr     r2, [r1, #UART_STATUS]
    tst     r2, #UART_STATUS_FULL
    bne     1b
    str     r0, [r1, #UART_DATA]
    bx      lr
@ r0 = number, printed as 0x%08x. Clobbers r0-r3.
    .global early_puthex
early_puthex:
    mov     r3, r0
    ldr     r1, =UART_PHYS
    mov     r0, #'0'
    str     r0, [r1, #UART_DATA]
    mov     r0, #'x'
    str     r0, [r1, #UART_DATA]
    mov     r0, #8
    orr     r1, r1, r0                          @ the count rides in UART_PHYS's low bits
1:  mov     r0, r3, lsr #28
    cmp     r0, #10
    addlo   r0, r0, #'0'
    addhs   r0, r0, #('a' - 10)
2:  bic     r2, r1, #0xf
    ldr     r2, [r2, #UART_STATUS]
    tst     r2, #UART_STATUS_FULL
    bne     2b
    bic     r2, r1, #0xf
    str     r0, [r2, #UART_DATA]
    mov     r3, r3, lsl #4
    sub     r1, r1, #1
    tst     r1, #0xf
    bne     1b
    bx      lr
    .ltorg
