// Tests of slab caches in both worlds: on the host each has a machine of its own with fresh caches;
// on the target they share the kernel's. Either way pages and slabs must verify at the end.
#pragma once

#include <mm/slab.h>
#include <mm/slub_internal.h>
#include <tests/mm/page_test.h>

namespace slab_test {

class slabs : public page_test::pages {
protected:
#if defined(LOWMEM_HOST)
    void SetUp() override
    {
        kmem_cache_init();
    }
#endif
    void TearDown() override
    {
        EXPECT_EQ(verify_slab(console_printer), 0u);
        pages::TearDown();
    }
};

/// A cache that is gone at the end of the test, with no object left in it.
class cache {
public:
    explicit cache(const char *name, u32 size, u32 align = 0, slab_flags_t flags = SLAB_NO_MERGE,
                   void (*ctor)(void *) = nullptr)
        : cache_(kmem_cache_create(name, size, align, flags, ctor))
    {
    }
    ~cache() { kmem_cache_destroy(cache_); }
    cache(const cache &) = delete;
    cache &operator=(const cache &) = delete;
    operator kmem_cache *() const { return cache_; }
    kmem_cache *operator->() const { return cache_; }

private:
    kmem_cache *cache_;
};

/// Slabs of a cache.
inline u32 slabs_of(kmem_cache *s)
{
    const spin_irq_guard guard(s->node.list_lock);
    return s->node.nr_slabs;
}

/// Objects by the hundred, that can be looked at one by one.
template <u32 Most>
struct objects {
    void *at[Most] = {};
    u32 count = 0;

    bool take(kmem_cache *s, u32 wanted, gfp_t gfp = GFP_KERNEL)
    {
        for (; wanted != 0 && count < Most; wanted--)
            if (!(at[count] = kmem_cache_alloc(s, gfp)))
                return false;
            else
                count++;
        return true;
    }
    void give(kmem_cache *s)
    {
        while (count != 0)
            kmem_cache_free(s, at[--count]);
    }
};

} // namespace slab_test
