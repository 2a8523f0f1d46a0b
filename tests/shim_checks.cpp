// What the shim prints when a check fails, and what it marks: the far side of EXPECT_ and ASSERT_.
#include <tests/shim_state.h>

namespace testing {

constinit test_state current = {};
constinit notes skipped_tests;
constinit const ScopedTrace *ScopedTrace::innermost = nullptr;

namespace {

void say_site(const char *file, int line, const char *what)
{
    say(file);
    say(":");
    put_signed(console, line);
    say(what);
}

} // namespace

bool Test::HasFatalFailure()
{
    return current.fatal;
}
bool Test::HasFailure()
{
    return current.failed;
}
bool Test::IsSkipped()
{
    return current.skipped;
}

void fail_header(const site &where)
{
    current.failed = true;
    say_site(where.file, where.line, ": Failure\n");
}

void fail_equality(const site &where)
{
    fail_header(where);
    say("Expected equality of these values:\n  ");
}

void fail_which_is()
{
    say("\n    Which is: ");
}

void fail_comparison(const site &where, const char *sign)
{
    fail_header(where);
    say("Expected: (");
    say(where.left);
    say(") ");
    say(sign);
    say(" (");
    say(where.right);
    say("), actual: ");
}

void fail_bool(const site &where, const char *actual, const char *expected)
{
    fail_header(where);
    say("Value of: ");
    say_line("", where.left);
    say_line("  Actual: ", actual);
    say_line("Expected: ", expected);
}

bool check_never(const site &where)
{
    fail_header(where);
    say("Failed\n");
    return false;
}

bool check_streq(const site &where, const char *a, const char *b)
{
    if (a == nullptr || b == nullptr ? a == b : strcmp(a, b) == 0)
        return true;
    fail_equality(where);
    say(where.left);
    fail_which_is();
    print_value(console, a);
    say("\n  ");
    say(where.right);
    fail_which_is();
    print_value(console, b);
    say("\n");
    return false;
}

bool check_strne(const site &where, const char *a, const char *b)
{
    if (a == nullptr || b == nullptr ? a != b : strcmp(a, b) != 0)
        return true;
    fail_comparison(where, "differs from");
    print_value(console, a);
    say("\n");
    return false;
}

void mark_fatal()
{
    current.fatal = true;
}

void mark_skipped(const char *file, int line)
{
    current.skipped = true;
    say_site(file, line, ": Skipped\n");
}

after_failure::~after_failure()
{
    if (streamed)
        say("\n");
    ScopedTrace::print_all();
}

after_skip::~after_skip()
{
    say_line("", reason.view());
    if (current.name == nullptr)
        return;
    skipped_tests.add("[  SKIPPED ] ");
    skipped_tests.add(current.name->view());
    skipped_tests.add(": ");
    skipped_tests.add(reason.view());
    skipped_tests.add("\n");
}

void ScopedTrace::print_all()
{
    if (innermost != nullptr)
        say("Trace:\n");
    for (const ScopedTrace *trace = innermost; trace != nullptr; trace = trace->outer) {
        say_site(trace->file, trace->line, ": ");
        say_line("", trace->message.view());
    }
}

} // namespace testing
