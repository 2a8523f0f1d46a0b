// Measuring on the target: how many instructions an operation takes.
//
//     BENCH(irq_guard_pair, 1000)
//     {
//         for (u32 i = iterations; i != 0; --i)
//             irq_guard off;
//     }
//
// registers a bench in section monitor_benches. Its body does the operation `iterations` times in
// a loop of its own; the cost of an empty loop is subtracted. BENCH_LOOPS leaves it in, for a row
// of which the loop is a part (a thousand objects, and where to remember them). What must be so
// before the first operation is made by a bench_state: prepare() says why it can't, and the bench
// is not run. What record_boot_time() recorded during boot is a bench too, which can't be repeated.
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

/// What a bench needs around it, made once before it and undone behind it, neither measured.
struct bench_state {
    const char *(*prepare)(); // nullptr, or why it can't be had
    void (*undo)();           // called in any case
};
/// Nothing special.
constexpr bench_state no_state{nullptr, nullptr};

enum class bench_loop : u8 { subtracted, counted };

struct bench {
    const char *name;
    u32 iterations; // that one measurement makes
    void (*body)(u32 iterations);
    bench_state state;
    bench_loop loop;
};

#define BENCH_RECORD(name, iterations_of_one, state, loop)                                         \
    static void bench_##name(u32 iterations);                                                      \
    [[gnu::used, gnu::section("monitor_benches"),                                                  \
      gnu::aligned(alignof(struct bench))]] static const struct bench bench_record_##name = {      \
        #name, iterations_of_one, bench_##name, state, loop};                                      \
    static void bench_##name(u32 iterations)
#define BENCH(name, iterations) BENCH_IN(no_state, name, iterations)
#define BENCH_IN(state, name, iterations)                                                          \
    BENCH_RECORD(name, iterations, state, bench_loop::subtracted)
#define BENCH_LOOPS(state, name, iterations)                                                       \
    BENCH_RECORD(name, iterations, state, bench_loop::counted)

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
/// `operations`, rounded to a tenth; below ten to a thousandth.
void print_bench_line(const printer &out, std::string_view name, bench_scale scale, u32 ticks,
                      u32 hz, u32 operations);

/// Benches that were found, and those of them that could not be measured.
struct bench_counts {
    u32 found, failed;
};

/// Prepares, measures, prints and undoes one bench; or says why it can't be prepared.
/// @return false if it was not measured. Context: one CPU; interrupts are off while measuring.
bool run_bench(const bench &one, bench_scale scale, const printer &out);

/// Runs all registered benches whose name holds `filter`, and prints the stages that fit.
///
/// @param stages   what was measured before, boot_times() for the kernel's
/// @param boot_hz  ticks a second of the clock that boot times were taken with
/// Context: as run_bench().
bench_counts run_benches(std::string_view filter, std::span<const boot_time> stages, u32 boot_hz,
                         const printer &out);
