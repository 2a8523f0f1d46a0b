// Caches: where objects come from and where they go, the states of slabs, bulk calls, ends.
#include <tests/mm/slab_test.h>

using slab_test::cache;
using slab_test::objects;
using slab_test::slabs_of;

namespace {

class Slab : public slab_test::slabs {};

constexpr u32 PATTERN = 0x5ac0ffee;

void mark(void *p)
{
    *static_cast<u32 *>(p) = PATTERN;
}
/// Pages of a slab of the cache of caches, which is the first.
u32 description_slab()
{
    return 1u << list_entry<&kmem_cache::list>(slab_caches.next)->order;
}

u32 mark_of(const void *p)
{
    return *static_cast<const u32 *>(p);
}

} // namespace

TEST_F(Slab, AFreshCacheOwnsNoPage)
{
    const unsigned long free = nr_free_pages();
    const cache s("test-fresh", 64);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(slabs_of(s), 0u);
    EXPECT_LE(free - nr_free_pages(), description_slab()); // its description may need one
}

TEST_F(Slab, TheFirstObjectBringsOneSlabAndItsNeighboursCostNothing)
{
    const cache s("test-first", 64);
    static objects<64> some;
    ASSERT_TRUE(some.take(s, 1));
    EXPECT_EQ(slabs_of(s), 1u);
    const unsigned long free = nr_free_pages();
    ASSERT_TRUE(some.take(s, 63));
    EXPECT_EQ(nr_free_pages(), free);
    EXPECT_EQ(slabs_of(s), 1u);
    some.give(s);
}

TEST_F(Slab, ObjectsAreAlignedDisjointAndInTheirSlab)
{
    for (u32 size : {8u, 24u, 60u, 64u, 96u, 100u, 192u, 700u, 2048u, 8192u}) {
        const cache s("test-places", size);
        static objects<80> some;
        ASSERT_TRUE(some.take(s, 80)) << size;
        for (u32 i = 0; i < some.count; i++) {
            const auto at = from_ptr(some.at[i]);
            EXPECT_EQ(at.raw() % sizeof(void *), 0u);
            page *p = virt_to_page(some.at[i]);
            EXPECT_TRUE(PageSlab(p));
            EXPECT_EQ(p->slab_cache, static_cast<kmem_cache *>(s));
            memset(some.at[i], static_cast<int>(i), size);
        }
        for (u32 i = 0; i < some.count; i++) {
            const auto *bytes = static_cast<const u8 *>(some.at[i]);
            EXPECT_EQ(bytes[0], static_cast<u8>(i));
            EXPECT_EQ(bytes[size - 1], static_cast<u8>(i));
        }
        some.give(s);
    }
}

TEST_F(Slab, AnEmptyCacheKeepsItsSlab)
{
    const cache s("test-empty", 64);
    kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
    const unsigned long free = nr_free_pages();
    for (u32 i = 0; i < 100; i++) {
        void *p = kmem_cache_alloc(s, GFP_KERNEL);
        EXPECT_EQ(nr_free_pages(), free);
        kmem_cache_free(s, p);
    }
    EXPECT_EQ(slabs_of(s), 1u);
}

TEST_F(Slab, ManyEmptiedSlabsGoBack)
{
    const cache s("test-emptied", 256);
    const u32 all = 40 * s->objects;
    static objects<2600> some;
    ASSERT_LE(all, 2600u);
    ASSERT_TRUE(some.take(s, all));
    EXPECT_EQ(slabs_of(s), 40u);
    some.give(s);
    EXPECT_LE(slabs_of(s), s->min_partial + 2); // and the CPU's
    EXPECT_EQ(kmem_cache_shrink(s), 0);
    EXPECT_EQ(slabs_of(s), 0u);
}

TEST_F(Slab, ShrinkKeepsSlabsInUse)
{
    const cache s("test-shrink", 128);
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    mark(p);
    EXPECT_EQ(kmem_cache_shrink(s), 1);
    EXPECT_EQ(mark_of(p), PATTERN);
    kmem_cache_free(s, p);
    EXPECT_EQ(kmem_cache_shrink(s), 0);
}

