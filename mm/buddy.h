// The buddy allocator's engine: free frames in blocks of powers of two, split and merged.
//
// Frames come in chunks of 32. A block of 32 frames and more is a run of chunks and has a buddy,
// as Knuth and Linux have it: two free halves become the whole at once. Inside a chunk there are
// no lists and no merging: a word has a bit for each frame, and a free block of 2^k frames is 2^k
// ones in an aligned place. Freeing sets them and splitting is clearing some.
//
//   word of a chunk   1100 0000 1111 1111 0000 0001 1111 0000     class: 3, the largest block in it
//                     |o1|      |-- order 3 --|   o0 |o2|
//   order 5 and up    [ chunk 8 .. chunk 15: one block of order 8 ]
//
// For each migrate type and each order one find_map says where such blocks are: for orders 5 and
// up the blocks themselves, below the chunks whose largest block has that order (their class).
// An allocation takes the lowest class that is large enough, looks at the next one too, takes the
// chunk with the lower address, and in that chunk the smallest block that fits. So small blocks
// gather at the bottom of memory in chunks that are broken already, and large ones last:
// measured against last-in-first-out lists in tests/bench/README.md.
//
// Nothing here knows struct page: frames are numbers from 0, metadata is 0.4 bytes a frame and
// comes from outside, so a test makes ten of these. Who asks must own what he frees
// (mm/page_alloc.cpp checks that); freeing what is free is noticed here too where it costs nothing.
// Linux: mm/page_alloc.c (__rmqueue_smallest, expand, __free_one_page, move_freepages_block).
// Context of everything: under the zone's lock. TLB, caches: none.
#pragma once

#include <kernel/lib/annotations.h>
#include <kernel/lib/find_map.h>

/// What may be done with the pages of a block of 1024 frames. Linux: enum migratetype.
enum migratetype : u8 {
    MIGRATE_UNMOVABLE,
    MIGRATE_MOVABLE,
    MIGRATE_RECLAIMABLE,
    MIGRATE_PCPTYPES, ///< how many of them CPUs keep lists of
    MIGRATE_CMA = MIGRATE_PCPTYPES,
    MIGRATE_ISOLATE, ///< nothing is allocated from there
    MIGRATE_TYPES
};
extern const char *const migratetype_names[MIGRATE_TYPES];

constexpr unsigned CHUNK_ORDER = 5;
constexpr u32 CHUNK_PAGES = 1u << CHUNK_ORDER;
/// Pages of one migrate type come in blocks of this order. Linux: pageblock_order.
constexpr unsigned pageblock_order = 10;
constexpr u32 pageblock_nr_pages = 1u << pageblock_order;

template <unsigned MaxOrder>
class buddy {
    static_assert(MaxOrder >= CHUNK_ORDER && MaxOrder < 31);

public:
    static constexpr u32 NONE = ~0u;
    /// Frames that one engine can manage: 4 GB of them.
    static constexpr u32 MAX_PAGES = find_map::MAX_ENTRIES * CHUNK_PAGES;

    /// Bytes of metadata for `pages` frames (at most MAX_PAGES).
    static u32 bytes_needed(u32 pages);
    /// Manages the frames 0 to pages - 1, none of them free, all blocks of type `mt`.
    ///
    /// @param memory  bytes_needed(pages) bytes, aligned to 4, contents ignored; stays the engine's
    void init(void *memory, u32 pages, migratetype mt = MIGRATE_MOVABLE);

    /// Takes a block of 2^order frames out of the blocks of type `mt`, and of no other.
    /// @return the number of its first frame, or NONE. Linux: __rmqueue_smallest().
    [[nodiscard]] u32 rmqueue_smallest(unsigned order, migratetype mt);
    /// Takes up to `count` single frames, from chunks that are broken already if there are any,
    /// and calls take(frame) for each, lowest of a chunk first.
    /// @return how many there were
    template <class Take>
    u32 rmqueue_bulk(u32 count, migratetype mt, Take take);
    /// Takes exactly this block, which must lie in free memory as a whole.
    /// @param page  first frame, a multiple of 2^order
    /// @return false, and nothing is changed, if it is not all free
    [[nodiscard]] bool take_exactly(u32 page, unsigned order);

