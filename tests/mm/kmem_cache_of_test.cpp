// A cache that knows its type, and the handle that owns an object.
#include <mm/kmem_cache_of.h>
#include <tests/mm/slab_test.h>

namespace {

constinit int alive = 0;

struct thing {
    int value;
    explicit thing(int v) : value(v) { alive++; }
    ~thing() { alive--; }
};

class KmemCacheOf : public slab_test::slabs {
protected:
    void SetUp() override
    {
        slabs::SetUp();
        alive = 0;
        ASSERT_TRUE(things_.init(SLAB_NO_MERGE));
    }
    void TearDown() override
    {
        things_.end();
        slabs::TearDown();
    }
    kmem_cache_of<thing> things_{"test-things"};
};

} // namespace

TEST_F(KmemCacheOf, ObjectsAreConstructedInPlaceAndDestroyed)
{
    thing *t = things_.create(GFP_KERNEL, 42);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->value, 42);
    EXPECT_EQ(virt_to_page(t)->slab_cache, things_.cache());
    EXPECT_EQ(alive, 1);
    things_.destroy(t);
    things_.destroy(nullptr);
    EXPECT_EQ(alive, 0);
}

TEST_F(KmemCacheOf, AHandleEndsItsObject)
{
    {
        const owned<thing> t = things_.make(GFP_KERNEL, 7);
        ASSERT_TRUE(static_cast<bool>(t));
        EXPECT_EQ((*t).value + t->value, 14);
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

TEST_F(KmemCacheOf, AMovedHandleOwnsNothing)
{
    owned<thing> a = things_.make(GFP_KERNEL, 1);
    owned<thing> b = std::move(a);
    EXPECT_EQ(a.get(), nullptr);
    EXPECT_EQ(b->value, 1);
    owned<thing> c;
    c = std::move(b);
    EXPECT_EQ(alive, 1);
    thing *t = c.release();
    EXPECT_FALSE(static_cast<bool>(c));
    EXPECT_EQ(alive, 1);
    things_.destroy(t);
    EXPECT_EQ(alive, 0);
}
