// printf's engine for the kernel: text from a format, into a buffer, nothing else.
//
// newlib-nano's printf knows neither %zu nor %llx and wants a reentrancy structure, so this is
// our own. The functions are called kvsnprintf, ksnprintf and kscnprintf because the C library's
// vsnprintf exists in both worlds too (the tests on the host compare the two); one name with two
// bodies in one program would be decided by the order of linking.
//
// Understood: %d %i %u %o %x %X %c %s %p %%, the flags - + space 0 #, width and precision as
// numbers or *, the lengths hh h l ll z t j. No floating point, no %n. After %p one letter may
// stand, as in Linux:
//   %p, %px  an address of the machine, 0x%08x of its low 32 bits (the same text in both worlds)
//   %pa      a phys_addr_t, given by pointer, 0x%08x
//   %pS      a code address as symbol+0xoffset/0xsize; 0x%08x where no symbol is known
//   %ps      the symbol's name alone
//   %pB      as %pS for a return address: names the function that holds the call, also where the
//            call is its last instruction and the address already belongs to the next function
// Linux: lib/vsprintf.c, Documentation/core-api/printk-formats.rst.
#pragma once

#include <cstdarg>

#include <kernel/lib/types.h>

/// Writes the text of `fmt` into `buffer`, cut to `size` bytes with the terminating NUL.
///
/// @param size  bytes at `buffer`; with 0 nothing is written and `buffer` may be nullptr
/// @return      characters of the whole text, without NUL, also if it was cut. From a conversion
///              that is not understood on, the format itself is the text.
/// Context: any. Linux: vsnprintf().
[[gnu::format(printf, 3, 0)]] int kvsnprintf(char *buffer, size_t size, const char *fmt,
                                             va_list args);
/// kvsnprintf with the arguments in line. Linux: snprintf().
[[gnu::format(printf, 3, 4)]] int ksnprintf(char *buffer, size_t size, const char *fmt, ...);

/// ksnprintf that returns the characters which are really in `buffer`, without NUL: at most
/// size - 1, and 0 for size 0. Linux: scnprintf().
[[gnu::format(printf, 3, 4)]] int kscnprintf(char *buffer, size_t size, const char *fmt, ...);

/// How much %pS and its kin say about a code address.
enum class symbol_style : u8 {
    name,           // %ps  paging_init
    offset,         // %pS  paging_init+0x24/0x80
    return_address, // %pB  the same, looked up one byte below
};

/// Writes the symbol of code address `address` into `buffer`, cut to `size` bytes with NUL, or
/// the bare address where none is known. Declared by this room, defined by the one that holds
/// the symbols (kernel/core/kallsyms.cpp). Returns the characters written.
size_t kallsyms_format(unsigned long address, symbol_style style, char *buffer, size_t size);
