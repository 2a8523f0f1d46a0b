// Objects that a bug has put out of use: somebody still writes to them, or has written beside them.
//
// Such an object is neither free nor in use: its bit stays clear, so that it is never handed out,
// and its address stands in a table, so that freeing it once more is recognised. The table has room
// for 64, since a kernel with so many bugs has other sorrows; what finds no room is never handed
// out either, but looks like an object in use.
#include <mm/slub_debug.h>

#include <algorithm>
#include <array>
#include <utility>

namespace {

constexpr u32 MOST_RETIRED = 64;

class retired_table {
public:
    void add(const char *object)
    {
        if (count_ < MOST_RETIRED)
            objects_[count_++] = object;
    }
    /// One of those that `wanted` says, which is taken out; nullptr: there is none.
    template <class Predicate>
    const char *take(Predicate wanted)
    {
        const char **found = std::find_if(objects_.data(), objects_.data() + count_, wanted);
        return found == end() ? nullptr : std::exchange(*found, objects_[--count_]);
    }
    [[nodiscard]] bool has(const char *object) const
    {
        return std::find(objects_.data(), end(), object) != end();
    }
    template <class Predicate>
    [[nodiscard]] u32 count_if(Predicate predicate) const
    {
        return static_cast<u32>(std::count_if(objects_.data(), end(), predicate));
    }
    void clear() { count_ = 0; }

private:
    [[nodiscard]] const char *const *end() const { return objects_.data() + count_; }

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

static auto is_of(const kmem_cache *s)
{
    return [s](const char *object) { return virt_to_page(object)->slab_cache == s; };
}

u32 retired_objects(const kmem_cache *s)
{
    const spin_irq_guard guard(retired_lock);
    return retired.count_if(is_of(s));
}

/// The next one to be used again.
static char *take_retired(const kmem_cache *s)
{
    const spin_irq_guard guard(retired_lock);
    return const_cast<char *>(retired.take(is_of(s)));
}

void reuse_retired(kmem_cache *s)
{
    while (char *object = take_retired(s)) {
        page *discard;
        {
            const spin_irq_guard guard(s->node.list_lock);
            page *slab = slab_of(virt_to_page(object));
            const u32 number = whereabouts(s, slab, object).number;
            init_cell(s, object);
            slab_words(s, slab)[number / CHUNK_OBJECTS] |= bit_of(number);
            discard = put_on_right_list(s, slab);
        }
        if (discard)
            discard_slab(s, discard);
    }
}

void forget_retired()
{
    const spin_irq_guard guard(retired_lock);
    retired.clear();
}
