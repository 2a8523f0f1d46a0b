// Measuring on the target: how many instructions an operation takes.
//
//     BENCH(irq_guard_pair, 1000)
//     {
//         for (u32 i = 0; i < iterations; ++i)
//             irq_guard off;
//     }
//
// registers a bench in section monitor_benches. Its body does the operation `iterations` times in
// a loop of its own; the cost of an empty loop is subtracted. What record_boot_time() recorded
// during boot is a bench too, of one iteration that can't be repeated.
//
// Under QEMU's -icount virtual time is instructions executed, so a loop of known length tells how
// many nanoseconds an instruction is made to last, and figures repeat exactly: the unit is
// insn/op. Else time is the host's and the unit is ns/op.
#pragma once

#include <span>
#include <string_view>

#include <kernel/core/ticks.h>
#include <kernel/lib/printer.h>
#include <kernel/lib/types.h>

struct bench {
    const char *name;
    u32 iterations; // that one measurement makes
    void (*body)(u32 iterations);
};

#define BENCH(name, iterations_of_one)                                                             \
    static void bench_##name(u32 iterations);                                                      \
    [[gnu::used, gnu::section("monitor_benches"),                                                  \
      gnu::aligned(alignof(struct bench))]] static const struct bench bench_record_##name = {      \
        #name, iterations_of_one, bench_##name};                                                   \
    static void bench_##name(u32 iterations)

/// What a tick means.
struct bench_scale {
    enum class unit : u8 { instructions, nanoseconds };
    unit of;
    u32 shift; // an instruction lasts 2^shift ns, as -icount shift=N says
};

/// Finds the scale from loops that were measured.
///
/// @param ticks         what the same `instructions` took, several times
/// @param hz            ticks a second
/// @return              instructions if all agree within a tick on a power of two nanoseconds an
///                      instruction, else nanoseconds
[[nodiscard]] bench_scale find_scale(std::span<const u32> ticks, u32 instructions, u32 hz);

/// Prints {"bench":"name","unit":"insn/op","value":41.0}: `ticks` of `hz` a second, spread over
/// `operations`, rounded to a tenth.
void print_bench_line(const printer &out, std::string_view name, bench_scale scale, u32 ticks,
                      u32 hz, u32 operations);

/// Runs all registered benches whose name holds `filter`, and prints the stages that fit.
///
/// @param stages   what was measured before, boot_times() for the kernel's
/// @param boot_hz  ticks a second of the clock that boot times were taken with
/// @return         how many there were
/// Context: one CPU; interrupts are off while measuring.
u32 run_benches(std::string_view filter, std::span<const boot_time> stages, u32 boot_hz,
                const printer &out);
