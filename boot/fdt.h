// The reader of flattened device trees (DTB): of all that a tree says, the little that is wanted
// before there is memory.
#pragma once

#include <span>

#include <boot/loader_sink.h>

/// Reads a device tree blob and tells `sink` what it says: the reg of nodes with device_type
/// "memory" below the root, the memory reservation block, the reg of the children of
/// /reserved-memory, and of /chosen the bootargs and linux,initrd-start and -end. Everything else
/// passes silently; so do entries of size 0 (templates have them) and nodes whose status is
/// neither "okay" nor "ok".
///
/// @param bytes  the blob from its magic on; any bytes of any alignment are survived. A header
///               that makes no sense gets one line and nothing is read; a structure that breaks
///               off gets one line and what stands before it counts; a property that makes no
///               sense gets one line and is skipped.
/// Context: boot. Linux: drivers/of/fdt.c early_init_dt_scan().
void read_fdt(std::span<const u8> bytes, loader_sink &sink);
