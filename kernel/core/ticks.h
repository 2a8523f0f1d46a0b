// A free-running counter for measuring, and what was measured during boot.
//
// The board offers a counter of fixed frequency. Under QEMU's -icount its time is instructions
// executed, so differences repeat exactly; kernel/monitor/bench.cpp makes instructions of them.
#pragma once

#include <span>

#include <kernel/lib/types.h>

/// The board's counter for measuring; wraps at 2^32. The architecture defines it (on the host it
/// counts nanoseconds). Context: any, after machine.init_time(). Linux: get_cycles().
[[nodiscard]] u32 bench_ticks();
/// How often bench_ticks() counts in a second, never 0.
[[nodiscard]] u32 bench_ticks_hz();

/// Milliseconds since boot, never backwards. It loses time if nobody asks for as long as the counter
/// takes to come round (43 s on vexpress-a9). Context: any; takes a lock of its own.
[[nodiscard]] u32 uptime_ms();

/// What one stage of the boot took, in ticks of the board's boot clock: the counter for measuring
/// may not be mapped yet. machine.boot_clock_hz says how many make a second.
struct boot_time {
    const char *name;
    u32 ticks;
    u32 operations = 1; ///< the ticks are for so many (pages, say), not 0
};

/// Remembers that stage `name` (a string that stays) took `ticks` for `operations` things, at least
/// one; the bench of that name prints it later. The first 16 are kept. Context: boot, one CPU.
void record_boot_time(const char *name, u32 ticks, u32 operations = 1);

/// What has been recorded, in order of recording.
[[nodiscard]] std::span<const boot_time> boot_times();
