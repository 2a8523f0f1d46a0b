// Objects of one C++ type: a cache that knows what it holds, and a handle that owns one.
//
//     static constinit kmem_cache_of<vm_area> areas{"vm_area"};      owns nothing yet
//     areas.init();                                                  once there are slabs
//     owned<vm_area> area = areas.make(GFP_KERNEL, start, end);      constructed in place
//     if (!area) return -ENOMEM;
//
// Nothing is added to a call of kmem_cache_alloc() and the constructor: a handle is a pointer and
// the cache, both of which the compiler sees through.
#pragma once

#include <new>
#include <utility>

#include <mm/slab.h>

template <class T>
class kmem_cache_of;

/// Owns an object until it goes out of scope, is moved away or let go.
template <class T>
class [[nodiscard]] owned {
public:
    constexpr owned() = default;
    owned(kmem_cache_of<T> &cache, T *object) : cache_(&cache), object_(object) {}
    owned(owned &&other) noexcept
        : cache_(other.cache_), object_(std::exchange(other.object_, nullptr))
    {
    }
    owned &operator=(owned &&other) noexcept
    {
        std::swap(cache_, other.cache_);
        std::swap(object_, other.object_);
        return *this;
    }
    ~owned()
    {
        if (object_)
            cache_->destroy(object_);
    }

    explicit operator bool() const { return object_ != nullptr; }
    T *operator->() const { return object_; }
    T &operator*() const { return *object_; }
    [[nodiscard]] T *get() const { return object_; }
    /// The object is the caller's from now on: kmem_cache_of::destroy() ends it.
    [[nodiscard]] T *release() { return std::exchange(object_, nullptr); }

private:
    kmem_cache_of<T> *cache_ = nullptr;
    T *object_ = nullptr;
};

template <class T>
class kmem_cache_of {
public:
    explicit constexpr kmem_cache_of(const char *name) : name_(name) {}

    /// Makes the cache. @return false: no memory, or SLAB_PANIC panics. Context: boot.
    [[nodiscard]] bool init(slab_flags_t flags = slab_flags_t(0))
    {
        cache_ = kmem_cache_create(name_, sizeof(T), alignof(T), flags, nullptr);
        return cache_ != nullptr;
    }
    /// Ends the cache; no object may be left.
    void end() { kmem_cache_destroy(std::exchange(cache_, nullptr)); }

    /// An object, constructed from the arguments; nullptr if there is no memory.
    template <class... Args>
    [[nodiscard]] T *create(gfp_t gfp, Args &&...args)
    {
        void *place = kmem_cache_alloc(cache_, gfp);
        return place ? new (place) T{std::forward<Args>(args)...} : nullptr;
    }
    /// Ends an object of create(). nullptr is ignored.
    void destroy(T *object)
    {
        if (object)
            object->~T();
        kmem_cache_free(cache_, object);
    }
    /// create() with an owner.
    template <class... Args>
    owned<T> make(gfp_t gfp, Args &&...args)
    {
        return {*this, create(gfp, std::forward<Args>(args)...)};
    }
    [[nodiscard]] kmem_cache *cache() const { return cache_; }

private:
    const char *name_;
    kmem_cache *cache_ = nullptr;
};
