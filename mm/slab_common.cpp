// Caches: made, shared, ended; and the general ones that kmalloc() takes from.
//
// Which comes first? A cache is described by a struct kmem_cache, which is an object like any
// other and wants to come from a cache. So kmem_cache_init() begins with one description that
// stands in the kernel's image, allocates from it the place for the description of that very
// cache, and moves it there (bootstrap()). From then on all descriptions are objects, and
// create_kmalloc_caches() makes the general caches like any other cache.
//
//   boot_kmem_cache (in .data)  --kmem_cache_alloc-->  an object  --bootstrap-->  kmem_cache_cache
//
// Locks: slab_mutex guards the list of caches; nobody who holds it allocates.
// Linux: mm/slab_common.c, mm/slub.c (kmem_cache_open, calculate_sizes, calculate_order).
#include <mm/slab.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <kernel/core/early_param.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/lib/string_util.h>
#include <mm/slub_debug.h>
#include <mm/slub_internal.h>

constinit list_head slab_caches = LIST_HEAD_INIT(slab_caches);
constinit spinlock_t slab_mutex;
constinit kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1] = {};

namespace {

constexpr u32 CACHE_LINE = 64;
constinit kmem_cache boot_kmem_cache{};
constinit kmem_cache *kmem_cache_cache = nullptr;

// ------------------------------------------------------------------ geometry

constexpr u32 SLUB_MAX_ORDER = 3;
/// Empty slabs are kept while a cache has no more partial ones than this: Linux's five, and the four
/// that Linux lets each CPU keep; fewer if they are large.
constexpr u32 MIN_PARTIAL = 5;
constexpr u32 CPU_PARTIAL = 4 * NR_CPUS;
/// Objects of a slab that are worth asking the page allocator for more than one page.
constexpr u32 SLUB_MIN_OBJECTS = 16;
constexpr u32 MAX_WORDS = 16; // of page::slab_owned
constexpr u32 WORD_OBJECTS = 32;
constexpr u32 BITS_IN_PAGE = 64; // of struct page

/// What fits into a slab: the objects, and their words of bits where struct page has no room.
struct slab_fill {
    u32 objects, words;
    u32 waste; ///< bytes
};

slab_fill fill_of(u32 size, u32 order)
{
    const u32 bytes = PAGE_SIZE << order;
    u32 objects = std::min(bytes / size, MAX_WORDS * WORD_OBJECTS);
    while (objects > BITS_IN_PAGE &&
           objects * size + (objects + WORD_OBJECTS - 1) / WORD_OBJECTS * 4 > bytes)
        objects--;
    const u32 words = (objects + WORD_OBJECTS - 1) / WORD_OBJECTS;
    return {objects, words, bytes - objects * size - (objects > BITS_IN_PAGE ? words * 4 : 0)};
}

/// The order of a slab: the smallest with enough objects that wastes at most 1/16; if there is
/// none 1/8, 1/4; if there is none, fewer objects. Linux: calculate_order().
u32 calculate_order(u32 size)
{
    const u32 most = (PAGE_SIZE << SLUB_MAX_ORDER) / size;
    for (u32 least = std::min(SLUB_MIN_OBJECTS, most); least > 1; least--)
        for (u32 fraction = 16; fraction >= 4; fraction /= 2)
            for (u32 order = 0; order <= SLUB_MAX_ORDER; order++) {
                const slab_fill fill = fill_of(size, order);
                if (fill.objects >= least && fill.waste <= (PAGE_SIZE << order) / fraction)
                    return order;
            }
    u32 order = 0;
    while ((PAGE_SIZE << order) < size)
        order++;
    return order;
}

u32 calculate_alignment(slab_flags_t flags, u32 align, u32 size)
{
    if (flags & SLAB_HWCACHE_ALIGN) {
        // Small objects share a line, but none crosses one.
        u32 line = CACHE_LINE;
        while (size <= line / 2)
            line /= 2;
        align = std::max(align, line);
    }
    return std::max<u32>(align, sizeof(void *));
}

/// Linux: calculate_sizes().
void calculate_sizes(kmem_cache *s)
{
    const slab_layout layout = layout_of(s->object_size, s->align, s->flags);
    s->size = layout.size;
    s->inuse = layout.inuse;
    s->red_left = layout.red_left;
    s->align = layout.align;
    s->reciprocal = static_cast<u32>(((u64{1} << 32) + s->size - 1) / s->size);
    s->order = static_cast<u8>(calculate_order(s->size));
    const slab_fill fill = fill_of(s->size, s->order);
    s->objects = static_cast<u16>(fill.objects);
    s->words = static_cast<u16>(fill.words);
    s->slab_offset = (PAGE_SIZE << s->order) - 1;
    s->tail_used = ~objects_of_chunk(s, fill.words - 1);
    s->bits_at = fill.objects > BITS_IN_PAGE
                     ? static_cast<u16>((PAGE_SIZE << s->order) - fill.words * 4)
                     : u16{0};
    s->min_partial = static_cast<u16>(MIN_PARTIAL + (CPU_PARTIAL >> s->order));
    s->allocflags = gfp_t(0);
    if (s->flags & SLAB_CACHE_DMA)
        s->allocflags |= __GFP_DMA;
    else if (s->flags & SLAB_RECLAIM_ACCOUNT)
        s->allocflags |= __GFP_RECLAIMABLE;
    choose_path(s);
}

struct cache_request {
    const char *name;
    u32 size, align;
    slab_flags_t flags;
    void (*ctor)(void *);
};

/// Linux: kmem_cache_open().
void open_cache(kmem_cache *s, const cache_request &wanted)
{
    s->name = wanted.name;
    s->object_size = wanted.size;
    s->align = calculate_alignment(wanted.flags, wanted.align, wanted.size);
    s->flags = kmem_cache_flags(wanted.flags, wanted.name);
    s->ctor = wanted.ctor;
    s->refcount = 1;
    calculate_sizes(s);
    const spin_irq_guard guard(s->node.list_lock);
    INIT_LIST_HEAD(&s->node.partial);
    INIT_LIST_HEAD(&s->node.full);
    for (kmem_cache_cpu &c : s->cpu_slab) {
        c.size = s->size;
        c.reciprocal = s->reciprocal;
        forget_reserve(c);
    }
}

void add_cache(kmem_cache *s)
{
    const spin_irq_guard guard(slab_mutex);
    list_add_tail(&s->list, &slab_caches);
}

// ------------------------------------------------------------------ sharing

constinit bool slub_nomerge = false;

int setup_slub_nomerge(const char *)
{
    slub_nomerge = true;
    return 0;
}
early_param("slub_nomerge", setup_slub_nomerge);

constexpr slab_flags_t SLAB_NEVER_MERGE = SLAB_DEBUG_FLAGS | SLAB_NO_MERGE;
constexpr slab_flags_t SLAB_MERGE_SAME = SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT;

/// A cache whose objects can do for what is wanted, at the cost of less than a pointer's size.
/// Linux: find_mergeable().
kmem_cache *find_mergeable(const cache_request &wanted) REQUIRES(slab_mutex)
{
    if (slub_nomerge || wanted.ctor ||
        kmem_cache_flags(wanted.flags, wanted.name) & SLAB_NEVER_MERGE)
        return nullptr;
    const u32 align = calculate_alignment(wanted.flags, wanted.align, wanted.size);
    const u32 size = (wanted.size + align - 1) & ~(align - 1);
    for (kmem_cache &s : list_entries<&kmem_cache::list>(slab_caches)) {
        if (s.ctor || s.flags & SLAB_NEVER_MERGE || size > s.size ||
            s.size - size >= sizeof(void *) || s.size % align != 0 ||
            (s.flags & SLAB_MERGE_SAME) != (wanted.flags & SLAB_MERGE_SAME))
            continue;
        s.refcount++;
        s.object_size = std::max(s.object_size, wanted.size);
        return &s;
    }
    return nullptr;
}

kmem_cache *share_cache(const cache_request &wanted)
{
    const spin_irq_guard guard(slab_mutex);
    return find_mergeable(wanted);
}

/// What is wrong with the arguments, or nullptr.
const char *fault_of(const cache_request &wanted)
{
    if (!wanted.name || !*wanted.name)
        return "it has no name";
    if (wanted.size == 0 || wanted.size > KMALLOC_MAX_CACHE_SIZE)
        return "the size is not 1 to 8192";
    if ((wanted.align & (wanted.align - 1)) != 0 || wanted.align > PAGE_SIZE)
        return "the alignment is no power of two up to 4096";
    return nullptr;
}

kmem_cache *create_cache(const cache_request &wanted)
{
    if (const char *fault = fault_of(wanted)) {
        printk("kmem_cache_create: %s refused: %s\n", wanted.name ? wanted.name : "(null)", fault);
        return nullptr;
    }
    if (kmem_cache *shared = share_cache(wanted))
        return shared;
    // Where failing is a panic, failures on purpose are none of a test's.
    const gfp_t gfp = wanted.flags & SLAB_PANIC ? GFP_KERNEL | __GFP_NOFAIL : GFP_KERNEL;
    void *place = kmem_cache_alloc(kmem_cache_cache, gfp);
    if (!place)
        return nullptr;
    auto *s = new (place) kmem_cache{};
    open_cache(s, wanted);
    add_cache(s);
    return s;
}

} // namespace

kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
                              slab_flags_t flags, void (*ctor)(void *))
{
    kmem_cache *s = create_cache({name, size, align, flags, ctor});
    if (!s && flags & SLAB_PANIC)
        panic("kmem_cache_create: no cache %s", name ? name : "(null)");
    return s;
}

// ------------------------------------------------------------------ ending

namespace {

/// Takes one empty slab out of the cache, or nullptr.
page *remove_empty_slab(kmem_cache *s)
{
    const spin_irq_guard guard(s->node.list_lock);
    for (page &slab : list_entries<&page::slab_list>(s->node.partial))
        if (slab_is_empty(s, &slab)) {
            list_del(&slab.slab_list);
            slab.slab_listed = SLAB_ON_NONE;
            s->node.nr_partial--;
            s->node.nr_slabs--;
            return &slab;
        }
    return nullptr;
}

u32 slabs_of(kmem_cache *s)
{
    const spin_irq_guard guard(s->node.list_lock);
    return s->node.nr_slabs;
}

/// True if this was not the last user.
bool drop_user(kmem_cache *s)
{
    const spin_irq_guard guard(slab_mutex);
    return --s->refcount > 0;
}

} // namespace

int kmem_cache_shrink(kmem_cache *s)
{
    flush_reserve(s, which_cpus::this_one);
    while (page *slab = remove_empty_slab(s))
        discard_slab(s, slab);
    return slabs_of(s) != 0;
}

