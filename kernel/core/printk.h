// printk: the kernel's voice.
//
// Text goes to the log ring (read it in gdb, or after an oops) and to the console. It works from
// the first line of C++, because head.S has mapped the UART. Formats are printf's, checked by the
// compiler, with Linux's extensions: %pa (a phys_addr_t, by pointer), %pS (a code address as
// symbol+offset/size), both through kernel/lib/vsnprintf.
// Linux: kernel/printk/printk.c, Documentation/core-api/printk-formats.rst.
#pragma once

#include <cstdarg>

#include <kernel/lib/types.h>

/// Formats and prints to the log ring and the console.
///
/// @return  characters produced (a longer line than 1024 bytes is cut)
/// Context: any, also from a fault handler; takes no lock that a fault could hold.
/// Linux: printk().
[[gnu::format(printf, 1, 2)]] int printk(const char *fmt, ...);
int vprintk(const char *fmt, va_list args);

/// Where the characters go; the world above defines it (a UART driver, or the host's capture).
/// Declared here because this is the lower room. Context: any.
void console_write(const char *text, size_t length);
