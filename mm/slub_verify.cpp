// Is every slab what SLUB promises it to be? The promises:
//
//   a cache     has sensible lengths, and its factor for divisions is right
//   a reserve   is of a slab of the cache; size, factor, first object and inbox are those of its
//               chunk; no object is in it and in the inbox too; no other CPU has the same chunk;
//               a cache without reserves has none
//   a slab      all its pages name the cache and are one block; bits behind the last object are
//               set; a chunk is marked as owned if and only if it is a CPU's reserve; it is in the
//               list that its free chunks ask for, and the lists are as long as they say
//   an object   guards, poison and padding are what its state asks for
//   all         every slab page of the machine is in a list of its cache
//
// Linux: mm/slub.c validate_slab_cache(), validate_slab(), check_slab(), on_freelist().
#include <mm/slub_debug.h>

#include <kernel/core/printk.h>
#include <mm/bootmem.h>

namespace {

/// Bits of a chunk's word that stand for nothing.
[[nodiscard]] u32 bits_beyond(const kmem_cache *s, u32 chunk)
{
    return ~objects_of_chunk(s, chunk);
}

bool pages_name_cache(const kmem_cache *s, const page *slab)
{
    for (u32 i = 0; i < 1u << s->order; i++)
        if (!PageSlab(slab + i) || slab[i].slab_cache != s)
            return false;
    return true;
}

bool has_free_chunk(const kmem_cache *s, page *slab)
{
    const u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        if ((slab->slab_owned >> chunk & 1) == 0 && words[chunk] & objects_of_chunk(s, chunk))
            return true;
    return false;
}

/// Chunks of the slab that are CPUs' reserves, as a set.
u32 reserved_chunks(const kmem_cache *s, const page *slab)
{
    u32 chunks = 0;
    for (const kmem_cache_cpu &c : s->cpu_slab)
        if (c.slab == slab)
            chunks |= 1u << c.chunk;
    return chunks;
}

} // namespace

const char *slab_fault(const kmem_cache *s, page *slab)
{
    if (!pages_name_cache(s, slab))
        return "a page of it does not name the cache";
    if (!(slab->flags & PAGE_IN_USE) || compound_order(slab) != s->order)
        return "its pages are no block in use of the cache's order";
    const u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        if ((~words[chunk] & bits_beyond(s, chunk)) != 0)
            return "bits behind its last object are clear";
    if (slab->slab_owned != reserved_chunks(s, slab))
        return "its mark of CPUs' reserves does not fit the CPUs'";
    if (has_free_chunk(s, slab) != (slab->slab_listed == SLAB_ON_PARTIAL))
        return "it is in the wrong list";
    return nullptr;
}

void repair_slab(kmem_cache *s, page *slab)
{
    for (u32 i = 0; i < 1u << s->order; i++) {
        slab[i].flags |= PG_slab;
        slab[i].slab_cache = s;
    }
    u32 *words = slab_words(s, slab);
    for (u32 chunk = 0; chunk < s->words; chunk++)
        words[chunk] |= bits_beyond(s, chunk);
    put_on_right_list(s, slab);
}

// ------------------------------------------------------------------ one cache

namespace {

/// Looks at one cache and counts what it sees.
class cache_check {
public:
    cache_check(kmem_cache &s, const printer &out) : s_(s), out_(out) {}

    void run()
    {
        const spin_irq_guard guard(s_.node.list_lock);
        geometry();
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            reserve(cpu);
        const u32 partial = list(s_.node.partial, SLAB_ON_PARTIAL);
        const u32 full = list(s_.node.full, SLAB_ON_FULL);
        if (partial != s_.node.nr_partial)
            complain("%u slabs in the list of partial ones, %u counted", partial,
                     s_.node.nr_partial);
        slabs_ = partial + full;
        if (slabs_ != s_.node.nr_slabs)
            complain("%u slabs in its lists, %u counted", slabs_, s_.node.nr_slabs);
    }
    [[nodiscard]] u32 slabs() const { return slabs_; }
    [[nodiscard]] u32 problems() const { return problems_; }

private:
    template <class... Args>
    void complain(const char *format, Args... args)
    {
        problems_++;
        text_buffer<192> line;
        line.out().printf("cache %s: ", s_.name);
        line.out().printf(format, args...);
        out_.printf("%s\n", line.c_str());
    }
    static u32 address_of(page *slab) { return from_ptr(lowmem_page_address(slab)).raw(); }

