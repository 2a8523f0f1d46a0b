// What the debugging files of SLUB share with each other, with reports, the console and tests.
//
//   mm/slub_debug.cpp   allocation and freeing in a cache without reserves
//   mm/slub_check.cpp   a cell: filled, checked, damage described
//   mm/slub_object.cpp  one object: its state, its owners, its bytes
//   mm/slub_bugs.cpp    what is wrong with an address that was freed, in words
//   mm/slub_retired.cpp objects that a bug has put out of use
//   mm/slub_param.cpp   slub_debug=
//   mm/failslab.cpp     failslab=
//   mm/slub_verify.cpp  every slab of every cache looked at
#pragma once

#include <kernel/lib/printer.h>
#include <mm/fault_inject.h>
#include <mm/slub_internal.h>

// ---- slub_object.cpp

enum class object_state : u8 { free, in_use, reserved, retired };
/// Free, in a CPU's reserve, in use, or retired. Context: any; exact under the node's lock, but for
/// the reserves of other CPUs.
[[nodiscard]] object_state state_of(const kmem_cache *s, page *slab, u32 number);
/// "in use", "free, in a CPU's reserve", ...
[[nodiscard]] const char *state_name(object_state state);
/// The CPU in whose reserve an object is; NR_CPUS if in none.
[[nodiscard]] u32 reserving_cpu(const kmem_cache *s, const page *slab, u32 number);

/// What an address in a slab is part of.
struct slab_address {
    enum place : u8 { inside, before, behind, tail };
    u32 number; ///< of the object
    u32 byte;   ///< of the object, if inside
    place where;
};
[[nodiscard]] slab_address whereabouts(const kmem_cache *s, page *slab, const void *address);
/// "object 5 of kmalloc-64, in use", "byte 3 of object 5 of ...", "the unused end of a slab of ...".
void print_slab_address(const printer &out, const kmem_cache *s, page *slab, const void *address);

/// Who allocated and freed it; nullptr if nobody takes notes.
inline slab_tracks *tracks_of(const kmem_cache *s, const char *object)
{
    return s->flags & SLAB_STORE_USER
               ? reinterpret_cast<slab_tracks *>(const_cast<char *>(object) + s->inuse)
               : nullptr;
}
/// "  allocated by worker+0x1c/0x40 on cpu 1, 2.345 s after boot", and who freed it, if known.
void print_tracks(const printer &out, const kmem_cache *s, const char *object);
/// Rows of 16 bytes; those with a byte of [first, last] are marked.
void print_bytes(const printer &out, const char *from, const char *to, const char *first,
                 const char *last);

// ---- slub_check.cpp

/// Are free objects filled? Not if a constructor has made them what they are.
inline bool poisons(const kmem_cache *s)
{
    return s->flags & SLAB_POISON && !s->ctor;
}
/// On what occasion damage is found: somebody "freed it"; or nobody did anything.
struct slab_occasion {
    const char *did = nullptr;
    const void *caller = nullptr;
};

/// A new cell, free: no tracks.
void init_cell(const kmem_cache *s, char *object);
/// Guards, padding, and the object's bytes if they are poisoned, as they are to be in that state.
enum class cell_state : u8 { free, in_use };
void fill_cell(const kmem_cache *s, char *object, cell_state state);
/// Are guards, poison and padding what they are to be? Else reports what was found, with the bytes
/// around and who allocated and freed it. Changes nothing.
/// @param outcome  what becomes of the object: "it stays out of use"
/// Context: the object is nobody else's, or the node's lock is held.
[[nodiscard]] bool check_cell(const printer &out, const kmem_cache *s, char *object,
                              cell_state state, const slab_occasion &when, const char *outcome);
/// What is left of a slab behind the last cell: filled, checked.
void fill_tail(const kmem_cache *s, page *slab);
[[nodiscard]] bool check_tail(const printer &out, const kmem_cache *s, page *slab,
                              const slab_occasion &when, const char *outcome);

// ---- slub_bugs.cpp

/// An object that is out of use was freed.
void report_retired(const kmem_cache *s, const char *object, const void *caller);

// ---- slub_retired.cpp

/// Puts an object, whose bit is clear, out of use for ever. Context: under the node's lock.
void retire(const char *object);
/// Context of both: any. The first 64 are known by address; what is retired later looks like an
/// object in use.
[[nodiscard]] bool is_retired(const char *object);
[[nodiscard]] u32 retired_objects(const kmem_cache *s);
/// Makes them free again: whoever wrote there has been dealt with. Context: no lock held.
void reuse_retired(kmem_cache *s);
/// Before the first cache is made: nothing is retired.
void forget_retired();

// ---- failslab.cpp

/// Lets allocations of objects fail by these rules; or the `n`-th from now on (1: the next), or
/// that and all after it, silently. All caches give up their reserves meanwhile, so that each
/// allocation is asked about. __GFP_NOFAIL never fails, nor by rules the description of a cache.
/// Context: nobody else uses caches.
void failslab_start(const fault_attr &attr);
void failslab_nth(u32 n, fail_mode mode);
/// No more failures. Context: nobody else uses caches.
fail_counts failslab_stop();
[[nodiscard]] bool failslab_is_on();
[[nodiscard]] fail_counts failslab_counts();

// ---- slub_verify.cpp

/// What is wrong with a slab, apart from its objects; nullptr: nothing.
/// Context: the node's lock is held. Linux: check_slab().
[[nodiscard]] const char *slab_fault(const kmem_cache *s, page *slab);
/// Sets right what can be.
void repair_slab(kmem_cache *s, page *slab) REQUIRES(s->node.list_lock);