TEST_F(Slab, EveryObjectOfASlabCanBeHadAndOnlyOnce)
{
    for (u32 size : {8u, 96u, 1024u}) {
        const cache s("test-once", size);
        const u32 all = s->objects;
        static objects<520> some;
        ASSERT_LE(all, 520u);
        ASSERT_TRUE(some.take(s, all));
        EXPECT_EQ(slabs_of(s), 1u) << size;
        for (u32 i = 0; i < all; i++)
            *static_cast<u32 *>(some.at[i]) = i;
        for (u32 i = 0; i < all; i++)
            EXPECT_EQ(*static_cast<u32 *>(some.at[i]), i) << size;
        some.give(s);
    }
}

TEST_F(Slab, AFreedObjectIsHandedOutAgain)
{
    const cache s("test-again", 64);
    static objects<200> some;
    ASSERT_TRUE(some.take(s, 200));
    void *hole = some.at[77];
    kmem_cache_free(s, hole);
    bool again = false;
    static objects<200> more;
    for (u32 i = 0; i < 120 && !again; i++) {
        ASSERT_TRUE(more.take(s, 1));
        again = more.at[more.count - 1] == hole;
    }
    EXPECT_TRUE(again);
    some.at[77] = more.at[--more.count];
    some.give(s);
    more.give(s);
}

TEST_F(Slab, FreedNeighboursBecomeTheReserve)
{
    // "Adopting": freeing into chunks that are in use as a whole takes the lock once for each.
    const cache s("test-adopt", 64);
    static objects<128> some;
    ASSERT_TRUE(some.take(s, 128));
    kmem_cache_free(s, some.at[5]);
    const kmem_cache_cpu &c = s->cpu_slab[raw_smp_processor_id()];
    EXPECT_EQ(static_cast<u32>(__builtin_popcount(c.free)), 1u);
    EXPECT_EQ(c.slab, slab_of(virt_to_page(some.at[5])));
    EXPECT_EQ(kmem_cache_alloc(s, GFP_KERNEL), some.at[5]);
    some.give(s);
}

TEST_F(Slab, ZeroedObjectsAreZero)
{
    for (u32 size : {8u, 60u, 64u, 4096u}) {
        const cache s("test-zero", size);
        void *p = kmem_cache_alloc(s, GFP_KERNEL);
        memset(p, 0xff, size);
        kmem_cache_free(s, p);
        auto *bytes = static_cast<u8 *>(kmem_cache_zalloc(s, GFP_KERNEL));
        EXPECT_EQ(bytes, p);
        for (u32 i = 0; i < size; i++)
            EXPECT_EQ(bytes[i], 0u);
        kmem_cache_free(s, bytes);
    }
}

namespace {

u32 constructed = 0;

void construct(void *p)
{
    constructed++;
    mark(p);
}

} // namespace

TEST_F(Slab, AConstructorRunsOnceForEachObjectOfASlab)
{
    constructed = 0;
    const cache s("test-ctor", 64, 0, SLAB_NO_MERGE, construct);
    void *p = kmem_cache_alloc(s, GFP_KERNEL);
    EXPECT_EQ(mark_of(p), PATTERN);
    EXPECT_EQ(constructed, s->objects);
    static_cast<u32 *>(p)[1] = 17; // what the user leaves, the next one finds
    kmem_cache_free(s, p);
    EXPECT_EQ(kmem_cache_alloc(s, GFP_KERNEL), p);
    EXPECT_EQ(constructed, s->objects);
    EXPECT_EQ(static_cast<u32 *>(p)[1], 17u);
    kmem_cache_free(s, p);
}

TEST_F(Slab, BulkCallsTakeAllOrNothing)
{
    const cache s("test-bulk", 128);
    static void *at[300];
    ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, 300, at), 300);
    for (void *p : at) {
        EXPECT_EQ(mark_of(p), 0u);
        mark(p);
    }
    kmem_cache_free_bulk(s, 300, at);
    EXPECT_EQ(kmem_cache_shrink(s), 0);
    ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, at), 10);
    kmem_cache_free_bulk(nullptr, 10, at); // of any caches
    EXPECT_EQ(kmem_cache_shrink(s), 0);
}

TEST_F(Slab, DestroyGivesBackEveryPage)
{
    kmem_cache_shrink(kmalloc_caches[KMALLOC_NORMAL][6]);
    const unsigned long free = nr_free_pages();
    kmem_cache *s = kmem_cache_create("test-destroy", 500, 0, SLAB_NO_MERGE, nullptr);
    static objects<100> some;
    ASSERT_TRUE(some.take(s, 100));
    some.give(s);
    kmem_cache_destroy(s);
    EXPECT_LE(free - nr_free_pages(), description_slab()); // that may stay
    kmem_cache_destroy(nullptr);
}