void kmem_cache_destroy(kmem_cache *s)
{
    if (!s || drop_user(s))
        return;
    // Nobody uses it any more, so what CPUs have in reserve is nobody's.
    flush_reserve(s, which_cpus::all);
    if (kmem_cache_shrink(s) != 0) {
        report_remaining(s);
        const spin_irq_guard guard(slab_mutex);
        s->refcount = 1; // it stays, so that the objects can still be freed
        return;
    }
    {
        const spin_irq_guard guard(slab_mutex);
        list_del(&s->list);
    }
    kmem_cache_free(kmem_cache_cache, s);
}

// ------------------------------------------------------------------ boot

namespace {

constexpr const char *kmalloc_names[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1] = {
    {nullptr, "kmalloc-96", "kmalloc-192", "kmalloc-8", "kmalloc-16", "kmalloc-32", "kmalloc-64",
     "kmalloc-128", "kmalloc-256", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k",
     "kmalloc-8k"},
    {nullptr, "kmalloc-rcl-96", "kmalloc-rcl-192", "kmalloc-rcl-8", "kmalloc-rcl-16",
     "kmalloc-rcl-32", "kmalloc-rcl-64", "kmalloc-rcl-128", "kmalloc-rcl-256", "kmalloc-rcl-512",
     "kmalloc-rcl-1k", "kmalloc-rcl-2k", "kmalloc-rcl-4k", "kmalloc-rcl-8k"},
    {nullptr, nullptr, "dma-kmalloc-192", nullptr, nullptr, nullptr, "dma-kmalloc-64",
     "dma-kmalloc-128", "dma-kmalloc-256", "dma-kmalloc-512", "dma-kmalloc-1k", "dma-kmalloc-2k",
     "dma-kmalloc-4k", "dma-kmalloc-8k"},
};
constexpr slab_flags_t kmalloc_flags[NR_KMALLOC_TYPES] = {slab_flags_t(0), SLAB_RECLAIM_ACCOUNT,
                                                          SLAB_CACHE_DMA};

constexpr u32 kmalloc_size(u32 index)
{
    return index == 1 ? 96 : index == 2 ? 192 : 1u << index;
}

/// Moves the description of the first cache out of the image into an object of that cache.
/// Linux: bootstrap().
kmem_cache *bootstrap(kmem_cache *from)
{
    void *place = kmem_cache_alloc(from, GFP_NOWAIT | __GFP_NOFAIL);
    if (!place)
        panic("kmem_cache_init: no memory for the first cache");
    auto *to = new (place) kmem_cache{};
    open_cache(to, {from->name, from->object_size, from->align, from->flags, nullptr});
    const spin_irq_guard guard(from->node.list_lock);
    const spin_guard also(to->node.list_lock);
    // One slab, whose first chunk is this CPU's reserve.
    page *slab = from->cpu_slab[raw_smp_processor_id()].slab;
    for (u32 i = 0; i < 1u << to->order; i++)
        slab[i].slab_cache = to;
    list_head *node = slab->slab_listed == SLAB_ON_PARTIAL ? &to->node.partial : &to->node.full;
    list_move(&slab->slab_list, node);
    to->node.nr_partial = from->node.nr_partial;
    to->node.nr_slabs = from->node.nr_slabs;
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
        to->cpu_slab[cpu] = from->cpu_slab[cpu];
    return to;
}

} // namespace

