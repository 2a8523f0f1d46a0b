// What the caches tell of themselves: slabinfo in Linux's columns, one cache in a picture, owners by
// call site, a page's object, the trace of slabs.
#include <tests/mm/slab_test.h>

#include <algorithm>

#include <kernel/lib/trace.h>
#include <mm/slab_report.h>
#include <mm/slab_trace.h>
#include <mm/slub_debug.h>

using slab_test::cache;
using slab_test::objects;

namespace {

class SlabReport : public slab_test::slabs {
protected:
    text_buffer<8192> said;

    /// What is printed between `from` and the end of its line.
    const char *line_from(const char *from)
    {
        const char *found = strstr(said.c_str(), from);
        if (!found)
            return "";
        line.clear();
        line.out().write({found, strcspn(found, "\n")});
        return line.c_str();
    }
    text_buffer<256> line;
};

[[gnu::noinline]] void *first_worker(kmem_cache *s)
{
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    asm volatile("");
    return p;
}
[[gnu::noinline]] void *second_worker(kmem_cache *s)
{
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    asm volatile("");
    return p;
}

} // namespace

TEST_F(SlabReport, SlabinfoHasLinuxsColumns)
{
    const cache s("test-columns", 64, 64);
    static objects<70> some;
    ASSERT_TRUE(some.take(s, 70));
    print_slabinfo(said.out());
    EXPECT_EQ(said.dropped(), 0u);
    EXPECT_TRUE(said.view().starts_with("slabinfo - version: 2.1\n"));
    EXPECT_STREQ(line_from("# name"),
                 "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
                 ": tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> "
                 "<num_slabs> <sharedavail>");
    if (!s->slow) {
        EXPECT_STREQ(line_from("test-columns"),
                     "test-columns          70    128     64   64    1 : tunables    0    0    0 : "
                     "slabdata      2      2      0");
    }
    EXPECT_NE(strstr(said.c_str(), "\nkmalloc-64 "), nullptr);
    EXPECT_NE(strstr(said.c_str(), "\nkmalloc-8k "), nullptr);
    some.give(s);
}

TEST_F(SlabReport, CachesAreFoundByTheirNames)
{
    const cache s("test-names", 64);
    EXPECT_EQ(find_cache("test-names"), s);
    EXPECT_EQ(find_cache("kmalloc-64"), kmalloc_caches[KMALLOC_NORMAL][6]);
    EXPECT_EQ(find_cache("test-name"), nullptr);
    EXPECT_EQ(find_cache(""), nullptr);
}

TEST_F(SlabReport, ACacheInAPicture)
{
    const cache s("test-picture", 64, 64);
    if (s->slow)
        GTEST_SKIP() << "booted with debug options of its own";
    static objects<70> some;
    ASSERT_TRUE(some.take(s, 66));
    kmem_cache_free(s, some.at[1]);
    page *first = slab_of(virt_to_page(some.at[0]));
    page *second = slab_of(virt_to_page(some.at[65]));
    print_cache(said.out(), s, 16);
    text_buffer<1024> wanted;
    // The chunk of the freed object was in use as a whole: it is this CPU's reserve since.
    wanted.out().printf("test-picture: objects of 64 bytes, one each 64 bytes, aligned to 64\n"
                        "  slab    : 1 page, 64 objects, 0 bytes unused; 0.0 %% is no object's\n"
                        "  slabs   : 2, of them 1 partial, 0 empty\n"
                        "  objects : 65 in use, 62 free, 1 in CPUs' reserves, 0 out of use since a "
                        "bug\n"
                        "  0x%08x  #0############################## "
                        "################################\n"
                        "  0x%08x  ##.............................. "
                        "................................\n"
                        "  # in use   . free   0 to 9 in the reserve of that CPU   x out of use\n",
                        from_ptr(lowmem_page_address(first)).raw(),
                        from_ptr(lowmem_page_address(second)).raw());
    EXPECT_STREQ(said.c_str(), wanted.c_str());

    said.clear();
    print_cache(said.out(), s, 1);
    EXPECT_STREQ(line_from("  and "), "  and 1 slabs more");
    some.at[1] = some.at[--some.count];
    some.give(s);
}

TEST_F(SlabReport, OddSizesWasteAndEmptyCachesSaySo)
{
    const cache s("test-odd", 100, 8);
    print_cache(said.out(), s, 16);
    EXPECT_STREQ(line_from("test-odd: "),
                 s->slow ? line_from("test-odd: ")
                         : "test-odd: objects of 100 bytes, one each 104 bytes, aligned to 8");
    EXPECT_STREQ(line_from("  slabs   : "), "  slabs   : 0, of them 0 partial, 0 empty");
    EXPECT_EQ(strstr(said.c_str(), "# in use"), nullptr);
    if (s->slow)
        return;
    EXPECT_STREQ(line_from("  slab    : "),
                 "  slab    : 1 page, 39 objects, 40 bytes unused; 4.7 % is no object's");
}