    /// Frees a block of 2^order frames that begins at `page`, a multiple of 2^order, and merges
    /// it with every free buddy. It joins the blocks of its pageblock's type.
    /// Linux: __free_one_page().
    void free_one_page(u32 page, unsigned order);
    /// Frees any run of frames, in the largest blocks that fit.
    void free_range(u32 page, u32 count);

    /// Is this frame free?
    [[nodiscard]] bool is_free(u32 page) const { return free_order(page) >= 0; }
    /// Order of the largest free block that the frame is part of; -1 if it is in use.
    [[nodiscard]] int free_order(u32 page) const;
    /// Is there a block of this order or a larger one in the type's lists?
    [[nodiscard]] bool has(unsigned order, migratetype mt);
    /// Order of the largest free block of the type; -1 if there is none.
    [[nodiscard]] int largest(migratetype mt);
    /// The first frame of the first block or chunk that is listed under `order`; there is one.
    [[nodiscard]] u32 first_of(unsigned order, migratetype mt)
    {
        const u32 n = maps_[order][mt].first();
        return order <= CHUNK_ORDER ? n * CHUNK_PAGES : n << order;
    }
    /// Free frames in the pageblock of `page` (at most 1024, also inside a larger block).
    [[nodiscard]] u32 free_in_block(u32 page) const;
    /// Free frames that can be allocated: those of all types but MIGRATE_ISOLATE and MIGRATE_CMA.
    /// Without the zone's lock a glance, good enough for watermarks.
    [[nodiscard]] RACES_ON_PURPOSE u32 nr_usable() const
    {
        return nr_free_[MIGRATE_UNMOVABLE] + nr_free_[MIGRATE_MOVABLE] +
               nr_free_[MIGRATE_RECLAIMABLE];
    }
    /// Free frames, of all types or one.
    [[nodiscard]] u32 nr_free() const;
    [[nodiscard]] u32 nr_free(migratetype mt) const { return nr_free_[mt]; }
    /// Frames managed.
    [[nodiscard]] u32 size() const { return pages_; }

    [[nodiscard]] migratetype block_type(u32 page) const
    {
        return static_cast<migratetype>(types_[page >> pageblock_order]);
    }
    /// Changes the type of the pageblock of `page`, and with it the lists that its free frames
    /// stand in. @return free frames moved. Linux: move_freepages_block().
    u32 set_block_type(u32 page, migratetype mt);

    /// Calls visit(page, order, type) for each free block, lowest first. Blocks of a chunk are
    /// those that buddies would have, largest possible.
    template <class Visit>
    void for_each_free(Visit visit) const;

    /// nullptr, or what is wrong with the metadata.
    [[nodiscard]] const char *verify() const;

private:
    static constexpr u8 NOTHING = 0xff; // in klass_: nothing is listed under this chunk

