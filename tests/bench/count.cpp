// Instructions by callgrind: each row of work runs twice, with the allocator and with none, and
// callgrind writes what either took into a file of its own. scripts/lib/hostbench.py subtracts and
// divides. What is made before (arenas, a first run that warms up) is not counted.
#include <tests/bench/modes.h>

#include <cstdio>
#include <cstring>
#include <string>

#include <valgrind/callgrind.h>

#include <tests/bench/allocators.h>
#include <tests/bench/lifo_buddy.h>
#include <tests/bench/pages.h>
#include <tests/bench/tree_buddy.h>
#include <tests/bench/work.h>

namespace {

constexpr u32 pairs = 10000, steps = 200000;

const char *filter = "";
bool good = true;

/// Counts what `work` does, as `name`.
template <class Work>
void counted_run(const std::string &name, Work work)
{
    CALLGRIND_START_INSTRUMENTATION;
    work();
    CALLGRIND_STOP_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS_AT(name.c_str());
}

/// A row: the work with the allocator, the same with nothing, divided by `operations`.
template <class With, class Without>
void row(const std::string &name, u32 operations, With with, Without without)
{
    std::printf("count %s %u\n", name.c_str(), operations);
    counted_run(name, with);
    counted_run(name + "-", without);
}

bool wanted(const std::string &name)
{
    return name.find(filter) != std::string::npos;
}

void expect(bool condition, const std::string &name, const char *what)
{
    if (condition)
        return;
    std::fprintf(stderr, "host_bench: %s: %s\n", name.c_str(), what);
    good = false;
}

template <class Allocator>
void pair_row(const std::string &name, Allocator &allocator)
{
    if (!wanted(name))
        return;
    nothing none;
    hot_pair<Allocator> with(allocator);
    hot_pair<nothing> without(none);
    with.run(pairs);
    row(
        name, pairs, [&] { with.run(pairs); }, [&] { without.run(pairs); });
}

struct way_back {
    const char *name;
    giving_back how;
};
constexpr way_back ways_back[] = {{"lifo", giving_back::last_first},
                                  {"fifo", giving_back::first_first},
                                  {"random", giving_back::any_order}};

/// `whole` tells how many blocks of the highest order there are when all has been given back.
template <class Allocator, class Whole>
void take_all_rows(const std::string &name, Allocator &allocator, u32 blocks, Whole whole)
{
    for (const way_back &back : ways_back) {
        const std::string full = name + "_" + back.name;
        if (!wanted(full))
            continue;
        nothing none;
        take_all<Allocator> with(allocator, MEASURED_PAGES, back.how);
        take_all<nothing> without(none, MEASURED_PAGES, back.how);
        with.run();
        row(
            full, MEASURED_PAGES, [&] { with.run(); }, [&] { without.run(); });
        expect(with.failed() == 0, full, "not all pages could be taken");
        expect(whole() == blocks, full,
               "not all pages came together in blocks of the highest order");
    }
}

template <class Allocator>
void mixed_row(const std::string &name, Allocator &allocator, u32 fill)
{
    if (!wanted(name))
        return;
    nothing none;
    mixed<Allocator> with(allocator, MEASURED_PAGES, fill, 1);
    mixed<nothing> without(none, MEASURED_PAGES, fill, 1);
    with.run(steps);
    without.run(steps);
    row(
        name, steps, [&] { with.run(steps); }, [&] { without.run(steps); });
    with.give_all();
}

template <unsigned MaxOrder>
void engine_rows(const std::string &name)
{
    engine<MaxOrder> arena(MEASURED_PAGES);
    auto whole = [&] { return arena.whole_blocks(); };
    constexpr u32 blocks = MEASURED_PAGES >> MaxOrder;
    // Alone in the arena a page splits and merges all levels; with a neighbour in use none.
    pair_row(name + "_pair_alone", arena);
    const u32 neighbour = arena.take(0);
    pair_row(name + "_pair", arena);
    arena.give(neighbour, 0);
    take_all_rows(name + "_take_all", arena, blocks, whole);
    mixed_row(name + "_mixed_50", arena, 50);
    expect(whole() == blocks, name, "not all pages came together in blocks of the highest order");
}

void zone_rows()
{
    zones pages;
    auto whole = [&] { return pages.whole_blocks(); };
    constexpr u32 blocks = MEASURED_PAGES >> (MAX_ORDER - 1);
    pair_row("host_page_hot_pair", pages);
    take_all_rows("host_pages_take_all", pages, blocks, whole);
    mixed_row("host_pages_mixed_50", pages, 50);
    expect(whole() == blocks, "host_pages",
           "not all pages came together in blocks of the highest order");
}

template <class Allocator>
void fragmentation_rows(const std::string &name)
{
    for (u32 fill : {50u, 90u}) {
        Allocator allocator(MEASURED_PAGES);
        mixed_row("fragmentation_" + name + "_" + std::to_string(fill), allocator, fill);
    }
}

} // namespace

int count_ours(const char *names)
{
    filter = names;
    zone_rows();
    engine_rows<10>("host_buddy");
    engine_rows<16>("host_buddy16");
    return good ? 0 : 1;
}

int count_fragmentation()
{
    fragmentation_rows<engine<16>>("engine");
    fragmentation_rows<lifo_buddy<16>>("lifo");
    fragmentation_rows<tree_buddy<16>>("tree");
    return good ? 0 : 1;
}

int count_library(const char *names)
{
    filter = names;
    c_library library;
    pair_row("host_page_hot_pair", library);
    take_all_rows("host_pages_take_all", library, 0, [] { return 0u; });
    mixed_row("host_pages_mixed_50", library, 50);
    return good ? 0 : 1;
}
