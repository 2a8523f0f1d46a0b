// Versatile Express with the CoreTile A9x4, as QEMU's vexpress-a9.
//
// RAM 0x60000000, up to 1 GB. Motherboard peripherals at 0x10000000 (PL011 UART0 0x10009000,
// system registers 0x10000000), the A9's private peripherals at 0x1e000000 (SCU, GIC, timers).
// Arm: DUI 0447 (motherboard), DUI 0448 (CoreTile). Linux: arch/arm/mach-vexpress.
#include <arch/arm/drivers/pl011.h>
#include <asm/barrier.h>
#include <asm/console.h>
#include <asm/io.h>
#include <asm/mach.h>
#include <asm/memory.h>
#include <boot/board.h>

namespace {

constexpr virt_addr_t MOTHERBOARD = VMALLOC_END - SZ_1M;
constexpr virt_addr_t PRIVATE = VMALLOC_END - 2 * SZ_1M;
constexpr virt_addr_t UART0{UART_VIRT};
static_assert(MOTHERBOARD.raw() == (UART_VIRT & 0xfff00000), "head.S and io_map disagree");

constexpr map_desc io_map[] = {
    {MOTHERBOARD, PFN_DOWN(phys_addr_t(0x10000000)), SZ_1M, MT_DEVICE, "motherboard"},
    {PRIVATE, PFN_DOWN(phys_addr_t(0x1e000000)), SZ_1M, MT_DEVICE, "A9 private"},
};

// System registers (DUI 0447 4.2.1).
constexpr virt_addr_t SYS_24MHZ = MOTHERBOARD + 0x5c;
constexpr virt_addr_t SYS_CFGDATA = MOTHERBOARD + 0xa0;
constexpr virt_addr_t SYS_CFGCTRL = MOTHERBOARD + 0xa4;
constexpr u32 SYS_CFGCTRL_START_WRITE = 1u << 31 | 1u << 30;
constexpr u32 SYS_CFG_REBOOT = 9u << 20;

u32 boot_clock()
{
    return readl(SYS_24MHZ);
}

// Global timer (DDI 0407 4.4): 64 bits, of which the low 32 are enough to measure with.
constexpr virt_addr_t GLOBAL_TIMER = PRIVATE + 0x200;
constexpr u32 GLOBAL_TIMER_CONTROL = 0x8;

// Generic interrupt controller: only to let WFI wake when a character arrives (IHI 0048).
constexpr virt_addr_t GICC = PRIVATE + 0x100;
constexpr virt_addr_t GICD = PRIVATE + 0x1000;
constexpr u32 IRQ_UART0 = 37;

void init_time()
{
    writel(1, GLOBAL_TIMER + GLOBAL_TIMER_CONTROL);
}

u32 bench_clock()
{
    return readl(GLOBAL_TIMER);
}

void restart()
{
    writel(0, SYS_CFGDATA);
    writel(SYS_CFGCTRL_START_WRITE | SYS_CFG_REBOOT, SYS_CFGCTRL);
    // The board resets while we wait; the counter tells a tenth of a second.
    const u32 start = boot_clock();
    while (boot_clock() - start < 2'400'000)
        ;
}

void provoke_interrupt(interrupt_line line)
{
    // Group 0 interrupts are FIQs when GICC_CTLR.FIQEn (3) is set. An SGI to this core alone.
    writel(line == interrupt_line::fiq ? 1 | 1 << 3 : 1, GICC);
    writel(2u << 24, GICD + 0xf00);
    dsb();
}

void quiet_interrupt()
{
    writel(readl(GICC + 0xc), GICC + 0x10); // GICC_IAR to GICC_EOIR
    writel(1, GICC);
}

} // namespace

constinit const machine_desc machine = {
    .name = "ARM-Versatile Express",
    .nr = 2272,
    .ram = {PHYS_OFFSET, RAM_WINDOW_SIZE},
    .dma_zone_size = 0,
    .io_map = io_map,
    .nr_io_map = sizeof(io_map) / sizeof(io_map[0]),
    .boot_clock = boot_clock,
    .boot_clock_hz = 24'000'000,
    .init_time = init_time,
    .bench_clock = bench_clock,
    .bench_clock_hz = 100'000'000,
    .restart = restart,
    .provoke_interrupt = provoke_interrupt,
    .quiet_interrupt = quiet_interrupt,
};

void console_init()
{
    pl011_enable_receive(UART0);
    writeb(1, GICD + 0x800 + IRQ_UART0);                               // GICD_ITARGETSR: core 0
    writel(1u << (IRQ_UART0 % 32), GICD + 0x100 + IRQ_UART0 / 32 * 4); // GICD_ISENABLER
    writel(1, GICD);                                                   // GICD_CTLR
    writel(0xff, GICC + 4);                                            // GICC_PMR
    writel(1, GICC);                                                   // GICC_CTLR
}