TEST_F(SlabReport, SmallObjectsHaveManyRows)
{
    const cache s("test-small", 8, 8);
    if (s->slow)
        GTEST_SKIP() << "booted with debug options of its own";
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    print_cache(said.out(), s, 16);
    EXPECT_NE(strstr(said.c_str(), ", bits at its end\n"), nullptr);
    EXPECT_EQ(std::count(said.view().begin(), said.view().end(), '\n'), 4 + 8 + 1);
    kmem_cache_free(s, p);
}

TEST_F(SlabReport, WhatIsCheckedAndSharedIsTold)
{
    const cache s("test-flags", 64, 0,
                  SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER);
    print_cache(said.out(), s, 16);
    EXPECT_NE(strstr(line_from("  checked : "), "whole slabs, red zones, poison, owners"), nullptr);
    said.clear();
    const cache one("test-one", 72, 0, slab_flags_t{});
    const cache two("test-two", 72, 0, slab_flags_t{});
    if (one != two)
        return; // booted without merging, or with debug options
    print_cache(said.out(), one, 16);
    EXPECT_NE(line_from("  shared  : "), nullptr);
}

TEST_F(SlabReport, SomethingOutOfUseIsACross)
{
    const cache s("test-cross", 64, 64, SLAB_RED_ZONE);
    auto *p = static_cast<char *>(kmem_cache_alloc(s, GFP_KERNEL));
    p[64] = 'x';
    kmem_cache_free(s, p);
    EXPECT_REPORT("BUG test-cross: ");
    print_cache(said.out(), s, 16);
    EXPECT_STREQ(line_from("  objects : "),
                 "  objects : 0 in use, 20 free, 0 in CPUs' reserves, 1 out of use since a bug");
    EXPECT_NE(strstr(said.c_str(), " x....................\n"), nullptr);
    reuse_retired(s);
    said.clear();
    print_cache(said.out(), s, 16);
    EXPECT_NE(strstr(said.c_str(), " .....................\n"), nullptr);
}

// ------------------------------------------------------------------ owners

TEST_F(SlabReport, OwnersByCallSite)
{
    const cache s("test-owners", 100, 0, SLAB_STORE_USER);
    void *a = first_worker(s);
    void *b = second_worker(s);
    void *c = second_worker(s);
    kmem_cache_free(s, first_worker(s));
    EXPECT_TRUE(print_cache_owners(said.out(), s));
    EXPECT_TRUE(said.view().starts_with("   bytes  objects  allocated by\n     200        2  "));
    const char *largest = line_from("     200 ");
    EXPECT_TRUE(page_test::names_caller(largest, "second_worker",
                                        reinterpret_cast<const void *>(&second_worker)))
        << largest;
    const char *other = line_from("     100 ");
    EXPECT_TRUE(page_test::names_caller(other, "first_worker",
                                        reinterpret_cast<const void *>(&first_worker)))
        << other;
    EXPECT_NE(strstr(said.c_str(), "2 call sites, 3 objects, 300 bytes\n"), nullptr);
    for (void *p : {a, b, c})
        kmem_cache_free(s, p);
}

TEST_F(SlabReport, OwnersOfACacheWithoutNotes)
{
    const cache s("test-nobody", 100);
    if (s->flags & SLAB_STORE_USER)
        GTEST_SKIP() << "booted with debug options of its own";
    EXPECT_FALSE(print_cache_owners(said.out(), s));
    EXPECT_STREQ(said.c_str(), "test-nobody: nobody notes who allocates; boot with "
                               "slub_debug=U,test-nobody\n");
}

// ------------------------------------------------------------------ a page's owner

