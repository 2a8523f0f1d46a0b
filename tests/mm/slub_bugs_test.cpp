// The twelve misdeeds with objects, each with the words of its report: in the release build, where a
// cache has no debugging at all, and in a cache that looks at everything. In no case does the
// machine fault, and never is an object handed out twice afterwards.
#include <tests/mm/slab_test.h>

#include <cstring>

#include <asm/image.h>
#include <mm/slub_debug.h>

using slab_test::objects;

namespace {

constexpr u32 SIZE = 64;
constexpr slab_flags_t FZPU =
    SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER;

// Who does it: reports name them.
[[gnu::noinline]] char *take_object(kmem_cache *s)
{
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    asm volatile(""); // no tail call: this function is where the call returns to
    return static_cast<char *>(p);
}
[[gnu::noinline]] void give_object(kmem_cache *s, void *p)
{
    kmem_cache_free(s, p);
    asm volatile("");
}
[[gnu::noinline]] void kfree_object(const void *p)
{
    kfree(p);
    asm volatile("");
}
#define OF(function) #function, reinterpret_cast < const void *>(&(function))

int a_variable;

class bugs : public slab_test::slabs {
protected:
    explicit bugs(slab_flags_t flags) : flags_(flags) {}

    void SetUp() override
    {
        slabs::SetUp();
        s = kmem_cache_create("test-bugs", SIZE, SIZE, flags_ | SLAB_NO_MERGE, nullptr);
        ASSERT_NE(s, nullptr);
        if (s->flags != (flags_ | SLAB_NO_MERGE))
            GTEST_SKIP() << "booted with debug options of its own";
    }
    void TearDown() override
    {
        if (!s)
            return;
        expect_all_differ();
        EXPECT_EQ(verify_slab(console_printer), 0u);
        reuse_retired(s);
        kmem_cache_destroy(s);
        EXPECT_NO_REPORT("BUG");
        slabs::TearDown();
    }

    [[nodiscard]] char *take() const { return take_object(s); }
    void give(void *p) const { give_object(s, p); }

    /// A line "BUG CACHE: " and so on, that ends with the name of who did it.
    template <class... Args>
    void expect_bug_by(const char *name, const void *function, const char *format, Args... args)
    {
        line_.clear();
        line_.out().printf("BUG ");
        line_.out().printf(format, args...);
        expect_line_by(line_.c_str(), name, function);
    }
    /// The first line with these words names `function`.
    void expect_line_by(const char *words, const char *name, const void *function)
    {
        const char *found = strstr(report_unread(), words);
        const char *end = found ? strchr(found, '\n') : nullptr;
        ASSERT_NE(end, nullptr) << words << "; not read yet:\n" << report_unread();
        text_buffer<256> rest;
        rest.out().write({found + strlen(words), end});
        EXPECT_TRUE(page_test::names_caller(rest.c_str(), name, function)) << rest.c_str();
        EXPECT_TRUE(rest.contains(" on cpu 0"));
        EXPECT_TRUE(report_take(words));
    }
    static u32 address(const void *p) { return from_ptr(p).raw(); }

    /// More objects than a slab has: none of them comes twice.
    void expect_all_differ() const
    {
        static objects<300> many;
        ASSERT_TRUE(many.take(s, 300));
        for (u32 i = 0; i < many.count; i++)
            memcpy(many.at[i], &i, sizeof i);
        for (u32 i = 0; i < many.count; i++)
            EXPECT_EQ(memcmp(many.at[i], &i, sizeof i), 0) << "object " << i << " came twice";
        many.give(s);
    }
    /// Its owner can still free it.
    void expect_still_in_use(void *p) const
    {
        give(p);
        EXPECT_NO_REPORT("BUG");
    }

    kmem_cache *s = nullptr;

private:
    slab_flags_t flags_;
    text_buffer<256> line_;
};

/// Bugs that are found in any cache: the parameter is its flags.
class SlubBugs : public bugs, public ::testing::WithParamInterface<slab_flags_t> {
protected:
    SlubBugs() : bugs(GetParam()) {}

    /// Freed twice, the second time by give_object(), or kfree_object().
    void expect_twice_by(const char *name, const void *function, const void *p)
    {
        if (!(GetParam() & SLAB_STORE_USER))
            return expect_bug_by(name, function, "test-bugs: object 0x%08x freed twice; by ",
                                 address(p));
        expect_bug_by(OF(give_object), "test-bugs: object 0x%08x freed twice; first by ",
                      address(p));
        EXPECT_REPORT("  allocated by ");
        EXPECT_REPORT("  freed by ");
    }
};
INSTANTIATE_TEST_SUITE_P(ReleaseAndDebug, SlubBugs,
                         ::testing::Values(slab_flags_t{}, SLAB_STORE_USER, FZPU));

/// Bugs that only a cache with debugging finds.
class SlubDebugBugs : public bugs {
protected:
    SlubDebugBugs() : bugs(FZPU) {}