void kmem_cache_init()
{
    INIT_LIST_HEAD(&slab_caches);
    forget_retired();
    new (&boot_kmem_cache) kmem_cache{};
    open_cache(&boot_kmem_cache, {"kmem_cache", sizeof(kmem_cache), alignof(kmem_cache),
                                  SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE | SLAB_PANIC, nullptr});
    if (boot_kmem_cache.slow)
        kmem_cache_cache = &boot_kmem_cache; // under slub_debug= it has no reserve to move
    else
        kmem_cache_cache = bootstrap(&boot_kmem_cache);
    add_cache(kmem_cache_cache);
    create_kmalloc_caches(slab_flags_t(0));
}

void create_kmalloc_caches(slab_flags_t flags)
{
    for (u32 type = 0; type < NR_KMALLOC_TYPES; type++)
        for (u32 index = 1; index <= KMALLOC_SHIFT_HIGH; index++) {
            const char *name = kmalloc_names[type][index];
            if (!name)
                continue;
            const u32 size = kmalloc_size(index);
            // A power of two is aligned to itself, up to a page.
            const u32 align = std::min<u32>(size & -size, PAGE_SIZE);
            kmalloc_caches[type][index] = kmem_cache_create(
                name, size, align, flags | kmalloc_flags[type] | SLAB_NO_MERGE | SLAB_PANIC,
                nullptr);
        }
    // What shares a cache line with others is not for DMA: the next larger one that does not.
    kmem_cache **dma = kmalloc_caches[KMALLOC_DMA];
    dma[1] = dma[7];
    for (u32 index = KMALLOC_SHIFT_LOW; index < 6; index++)
        dma[index] = dma[6];
}

