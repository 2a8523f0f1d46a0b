// The harness: find the scale, then for each bench warm up, measure, subtract, print.
//
//   ticks of body(n) - ticks of an empty loop of n
//   ---------------------------------------------- * nanoseconds a tick / 2^shift = insn/op
//                        n
//
// A tick of the A9's global timer is 10 ns, so at `-icount shift=4` (16 ns an instruction) single
// instructions are seen, and at shift=0 one tick in n operations is lost, which is nothing.

#include <kernel/monitor/bench.h>

#include <algorithm>
#include <array>

#include <kernel/core/spinlock.h>

extern "C" {
[[gnu::weak]] extern const struct bench __start_monitor_benches[];
[[gnu::weak]] extern const struct bench __stop_monitor_benches[];
}

namespace {

constexpr u64 ns_per_second = 1000000000;
constexpr u32 nops = 16;

/// 2 instructions an iteration, as in the loop of a body: count down, branch.
[[gnu::noinline]] void empty_loop(u32 iterations)
{
    for (u32 i = iterations; i != 0; --i)
        asm volatile("" ::: "memory");
}

[[gnu::noinline]] void loop_of_nops(u32 iterations)
{
    for (u32 i = iterations; i != 0; --i) {
        asm volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\t"
                     "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::
                         : "memory");
    }
}

u32 ticks_of(void (*body)(u32), u32 iterations)
{
    irq_guard off;
    u32 start = bench_ticks();
    body(iterations);
    return bench_ticks() - start;
}

bench_scale calibrate()
{
    constexpr u32 iterations = 20000;
    std::array<u32, 4> ticks{};
    for (u32 &each : ticks) {
        u32 with_nops = ticks_of(loop_of_nops, iterations);
        each = with_nops - ticks_of(empty_loop, iterations);
    }
    // The first round warms up.
    return find_scale(std::span(ticks).subspan(1), iterations * nops, bench_ticks_hz());
}

/// The least of three rounds, after one to warm up, less the empty loop.
u32 measure(const bench &one)
{
    one.body(one.iterations);
    u32 least = ~0u;
    u32 empty = ~0u;
    for (int round = 0; round < 3; ++round) {
        least = std::min(least, ticks_of(one.body, one.iterations));
        empty = std::min(empty, ticks_of(empty_loop, one.iterations));
    }
    if (one.loop == bench_loop::counted)
        return least;
    return least > empty ? least - empty : 0;
}

bool fits(std::string_view name, std::string_view filter)
{
    return name.find(filter) != std::string_view::npos;
}

} // namespace

bench_scale find_scale(std::span<const u32> ticks, u32 instructions, u32 hz)
{
    auto [least, most] = std::minmax_element(ticks.begin(), ticks.end());
    u64 tick_ns = ns_per_second / hz + 1;
    constexpr u32 largest_shift = 10; // QEMU's own limit
    for (u32 shift = 0; shift <= largest_shift; ++shift) {
        u64 expected = u64{instructions} << shift;
        u64 measured = *least * ns_per_second / hz;
        u64 error = measured > expected ? measured - expected : expected - measured;
        // Each of the two readings behind the difference may be a tick late.
        if (*most - *least <= 2 && error <= 2 * tick_ns)
            return {bench_scale::unit::instructions, shift};
    }
    return {bench_scale::unit::nanoseconds, 0};
}

void print_bench_line(const printer &out, std::string_view name, bench_scale scale, u32 ticks,
                      u32 hz, u32 operations)
{
    u64 divisor = (u64{hz} * operations) << scale.shift;
    // 32 bits of ticks times 10^9 stay below 2^62; times a thousand only what is left of them.
    u64 ns = ticks * ns_per_second;
    const bool small = ns / divisor < 10;
    const u32 digits = small ? 1000 : 10;
    u64 value = ns / divisor * digits + (ns % divisor * digits + divisor / 2) / divisor;
    out.printf("{\"bench\":\"%.*s\",\"unit\":\"%s\",\"value\":%llu.%0*llu}\n",
               static_cast<int>(name.size()), name.data(),
               scale.of == bench_scale::unit::instructions ? "insn/op" : "ns/op", value / digits,
               small ? 3 : 1, value % digits);
}

bool run_bench(const bench &one, bench_scale scale, const printer &out)
{
    const char *obstacle = one.state.prepare ? one.state.prepare() : nullptr;
    if (obstacle)
        out.printf("bench: %s not measured: %s\n", one.name, obstacle);
    else
        print_bench_line(out, one.name, scale, measure(one), bench_ticks_hz(), one.iterations);
    if (one.state.undo)
        one.state.undo();
    return !obstacle;
}

bench_counts run_benches(std::string_view filter, std::span<const boot_time> stages, u32 boot_hz,
                         const printer &out)
{
    bench_scale scale = calibrate();
    bench_counts count{0, 0};
    for (const boot_time &stage : stages) {
        if (fits(stage.name, filter)) {
            print_bench_line(out, stage.name, scale, stage.ticks, boot_hz, stage.operations);
            ++count.found;
        }
    }
    for (const bench &one : std::span(__start_monitor_benches, __stop_monitor_benches)) {
        if (fits(one.name, filter)) {
            ++count.found;
            count.failed += run_bench(one, scale, out) ? 0 : 1;
        }
    }
    return count;
}