    /// The name in a map of what is listed under `chunk`: a chunk, or a whole block.
    static constexpr u32 entry(u32 chunk, unsigned order)
    {
        return order <= CHUNK_ORDER ? chunk : chunk >> (order - CHUNK_ORDER);
    }
    /// Chunks that klass_ has room for: up to the end of a block of the highest order, so that
    /// every chunk has a buddy to ask.
    static constexpr u32 padded(u32 chunks)
    {
        constexpr u32 block = 1u << (MaxOrder - CHUNK_ORDER);
        return (chunks + block - 1) & ~(block - 1);
    }
    static constexpr u32 map_entries(u32 chunks, unsigned order)
    {
        return entry(chunks, order) + 1;
    }
    /// The word of a block of 2^order frames (at most 32) that begins at frame `at` of its chunk.
    static constexpr u32 run(u32 at, unsigned order) { return ~0u << (32 - (1u << order)) >> at; }
    /// Where blocks of an order can begin in a chunk.
    static constexpr u32 aligned[CHUNK_ORDER + 1] = {0xffffffff, 0xaaaaaaaa, 0x88888888,
                                                     0x80808080, 0x80008000, 0x80000000};
    /// Where blocks of order + 1 begin, from where blocks of `order` begin.
    static constexpr u32 pairs(u32 blocks, unsigned order)
    {
        return blocks & blocks << (1u << order) & aligned[order + 1];
    }
    /// Where in a chunk's word blocks of 2^order frames begin.
    static u32 blocks_of(u32 word, unsigned order);
    static unsigned class_of(u32 word);
    static u32 best_fit(u32 word, unsigned order);
    [[nodiscard]] migratetype type_of(u32 chunk) const { return block_type(chunk * CHUNK_PAGES); }
    void list(u32 chunk, unsigned order, migratetype mt);
    void unlist(u32 chunk, migratetype mt);
    void set_word(u32 chunk, u32 word, migratetype mt);
    void expand(u32 chunk, unsigned from, unsigned to, migratetype mt);
    void free_largest(u32 page, u32 blocks);
    [[nodiscard]] u32 chunk_to_break(unsigned order, migratetype mt);
    [[nodiscard]] u32 whole_chunk(unsigned order, migratetype mt);
    [[nodiscard]] u32 block_around(u32 chunk) const;

    u32 *words_ = nullptr; // of each chunk: which frames are free, unless all are
    u8 *klass_ = nullptr;  // of each chunk: order of the largest block in it, or that begins there
    u8 *types_ = nullptr;  // of each pageblock
    u32 chunks_ = 0;
    u32 pages_ = 0;
    u32 orders_[MIGRATE_TYPES] = {}; // which maps may have members, order 0 in bit 31
    u32 nr_free_[MIGRATE_TYPES] = {};
    find_map maps_[MaxOrder + 1][8]; // by order and type; eight, so that a shift finds them
};

// ------------------------------------------------------------------ templates

template <unsigned MaxOrder>
template <class Take>
u32 buddy<MaxOrder>::rmqueue_bulk(u32 count, migratetype mt, Take take)
{
    u32 taken = 0;
    while (taken < count) {
        u32 chunk = chunk_to_break(0, mt);
        u32 word = ~0u;
        if (chunk != NONE)
            word = words_[chunk];
        else if ((chunk = whole_chunk(CHUNK_ORDER, mt)) == NONE)
            break;
        u32 left = word;
        for (; left != 0 && taken < count; taken++) {
            const u32 at = first_in_word(left);
            left &= ~word_bit(at);
            take(chunk * CHUNK_PAGES + at);
        }
        nr_free_[mt] -= static_cast<u32>(__builtin_popcount(word ^ left));
        set_word(chunk, left, mt);
    }
    return taken;
}

template <unsigned MaxOrder>
template <class Visit>
void buddy<MaxOrder>::for_each_free(Visit visit) const
{
    for (u32 chunk = 0; chunk < chunks_; chunk++) {
        const u32 page = chunk * CHUNK_PAGES;
        if (klass_[chunk] == NOTHING)
            continue;
        if (klass_[chunk] >= CHUNK_ORDER) {
            visit(page, klass_[chunk], type_of(chunk));
            continue;
        }
        for (u32 word = words_[chunk]; word != 0;) {
            const u32 at = first_in_word(word);
            unsigned order = 0;
            for (u32 blocks = word; (blocks = pairs(blocks, order)) & word_bit(at);)
                order++;
            visit(page + at, order, type_of(chunk));
            word &= ~run(at, order);
        }
    }
}

constexpr unsigned MAX_ORDER = 11; // orders 0 to 10, as in Linux before 6.4
extern template class buddy<MAX_ORDER - 1>;