bool slab_is_available()
{
    return kmem_cache_cache != nullptr;
}

// ------------------------------------------------------------------ kmalloc

namespace {

#define CALLER __builtin_return_address(0)

u32 order_of(size_t size)
{
    u32 order = 0;
    while (order < MAX_ORDER && size_t{PAGE_SIZE} << order < size)
        order++;
    return order;
}

/// A block of pages that kmalloc_large() gave out, by its first address.
bool is_large_object(const void *object)
{
    if (!has_page(object) || from_ptr(object).raw() % PAGE_SIZE != 0)
        return false;
    const page *p = virt_to_page(object);
    return p->flags & PAGE_IN_USE && p->flags & PG_head;
}

} // namespace

void *__kmalloc(size_t size, gfp_t gfp)
{
    if (size > KMALLOC_MAX_CACHE_SIZE)
        return kmalloc_large(size, gfp);
    if (size == 0)
        return ZERO_SIZE_PTR;
    kmem_cache *s = kmalloc_caches[kmalloc_type(gfp)][kmalloc_index(size)];
    return kmem_cache_alloc_caller(s, gfp, CALLER);
}

void *kmalloc_large(size_t size, gfp_t gfp)
{
    const u32 order = order_of(size);
    if (order == MAX_ORDER) {
        if (!(gfp & __GFP_NOWARN))
            printk("kmalloc: %zu bytes refused: the most is %u (by %pS)\n", size,
                   PAGE_SIZE << (MAX_ORDER - 1), CALLER);
        return nullptr;
    }
    page *p = alloc_pages((gfp & ~__GFP_HIGHMEM) | __GFP_COMP, order);
    return p ? lowmem_page_address(p) : nullptr;
}

void kfree_large(const void *object, const void *caller)
{
    if (ZERO_OR_NULL_PTR(object))
        return;
    if (!is_large_object(object)) {
        report_bad_address(nullptr, object, caller);
        return;
    }
    page *p = virt_to_page(object);
    __free_pages(p, compound_order(p));
}

size_t ksize(const void *object)
{
    if (ZERO_OR_NULL_PTR(object))
        return 0;
    if (has_page(object) && PageSlab(virt_to_page(object)))
        return virt_to_page(object)->slab_cache->object_size;
    if (is_large_object(object))
        return size_t{PAGE_SIZE} << compound_order(virt_to_page(object));
    report_bad_address(nullptr, object, CALLER);
    return 0;
}

void *krealloc(const void *object, size_t size, gfp_t gfp)
{
    if (size == 0) {
        kfree(object);
        return ZERO_SIZE_PTR;
    }
    const size_t had = ksize(object);
    if (had >= size)
        return const_cast<void *>(object);
    void *larger = __kmalloc(size, gfp);
    if (larger && had != 0)
        memcpy(larger, object, had);
    if (larger)
        kfree(object);
    return larger;
}

void clear_object(void *object, u32 size)
{
    if (size == PAGE_SIZE) {
        clear_page(object);
        return;
    }
    // Objects begin on words; eight at a time become one STM.
    auto *word = static_cast<u32 *>(object);
    for (; size >= 32; size -= 32, word += 8)
        word[0] = word[1] = word[2] = word[3] = word[4] = word[5] = word[6] = word[7] = 0;
    for (; size >= 4; size -= 4)
        *word++ = 0;
    for (auto *byte = reinterpret_cast<u8 *>(word); size != 0; size--)
        *byte++ = 0;
}