    /// Of an object that is damaged: the report goes on with its owners and the bytes there.
    void expect_details(const char *damaged)
    {
        expect_line_by("  allocated by ", OF(take_object));
        text_buffer<64> row;
        row.out().printf("> 0x%08x:", address(damaged) & ~15u);
        EXPECT_REPORT(row.c_str());
    }
    /// It is out of use: nobody gets it again, and who frees it is told.
    void expect_retired(char *p) const
    {
        EXPECT_EQ(retired_objects(s), 1u);
        page *slab = slab_of(virt_to_page(p));
        EXPECT_EQ(state_of(s, slab, whereabouts(s, slab, p).number), object_state::retired);
        static objects<300> many;
        ASSERT_TRUE(many.take(s, 300));
        for (u32 i = 0; i < many.count; i++)
            EXPECT_NE(many.at[i], p);
        many.give(s);
        EXPECT_NO_REPORT("BUG");
    }
};

} // namespace

// ------------------------------------------------------------------ freed twice

TEST_P(SlubBugs, FreedTwice)
{
    char *p = take();
    give(p);
    give(p);
    expect_twice_by(OF(give_object), p);
}

TEST_P(SlubBugs, FreedTwiceByKfree)
{
    char *p = take();
    give(p);
    kfree_object(p);
    expect_twice_by(OF(kfree_object), p);
}

TEST_P(SlubBugs, FreedTwiceWithAnotherBetween)
{
    char *a = take();
    char *b = take();
    give(a);
    give(b);
    give(a);
    expect_twice_by(OF(give_object), a);
}

TEST_P(SlubBugs, FreedTwiceWithFiftyOthersBetween)
{
    static objects<51> some;
    ASSERT_TRUE(some.take(s, 51));
    void *p = some.at[0];
    while (some.count != 0)
        give(some.at[51 - some.count--]);
    give(p);
    // Some were had without take().
    EXPECT_REPORT("BUG test-bugs: object ");
}

// ------------------------------------------------------------------ no object

TEST_P(SlubBugs, FreedInTheMiddle)
{
    char *p = take();
    give(p + 16);
    expect_bug_by(OF(give_object),
                  "test-bugs: 0x%08x freed: expected an object, found byte 16 of object 0 of "
                  "test-bugs, in use; nothing is freed; by ",
                  address(p) + 16);
    expect_still_in_use(p);
}

TEST_P(SlubBugs, FreedMisaligned)
{
    char *p = take();
    kfree_object(p + 3);
    expect_bug_by(OF(kfree_object),
                  "test-bugs: 0x%08x freed: expected an object, found byte 3 of object 0 of "
                  "test-bugs, in use; nothing is freed; by ",
                  address(p) + 3);
    expect_still_in_use(p);
}

#if defined(LOWMEM_HOST)
constexpr char NO_MEMORY[] = "an address outside of lowmem";
#else
constexpr char NO_MEMORY[] = "memory that boot took (a variable, a stack?)";
#endif

TEST_P(SlubBugs, AVariableIsFreed)
{
    kfree_object(&a_variable);
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08lx freed: expected an object, found %s; nothing is freed; by ",
                  reinterpret_cast<unsigned long>(&a_variable), NO_MEMORY);
    give(&a_variable);
    expect_bug_by(OF(give_object),
                  "test-bugs: 0x%08lx freed: expected an object, found %s; nothing is freed; by ",
                  reinterpret_cast<unsigned long>(&a_variable), NO_MEMORY);
}

TEST_P(SlubBugs, AStackIsFreed)
{
    int on_the_stack = 0;
    kfree_object(&on_the_stack);
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08lx freed: expected an object, found %s; nothing is freed; by ",
                  reinterpret_cast<unsigned long>(&on_the_stack), NO_MEMORY);
}

TEST_P(SlubBugs, AnImagesByteIsFreed)
{
    const void *p = to_ptr(kernel_image.data + 8);
    kfree_object(p);
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08x freed: expected an object, found memory that boot took (a "
                  "variable, a stack?); nothing is freed; by ",
                  address(p));
}

TEST_P(SlubBugs, AnAddressOfUsersIsFreed)
{
    kfree_object(to_ptr(virt_addr_t(0x8000)));
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08lx freed: expected an object, found an address "
                  "outside of lowmem; nothing is freed; by ",
                  0x8000ul + reinterpret_cast<unsigned long>(to_ptr(virt_addr_t(0))));
}

TEST_P(SlubBugs, AFreePageIsFreed)
{
    page *p = alloc_page(GFP_KERNEL);
    void *at = page_address(p);
    __free_page(p);
    kfree_object(at);
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08x freed: expected an object, found a free page; "
                  "nothing is freed; by ",
                  address(at));
}

TEST_P(SlubBugs, APageOfSomebodyElseIsFreed)
{
    page *p = alloc_page(GFP_KERNEL);
    kfree_object(page_address(p));
    expect_bug_by(OF(kfree_object),
                  "kfree: 0x%08x freed: expected an object, found a page in use which kmalloc() "
                  "did not give out, or the middle of one; nothing is freed; by ",
                  address(page_address(p)));
    __free_page(p);
    EXPECT_NO_REPORT("BUG");
}