TEST_F(Slab, CachesOfEqualGeometryAreShared)
{
    kmem_cache *a = kmem_cache_create("test-share-a", 72, 0, slab_flags_t(0), nullptr);
    kmem_cache *b = kmem_cache_create("test-share-b", 70, 0, slab_flags_t(0), nullptr);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a->refcount, 2);
    kmem_cache *c = kmem_cache_create("test-share-c", 72, 0, SLAB_NO_MERGE, nullptr);
    EXPECT_NE(a, c);
    kmem_cache *d = kmem_cache_create("test-share-d", 72, 0, slab_flags_t(0), construct);
    EXPECT_NE(a, d);
    kmem_cache *e = kmem_cache_create("test-share-e", 72, 0, SLAB_RECLAIM_ACCOUNT, nullptr);
    EXPECT_NE(a, e);
    void *p = kmem_cache_alloc(a, GFP_KERNEL);
    kmem_cache_destroy(b); // one user less
    kmem_cache_free(a, p);
    for (kmem_cache *s : {a, c, d, e})
        kmem_cache_destroy(s);
}

TEST_F(Slab, BadRequestsForCachesAreRefused)
{
    EXPECT_EQ(kmem_cache_create(nullptr, 8, 0, slab_flags_t(0), nullptr), nullptr);
    EXPECT_REPORT("kmem_cache_create: (null) refused: it has no name");
    EXPECT_EQ(kmem_cache_create("test-bad", 0, 0, slab_flags_t(0), nullptr), nullptr);
    EXPECT_REPORT("kmem_cache_create: test-bad refused: the size is not 1 to 8192");
    EXPECT_EQ(kmem_cache_create("test-bad", 8193, 0, slab_flags_t(0), nullptr), nullptr);
    EXPECT_REPORT("kmem_cache_create: test-bad refused: the size is not 1 to 8192");
    EXPECT_EQ(kmem_cache_create("test-bad", 8, 24, slab_flags_t(0), nullptr), nullptr);
    EXPECT_REPORT(
        "kmem_cache_create: test-bad refused: the alignment is no power of two up to 4096");
}

TEST_F(Slab, AlignmentIsKept)
{
    for (u32 align : {16u, 64u, 256u, 4096u}) {
        const cache s("test-align", 40, align);
        static objects<20> some;
        ASSERT_TRUE(some.take(s, 20));
        for (u32 i = 0; i < 20; i++)
            EXPECT_EQ(from_ptr(some.at[i]).raw() % align, 0u);
        some.give(s);
    }
    const cache line("test-line", 40, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE);
    EXPECT_EQ(line->size, 64u);
    const cache half("test-half", 20, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE);
    EXPECT_EQ(half->size, 32u);
}

TEST_F(Slab, MetadataOfSmallObjectsIsSmall)
{
    // struct page apart: 64 objects of 64 bytes fill a page, their bits are in struct page.
    const kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL][6];
    EXPECT_EQ(s->size, 64u);
    EXPECT_EQ(u32{s->objects} * s->size, PAGE_SIZE << s->order);
    const kmem_cache *eight = kmalloc_caches[KMALLOC_NORMAL][3];
    EXPECT_EQ(eight->objects, 504u);
}

namespace {

struct seen {
    u32 made, discarded;
};
constinit seen watched{};

void note_new(kmem_cache *, page *)
{
    watched.made++;
}
void note_discard(kmem_cache *, page *)
{
    watched.discarded++;
}

} // namespace

TEST_F(Slab, ObserversFollowEachSlab)
{
    watched = {};
    slab_observer observer{note_new, note_discard, nullptr};
    {
        const cache s("test-observed", 512);
        slab_observe(observer);
        static objects<64> some;
        EXPECT_TRUE(some.take(s, 64));
        EXPECT_EQ(watched.made, slabs_of(s));
        some.give(s);
        kmem_cache_shrink(s);
        EXPECT_EQ(watched.discarded, watched.made);
        slab_unobserve(observer);
        kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
        EXPECT_EQ(watched.discarded, watched.made);
    }
}
