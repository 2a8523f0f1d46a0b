// The shim's runner: goes through the section target_tests and reports as GoogleTest does.
//
//   for each suite, at its first record:   SetUpTestSuite
//     for each of its records              one test, or one for each value of each instantiation
//       report_start, SetUp, TestBody, TearDown
//                                          TearDownTestSuite
//   summary: failed and skipped by name, files that run on the host alone, the three counts
//
// Nothing is allocated: names that the summary lists are kept in two texts of fixed size, and
// what does not fit there is counted all the same.
#include <tests/shim_state.h>

#include <kernel/core/printk.h>

// The linker makes these for a section whose name is an identifier.
extern "C" const ::testing::record *const __start_target_tests[];
extern "C" const ::testing::record *const __stop_target_tests[];

namespace testing {

constinit unsigned char fixture_room[FIXTURE_ROOM] = {};

namespace {

constinit struct {
    unsigned passed, failed, skipped, suites;
} count = {};

constinit notes failed_tests;

unsigned total()
{
    return count.passed + count.failed + count.skipped;
}

void say_number(unsigned number, const char *what)
{
    put_decimal(console, number);
    say(what);
}

/// One pattern of * and ?, up to `end`.
bool fits(const char *pattern, const char *end, const char *name, const char *name_end)
{
    for (; pattern != end; pattern++, name++) {
        if (*pattern == '*') {
            for (const char *rest = name; rest <= name_end; rest++)
                if (fits(pattern + 1, end, rest, name_end))
                    return true;
            return false;
        }
        if (name == name_end || (*pattern != '?' && *pattern != *name))
            return false;
    }
    return name == name_end;
}

/// One of the patterns between colons, up to `end`.
bool fits_one(const char *patterns, const char *end, std::string_view name)
{
    while (patterns != end) {
        const char *stop = patterns;
        while (stop != end && *stop != ':')
            stop++;
        if (fits(patterns, stop, name.data(), name.data() + name.size()))
            return true;
        patterns = stop == end ? end : stop + 1;
    }
    return false;
}

bool wanted(const char *filter, std::string_view name)
{
    if (filter == nullptr)
        return true;
    const char *end = filter + strlen(filter);
    const char *minus = strchr(filter, '-');
    const char *positive_end = minus != nullptr ? minus : end;
    if (positive_end != filter && !fits_one(filter, positive_end, name))
        return false;
    return minus == nullptr || !fits_one(minus + 1, end, name);
}

void run_one(const record &test, const Message &name, const void *param)
{
    current = {false, false, false, &name};
    say_line("[ RUN      ] ", name.view());
    report_start();
    test.run(param);
    if (current.failed) {
        count.failed++;
        failed_tests.add("[  FAILED  ] ");
        failed_tests.add(name.view());
        failed_tests.add("\n");
        say_line("[  FAILED  ] ", name.view());
    } else if (current.skipped) {
        count.skipped++;
        say_line("[  SKIPPED ] ", name.view());
    } else {
        count.passed++;
        say_line("[       OK ] ", name.view());
    }
    current.name = nullptr;
}

/// Calls `visit(test, name, param)` for what `test` stands for, with each value if it takes one.
template <class Visit>
void for_each_instance(const record &test, Visit visit)
{
    if (test.what == record::kind::test)
        visit(test, Message() << test.suite << "." << test.name, nullptr);
    if (test.what != record::kind::param_test)
        return;
    for (auto entry = __start_target_tests; entry != __stop_target_tests; entry++) {
        const record &values = **entry;
        if (values.what != record::kind::values || strcmp(values.suite, test.suite) != 0)
            continue;
        for (unsigned i = 0; i < values.values; i++)
            visit(test,
                  Message() << values.name << "/" << test.suite << "." << test.name << "/" << i,
                  values.value(i));
    }
}

template <class Visit>
void for_each_in_suite(const char *suite, Visit visit)
{
    for (auto entry = __start_target_tests; entry != __stop_target_tests; entry++)
        if (strcmp((*entry)->suite, suite) == 0)
            for_each_instance(**entry, visit);
}

void run_suite(const record &first, const char *filter)
{
    unsigned here = 0;
    for_each_in_suite(first.suite, [&](const record &, const Message &name, const void *) {
        here += wanted(filter, name.view());
    });
    if (here == 0)
        return;
    count.suites++;
    say("[----------] ");
    say_number(here, here == 1 ? " test from " : " tests from ");
    say_line("", first.suite);
    first.suite_begin();
    for_each_in_suite(first.suite, [&](const record &test, const Message &name, const void *param) {
        if (wanted(filter, name.view()))
            run_one(test, name, param);
    });
    first.suite_end();
}

bool is_first_of_suite(const record *const *entry)
{
    for (auto before = __start_target_tests; before != entry; before++)
        if ((*before)->what != record::kind::values &&
            strcmp((*before)->suite, (*entry)->suite) == 0)
            return false;
    return true;
}

void say_host_only()
{
    unsigned files = 0;
    unsigned tests = 0;
    for (const host_only_file *file = host_only_files; file->path != nullptr; file++) {
        say("[ HOST     ] ");
        say(file->path);
        say(", ");
        say_number(file->tests, file->tests == 1 ? " test: " : " tests: ");
        say_line("", file->reason);
        files++;
        tests += file->tests;
    }
    say("[ HOST     ] ");
    say_number(tests, tests == 1 ? " test in " : " tests in ");
    say_number(files, files == 1 ? " file" : " files");
    say(" run on the host only.\n");
}

void say_summary(const char *filter)
{
    say("[==========] ");
    say_number(total(), total() == 1 ? " test from " : " tests from ");
    say_number(count.suites, count.suites == 1 ? " suite ran.\n" : " suites ran.\n");
    console.put(skipped_tests.view());
    console.put(failed_tests.view());
    if (filter == nullptr)
        say_host_only();
    say_number(count.passed, " passed, ");
    say_number(count.failed, " failed, ");
    say_number(count.skipped, " skipped\n");
}

} // namespace

void run_phases(Test &test)
{
    test.SetUp();
    if (!current.fatal && !current.skipped)
        test.TestBody();
    test.TearDown();
}

} // namespace testing

int run_target_tests(const char *filter)
{
    using namespace testing;
    count = {};
    failed_tests.clear();
    skipped_tests.clear();
    for (auto entry = __start_target_tests; entry != __stop_target_tests; entry++)
        if ((*entry)->what != record::kind::values && is_first_of_suite(entry))
            run_suite(**entry, filter);
    printk_set_tap(nullptr);
    if (total() == 0)
        say_line("no test fits the filter ", filter != nullptr ? filter : "*");
    say_summary(filter);
    return total() == 0 ? 1 : static_cast<int>(count.failed);
}
