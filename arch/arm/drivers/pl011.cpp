// Arm PrimeCell UART (PL011), polled.
//
// The loader (or QEMU) has set the rate; transmitting needs nothing else. Linux:
// drivers/tty/serial/amba-pl011.c. Registers: DDI 0183 3.2.
#include <arch/arm/drivers/pl011.h>
#include <asm/io.h>

namespace {
constexpr u32 UARTDR = 0x00;
constexpr u32 UARTFR = 0x18;
constexpr u32 UARTFR_RXFE = 1 << 4;
constexpr u32 UARTFR_TXFF = 1 << 5;
constexpr u32 UARTIMSC = 0x38;
constexpr u32 UARTIMSC_RXIM = 1 << 4;
constexpr u32 UARTIMSC_RTIM = 1 << 6;
} // namespace

void pl011_putc(virt_addr_t base, char c)
{
    while (readl(base + UARTFR) & UARTFR_TXFF)
        ;
    writel(static_cast<u8>(c), base + UARTDR);
}

bool pl011_can_read(virt_addr_t base)
{
    return !(readl(base + UARTFR) & UARTFR_RXFE);
}

char pl011_read(virt_addr_t base)
{
    return static_cast<char>(readl(base + UARTDR));
}

void pl011_enable_receive(virt_addr_t base)
{
    // The FIFO stays as the loader set it: switching it would throw away a key that waits in it.
    writel(UARTIMSC_RXIM | UARTIMSC_RTIM, base + UARTIMSC);
}
