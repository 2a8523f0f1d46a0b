// What the loader told, as the kernel uses it: banks, command line, reservations, initrd.
#pragma once

#include <asm/mach.h>
#include <boot/loader_data.h>

constexpr size_t COMMAND_LINE_SIZE = 1024;

/// The loader's command line, ended by NUL; printable characters only. Linux: the same name.
extern char boot_command_line[COMMAND_LINE_SIZE];

/// The initial RAM disk, reserved; a size of 0 means there is none. Linux: the same names.
extern phys_addr_t phys_initrd_start;
extern u32 phys_initrd_size;

/// Reads what head.S saved: fills `meminfo` and boot_command_line, sets phys_initrd_*, and
/// reserves in memblock the initrd ("initrd") and what the loader wants to be left alone
/// ("memreserve", "reserved-memory").
///
/// Whatever the data is, the machine can boot on: input that makes no sense gets one line that
/// names it and is skipped. That covers data of a kind that head.S refused, banks and reservations
/// outside the RAM window, and reservations that leave less than a quarter of RAM, or less than
/// half of its first 16 MB, which is all there is until map_lowmem is done. A command line over
/// COMMAND_LINE_SIZE - 1 characters is cut behind its last whole word, with a line: most of what
/// somebody wrote still counts, and no word changes its meaning by losing its end.
///
/// @param ram           where the board can have RAM at all
/// @param default_bank  called if the loader told of no bank that can be used
/// Context: boot, before parse_early_param(), memblock fresh. Linux: setup_machine_tags(),
/// setup_machine_fdt(), arm_initrd_init().
void setup_machine(const loader_data &data, phys_window ram, phys_window (*default_bank)());
