// GoogleTest's words for the target: no exceptions, RTTI, allocation or constructors.
//
//   TEST(Suite, Name) { ... }   makes a class, as GoogleTest does, and a constant record
//   section target_tests        one pointer to each record; the linker gathers them
//   run_target_tests(filter)    goes through the section, suite by suite (shim.cpp)
//   shim_print.h                how texts and values are printed
//
// A test object lives in one static buffer, made by placement new and destroyed after the test.
// ASSERT_... returns from the function, so as in GoogleTest it works in void functions only.
// What is printed has GoogleTest's form. Missing here and in shared tests: death tests, typed
// tests, matchers, floating point, generators beside Values, ValuesIn and Bool.
#pragma once

#include <array>
#include <concepts>
#include <new>
#include <type_traits>

#include <tests/report.h>
#include <tests/shim_print.h>

/// Runs the tests whose name fits and prints GoogleTest's report, the files of tests that run on
/// the host alone with their reasons (if all tests run), and "N passed, N failed, N skipped".
///
/// @param filter  GoogleTest's: patterns of * and ? between colons, after a '-' those to leave
///                out, for example "Memblock.*-*.Slow*"; nullptr runs all
/// @return        the number of failed tests; 1 if none fits the filter
/// Context: one CPU; nothing else uses printk's tap.
int run_target_tests(const char *filter);

/// A file of tests that the target does not run. CMake writes the table: tests/CMakeLists.txt.
struct host_only_file {
    const char *path;
    const char *reason;
    unsigned tests;
};
/// Ends with a record whose path is null.
extern const host_only_file host_only_files[];

namespace testing {

class Test {
public:
    virtual ~Test() = default;
    /// Never called: tests are destroyed, not deleted. Keeps the global operator out of the link.
    static void operator delete(void *) {}

