// Trace points: what the memory manager does, sixteen bytes an event.
//
//     TRACE_POINT(trace_kind::map, 0, va.raw(), pa.raw());
//
// Off, a trace point is one load and one predicted branch, and its arguments are not evaluated.
// On, it takes a ticket from the ring and writes the event there; the newest events overwrite
// the oldest. It takes no lock, so it may stand anywhere, also in a fault handler. A reader that
// runs while others write may see an event half old, half new: stop tracing before reading.
// Linux: include/linux/tracepoint.h, kernel/trace/ring_buffer.c.
#pragma once

#include <atomic>
#include <span>

#include <kernel/lib/types.h>

enum class trace_kind : u16 {
    none,         // an event of the ring that was never written
    alloc,        // a: address, b: bytes
    free,         // a: address, b: bytes
    map,          // a: virtual address, b: physical address
    unmap,        // a: virtual address, b: bytes
    split,        // a: virtual address of the section, b: physical address of its table
    new_slab,     // a: address, b: bytes
    discard_slab, // a: address, b: bytes
};

/// One event as it stands in memory; scripts read the ring from outside, so the layout is fixed.
struct trace_event {
    u32 time; // trace_clock() when it happened
    trace_kind kind;
    u16 order; // page order, or the CPU where no order makes sense
    u32 a;
    u32 b;
};
static_assert(sizeof(trace_event) == 16);

/// The time that events carry; the board's free-running counter, or the host's.
/// Declared by this room, defined above (kernel/core/ticks.cpp).
u32 trace_clock();

/// A ring over memory that the caller owns.
class trace_ring {
public:
    /// @param events  the ring's memory; a power of two of events
    explicit constexpr trace_ring(std::span<trace_event> events) : events_(events) {}

    /// Writes one event over the oldest. Context: any.
    void record(trace_kind kind, u16 order, u32 a, u32 b)
    {
        u32 ticket = written_.fetch_add(1, std::memory_order_relaxed);
        events_[ticket & (capacity() - 1)] = {trace_clock(), kind, order, a, b};
    }

    /// Events that the ring holds now.
    [[nodiscard]] u32 size() const
    {
        u32 written = written_.load(std::memory_order_relaxed);
        return written < capacity() ? written : capacity();
    }
    /// Events ever recorded, those written over included (modulo 2^32).
    [[nodiscard]] u32 written() const { return written_.load(std::memory_order_relaxed); }

    /// Event `i` of size(), 0 being the oldest.
    [[nodiscard]] trace_event at(u32 i) const
    {
        u32 first = written_.load(std::memory_order_relaxed) - size();
        return events_[(first + i) & (capacity() - 1)];
    }

    void clear() { written_.store(0, std::memory_order_relaxed); }

private:
    [[nodiscard]] u32 capacity() const { return static_cast<u32>(events_.size()); }

    std::span<trace_event> events_;
    std::atomic<u32> written_{0};
};

/// The kernel's own ring and its switch (plain loads are enough: a late CPU loses some events).
extern trace_ring kernel_trace;
extern std::atomic<bool> trace_enabled;

/// Records an event if tracing is on. A macro, so that the arguments of a trace point that is
/// off cost nothing.
#define TRACE_POINT(kind, order, a, b)                                                             \
    do {                                                                                           \
        if (__builtin_expect(trace_enabled.load(std::memory_order_relaxed), 0))                    \
            kernel_trace.record(kind, order, a, b);                                                \
    } while (0)
