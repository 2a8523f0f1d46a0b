// Slab caches written naively, and both run side by side.
//
// The model knows which objects are in use, by address, and what was written into each. It asks
// of the allocator: an object that it hands out overlaps none in use and has the size and
// alignment of its cache; what the user wrote stays; what is freed twice, or is no object, changes
// nothing. Several caches, of sizes for one word of bits, two and many; several CPUs by turns.
#pragma once

#include <cstring>

#include <mm/slab.h>
#include <mm/slub_internal.h>

namespace slab_model {

/// Bytes to make decisions of; zeroes when there are no more.
class source {
public:
    source(const u8 *bytes, size_t size) : at_(bytes), end_(bytes + size) {}
    [[nodiscard]] bool empty() const { return at_ == end_; }
    u32 byte() { return at_ == end_ ? 0 : *at_++; }
    u32 below(u32 limit) { return (byte() << 8 | byte()) % limit; }

private:
    const u8 *at_;
    const u8 *end_;
};

class checker {
public:
    static constexpr u32 CACHES = 4, LIVE = 400;
    static constexpr u32 SIZES[CACHES] = {8, 64, 96, 1500};

    checker()
    {
        constexpr const char *names[CACHES] = {"model-8", "model-64", "model-96", "model-1500"};
        for (u32 i = 0; i < CACHES; i++)
            caches_[i] = kmem_cache_create(names[i], SIZES[i], 0, SLAB_NO_MERGE, nullptr);
    }

    /// Does one operation. @return nullptr, or what is wrong
    const char *step(source &from)
    {
        const u32 what = from.byte();
        const u32 cache = what / 8 % CACHES;
        switch (what % 8) {
        case 0:
        case 1:
        case 2:
            return take(cache);
        case 3:
        case 4:
            return live_ == 0 ? nullptr : give(from.below(live_));
        case 5:
            return bulk(cache, 1 + from.byte() % 40);
        case 6:
            return wrong(from);
        default:
            kmem_cache_shrink(caches_[cache]);
            return nullptr;
        }
    }

    /// Frees everything and ends the caches; every slab must be gone.
    const char *finish()
    {
        while (live_ != 0)
            if (const char *problem = give(live_ - 1))
                return problem;
        for (kmem_cache *s : caches_) {
            flush_reserve(s, which_cpus::all);
            if (kmem_cache_shrink(s) != 0)
                return "a slab is left when all objects are freed";
            kmem_cache_destroy(s);
        }
        return nullptr;
    }

private:
    struct object {
        u8 *at;
        u32 cache;
        u8 stamp;
    };

    const char *take(u32 cache)
    {
        if (live_ == LIVE)
            return nullptr;
        return enter(static_cast<u8 *>(kmem_cache_alloc(caches_[cache], GFP_KERNEL | __GFP_NOWARN)),
                     cache);
    }

    const char *enter(u8 *at, u32 cache)
    {
        if (!at)
            return nullptr; // memory may be short
        const u32 size = SIZES[cache];
        if (from_ptr(at).raw() % sizeof(void *) != 0)
            return "an object is not aligned";
        for (u32 i = 0; i < live_; i++)
            if (at < objects_[i].at + SIZES[objects_[i].cache] && objects_[i].at < at + size)
                return "an object overlaps one that is in use";
        const u8 stamp = static_cast<u8>(stamps_++);
        memset(at, stamp, size);
        objects_[live_++] = {at, cache, stamp};
        return nullptr;
    }

    const char *give(u32 number)
    {
        const object o = objects_[number];
        for (u32 i = 0; i < SIZES[o.cache]; i++)
            if (o.at[i] != o.stamp)
                return "what the user wrote has changed";
        objects_[number] = objects_[--live_];
        if (o.stamp % 2 == 0)
            kfree(o.at);
        else
            kmem_cache_free(caches_[o.cache], o.at);
        return nullptr;
    }

    const char *bulk(u32 cache, u32 count)
    {
        void *at[40];
        if (live_ + count > LIVE ||
            kmem_cache_alloc_bulk(caches_[cache], GFP_KERNEL | __GFP_NOWARN, count, at) == 0)
            return nullptr;
        for (u32 i = 0; i < count; i++)
            if (const char *problem = enter(static_cast<u8 *>(at[i]), cache))
                return problem;
        return nullptr;
    }

    /// Misdeeds: inside an object, twice, of the wrong cache. All must be refused.
    const char *wrong(source &from)
    {
        // Each is reported at length: few of them.
        const u32 which = from.byte();
        if (live_ == 0 || which >= 3 * 8)
            return nullptr;
        const object o = objects_[from.below(live_)];
        switch (which % 3) {
        case 0:
            kfree(o.at + 1 + from.byte() % (SIZES[o.cache] - 1));
            return nullptr;
        case 1:
            kmem_cache_free(caches_[(o.cache + 1) % CACHES], o.at);
            return nullptr;
        default:
            for (u32 i = 0; i < live_; i++)
                if (objects_[i].at == o.at) {
                    const char *problem = give(i);
                    kfree(o.at);
                    return problem;
                }
            return nullptr;
        }
    }

    kmem_cache *caches_[CACHES];
    object objects_[LIVE];
    u32 live_ = 0;
    u32 stamps_ = 0;
};

} // namespace slab_model