    static void SetUpTestSuite() {}
    static void TearDownTestSuite() {}
    static bool HasFatalFailure();
    static bool HasFailure();
    static bool IsSkipped();

protected:
    virtual void SetUp() {}
    virtual void TearDown() {}

private:
    virtual void TestBody() {}
    friend void run_phases(Test &test);
};

template <class T>
class WithParamInterface {
public:
    using ParamType = T;
    static const ParamType &GetParam() { return *param; }
    static inline const ParamType *param = nullptr;
};
template <class T>
class TestWithParam : public Test, public WithParamInterface<T> {
};

/// What a TEST, a TEST_P or an INSTANTIATE_TEST_SUITE_P leaves behind.
struct record {
    enum class kind { test, param_test, values };
    kind what;
    const char *suite;
    const char *name;               // of values: the prefix
    void (*run)(const void *param); // of tests
    void (*suite_begin)();
    void (*suite_end)();
    const void *(*value)(unsigned number); // of values
    unsigned values;
};

constexpr size_t FIXTURE_ROOM = 64 * 1024;
alignas(16) extern unsigned char fixture_room[FIXTURE_ROOM];
/// SetUp, body, TearDown, as far as failures and skips allow.
void run_phases(Test &test);

template <class T>
void run_test(const void *param)
{
    static_assert(sizeof(T) <= FIXTURE_ROOM, "the fixture is too big for the shim's one buffer");
    if constexpr (requires { typename T::ParamType; })
        T::param = static_cast<const typename T::ParamType *>(param);
    T *test = new (fixture_room) T;
    run_phases(*test);
    test->~T();
}

/// Values(...) and its sisters give a function that makes the array for a suite's ParamType.
template <class... T>
constexpr auto Values(T... value)
{
    return [... value = value]<class Param>(std::type_identity<Param>) {
        return std::array<Param, sizeof...(T)>{static_cast<Param>(value)...};
    };
}
template <class T, size_t N>
constexpr auto ValuesIn(const T (&list)[N])
{
    return [&list]<class Param>(std::type_identity<Param>) {
        return [&list]<size_t... I>(std::index_sequence<I...>)
        {
            return std::array<Param, N>{static_cast<Param>(list[I])...};
        }
        (std::make_index_sequence<N>());
    };
}
template <class T, size_t N>
constexpr auto ValuesIn(const std::array<T, N> &list)
{
    return [&list]<class Param>(std::type_identity<Param>) {
        return [&list]<size_t... I>(std::index_sequence<I...>)
        {
            return std::array<Param, N>{static_cast<Param>(list[I])...};
        }
        (std::make_index_sequence<N>());
    };
}
constexpr auto Bool()
{
    return Values(false, true);
}

/// Where a check stands in the source, and its operands as written there.
struct site {
    const char *file;
    int line;
    const char *left;
    const char *right;
};

/// Begin the report of a failed check; what the test streams and the traces come after it.
void fail_header(const site &where);
void fail_equality(const site &where);
void fail_which_is();
void fail_comparison(const site &where, const char *sign);
void fail_bool(const site &where, const char *actual, const char *expected);
/// Marks the test; `return test_end() = ...` is how ASSERT_... leaves a void function.
void mark_fatal();
void mark_skipped(const char *file, int line);

/// What follows a failed check: streamed words, then the scoped traces.
class after_failure {
public:
    after_failure() = default;
    after_failure(const after_failure &) = delete;
    ~after_failure();
    template <class T>
    after_failure &operator<<(const T &value)
    {
        print_plain(console, value);
        streamed = true;
        return *this;
    }

private:
    bool streamed = false;
};
/// What follows GTEST_SKIP(): the reason, kept for the list at the end of the run.
class after_skip {
public:
    after_skip(const char *file, int line) { mark_skipped(file, line); }
    after_skip(const after_skip &) = delete;
    ~after_skip();
    template <class T>
    after_skip &operator<<(const T &value)
    {
        reason << value;
        return *this;
    }

private:
    Message reason;
};
struct test_end {
    void operator=(const after_failure &) const { mark_fatal(); }
    void operator=(const after_skip &) const {}
};

// Tests compare signed with unsigned at will, as they may on the host.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#define LOWMEM_COMPARISON_(name, sign)                                                             \
    template <class A, class B>                                                                    \
    bool name(const site &where, const A &a, const B &b)                                           \
    {                                                                                              \
        if (a sign b)                                                                              \
            return true;                                                                           \
        fail_comparison(where, #sign);                                                             \
        print_value(console, a);                                                                   \
        console.put(" vs ");                                                                       \
        print_value(console, b);                                                                   \
        console.put("\n");                                                                         \
        return false;                                                                              \
    }
LOWMEM_COMPARISON_(check_ne, !=)
LOWMEM_COMPARISON_(check_lt, <)
LOWMEM_COMPARISON_(check_le, <=)
LOWMEM_COMPARISON_(check_gt, >)
LOWMEM_COMPARISON_(check_ge, >=)

template <class A, class B>
bool check_eq(const site &where, const A &a, const B &b)
{
    if (a == b)
        return true;
    fail_equality(where);
    console.put(where.left);
    fail_which_is();
    print_value(console, a);
    console.put("\n  ");
    console.put(where.right);
    fail_which_is();
    print_value(console, b);
    console.put("\n");
    return false;
}
template <class A, class B, class E>
bool check_near(const site &where, const A &a, const B &b, const E &error)
{
    if ((a > b ? a - b : b - a) <= error)
        return true;
    fail_comparison(where, "near");
    print_value(console, a);
    console.put(" vs ");
    print_value(console, b);
    console.put(", which differ by more than ");
    print_value(console, error);
    console.put("\n");
    return false;
}
#pragma GCC diagnostic pop

template <class T>
bool check_true(const site &where, const T &condition)
{
    if (static_cast<bool>(condition))
        return true;
    fail_bool(where, "false", "true");
    return false;
}
template <class T>
bool check_false(const site &where, const T &condition)
{
    if (!static_cast<bool>(condition))
        return true;
    fail_bool(where, "true", "false");
    return false;
}
bool check_streq(const site &where, const char *a, const char *b);
bool check_strne(const site &where, const char *a, const char *b);
/// Reports a failure that needs no comparison; false.
bool check_never(const site &where);

/// True if `statement` adds no fatal failure.
template <class Statement>
bool check_no_fatal(const site &where, Statement &&statement)
{
    bool before = Test::HasFatalFailure();
    statement();
    if (before || !Test::HasFatalFailure())
        return true;
    fail_comparison(where, "has no fatal failure in");
    console.put("one\n");
    return false;
}

/// SCOPED_TRACE's object: while it lives, failures print its text.
class ScopedTrace {
public:
    template <class T>
    ScopedTrace(const char *file, int line, const T &text) : file(file), line(line)
    {
        message << text;
        outer = innermost;
        innermost = this;
    }
    ScopedTrace(const ScopedTrace &) = delete;
    ~ScopedTrace() { innermost = outer; }

    static void print_all();

private:
    const char *file;
    int line;
    Message message;
    const ScopedTrace *outer;
    static const ScopedTrace *innermost;
};

} // namespace testing

#include <tests/shim_words.h>
