// The console on a PL011: what <kernel/core/printk.h> asks for, for every board that has one.
//
// Where it is mapped stands in boot/board.h; the board's console_init() readies the receiving side
// and its interrupt.
#include <arch/arm/drivers/pl011.h>
#include <asm/barrier.h>
#include <boot/board.h>
#include <kernel/core/printk.h>

static constexpr virt_addr_t UART0{UART_VIRT};

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            pl011_putc(UART0, '\r');
        pl011_putc(UART0, text[i]);
    }
}

int console_read()
{
    // The interrupt is never taken (IRQs are masked); it only ends the wait.
    while (!pl011_can_read(UART0))
        wfi();
    return static_cast<u8>(pl011_read(UART0));
}
