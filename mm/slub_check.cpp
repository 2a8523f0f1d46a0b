// A cell's bytes: what they are to be, and what is said if they are not.
//
// A cell has four parts that a check knows (mm/slub_layout.h has the picture): the guard before the
// object, the object itself while it is free, the guard behind it, and the padding. cell_parts()
// lists those that the cache's flags ask for; filling and checking walk the same list.
//
//   BUG kmalloc-64: object 0xc1234040 written behind its end: expected 0xcc, found 0x41 at
//       0xc1234080, 1 byte; it stays out of use; found when worker+0x1c/0x40 freed it, on cpu 0
//     allocated by worker+0x10/0x40 on cpu 0, 1.234 s after boot
//     0xc1234030: cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc
//     ...
//   > 0xc1234080: 41 cc cc cc cc cc cc cc cc cc cc cc cc cc cc cc
//
// Linux: mm/slub.c check_object(), check_bytes_and_report(), slab_pad_check(), init_object().
#include <mm/slub_debug.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <kernel/core/printk.h>

namespace {

constexpr char BEFORE[] = "written before its beginning";
constexpr char FREED[] = "written after it was freed";
constexpr char BEHIND[] = "written behind its end";
constexpr char PADDING[] = "written in the padding behind it";

/// Bytes [from, to) of a cell, counted from the object, all of one value.
struct cell_part {
    const char *fault; ///< what has happened if one of them has another
    s32 from, to;
    u8 value;
};
constexpr u32 MOST_PARTS = 5;
using cell_parts = std::array<cell_part, MOST_PARTS>;

cell_parts parts_of(const kmem_cache *s, cell_state state)
{
    const bool guards{s->flags & SLAB_RED_ZONE};
    const bool padding{s->flags & (SLAB_RED_ZONE | SLAB_POISON)};
    const bool body = poisons(s) && state == cell_state::free;
    const u8 guard = state == cell_state::free ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE;
    const auto length = static_cast<s32>(s->object_size);
    const auto inuse = static_cast<s32>(s->inuse);
    const s32 tracks = s->flags & SLAB_STORE_USER ? s32{sizeof(slab_tracks)} : 0;
    const s32 end = static_cast<s32>(s->size - s->red_left);
    cell_parts parts{};
    u32 count = 0;
    const auto add = [&](bool wanted, const cell_part &part) {
        if (wanted && part.from < part.to)
            parts[count++] = part;
    };
    add(guards, {BEFORE, -static_cast<s32>(s->red_left), 0, guard});
    add(body, {FREED, 0, length - 1, POISON_FREE});
    add(body, {FREED, length - 1, length, POISON_END});
    add(padding, {BEHIND, length, inuse, guards ? guard : POISON_INUSE});
    add(padding, {PADDING, inuse + tracks, end, POISON_INUSE});
    return parts;
}

/// The bytes that differ: the first, the last, how many, and what they were to be.
struct damage {
    const char *first, *last;
    u32 bytes;
    u8 expected;
};

std::optional<damage> find_damage(const char *from, const char *to, u8 value)
{
    std::optional<damage> found;
    for (const char *at = from; at < to; at++)
        if (static_cast<u8>(*at) != value) {
            if (!found)
                found = damage{at, at, 0, value};
            found->last = at;
            found->bytes++;
        }
    return found;
}

/// "expected 0xcc, found 0x41 at 0xc1234080, 1 byte; OUTCOME; found when CALLER freed it, on cpu 0"
void print_damage(const printer &out, const damage &bad, const slab_occasion &when,
                  const char *outcome)
{
    const u32 first = from_ptr(bad.first).raw();
    out.printf("expected 0x%02x, found 0x%02x at 0x%08x, ", bad.expected,
               static_cast<u8>(*bad.first), first);
    if (bad.bytes == 1)
        out.printf("1 byte");
    else
        out.printf("%u bytes up to 0x%08x", bad.bytes, from_ptr(bad.last).raw());
    out.printf("; %s; found ", outcome);
    if (when.did)
        out.printf("when %pS %s, on cpu %u\n", when.caller, when.did, raw_smp_processor_id());
    else
        out.printf("by a look at all objects\n");
}

/// The beginning of the object, the bytes around the damage, and what is left of the object's end.
void print_cell(const printer &out, const kmem_cache *s, const char *object, const damage &bad)
{
    constexpr u32 ROW = 16, MOST = 64;
    const char *start = object - std::min(s->red_left, ROW);
    const char *end = std::max<const char *>(bad.last + 1, object + s->inuse);
    const char *head_end = std::min<const char *>(start + MOST, end);
    print_bytes(out, start, head_end, bad.first, bad.last);
    const auto rows_before = static_cast<u32>(bad.first - start) / ROW;
    const char *around = start + (rows_before == 0 ? 0 : rows_before - 1) * ROW;
    around = std::max(around, head_end);
    const char *around_end = std::min<const char *>(around + MOST, end);
    if (around > head_end)
        out.printf("  ...\n");
    print_bytes(out, around, around_end, bad.first, bad.last);
    if (around_end < end)
        out.printf("  ...\n");
}

/// The bytes of a slab that belong to no cell.
struct slab_tail {
    char *from, *to;
};
slab_tail tail_of(const kmem_cache *s, page *slab)
{
    char *start = static_cast<char *>(lowmem_page_address(slab));
    const u32 end = s->bits_at ? s->bits_at : PAGE_SIZE << s->order;
    return {start + s->objects * s->size, start + end};
}

} // namespace

void init_cell(const kmem_cache *s, char *object)
{
    if (slab_tracks *tracks = tracks_of(s, object))
        *tracks = {};
    fill_cell(s, object, cell_state::free);
}

void fill_cell(const kmem_cache *s, char *object, cell_state state)
{
    if (poisons(s) && state == cell_state::in_use)
        memset(object, POISON_INUSE, s->object_size);
    for (const cell_part &part : parts_of(s, state))
        memset(object + part.from, part.value, static_cast<size_t>(part.to - part.from));
}

bool check_cell(const printer &out, const kmem_cache *s, char *object, cell_state state,
                const slab_occasion &when, const char *outcome)
{
    for (const cell_part &part : parts_of(s, state)) {
        const auto bad = find_damage(object + part.from, object + part.to, part.value);
        if (!bad)
            continue;
        text_buffer<256> line;
        line.out().printf("BUG %s: object 0x%08x %s: ", s->name, from_ptr(object).raw(),
                          part.fault);
        print_damage(line.out(), *bad, when, outcome);
        out.printf("%s", line.c_str());
        print_tracks(out, s, object);
        print_cell(out, s, object, *bad);
        return false;
    }
    return true;
}

void fill_tail(const kmem_cache *s, page *slab)
{
    const slab_tail tail = tail_of(s, slab);
    memset(tail.from, POISON_INUSE, static_cast<size_t>(tail.to - tail.from));
}

bool check_tail(const printer &out, const kmem_cache *s, page *slab, const slab_occasion &when,
                const char *outcome)
{
    const slab_tail tail = tail_of(s, slab);
    const auto bad = find_damage(tail.from, tail.to, POISON_INUSE);
    if (!bad)
        return true;
    text_buffer<256> line;
    line.out().printf("BUG %s: slab 0x%08x written behind its last object: ", s->name,
                      from_ptr(lowmem_page_address(slab)).raw());
    print_damage(line.out(), *bad, when, outcome);
    out.printf("%s", line.c_str());
    print_bytes(out, bad->first, std::min<const char *>(bad->first + 64, tail.to), bad->first,
                bad->last);
    return false;
}
