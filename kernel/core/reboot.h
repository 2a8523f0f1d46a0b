// The two ways out of the machine; the architecture defines both.
//
// Linux: include/linux/reboot.h, kernel/reboot.c.
#pragma once

/// Switches the machine off. Under QEMU with semihosting the run ends with `status`; without,
/// it says so and halts. Linux: machine_power_off().
[[noreturn]] void machine_power_off(int status);

/// Starts the machine anew from reset. Linux: machine_restart().
[[noreturn]] void machine_restart();