TEST_F(SlabReport, EachPageOfASlabKnowsCacheAndObjects)
{
    const cache s("test-pages", 1024, 1024);
    if (s->slow)
        GTEST_SKIP() << "booted with debug options of its own";
    static objects<8> some;
    ASSERT_TRUE(some.take(s, 6));
    page *slab = slab_of(virt_to_page(some.at[5]));
    for (u32 i = 0; i < 1u << s->order; i++) {
        EXPECT_TRUE(PageSlab(slab + i));
        EXPECT_EQ(slab[i].slab_cache, s);
        said.clear();
        print_slab_of(said.out(), slab + i);
        EXPECT_STREQ(said.c_str(), "slab of test-pages, 6 of 16 objects in use");
    }
    const char *sixth = static_cast<char *>(some.at[5]);
    said.clear();
    print_object_at(said.out(), sixth);
    EXPECT_STREQ(said.c_str(), "object 5 of test-pages, in use");
    said.clear();
    print_object_at(said.out(), sixth + 1000);
    EXPECT_STREQ(said.c_str(), "byte 1000 of object 5 of test-pages, in use");
    said.clear();
    print_object_at(said.out(), sixth + 1024);
    EXPECT_STREQ(said.c_str(), "object 6 of test-pages, free, in a CPU's reserve");
    some.give(s);
    kmem_cache_shrink(s);
    for (u32 i = 0; i < 1u << s->order; i++)
        EXPECT_FALSE(PageSlab(slab + i));
}

TEST_F(SlabReport, GuardsAndEndsAreNamed)
{
    const cache s("test-guards", 64, 64, SLAB_RED_ZONE);
    auto *p = static_cast<char *>(kmem_cache_alloc(s, GFP_KERNEL));
    print_object_at(said.out(), p - 1);
    EXPECT_STREQ(said.c_str(), "the guard before object 0 of test-guards, in use");
    said.clear();
    print_object_at(said.out(), p + 64);
    EXPECT_STREQ(said.c_str(), "what is behind object 0 of test-guards, in use");
    said.clear();
    print_object_at(said.out(), p + s->objects * s->size - s->red_left);
    EXPECT_STREQ(said.c_str(), "the unused end of a slab of test-guards");
    kmem_cache_free(s, p);
}

// ------------------------------------------------------------------ trace

TEST_F(SlabReport, SlabsAreTracedWhileItIsOn)
{
    kernel_trace.clear();
    const cache s("test-trace", 512, 512);
    slab_trace_on();
    slab_trace_on();
    EXPECT_TRUE(slab_trace_is_on());
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    const u32 slab = from_ptr(lowmem_page_address(slab_of(virt_to_page(p)))).raw();
    EXPECT_EQ(print_slab_trace(said.out()), 1u);
    text_buffer<128> wanted;
    wanted.out().printf("new     0x%08x, %u bytes, now of test-trace\n", slab,
                        PAGE_SIZE << s->order);
    EXPECT_NE(strstr(said.c_str(), wanted.c_str()), nullptr) << said.c_str();
    kmem_cache_free(s, p);
    kmem_cache_shrink(s);
    said.clear();
    EXPECT_EQ(print_slab_trace(said.out()), 2u);
    wanted.clear();
    wanted.out().printf("discard 0x%08x, %u bytes, now no slab\n", slab, PAGE_SIZE << s->order);
    EXPECT_NE(strstr(said.c_str(), wanted.c_str()), nullptr) << said.c_str();

    slab_trace_off();
    slab_trace_off();
    EXPECT_FALSE(slab_trace_is_on());
    p = kmem_cache_alloc(s, GFP_KERNEL);
    EXPECT_EQ(print_slab_trace(said.out()), 2u);
    kmem_cache_free(s, p);
    kernel_trace.clear();
}

TEST_F(SlabReport, OtherEventsAreNotSlabs)
{
    kernel_trace.clear();
    kernel_trace.record(trace_kind::map, 0, 0x1000, 0x2000);
    EXPECT_EQ(print_slab_trace(said.out()), 0u);
    kernel_trace.clear();
}

// ------------------------------------------------------------------ observers

namespace {

u32 slabs_seen = 0;

void see(const kmem_cache *s, const page *slab, u32 difference)
{
    if (std::string_view(s->name) == "test-observed" && PageSlab(slab))
        slabs_seen += difference;
}

} // namespace

TEST_F(SlabReport, ObserversSeeEverySlabComeAndGo)
{
    slabs_seen = 0;
    slab_observer counter = {[](kmem_cache *s, page *slab) { see(s, slab, 1); },
                             [](kmem_cache *s, page *slab) { see(s, slab, -1u); }, nullptr};
    slab_observer other = counter;
    slab_observe(counter);
    slab_observe(other);
    {
        const cache s("test-observed", 2048);
        static objects<64> some;
        ASSERT_TRUE(some.take(s, 64));
        EXPECT_EQ(slabs_seen, 2 * slab_test::slabs_of(s));
        slab_unobserve(other);
        some.give(s);
    }
    EXPECT_EQ(slabs_seen, 8u); // one of the two went before the slabs did
    slab_unobserve(counter);
    slab_unobserve(counter); // which is not there any more
}
