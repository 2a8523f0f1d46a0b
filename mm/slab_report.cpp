// Caches, slabs and objects in numbers and in a picture.
//
//   kmalloc-64: objects of 64 bytes, one each 64 bytes, aligned to 64
//     slab    : 1 page, 64 objects, 0 bytes unused; 0.0 % is no object's
//     slabs   : 2, of them 1 partial, 0 empty
//     objects : 33 in use, 64 free, 31 in CPUs' reserves, 0 out of use since a bug
//     0xc1c06000  ################################ ................................
//     0xc1c07000  #1111111111111111111111111111111 ................................
//     # in use   . free   0 to 9 in the reserve of that CPU   x out of use
//
// The lock of a cache's node is held while its slabs are looked at, one cache at a time. What other
// CPUs take from their reserves meanwhile is seen or not.
// Linux: mm/slab_common.c slab_show(), mm/slub.c get_slabinfo(), slab_debugfs_show().
#include <mm/slab_report.h>

#include <mm/call_sites.h>
#include <mm/slub_debug.h>

namespace {

/// What the objects of some slabs are.
struct object_counts {
    u32 in_use, free, reserved, retired;

    [[nodiscard]] u32 sum() const { return in_use + free + reserved + retired; }
};

void count(object_counts &counts, object_state state)
{
    switch (state) {
    case object_state::in_use:
        counts.in_use++;
        break;
    case object_state::free:
        counts.free++;
        break;
    case object_state::reserved:
        counts.reserved++;
        break;
    case object_state::retired:
        counts.retired++;
        break;
    }
}

object_counts counts_of(const kmem_cache *s, page *slab)
{
    object_counts counts{};
    for (u32 number = 0; number < s->objects; number++)
        count(counts, state_of(s, slab, number));
    return counts;
}

/// Calls `visit(slab)` for each slab of a cache.
template <class Visit>
void for_slabs(kmem_cache *s, Visit visit) REQUIRES(s->node.list_lock)
{
    for (page &slab : list_entries<&page::slab_list>(s->node.full))
        visit(&slab);
    for (page &slab : list_entries<&page::slab_list>(s->node.partial))
        visit(&slab);
}

struct cache_counts {
    u32 slabs, partial, empty;
    object_counts objects;
};

cache_counts counts_of(kmem_cache *s) REQUIRES(s->node.list_lock)
{
    cache_counts all{s->node.nr_slabs, s->node.nr_partial, 0, {}};
    for_slabs(s, [&](page *slab) {
        const object_counts here = counts_of(s, slab);
        all.objects.in_use += here.in_use;
        all.objects.free += here.free;
        all.objects.reserved += here.reserved;
        all.objects.retired += here.retired;
        if (here.in_use + here.retired == 0)
            all.empty++;
    });
    return all;
}

void print_slabinfo_line(const printer &out, kmem_cache *s)
{
    cache_counts all;
    {
        const spin_irq_guard guard(s->node.list_lock);
        all = counts_of(s);
    }
    const object_counts &objects = all.objects;
    out.printf("%-17s %6u %6u %6u %4u %4u : tunables %4u %4u %4u : slabdata %6u %6u %6u\n", s->name,
               objects.in_use + objects.retired, objects.sum(), s->size, s->objects, 1u << s->order,
               0u, 0u, 0u, all.slabs - all.empty, all.slabs, 0u);
}

// ------------------------------------------------------------------ one cache

struct flag_name {
    slab_flags_t flag;
    const char *name;
};
constexpr flag_name flag_names[] = {
    {SLAB_CONSISTENCY_CHECKS, "whole slabs"},
    {SLAB_RED_ZONE, "red zones"},
    {SLAB_POISON, "poison"},
    {SLAB_STORE_USER, "owners"},
    {SLAB_TRACE, "trace"},
    {SLAB_FAILSLAB, "failslab"},
    {SLAB_INIT_ON_ALLOC, "zeroed when allocated"},
    {SLAB_INIT_ON_FREE, "zeroed when freed"},
};

void print_flags(const printer &out, const kmem_cache *s)
{
    text_buffer<160> names;
    for (const flag_name &f : flag_names)
        if (s->flags & f.flag)
            names.out().printf("%s%s", names.view().empty() ? "" : ", ", f.name);
    if (!names.view().empty())
        out.printf("  checked : %s\n", names.c_str());
}

void print_geometry(const printer &out, const kmem_cache *s)
{
    const u32 pages = 1u << s->order;
    const u32 bytes = pages * PAGE_SIZE;
    const u32 bits = s->bits_at ? s->words * 4u : 0;
    const u32 overhead = (bytes - s->objects * s->object_size) * 1000 / bytes;
    out.printf("%s: objects of %u bytes, one each %u bytes, aligned to %u%s\n", s->name,
               s->object_size, s->size, s->align, s->ctor ? ", with a constructor" : "");
    out.printf("  slab    : %u page%s, %u objects, %u bytes unused; %u.%u %% is no object's%s\n",
               pages, pages == 1 ? "" : "s", s->objects, bytes - s->objects * s->size - bits,
               overhead / 10, overhead % 10, bits ? ", bits at its end" : "");
    if (s->refcount > 1)
        out.printf("  shared  : by %d caches\n", s->refcount);
    print_flags(out, s);
}

char picture_of(const kmem_cache *s, page *slab, u32 number)
{
    switch (state_of(s, slab, number)) {
    case object_state::in_use:
        return '#';
    case object_state::free:
        return '.';
    case object_state::reserved:
        return static_cast<char>('0' + reserving_cpu(s, slab, number) % 10);
    default:
        return 'x';
    }
}

/// Rows of 64 objects, in chunks.
void print_picture(const printer &out, const kmem_cache *s, page *slab)
{
    constexpr u32 ROW = 64;
    for (u32 first = 0; first < s->objects; first += ROW) {
        text_buffer<ROW + ROW / CHUNK_OBJECTS + 1> row;
        for (u32 number = first; number < s->objects && number < first + ROW; number++) {
            if (number % CHUNK_OBJECTS == 0)
                row.out().write(" ");
            const char picture = picture_of(s, slab, number);
            row.out().write({&picture, 1});
        }
        if (first == 0)
            out.printf("  0x%08x %s\n", from_ptr(lowmem_page_address(slab)).raw(), row.c_str());
        else
            out.printf("             %s\n", row.c_str());
    }
}

} // namespace

