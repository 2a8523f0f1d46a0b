// One object, or any address in a slab: what it is, in which state, who had it, its bytes. The words
// that reports, `page` and `slabinfo` share.
//
// Linux: mm/slub.c print_tracking(), print_section(); mm/slab_common.c kmem_dump_obj().
#include <mm/slub_debug.h>

#include <algorithm>

// ------------------------------------------------------------------ state

u32 reserving_cpu(const kmem_cache *s, const page *slab, u32 number)
{
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        const kmem_cache_cpu &c = s->cpu_slab[cpu];
        const u32 free = std::atomic_ref<const u32>(c.free).load(std::memory_order_relaxed);
        if (c.slab == slab && c.chunk == number / CHUNK_OBJECTS && free & bit_of(number))
            return cpu;
    }
    return NR_CPUS;
}

object_state state_of(const kmem_cache *s, page *slab, u32 number)
{
    if (slab_words(s, slab)[number / CHUNK_OBJECTS] & bit_of(number))
        return object_state::free;
    if (reserving_cpu(s, slab, number) < NR_CPUS)
        return object_state::reserved;
    return is_retired(object_at(s, slab, number)) ? object_state::retired : object_state::in_use;
}

const char *state_name(object_state state)
{
    switch (state) {
    case object_state::free:
        return "free";
    case object_state::reserved:
        return "free, in a CPU's reserve";
    case object_state::in_use:
        return "in use";
    default:
        return "out of use since a bug";
    }
}

// ------------------------------------------------------------------ whereabouts

slab_address whereabouts(const kmem_cache *s, page *slab, const void *address)
{
    const auto distance = static_cast<u32>(static_cast<const char *>(address) -
                                           static_cast<char *>(lowmem_page_address(slab)));
    const u32 number = distance / s->size;
    if (number >= s->objects)
        return {0, 0, slab_address::tail};
    const u32 in_cell = distance % s->size;
    if (in_cell < s->red_left)
        return {number, 0, slab_address::before};
    const u32 byte = in_cell - s->red_left;
    return {number, byte, byte < s->object_size ? slab_address::inside : slab_address::behind};
}

void print_slab_address(const printer &out, const kmem_cache *s, page *slab, const void *address)
{
    const slab_address at = whereabouts(s, slab, address);
    if (at.where == slab_address::tail) {
        out.printf("the unused end of a slab of %s", s->name);
        return;
    }
    text_buffer<64> part;
    if (at.where == slab_address::before)
        part.out().printf("the guard before ");
    else if (at.where == slab_address::behind)
        part.out().printf("what is behind ");
    else if (at.byte != 0)
        part.out().printf("byte %u of ", at.byte);
    out.printf("%sobject %u of %s, %s", part.c_str(), at.number, s->name,
               state_name(state_of(s, slab, at.number)));
}

// ------------------------------------------------------------------ owners and bytes

static void print_track(const printer &out, const char *what, const slab_track &track)
{
    if (!track.caller)
        return;
    text_buffer<192> line;
    line.out().printf("  %s by %pS on cpu %u, %u.%03u s after boot", what, track.caller, track.cpu,
                      track.when_ms / 1000, track.when_ms % 1000);
    if (track.pid >= 0)
        line.out().printf(", task %d", track.pid);
    out.printf("%s\n", line.c_str());
}

void print_tracks(const printer &out, const kmem_cache *s, const char *object)
{
    const slab_tracks *tracks = tracks_of(s, object);
    if (!tracks)
        return;
    print_track(out, "allocated", tracks->alloc);
    print_track(out, "freed", tracks->free);
}

void print_bytes(const printer &out, const char *from, const char *to, const char *first,
                 const char *last)
{
    constexpr u32 ROW = 16;
    for (const char *row = from; row < to; row += ROW) {
        const char *end = std::min(row + ROW, to);
        text_buffer<80> line;
        for (const char *at = row; at < end; at++)
            line.out().printf(" %02x", static_cast<u8>(*at));
        out.printf("%c 0x%08x:%s\n", last >= row && first < end ? '>' : ' ', from_ptr(row).raw(),
                   line.c_str());
    }
}
