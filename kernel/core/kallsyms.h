// Names of the kernel's own functions, inside the kernel: for backtraces, %pS and reports.
//
// The table is made from a first link of the kernel by scripts/kallsyms.py and linked in by a
// second one, at the end of .rodata, so that no function moves between the two. A kernel from
// the first link, and the host, have an empty table and print bare addresses.
// Linux: kernel/kallsyms.c, scripts/kallsyms.c.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <kernel/lib/types.h>
#include <kernel/lib/vsnprintf.h>

/// A function that holds some address.
struct symbol {
    std::string_view name; // with its class or namespace, without parameters
    u32 start;             // address of the function
    u32 size;              // bytes up to the next function
};

/// Functions sorted by address, and their names.
struct symbol_table {
    std::span<const u32> starts;       // sorted addresses; the last one ends the table, unnamed
    std::span<const u32> name_offsets; // one less than starts: where each name begins in names
    const char *names;                 // each ended by NUL

    /// The function that holds `address`: the last one that starts at or below it, if the table's
    /// end is above. Context: any.
    [[nodiscard]] std::optional<symbol> find(u32 address) const;
};

/// The kernel's own table; empty where the build made none. Context: any.
[[nodiscard]] symbol_table kernel_symbols();

/// What kallsyms_format() (kernel/lib/vsnprintf.h, behind %pS) does, with a table of one's choice:
/// "name", "name+0xoffset/0xsize", or the bare address where the table has no name.
size_t format_symbol(const symbol_table &table, u32 address, symbol_style style, char *buffer,
                     size_t size);
