// Are memblock's lists what they promise to be? Asked by the console and by tests.
#pragma once

#include <kernel/lib/printer.h>
#include <mm/memblock_engine.h>

/// Checks both lists: every range ends at or after its start, the ranges are sorted and do not
/// overlap, and neighbours that touch say different things (else they would be one).
///
/// @param out  gets one line for each broken promise
/// @return     number of lines
/// Context: boot, one CPU; O(regions).
u32 verify_memblock(const memblock &engine, const printer &out);
