// What host_bench can do besides timing; main() in host_bench.cpp chooses.
#pragma once

/// Counts instructions of our allocators, of rows whose name holds `names`; for callgrind.
/// @return an exit status: 1 if an allocator did not do what was asked
int count_ours(const char *names);
/// The same of the C library's allocator, whichever is loaded.
int count_library(const char *names);
/// The same of the placements that print_fragmentation() compares.
int count_fragmentation();
/// Prints a JSON line for each placement and fill.
int print_fragmentation(unsigned seeds);
