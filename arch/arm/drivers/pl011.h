// Arm PrimeCell UART (PL011), polled: the console. DDI 0183 (PL011 technical reference manual).
#pragma once

#include <asm/page.h>

/// Writes one character, waiting while the transmit FIFO is full. Context: any.
void pl011_putc(virt_addr_t base, char c);
/// True if a character waits in the receive FIFO.
[[nodiscard]] bool pl011_can_read(virt_addr_t base);
/// The next character; the caller has checked pl011_can_read().
[[nodiscard]] char pl011_read(virt_addr_t base);
/// Asserts the receive interrupt while something waits, so that WFI wakes.
void pl011_enable_receive(virt_addr_t base);
