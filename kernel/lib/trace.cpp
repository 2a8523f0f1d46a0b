// The kernel's trace ring: 1024 events, 16 KB. In gdb: print kernel_trace_events.

#include <kernel/lib/trace.h>

constinit trace_event kernel_trace_events[1024] = {};
constinit trace_ring kernel_trace(kernel_trace_events);
constinit std::atomic<bool> trace_enabled{false};
