// The record of boot times, and the clock of trace events. The counter itself is the board's; on
// the host it is the system's clock.

#include <kernel/core/ticks.h>

#include <array>

#if defined(LOWMEM_HOST)
#include <ctime>
#endif

#include <kernel/core/spinlock.h>
#include <kernel/lib/trace.h>

#if defined(LOWMEM_HOST)
u32 bench_ticks()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<u32>(static_cast<u64>(now.tv_sec) * 1000000000 +
                            static_cast<u64>(now.tv_nsec));
}

u32 bench_ticks_hz()
{
    return 1000000000;
}
#endif

u32 trace_clock()
{
    return bench_ticks();
}

namespace {

/// The counter made wide.
struct wide_clock {
    u64 sum = 0;
    u32 last = 0;
};
constinit spinlock_t clock_lock;
constinit wide_clock uptime GUARDED_BY(clock_lock);

} // namespace

u32 uptime_ms()
{
    const spin_irq_guard guard(clock_lock);
    const u32 ticks = bench_ticks();
    uptime.sum += ticks - uptime.last;
    uptime.last = ticks;
    return static_cast<u32>(uptime.sum * 1000 / bench_ticks_hz());
}

static constinit std::array<boot_time, 16> recorded{};
static constinit size_t recorded_count = 0;

void record_boot_time(const char *name, u32 ticks, u32 operations)
{
    if (recorded_count < recorded.size())
        recorded[recorded_count++] = {name, ticks, operations};
}

std::span<const boot_time> boot_times()
{
    return {recorded.data(), recorded_count};
}
