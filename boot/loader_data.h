// What the loader left, as head.S saves it in the first megabyte before anything is written over
// it: the registers and a copy of what r2 pointed to.
//
// head.S only measures and copies (within RAM, at most LOADER_DATA_MAX bytes; of a list of ATAGs
// what it could walk). Whether the bytes make sense is judged on the copy, by boot/atags.cpp and
// boot/fdt.cpp. Nobody reads r2's memory afterwards.
// Linux: Documentation/arm/booting.rst says what a loader leaves.
#pragma once

#include <boot/loader_layout.h>
#include <kernel/lib/types.h>

struct loader_data {
    u32 machine; // r1: machine number, of interest with ATAGs only
    u32 pointer; // r2: physical address
    u32 kind;    // LOADER_KIND_...
    u32 length;  // bytes copied; for LOADER_KIND_TOO_LONG the length that was claimed
    u8 bytes[LOADER_DATA_MAX];
};

static_assert(offsetof(loader_data, machine) == LOADER_DATA_MACHINE);
static_assert(offsetof(loader_data, pointer) == LOADER_DATA_POINTER);
static_assert(offsetof(loader_data, kind) == LOADER_DATA_KIND);
static_assert(offsetof(loader_data, length) == LOADER_DATA_LENGTH);
static_assert(offsetof(loader_data, bytes) == LOADER_DATA_BYTES);
static_assert(sizeof(loader_data) == LOADER_DATA_SIZE);

/// The copy; the linker script gives it its place. On the host there is none.
extern loader_data __loader_data;
