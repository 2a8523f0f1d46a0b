// Trace of slabs: an observer that writes each new slab and each one given up into the trace ring.
#pragma once

#include <kernel/lib/printer.h>

/// Context of both: nobody else uses caches. Twice does no harm.
void slab_trace_on();
void slab_trace_off();
[[nodiscard]] bool slab_trace_is_on();
/// The events of slabs that the ring holds, oldest first. @return how many. Context: any.
u32 print_slab_trace(const printer &out);
