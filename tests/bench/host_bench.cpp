// host_bench: our allocators and the C library's on the same work.
//
//   host_bench [Google Benchmark's options]   time; rows lowmem/WORK and library/WORK
//   host_bench --count [NAMES]                instructions of ours, under callgrind
//   host_bench --count-library [NAMES]        instructions of the loaded C library's allocator
//   host_bench --count-fragmentation          instructions of the placements
//   host_bench --fragmentation SEEDS          what the placements leave of large blocks
//   host_bench --who                          our compiler, and whose malloc is loaded
//
// Other allocators come by LD_PRELOAD, each into a process of its own, so that none meets another's
// memory or thread-local storage. scripts/bench host calls this.
#include <tests/bench/modes.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <tests/bench/pages.h>
#include <tests/bench/work.h>

namespace {

struct mark {
    const char *function; // that only this library has
    const char *library;
};
constexpr mark marks[] = {
    {"mi_malloc", "mimalloc"}, {"mallctl", "jemalloc"}, {"tc_malloc", "tcmalloc"}};

const char *whose_malloc()
{
    for (const mark &each : marks)
        if (dlsym(RTLD_DEFAULT, each.function))
            return each.library;
    return "glibc";
}

// ------------------------------------------------------------------ time

template <class Allocator>
void time_pair(benchmark::State &state, Allocator &allocator)
{
    constexpr u32 pairs = 1000;
    hot_pair<Allocator> work(allocator);
    for (auto _ : state)
        work.run(pairs);
    state.SetItemsProcessed(static_cast<s64>(state.iterations()) * pairs);
}

template <class Allocator>
void time_take_all(benchmark::State &state, Allocator &allocator, giving_back how)
{
    take_all<Allocator> work(allocator, MEASURED_PAGES, how);
    work.run();
    for (auto _ : state)
        work.run();
    if (work.failed() != 0)
        state.SkipWithError("not all pages could be taken");
    state.SetItemsProcessed(static_cast<s64>(state.iterations()) * MEASURED_PAGES);
}

template <class Allocator>
void time_mixed(benchmark::State &state, Allocator &allocator, u32 fill)
{
    constexpr u32 warm_up = 200000, steps = 10000;
    mixed<Allocator> work(allocator, MEASURED_PAGES, fill, 1);
    work.run(warm_up);
    for (auto _ : state)
        work.run(steps);
    work.give_all();
    state.SetItemsProcessed(static_cast<s64>(state.iterations()) * steps);
}

template <class Allocator>
void add_rows(const char *who, Allocator &allocator)
{
    auto name = [who](const char *work) { return std::string(who) + "/" + work; };
    auto add = [](const std::string &row, auto work) {
        benchmark::RegisterBenchmark(row.c_str(), work);
    };
    add(name("page_hot_pair"), [&](benchmark::State &state) { time_pair(state, allocator); });
    add(name("pages_take_all_lifo"),
        [&](benchmark::State &state) { time_take_all(state, allocator, giving_back::last_first); });
    add(name("pages_take_all_fifo"), [&](benchmark::State &state) {
        time_take_all(state, allocator, giving_back::first_first);
    });
    add(name("pages_take_all_random"),
        [&](benchmark::State &state) { time_take_all(state, allocator, giving_back::any_order); });
    add(name("pages_mixed_50"), [&](benchmark::State &state) { time_mixed(state, allocator, 50); });
}

int time_all(int argc, char **argv)
{
    static zones ours;
    static c_library library;
    add_rows("lowmem", ours);
    add_rows("library", library);
    benchmark::AddCustomContext("malloc", whose_malloc());
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

int who()
{
    std::printf("compiler %s\nmalloc %s\n", __VERSION__, whose_malloc());
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    const char *names = argc > 2 ? argv[2] : "";
    if (std::strcmp(mode, "--count") == 0)
        return count_ours(names);
    if (std::strcmp(mode, "--count-library") == 0)
        return count_library(names);
    if (std::strcmp(mode, "--count-fragmentation") == 0)
        return count_fragmentation();
    if (std::strcmp(mode, "--fragmentation") == 0)
        return print_fragmentation(argc > 2 ? static_cast<unsigned>(std::atoi(names)) : 8);
    if (std::strcmp(mode, "--who") == 0)
        return who();
    return time_all(argc, argv);
}
