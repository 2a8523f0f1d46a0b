// The macros of the shim, one for each of GoogleTest's words. Included by tests/shim.h alone.
#pragma once

// ---- Tests ----

#define LOWMEM_JOIN2_(a, b) a##b
#define LOWMEM_JOIN_(a, b) LOWMEM_JOIN2_(a, b)

// no_reorder: tests run in the order in which they are written.
#define LOWMEM_REGISTER_(id, ...)                                                                  \
    static constexpr ::testing::record id##_record = __VA_ARGS__;                                  \
    [[gnu::used, gnu::no_reorder,                                                                  \
      gnu::section("target_tests")]] static const ::testing::record *const id##_entry =            \
        &id##_record;

#define LOWMEM_TEST_(suite, name, fixture, kind)                                                   \
    class suite##_##name##_Test final : public fixture {                                           \
    public:                                                                                        \
        static void suite_begin() { SetUpTestSuite(); }                                            \
        static void suite_end() { TearDownTestSuite(); }                                           \
                                                                                                   \
    private:                                                                                       \
        void TestBody() override;                                                                  \
    };                                                                                             \
    LOWMEM_REGISTER_(suite##_##name, {::testing::record::kind, #suite, #name,                      \
                                      ::testing::run_test<suite##_##name##_Test>,                  \
                                      suite##_##name##_Test::suite_begin,                          \
                                      suite##_##name##_Test::suite_end, nullptr, 0})               \
    void suite##_##name##_Test::TestBody()

#define TEST(suite, name) LOWMEM_TEST_(suite, name, ::testing::Test, kind::test)
#define TEST_F(fixture, name) LOWMEM_TEST_(fixture, name, fixture, kind::test)
#define TEST_P(fixture, name) LOWMEM_TEST_(fixture, name, fixture, kind::param_test)

#define INSTANTIATE_TEST_SUITE_P(prefix, suite, ...)                                               \
    static constexpr auto prefix##_##suite##_values =                                              \
        (__VA_ARGS__) (std::type_identity<suite::ParamType>{});                                    \
    LOWMEM_REGISTER_(                                                                              \
        prefix##_##suite,                                                                          \
        {::testing::record::kind::values, #suite, #prefix, nullptr, nullptr, nullptr,              \
         [](unsigned number) -> const void * { return &prefix##_##suite##_values[number]; },       \
         prefix##_##suite##_values.size()})                                                        \
    static_assert(true)

// ---- Checks ----

// The switch keeps a user's else away from our if.
#define LOWMEM_EXPECT_(check)                                                                      \
    switch (0)                                                                                     \
    case 0:                                                                                        \
    default:                                                                                       \
        if (check)                                                                                 \
            ;                                                                                      \
        else                                                                                       \
            ::testing::after_failure()
#define LOWMEM_ASSERT_(check)                                                                      \
    switch (0)                                                                                     \
    case 0:                                                                                        \
    default:                                                                                       \
        if (check)                                                                                 \
            ;                                                                                      \
        else                                                                                       \
            return ::testing::test_end() = ::testing::after_failure()
#define LOWMEM_SITE_(a, b)                                                                         \
    ::testing::site                                                                                \
    {                                                                                              \
        __FILE__, __LINE__, a, b                                                                   \
    }

#define EXPECT_EQ(a, b) LOWMEM_EXPECT_(::testing::check_eq(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_NE(a, b) LOWMEM_EXPECT_(::testing::check_ne(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_LT(a, b) LOWMEM_EXPECT_(::testing::check_lt(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_LE(a, b) LOWMEM_EXPECT_(::testing::check_le(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_GT(a, b) LOWMEM_EXPECT_(::testing::check_gt(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_GE(a, b) LOWMEM_EXPECT_(::testing::check_ge(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_STREQ(a, b) LOWMEM_EXPECT_(::testing::check_streq(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_STRNE(a, b) LOWMEM_EXPECT_(::testing::check_strne(LOWMEM_SITE_(#a, #b), a, b))
#define EXPECT_TRUE(a) LOWMEM_EXPECT_(::testing::check_true(LOWMEM_SITE_(#a, ""), a))
#define EXPECT_FALSE(a) LOWMEM_EXPECT_(::testing::check_false(LOWMEM_SITE_(#a, ""), a))
#define EXPECT_NEAR(a, b, error)                                                                   \
    LOWMEM_EXPECT_(::testing::check_near(LOWMEM_SITE_(#a, #b), a, b, error))

#define ASSERT_EQ(a, b) LOWMEM_ASSERT_(::testing::check_eq(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_NE(a, b) LOWMEM_ASSERT_(::testing::check_ne(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_LT(a, b) LOWMEM_ASSERT_(::testing::check_lt(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_LE(a, b) LOWMEM_ASSERT_(::testing::check_le(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_GT(a, b) LOWMEM_ASSERT_(::testing::check_gt(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_GE(a, b) LOWMEM_ASSERT_(::testing::check_ge(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_STREQ(a, b) LOWMEM_ASSERT_(::testing::check_streq(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_STRNE(a, b) LOWMEM_ASSERT_(::testing::check_strne(LOWMEM_SITE_(#a, #b), a, b))
#define ASSERT_TRUE(a) LOWMEM_ASSERT_(::testing::check_true(LOWMEM_SITE_(#a, ""), a))
#define ASSERT_FALSE(a) LOWMEM_ASSERT_(::testing::check_false(LOWMEM_SITE_(#a, ""), a))
#define ASSERT_NEAR(a, b, error)                                                                   \
    LOWMEM_ASSERT_(::testing::check_near(LOWMEM_SITE_(#a, #b), a, b, error))

#define LOWMEM_NO_FATAL_(...)                                                                      \
    ::testing::check_no_fatal(LOWMEM_SITE_("the test", #__VA_ARGS__), [&] { __VA_ARGS__; })
#define EXPECT_NO_FATAL_FAILURE(...) LOWMEM_EXPECT_(LOWMEM_NO_FATAL_(__VA_ARGS__))
#define ASSERT_NO_FATAL_FAILURE(...) LOWMEM_ASSERT_(LOWMEM_NO_FATAL_(__VA_ARGS__))

#define ADD_FAILURE() LOWMEM_EXPECT_(::testing::check_never(LOWMEM_SITE_("", "")))
#define FAIL() LOWMEM_ASSERT_(::testing::check_never(LOWMEM_SITE_("", "")))
#define SUCCEED() static_cast<void>(0)
#define GTEST_SKIP() return ::testing::test_end() = ::testing::after_skip(__FILE__, __LINE__)
#define SCOPED_TRACE(text)                                                                         \
    ::testing::ScopedTrace LOWMEM_JOIN_(lowmem_trace_, __LINE__)(__FILE__, __LINE__, text)
