// Where an object's debugging data stand.
//
// A cell is what a slab has for each object. Without debugging it is the object, rounded up to its
// alignment. With it, each flag adds its part (distances are from the object):
//
//     -red_left      0                      object_size       inuse                       size
//   --+--------------+----------------------+-----------------+---------------+-----------+- red_left
//     | left guard   | the object           | right guard     | slab_tracks   | padding   | next
//   --+--------------+----------------------+-----------------+---------------+-----------+--
//     SLAB_RED_ZONE                           SLAB_RED_ZONE     STORE_USER      what is left
//     in use   cc      5a ... at first        cc                alloc, free     5a
//     free     bb      6b ... 6b a5 (POISON)  bb
//
// The first cell begins where the slab does; what is left behind the last one is filled with 5a.
// So every byte of a slab is the user's, a track, or has a value that a check knows.
// Linux: the picture above check_bytes_and_report() in mm/slub.c; include/linux/poison.h.
#pragma once

#include <mm/slub_def.h>

/// What bytes read that are not the user's. Linux: include/linux/poison.h.
constexpr u8 SLUB_RED_INACTIVE = 0xbb; ///< guards of a free object
constexpr u8 SLUB_RED_ACTIVE = 0xcc;   ///< guards of one in use
constexpr u8 POISON_INUSE = 0x5a;      ///< handed out, not written yet; padding
constexpr u8 POISON_FREE = 0x6b;       ///< freed
constexpr u8 POISON_END = 0xa5;        ///< its last byte

/// Who allocated or freed an object. Linux: struct track.
struct slab_track {
    const void *caller; ///< return address; nullptr: nobody yet
    u32 when_ms;        ///< since boot
    u16 cpu;
    s16 pid; ///< of the task; -1: there are no tasks yet
};
/// Both, at `inuse` of each object of a cache with SLAB_STORE_USER.
struct slab_tracks {
    slab_track alloc, free;
};

/// A guard is at least so many bytes.
constexpr u32 SLAB_GUARD_BYTES = 16;

/// Lengths of a cell, in bytes: the fields of these names in kmem_cache.
struct slab_layout {
    u32 size;
    u32 inuse;
    u32 red_left;
    u32 align; ///< of the object: perhaps more than asked for, so that the tracks are aligned
};
/// @param align  bytes, a power of two, never 0
constexpr slab_layout layout_of(u32 object_size, u32 align, slab_flags_t flags)
{
    const auto up = [](u32 n, u32 to) { return (n + to - 1) & ~(to - 1); };
    const bool guards{flags & SLAB_RED_ZONE};
    const bool tracks{flags & SLAB_STORE_USER};
    slab_layout l{};
    l.align = tracks && align < alignof(slab_tracks) ? u32{alignof(slab_tracks)} : align;
    l.red_left = guards ? up(SLAB_GUARD_BYTES, l.align) : 0;
    l.inuse = object_size + (guards ? SLAB_GUARD_BYTES : 0);
    if (tracks)
        l.inuse = up(l.inuse, alignof(slab_tracks));
    l.size = up(l.red_left + l.inuse + (tracks ? u32{sizeof(slab_tracks)} : 0), l.align);
    return l;
}
static_assert(layout_of(60, 8, slab_flags_t{}).size == 64);
static_assert(layout_of(64, 64, SLAB_POISON | SLAB_CONSISTENCY_CHECKS).size == 64);
static_assert(layout_of(64, 8, SLAB_RED_ZONE).size == 96);
