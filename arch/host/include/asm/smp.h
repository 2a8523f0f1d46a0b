// Which CPU runs this code, host world: each thread is one. The first thread is CPU 0.
#pragma once

#include <kernel/lib/types.h>

constexpr u32 NR_CPUS = 4;

/// The thread's number as a CPU; a test that makes threads gives each its own.
inline thread_local u32 host_cpu = 0;

inline u32 raw_smp_processor_id()
{
    return host_cpu;
}