void print_slabinfo(const printer &out)
{
    out.printf("slabinfo - version: 2.1\n"
               "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
               "tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> "
               "<sharedavail>\n");
    const spin_irq_guard guard(slab_mutex);
    for (kmem_cache &s : list_entries<&kmem_cache::list>(slab_caches))
        print_slabinfo_line(out, &s);
}

kmem_cache *find_cache(std::string_view name)
{
    const spin_irq_guard guard(slab_mutex);
    for (kmem_cache &s : list_entries<&kmem_cache::list>(slab_caches))
        if (s.name == name)
            return &s;
    return nullptr;
}

void print_cache(const printer &out, kmem_cache *s, u32 most)
{
    const spin_irq_guard guard(s->node.list_lock);
    print_geometry(out, s);
    const cache_counts all = counts_of(s);
    out.printf("  slabs   : %u, of them %u partial, %u empty\n", all.slabs, all.partial, all.empty);
    out.printf("  objects : %u in use, %u free, %u in CPUs' reserves, %u out of use since a bug\n",
               all.objects.in_use, all.objects.free, all.objects.reserved, all.objects.retired);
    u32 printed = 0;
    for_slabs(s, [&](page *slab) {
        if (printed++ < most)
            print_picture(out, s, slab);
    });
    if (printed > most)
        out.printf("  and %u slabs more\n", printed - most);
    if (printed != 0)
        out.printf("  # in use   . free   0 to 9 in the reserve of that CPU   x out of use\n");
}

bool print_cache_owners(const printer &out, kmem_cache *s)
{
    if (!(s->flags & SLAB_STORE_USER)) {
        out.printf("%s: nobody notes who allocates; boot with slub_debug=U,%s\n", s->name, s->name);
        return false;
    }
    const spin_guard sites(call_sites_lock);
    call_sites.clear();
    {
        const spin_irq_guard guard(s->node.list_lock);
        for_slabs(s, [&](page *slab) NO_THREAD_SAFETY_ANALYSIS {
            for (u32 number = 0; number < s->objects; number++)
                if (state_of(s, slab, number) == object_state::in_use)
                    call_sites.add(tracks_of(s, object_at(s, slab, number))->alloc.caller,
                                   s->object_size);
        });
    }
    print_call_sites(out, "bytes", "objects", "");
    return true;
}

// ------------------------------------------------------------------ a page

void print_object_at(const printer &out, const void *address)
{
    page *slab = slab_of(virt_to_page(address));
    const kmem_cache *s = slab->slab_cache;
    print_slab_address(out, s, slab, address);
}

void print_slab_of(const printer &out, page *p)
{
    page *slab = slab_of(p);
    const kmem_cache *s = slab->slab_cache;
    const object_counts counts = counts_of(s, slab);
    out.printf("slab of %s, %u of %u objects in use", s->name, counts.in_use, s->objects);
}
