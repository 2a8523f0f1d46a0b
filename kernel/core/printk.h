// printk: the kernel's voice.
//
// Text goes to the log ring (read it with the console command dmesg, in gdb with
// `print log_ring`, or after an oops) and to the console. It works from the first line of C++,
// because head.S has mapped the UART. Formats are printf's, checked by the compiler, with
// Linux's extensions: %pa (a phys_addr_t, by pointer), %pS (a code address as
// symbol+offset/size), both through kernel/lib/vsnprintf.
// Linux: kernel/printk/printk.c, Documentation/core-api/printk-formats.rst.
#pragma once

#include <cstdarg>

#include <kernel/lib/printer.h>
#include <kernel/lib/types.h>

/// Formats and prints to the log ring and the console.
///
/// @return  characters produced (a longer line than 1024 bytes is cut)
/// Context: any, also from a fault handler; takes no lock that a fault could hold.
/// Linux: printk().
[[gnu::format(printf, 1, 2)]] int printk(const char *fmt, ...);
[[gnu::format(printf, 1, 0)]] int vprintk(const char *fmt, va_list args);

/// The printer that leads to printk's two places, for report functions. What is printed through
/// it is kept in the log ring too. Context: any.
extern const printer console_printer;

/// The printer that leads to the console alone: for echo and for printing the log itself.
extern const printer console_only_printer;

/// Hands the newest part of the log, oldest character first, to `out`: at most the ring's size,
/// less if less was printed. Text printed meanwhile by other CPUs may overwrite the beginning.
/// Context: any. Linux: dmesg(1), kmsg_dump.
void print_log(const printer &out);

/// Called with each text that goes to the log, once it is there; nullptr for none. For tests that
/// want to know what was said. It must not print. Context: set while no other CPU prints.
using printk_tap = void (*)(const char *text, size_t length);
void printk_set_tap(printk_tap tap);

/// Where the characters go; the world above defines it (a UART driver, or the host's capture).
/// Declared here because this is the lower room. Context: any.
void console_write(const char *text, size_t length);

/// Waits for one character from the console; the world above defines it.
///
/// @return  the character, 0 to 255, or -1 at the end of input, which a UART never sees
/// Context: may wait for ever.
[[nodiscard]] int console_read();