TEST_P(SlubBugs, AnObjectIsFreedIntoAnotherCache)
{
    char *p = take();
    kmem_cache *other = kmem_cache_create("test-others", 128, 0, SLAB_NO_MERGE, nullptr);
    ASSERT_NE(other, nullptr);
    give_object(other, p);
    expect_bug_by(OF(give_object),
                  "test-others: 0x%08x freed: expected an object, found object 0 of test-bugs, in "
                  "use; nothing is freed; by ",
                  address(p));
    expect_still_in_use(p);
    kmem_cache_destroy(other);
}

TEST_P(SlubBugs, TheEndOfASlabIsFreed)
{
    kmem_cache *odd = kmem_cache_create("test-odd", 104, 8, GetParam() | SLAB_NO_MERGE, nullptr);
    char *p = take_object(odd);
    char *end = object_at(odd, slab_of(virt_to_page(p)), odd->objects);
    const char *base = static_cast<char *>(lowmem_page_address(slab_of(virt_to_page(p))));
    if (end - base >= static_cast<long>(PAGE_SIZE << odd->order)) {
        give_object(odd, p);
        kmem_cache_destroy(odd);
        GTEST_SKIP() << "with these flags the objects fill the slab";
    }
    for (char *wrong : {end, end + 3}) {
        give_object(odd, wrong);
        expect_bug_by(OF(give_object),
                      "test-odd: 0x%08x freed: expected an object, found the unused end of a slab "
                      "of test-odd; nothing is freed; by ",
                      address(wrong));
    }
    give_object(odd, p);
    kmem_cache_destroy(odd);
    EXPECT_NO_REPORT("BUG");
}

// ------------------------------------------------------------------ written elsewhere

TEST_F(SlubDebugBugs, WrittenOneByteBehindTheEnd)
{
    char *p = take();
    p[SIZE] = 'x';
    give(p);
    expect_bug_by(OF(give_object),
                  "test-bugs: object 0x%08x written behind its end: expected 0xcc, found 0x78 at "
                  "0x%08x, 1 byte; it stays out of use; found when ",
                  address(p), address(p) + SIZE);
    expect_details(p + SIZE);
    expect_retired(p);
}

TEST_F(SlubDebugBugs, WrittenSixteenBytesBehindTheEnd)
{
    char *p = take();
    memset(p, 'x', SIZE + 16);
    give(p);
    expect_bug_by(OF(give_object),
                  "test-bugs: object 0x%08x written behind its end: expected 0xcc, found 0x78 at "
                  "0x%08x, 16 bytes up to 0x%08x; it stays out of use; found when ",
                  address(p), address(p) + SIZE, address(p) + SIZE + 15);
    expect_details(p + SIZE);
    expect_retired(p);
}

TEST_F(SlubDebugBugs, WrittenOneByteBeforeTheBeginning)
{
    char *p = take();
    p[-1] = 'x';
    give(p);
    expect_bug_by(OF(give_object),
                  "test-bugs: object 0x%08x written before its beginning: expected 0xcc, found "
                  "0x78 at 0x%08x, 1 byte; it stays out of use; found when ",
                  address(p), address(p) - 1);
    expect_details(p - 1);
    expect_retired(p);
}

TEST_F(SlubDebugBugs, ItsFirstWordIsWrittenAfterItWasFreed)
{
    char *p = take();
    give(p);
    memset(p, 'x', sizeof(void *));
    char *next = take();
    EXPECT_NE(next, p);
    expect_bug_by(OF(take_object),
                  "test-bugs: object 0x%08x written after it was freed: expected 0x6b, found 0x78 "
                  "at 0x%08x, %zu bytes up to 0x%08zx; it stays out of use; found when ",
                  address(p), address(p), sizeof(void *), address(p) + sizeof(void *) - 1);
    expect_details(p);
    expect_retired(p);
    give(next);
}

TEST_F(SlubDebugBugs, ItsMiddleIsWrittenAfterItWasFreed)
{
    char *p = take();
    give(p);
    p[40] = 'x';
    char *next = take();
    EXPECT_NE(next, p);
    expect_bug_by(OF(take_object),
                  "test-bugs: object 0x%08x written after it was freed: expected 0x6b, found 0x78 "
                  "at 0x%08x, 1 byte; it stays out of use; found when ",
                  address(p), address(p) + 40);
    expect_details(p + 40);
    expect_retired(p);
    give(next);
}

TEST_F(SlubDebugBugs, WhatIsOutOfUseIsFreedAgain)
{
    char *p = take();
    p[SIZE] = 'x';
    give(p);
    EXPECT_REPORT("written behind its end");
    give(p);
    expect_bug_by(OF(give_object),
                  "test-bugs: object 0x%08x freed, which is out of use since a bug; by ",
                  address(p));
    expect_retired(p);
}
