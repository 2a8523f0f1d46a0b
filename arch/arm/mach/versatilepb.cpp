// Versatile Platform Baseboard (QEMU's versatilepb), with an ARM926 or, by --cpu, an ARM1176.
//
// RAM at 0, up to 256 MB. System registers 0x10000000, VIC 0x10140000, SP804 timers 0x101e2000,
// PL011 UART0 0x101f1000. Arm: DUI 0225 (versatile platform baseboard). Linux:
// arch/arm/mach-versatile.
#include <arch/arm/drivers/pl011.h>
#include <asm/barrier.h>
#include <asm/console.h>
#include <asm/io.h>
#include <asm/mach.h>
#include <asm/memory.h>
#include <boot/board.h>

namespace {

constexpr virt_addr_t PERIPHERALS = VMALLOC_END - SZ_1M;
constexpr virt_addr_t SYSTEM = VMALLOC_END - 2 * SZ_1M;
constexpr virt_addr_t UART0{UART_VIRT};
static_assert(PERIPHERALS.raw() == (UART_VIRT & 0xfff00000), "head.S and io_map disagree");
static_assert(SYSTEM.raw() == (BOOT_CLOCK_VIRT & 0xfff00000), "head.S and io_map disagree");

constexpr map_desc io_map[] = {
    {PERIPHERALS, PFN_DOWN(phys_addr_t(0x10100000)), SZ_1M, MT_DEVICE, "peripherals"},
    {SYSTEM, PFN_DOWN(phys_addr_t(0x10000000)), SZ_1M, MT_DEVICE, "system registers"},
};

// System registers (DUI 0225 4.2).
constexpr virt_addr_t SYS_LOCK = SYSTEM + 0x20;
constexpr virt_addr_t SYS_RESETCTL = SYSTEM + 0x40;
constexpr virt_addr_t SYS_24MHZ = SYSTEM + 0x5c;

// Vectored interrupt controller (PL190): only to let the wait for a character end.
constexpr virt_addr_t VIC = PERIPHERALS + 0x40000;
constexpr u32 VICINTSELECT = 0x0c;
constexpr u32 VICINTENABLE = 0x10;
constexpr u32 VICSOFTINT = 0x18;
constexpr u32 VICSOFTINTCLEAR = 0x1c;
constexpr u32 IRQ_SOFT = 1;
constexpr u32 IRQ_UART0 = 12;

u32 clock_24mhz()
{
    return readl(SYS_24MHZ);
}

void init_time() {}

void restart()
{
    writel(0xa05f, SYS_LOCK);
    writel(0x105, SYS_RESETCTL);
    const u32 start = clock_24mhz();
    while (clock_24mhz() - start < 2'400'000)
        ;
}

void provoke_interrupt(interrupt_line line)
{
    writel(line == interrupt_line::fiq ? 1u << IRQ_SOFT : 0, VIC + VICINTSELECT);
    writel(1u << IRQ_SOFT, VIC + VICINTENABLE);
    writel(1u << IRQ_SOFT, VIC + VICSOFTINT);
    dsb();
}

void quiet_interrupt()
{
    writel(1u << IRQ_SOFT, VIC + VICSOFTINTCLEAR);
}

} // namespace

constinit const machine_desc machine = {
    .name = "ARM-Versatile PB",
    .nr = 387,
    .ram = {PHYS_OFFSET, RAM_WINDOW_SIZE},
    .dma_zone_size = 0,
    .io_map = io_map,
    .nr_io_map = sizeof(io_map) / sizeof(io_map[0]),
    .boot_clock = clock_24mhz,
    .boot_clock_hz = 24'000'000,
    .init_time = init_time,
    .bench_clock = clock_24mhz,
    .bench_clock_hz = 24'000'000,
    .restart = restart,
    .provoke_interrupt = provoke_interrupt,
    .quiet_interrupt = quiet_interrupt,
};

void console_init()
{
    pl011_enable_receive(UART0);
    writel(1u << IRQ_UART0, VIC + VICINTENABLE);
}
