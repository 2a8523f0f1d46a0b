// Objects that a bug has put out of use: somebody still writes to them, or has written beside them.
//
// Such an object is neither free nor in use: its bit stays clear, so that it is never handed out,
// and its address stands in a table, so that freeing it once more is recognised. The table has room
// for 64, since a kernel with so many bugs has other sorrows; what finds no room is never handed
// out either, but looks like an object in use.
#include <mm/slub_debug.h>

#include <algorithm>
#include <array>

namespace {

constexpr u32 MOST_RETIRED = 64;

class retired_table {
public:
    void add(const char *object)
    {
        if (count_ < MOST_RETIRED)
            objects_[count_++] = object;
    }
    [[nodiscard]] bool has(const char *object) const
    {
        return std::find(objects_.begin(), end(), object) != end();
    }
    template <class Predicate>
    [[nodiscard]] u32 count_if(Predicate predicate) const
    {
        return static_cast<u32>(std::count_if(objects_.begin(), end(), predicate));
    }
    void clear() { count_ = 0; }

private:
    [[nodiscard]] const char *const *end() const { return objects_.begin() + count_; }

    u32 count_ = 0;
    std::array<const char *, MOST_RETIRED> objects_{};
};

constinit spinlock_t retired_lock; // innermost
constinit retired_table retired GUARDED_BY(retired_lock);

} // namespace

void retire(const char *object)
{
    const spin_irq_guard guard(retired_lock);
    retired.add(object);
}

bool is_retired(const char *object)
{
    const spin_irq_guard guard(retired_lock);
    return retired.has(object);
}

u32 retired_objects(const kmem_cache *s)
{
    const spin_irq_guard guard(retired_lock);
    return retired.count_if(
        [s](const char *object) { return virt_to_page(object)->slab_cache == s; });
}

void forget_retired()
{
    const spin_irq_guard guard(retired_lock);
    retired.clear();
}
