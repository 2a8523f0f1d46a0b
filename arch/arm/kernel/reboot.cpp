// The ways out: power off, restart, panic, halt.
//
// Linux: arch/arm/kernel/reboot.c. Arm: "Semihosting for AArch32 and AArch64".
#include <arch/arm/kernel/semihosting.h>
#include <asm/barrier.h>
#include <asm/irqflags.h>
#include <asm/mach.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/core/reboot.h>

void halt()
{
    local_irq_save();
    for (;;)
        wfi();
}

void semihosting_exit(u32 status)
{
    constexpr u32 SYS_EXIT_EXTENDED = 0x20;
    constexpr u32 ADP_STOPPED_APPLICATION_EXIT = 0x20026;
    const volatile u32 block[2] = {ADP_STOPPED_APPLICATION_EXIT, status};
    register u32 operation asm("r0") = SYS_EXIT_EXTENDED;
    register const volatile u32 *argument asm("r1") = block;
    asm volatile("svc 0x123456" : "+r"(operation) : "r"(argument) : "memory", "lr");
    halt();
}

void machine_power_off(int status)
{
    printk("Power off, status %d\n", status);
    semihosting_exit(static_cast<u32>(status));
}

void machine_panic_stop()
{
    semihosting_exit(1);
}

void machine_restart()
{
    printk("Restarting\n");
    machine.restart();
    printk("reboot: the board did not reset; halted\n");
    halt();
}
