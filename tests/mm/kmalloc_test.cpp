// kmalloc and what goes with it: sizes, limits, the DMA set, growing, large blocks.
#include <tests/mm/slab_test.h>

namespace {

class Kmalloc : public slab_test::slabs {};

} // namespace

TEST_F(Kmalloc, EverySizeFitsItsCache)
{
    for (u32 size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size += size < 300 ? 1 : 97) {
        const kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(size)];
        ASSERT_NE(s, nullptr) << size;
        EXPECT_GE(s->object_size, size);
        // And in no smaller one.
        for (const kmem_cache *other : kmalloc_caches[KMALLOC_NORMAL])
            if (other && other->object_size >= size) {
                EXPECT_GE(other->object_size, s->object_size) << size;
            }
    }
}

TEST_F(Kmalloc, ASizeThatTheCompilerKnowsAndOneThatItDoesNotAgree)
{
    volatile size_t unknown = 100;
    void *a = kmalloc(100, GFP_KERNEL);
    void *b = kmalloc(unknown, GFP_KERNEL);
    EXPECT_EQ(virt_to_page(a)->slab_cache, virt_to_page(b)->slab_cache);
    EXPECT_EQ(ksize(a), 128u);
    kfree(a);
    kfree(b);
}

TEST_F(Kmalloc, NoBytesAreAPlaceThatCanBeFreed)
{
    volatile size_t none = 0;
    EXPECT_EQ(kmalloc(none, GFP_KERNEL), ZERO_SIZE_PTR);
    EXPECT_EQ(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
    kfree(ZERO_SIZE_PTR);
    kfree(nullptr);
    EXPECT_EQ(ksize(ZERO_SIZE_PTR), 0u);
    EXPECT_EQ(ksize(nullptr), 0u);
}

TEST_F(Kmalloc, PowersOfTwoAreAlignedToThemselves)
{
    for (u32 size = 8; size <= 8192; size *= 2) {
        void *p = __kmalloc(size, GFP_KERNEL);
        EXPECT_EQ(from_ptr(p).raw() % std::min(size, PAGE_SIZE), 0u) << size;
        kfree(p);
    }
}

TEST_F(Kmalloc, LargeBlocksArePages)
{
    const unsigned long free = nr_free_pages();
    void *p = kmalloc(100000, GFP_KERNEL);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(ksize(p), 131072u);
    EXPECT_EQ(nr_free_pages(), free - 32);
    memset(p, 0x77, 100000);
    kfree(p);
    EXPECT_EQ(nr_free_pages(), free);
}

TEST_F(Kmalloc, TooLargeIsRefused)
{
    EXPECT_EQ(kmalloc(4194305, GFP_KERNEL), nullptr);
    EXPECT_REPORT("kmalloc: 4194305 bytes refused: the most is 4194304");
}

TEST_F(Kmalloc, ObjectsForDmaComeFromThatZoneAndShareNoCacheLine)
{
    for (u32 size : {8u, 60u, 64u, 90u, 192u, 4096u}) {
        void *p = __kmalloc(size, GFP_KERNEL | GFP_DMA);
        ASSERT_NE(p, nullptr);
        EXPECT_EQ(page_zonenum(virt_to_page(p)), ZONE_DMA);
        EXPECT_EQ(from_ptr(p).raw() % 64, 0u);
        EXPECT_GE(ksize(p), 64u);
        EXPECT_EQ(ksize(p) % 64, 0u);
        kfree(p);
    }
}

TEST_F(Kmalloc, ReclaimableObjectsHavePagesOfTheirOwn)
{
    void *p = kmalloc(64, GFP_KERNEL | __GFP_RECLAIMABLE);
    void *q = kmalloc(64, GFP_KERNEL);
    EXPECT_NE(virt_to_page(p)->slab_cache, virt_to_page(q)->slab_cache);
    kfree(p);
    kfree(q);
}

TEST_F(Kmalloc, ReallocKeepsWhatIsThereAndMovesOnlyToGrow)
{
    auto *p = static_cast<u8 *>(kmalloc(50, GFP_KERNEL));
    memset(p, 0x42, 50);
    EXPECT_EQ(krealloc(p, 64, GFP_KERNEL), p);
    EXPECT_EQ(krealloc(p, 10, GFP_KERNEL), p);
    auto *q = static_cast<u8 *>(krealloc(p, 65, GFP_KERNEL));
    EXPECT_NE(q, p);
    for (u32 i = 0; i < 50; i++)
        EXPECT_EQ(q[i], 0x42u);
    auto *r = static_cast<u8 *>(krealloc(q, 20000, GFP_KERNEL));
    for (u32 i = 0; i < 50; i++)
        EXPECT_EQ(r[i], 0x42u);
    EXPECT_EQ(krealloc(r, 0, GFP_KERNEL), ZERO_SIZE_PTR);
    void *fresh = krealloc(nullptr, 30, GFP_KERNEL);
    EXPECT_NE(fresh, nullptr);
    kfree(fresh);
}

TEST_F(Kmalloc, ArraysThatOverflowAreRefused)
{
    EXPECT_EQ(kmalloc_array(~size_t{0} / 2, 4, GFP_KERNEL), nullptr);
    auto *p = static_cast<u32 *>(kcalloc(10, sizeof(u32), GFP_KERNEL));
    for (u32 i = 0; i < 10; i++)
        EXPECT_EQ(p[i], 0u);
    kfree(p);
    auto *z = static_cast<u8 *>(kzalloc(77, GFP_KERNEL));
    for (u32 i = 0; i < 77; i++)
        EXPECT_EQ(z[i], 0u);
    kfree(z);
}

TEST_F(Kmalloc, TheCacheOfCachesIsAnObjectOfItself)
{
    EXPECT_TRUE(slab_is_available());
    const kmem_cache *first = list_entry<&kmem_cache::list>(slab_caches.next);
    EXPECT_STREQ(first->name, "kmem_cache");
    EXPECT_EQ(virt_to_page(first)->slab_cache, first);
}