    void geometry()
    {
        const u32 bytes = PAGE_SIZE << s_.order;
        const u32 bits = s_.bits_at ? s_.words * 4u : 0;
        if (s_.objects == 0 || s_.objects * s_.size + bits > bytes ||
            s_.words != (s_.objects + CHUNK_OBJECTS - 1) / CHUNK_OBJECTS)
            complain("%u objects of %u bytes in %u words do not fit into a slab of %u bytes",
                     s_.objects, s_.size, s_.words, bytes);
        if (s_.reciprocal != static_cast<u32>(((u64{1} << 32) + s_.size - 1) / s_.size))
            complain("0x%08x is no factor to divide by %u", s_.reciprocal, s_.size);
    }

    void reserve(u32 cpu) REQUIRES(s_.node.list_lock)
    {
        const kmem_cache_cpu &c = s_.cpu_slab[cpu];
        if (!c.slab) {
            if (c.free != 0 || c.base)
                complain("cpu %u has no slab, but objects 0x%08x in reserve", cpu, c.free);
            return;
        }
        if (!is_struct_page(c.slab) || !pages_name_cache(&s_, c.slab) || c.chunk >= s_.words) {
            complain("cpu %u has chunk %u of something else in reserve", cpu, c.chunk);
            return;
        }
        const u32 *word = slab_words(&s_, c.slab) + c.chunk;
        const char *base = object_at(&s_, c.slab, c.chunk * CHUNK_OBJECTS);
        if (c.size != s_.size || c.reciprocal != s_.reciprocal || c.base != base ||
            c.inbox != word || s_.slow)
            complain("cpu %u has a reserve that is not what its slab 0x%08x says", cpu,
                     address_of(c.slab));
        if ((c.free & ~objects_of_chunk(&s_, c.chunk)) != 0 ||
            (c.free & *word & objects_of_chunk(&s_, c.chunk)) != 0)
            complain("cpu %u has objects 0x%08x in reserve, of a chunk whose word is 0x%08x", cpu,
                     c.free, *word);
        for (u32 other = 0; other < cpu; other++)
            if (s_.cpu_slab[other].slab == c.slab && s_.cpu_slab[other].chunk == c.chunk)
                complain("cpus %u and %u have the same reserve", other, cpu);
    }

    /// @return slabs in the list
    u32 list(list_head &slabs, slab_list_id id) REQUIRES(s_.node.list_lock)
    {
        u32 count = 0;
        for (page &slab : list_entries<&page::slab_list>(slabs)) {
            if (!is_struct_page(&slab) || count > s_.node.nr_slabs) {
                complain("a list of slabs is broken after %u of them", count);
                break;
            }
            count++;
            if (slab.slab_listed != id)
                complain("slab 0x%08x is in another list than it says", address_of(&slab));
            if (const char *fault = slab_fault(&s_, &slab))
                complain("slab 0x%08x: %s", address_of(&slab), fault);
            else
                cells(&slab);
        }
        return count;
    }

    void cells(page *slab) REQUIRES(s_.node.list_lock)
    {
        if (!(s_.flags & (SLAB_RED_ZONE | SLAB_POISON)))
            return;
        constexpr char LEFT[] = "left as it is";
        problems_ += !check_tail(out_, &s_, slab, {}, LEFT);
        for (u32 number = 0; number < s_.objects; number++) {
            const object_state state = state_of(&s_, slab, number);
            if (state == object_state::retired)
                continue;
            const cell_state expected =
                state == object_state::in_use ? cell_state::in_use : cell_state::free;
            problems_ += !check_cell(out_, &s_, object_at(&s_, slab, number), expected, {}, LEFT);
        }
    }

    kmem_cache &s_;
    const printer &out_;
    u32 slabs_ = 0;
    u32 problems_ = 0;
};

/// Pages of slabs in the whole machine.
u32 count_slab_pages()
{
    u32 pages = 0;
    for (pfn_t pfn = min_low_pfn; pfn < max_low_pfn; pfn = pfn + 1)
        if (pfn_valid(pfn.raw()) && PageSlab(pfn_to_page(pfn)))
            pages++;
    return pages;
}

} // namespace

long validate_slab_cache(kmem_cache *s)
{
    cache_check check(*s, console_printer);
    check.run();
    return static_cast<long>(check.slabs());
}

u32 verify_slab(const printer &out)
{
    const spin_irq_guard guard(slab_mutex);
    u32 problems = 0, pages = 0;
    for (kmem_cache &s : list_entries<&kmem_cache::list>(slab_caches)) {
        cache_check check(s, out);
        check.run();
        problems += check.problems();
        pages += check.slabs() << s.order;
    }
    const u32 found = count_slab_pages();
    if (found != pages) {
        out.printf("slabs: caches have %u pages, but %u pages are slabs'\n", pages, found);
        problems++;
    }
    return problems;
}
