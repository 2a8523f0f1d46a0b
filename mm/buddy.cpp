// The buddy allocator's engine: mm/buddy.h tells how it works.
//
// What is listed where: a chunk that has some, but not only, free frames is listed under its class
// (0 to 4); a block of whole chunks is listed under its order by its first chunk, and klass_ of
// the other chunks is NOTHING. words_ of a chunk inside such a block is 0. So klass_ alone answers
// "is my buddy free, and as large as I am?", and every free frame is told of in exactly one place.
#include <mm/buddy.h>

#include <algorithm>

const char *const migratetype_names[MIGRATE_TYPES] = {"Unmovable", "Movable", "Reclaimable", "CMA",
                                                      "Isolate"};

template <unsigned MaxOrder>
u32 buddy<MaxOrder>::bytes_needed(u32 pages)
{
    const u32 chunks = (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
    u32 words = chunks;
    for (unsigned order = 0; order <= MaxOrder; order++)
        words += MIGRATE_TYPES * find_map::words_needed(map_entries(chunks, order));
    return words * 4 + padded(chunks) + (pages >> pageblock_order) + 1;
}

template <unsigned MaxOrder>
void buddy<MaxOrder>::init(void *memory, u32 pages, migratetype mt)
{
    pages_ = pages;
    chunks_ = (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
    words_ = static_cast<u32 *>(memory);
    u32 *next = words_ + chunks_;
    for (u32 type = 0; type < MIGRATE_TYPES; type++) {
        orders_[type] = nr_free_[type] = 0;
        for (unsigned order = 0; order <= MaxOrder; order++) {
            const u32 entries = map_entries(chunks_, order);
            maps_[order][type].init(next, entries);
            next += find_map::words_needed(entries);
        }
    }
    std::fill(words_, next, 0u);
    klass_ = reinterpret_cast<u8 *>(next);
    types_ = klass_ + padded(chunks_);
    std::fill(klass_, types_, NOTHING);
    std::fill(types_, types_ + (pages >> pageblock_order) + 1, static_cast<u8>(mt));
}

// ------------------------------------------------------------------ words

template <unsigned MaxOrder>
[[gnu::always_inline]] inline u32 buddy<MaxOrder>::blocks_of(u32 word, unsigned order)
{
    // Runs of twice the length, beginning anywhere, at each step; those at an aligned place are
    // blocks.
    switch (order) {
    case 5:
        word &= word << 1, word &= word << 2, word &= word << 4, word &= word << 8;
        word &= word << 16;
        break;
    case 4:
        word &= word << 1, word &= word << 2, word &= word << 4, word &= word << 8;
        break;
    case 3:
        word &= word << 1, word &= word << 2, word &= word << 4;
        break;
    case 2:
        word &= word << 1, word &= word << 2;
        break;
    case 1:
        word &= word << 1;
        break;
    default:
        break;
    }
    return word & aligned[order];
}

/// Order of the largest block in a word that is neither 0 nor all ones.
template <unsigned MaxOrder>
[[gnu::always_inline]] inline unsigned buddy<MaxOrder>::class_of(u32 word)
{
    if (blocks_of(word, 2) == 0)
        return blocks_of(word, 1) != 0;
    return blocks_of(word, 3) == 0 ? 2 : blocks_of(word, 4) == 0 ? 3 : 4;
}

/// Where the first of the smallest blocks begins that `order` fits in; the word has one.
template <unsigned MaxOrder>
inline u32 buddy<MaxOrder>::best_fit(u32 word, unsigned order)
{
    u32 blocks = blocks_of(word, order);
    for (;; order++) {
        const u32 larger = pairs(blocks, order);
        const u32 alone = blocks & ~(larger | larger >> (1u << order));
        if (alone != 0)
            return first_in_word(alone);
        blocks = larger;
    }
}

// ------------------------------------------------------------------ lists

template <unsigned MaxOrder>
[[gnu::always_inline]] inline void buddy<MaxOrder>::list(u32 chunk, unsigned order, migratetype mt)
{
    klass_[chunk] = static_cast<u8>(order);
    maps_[order][mt].add(entry(chunk, order));
    orders_[mt] |= word_bit(order);
}

template <unsigned MaxOrder>
[[gnu::always_inline]] inline void buddy<MaxOrder>::unlist(u32 chunk, migratetype mt)
{
    const unsigned order = klass_[chunk];
    klass_[chunk] = NOTHING;
    maps_[order][mt].remove(entry(chunk, order));
}

/// Gives a chunk, which is not wholly free, its new word, and lists it where that belongs.
template <unsigned MaxOrder>
inline void buddy<MaxOrder>::set_word(u32 chunk, u32 word, migratetype mt)
{
    words_[chunk] = word;
    const unsigned now = word == 0 ? NOTHING : class_of(word);
    if (now == klass_[chunk])
        return;
    if (klass_[chunk] != NOTHING)
        unlist(chunk, mt);
    if (now != NOTHING)
        list(chunk, now, mt);
}

// ------------------------------------------------------------------ taking

/// The chunk to take a block of `order` from, or NONE: the lowest class that is large enough, or
/// the next one if its first chunk has the lower address. That keeps the bottom of memory full.
template <unsigned MaxOrder>
[[gnu::always_inline]] inline u32 buddy<MaxOrder>::chunk_to_break(unsigned order, migratetype mt)
{
    for (;;) {
        const u32 orders = orders_[mt] << order;
        const unsigned from = orders == 0 ? CHUNK_ORDER : order + first_in_word(orders);
        if (from >= CHUNK_ORDER)
            return NONE;
        u32 chunk = maps_[from][mt].first();
        if (from + 1 < CHUNK_ORDER && (orders_[mt] & word_bit(from + 1)))
            chunk = std::min(chunk, maps_[from + 1][mt].first());
        if (__builtin_expect(chunk != NONE, 1))
            return chunk;
        orders_[mt] &= ~word_bit(from);
    }
}

/// Takes a block of `order`, at least that of a chunk; returns its first chunk, or NONE.
template <unsigned MaxOrder>
[[gnu::always_inline]] inline u32 buddy<MaxOrder>::whole_chunk(unsigned order, migratetype mt)
{
    for (;;) {
        const u32 orders = orders_[mt] << order;
        if (orders == 0)
            return NONE;
        const unsigned from = order + first_in_word(orders);
        const u32 n = maps_[from][mt].first();
        if (__builtin_expect(n == NONE, 0)) {
            orders_[mt] &= ~word_bit(from);
            continue;
        }
        const u32 chunk = n << (from - CHUNK_ORDER);
        klass_[chunk] = NOTHING;
        maps_[from][mt].remove(n);
        expand(chunk, from, order, mt);
        return chunk;
    }
}

/// Lists the upper halves of a block of order `from`, of which only the first 2^to frames are
/// wanted. Linux: expand().
template <unsigned MaxOrder>
inline void buddy<MaxOrder>::expand(u32 chunk, unsigned from, unsigned to, migratetype mt)
{
    while (from > to) {
        from--;
        list(chunk + (1u << (from - CHUNK_ORDER)), from, mt);
    }
}

template <unsigned MaxOrder>
u32 buddy<MaxOrder>::rmqueue_smallest(unsigned order, migratetype mt)
{
    if (order >= CHUNK_ORDER) {
        const u32 chunk = whole_chunk(order, mt);
        if (chunk == NONE)
            return NONE;
        nr_free_[mt] -= 1u << order;
        return chunk * CHUNK_PAGES;
    }
    u32 chunk = chunk_to_break(order, mt);
    if (chunk == NONE) {
        if ((chunk = whole_chunk(CHUNK_ORDER, mt)) == NONE)
            return NONE;
        nr_free_[mt] -= 1u << order;
        set_word(chunk, ~run(0, order), mt);
        return chunk * CHUNK_PAGES;
    }
    nr_free_[mt] -= 1u << order;
    const u32 word = words_[chunk];
    u32 at;
    if (klass_[chunk] == order) {
        // Its largest blocks are just right. If another one is left, the class stays.
        const u32 blocks = blocks_of(word, order);
        at = first_in_word(blocks);
        if ((blocks & ~word_bit(at)) != 0) {
            words_[chunk] = word & ~run(at, order);
            return chunk * CHUNK_PAGES + at;
        }
    } else {
        at = best_fit(word, order);
    }
    set_word(chunk, word & ~run(at, order), mt);
    return chunk * CHUNK_PAGES + at;
}

/// The first chunk of the block of whole chunks that `chunk` is in, or NONE.
template <unsigned MaxOrder>
u32 buddy<MaxOrder>::block_around(u32 chunk) const
{
    for (unsigned order = CHUNK_ORDER; order <= MaxOrder; order++) {
        const u32 first = chunk & ~((1u << (order - CHUNK_ORDER)) - 1);
        if (klass_[first] == order)
            return first;
    }
    return NONE;
}

template <unsigned MaxOrder>
bool buddy<MaxOrder>::take_exactly(u32 page, unsigned order)
{
    const u32 chunk = page / CHUNK_PAGES;
    const migratetype mt = type_of(chunk);
    const u32 wanted = order < CHUNK_ORDER ? run(page % CHUNK_PAGES, order) : ~0u;
    if (order < CHUNK_ORDER && klass_[chunk] < CHUNK_ORDER) {
        if ((words_[chunk] & wanted) != wanted)
            return false;
        set_word(chunk, words_[chunk] & ~wanted, mt);
        nr_free_[mt] -= 1u << order;
        return true;
    }
    u32 first = block_around(chunk);
    if (first == NONE || klass_[first] < order)
        return false;
    unsigned from = klass_[first];
    unlist(first, mt);
    // Halve, and list the half that is not wanted.
    while (from > std::max(order, CHUNK_ORDER)) {
        from--;
        const u32 upper = first + (1u << (from - CHUNK_ORDER));
        list(chunk >= upper ? first : upper, from, mt);
        first = chunk >= upper ? upper : first;
    }
    if (order < CHUNK_ORDER)
        set_word(chunk, ~wanted, mt);
    nr_free_[mt] -= 1u << order;
    return true;
}

// ------------------------------------------------------------------ freeing

template <unsigned MaxOrder>
void buddy<MaxOrder>::free_one_page(u32 page, unsigned order)
{
    u32 chunk = page / CHUNK_PAGES;
    const migratetype mt = type_of(chunk);
    nr_free_[mt] += 1u << order;
    if (order < CHUNK_ORDER) {
        const u32 block = run(page % CHUNK_PAGES, order);
        const u32 word = words_[chunk] | block;
        if (word == block) { // nothing else is free there: the class is known
            words_[chunk] = word;
            list(chunk, order, mt);
            return;
        }
        if (word != ~0u) {
            set_word(chunk, word, mt);
            return;
        }
        words_[chunk] = 0;
        if (klass_[chunk] != NOTHING)
            unlist(chunk, mt);
        order = CHUNK_ORDER;
    }
    for (; order < MaxOrder; order++) {
        // The buddy of a block differs in exactly one address bit, so XOR finds it either way.
        const u32 other = chunk ^ (1u << (order - CHUNK_ORDER));
        if (klass_[other] != order || (order >= pageblock_order && type_of(other) != mt))
            break;
        unlist(other, mt);
        chunk &= other;
    }
    list(chunk, order, mt);
}

/// Whole blocks of the highest order, which have no buddy to merge with; at least one.
template <unsigned MaxOrder>
inline void buddy<MaxOrder>::free_largest(u32 page, u32 blocks)
{
    u32 chunk = page / CHUNK_PAGES;
    while (blocks != 0) {
        // Neighbours are mostly of one type: what is counted by type is counted once for all.
        const migratetype mt = type_of(chunk);
        u32 same = 0;
        do {
            klass_[chunk] = MaxOrder;
            maps_[MaxOrder][mt].add(entry(chunk, MaxOrder));
            chunk += 1u << (MaxOrder - CHUNK_ORDER);
            same++;
        } while (same < blocks && type_of(chunk) == mt);
        nr_free_[mt] += same << MaxOrder;
        orders_[mt] |= word_bit(MaxOrder);
        blocks -= same;
    }
}

template <unsigned MaxOrder>
void buddy<MaxOrder>::free_range(u32 page, u32 count)
{
    constexpr u32 largest = 1u << MaxOrder;
    while (count != 0) {
        if (page % largest == 0 && count >= largest) {
            free_largest(page, count / largest);
            page += count & ~(largest - 1);
            count %= largest;
            continue;
        }
        unsigned order = std::min<unsigned>(MaxOrder, 31 - __builtin_clz(count));
        if (page != 0)
            order = std::min<unsigned>(order, __builtin_ctz(page));
        free_one_page(page, order);
        page += 1u << order;
        count -= 1u << order;
    }
}

// ------------------------------------------------------------------ questions

template <unsigned MaxOrder>
int buddy<MaxOrder>::free_order(u32 page) const
{
    const u32 chunk = page / CHUNK_PAGES;
    const u32 first = block_around(chunk);
    if (first != NONE)
        return klass_[first];
    int found = -1;
    u32 blocks = words_[chunk];
    for (unsigned order = 0; blocks & word_bit(page % CHUNK_PAGES & ~((1u << order) - 1));
         order++) {
        found = static_cast<int>(order);
        blocks = pairs(blocks, order);
    }
    return found;
}

template <unsigned MaxOrder>
bool buddy<MaxOrder>::has(unsigned order, migratetype mt)
{
    return largest(mt) >= static_cast<int>(order);
}

template <unsigned MaxOrder>
int buddy<MaxOrder>::largest(migratetype mt)
{
    for (; orders_[mt] != 0; orders_[mt] &= orders_[mt] - 1) {
        const int order = 31 - __builtin_ctz(orders_[mt]);
        if (!maps_[order][mt].empty())
            return order;
    }
    return -1;
}

template <unsigned MaxOrder>
u32 buddy<MaxOrder>::nr_free() const
{
    u32 sum = 0;
    for (u32 of_type : nr_free_)
        sum += of_type;
    return sum;
}

template <unsigned MaxOrder>
u32 buddy<MaxOrder>::free_in_block(u32 page) const
{
    const u32 first = page >> pageblock_order << (pageblock_order - CHUNK_ORDER);
    const u32 end = std::min(chunks_, first + pageblock_nr_pages / CHUNK_PAGES);
    if (free_order(page) >= static_cast<int>(pageblock_order))
        return pageblock_nr_pages;
    u32 sum = 0;
    for (u32 chunk = first; chunk < end; chunk++)
        if (klass_[chunk] != NOTHING)
            sum += klass_[chunk] < CHUNK_ORDER ? static_cast<u32>(__builtin_popcount(words_[chunk]))
                                               : 1u << klass_[chunk];
    return sum;
}

template <unsigned MaxOrder>
u32 buddy<MaxOrder>::set_block_type(u32 page, migratetype mt)
{
    const migratetype old = block_type(page);
    const u32 block = page >> pageblock_order;
    const u32 first = block << (pageblock_order - CHUNK_ORDER);
    const u32 end = std::min(chunks_, first + pageblock_nr_pages / CHUNK_PAGES);
    types_[block] = mt;
    u32 moved = 0;
    for (u32 chunk = first; chunk < end && mt != old; chunk++) {
        const unsigned order = klass_[chunk];
        if (order == NOTHING)
            continue;
        moved +=
            order < CHUNK_ORDER ? static_cast<u32>(__builtin_popcount(words_[chunk])) : 1u << order;
        unlist(chunk, old);
        list(chunk, order, mt);
    }
    nr_free_[old] -= moved;
    nr_free_[mt] += moved;
    return moved;
}

template <unsigned MaxOrder>
const char *buddy<MaxOrder>::verify() const
{
    u32 count[MIGRATE_TYPES] = {}, orders[MIGRATE_TYPES] = {};
    u32 listed[MIGRATE_TYPES][MaxOrder + 1] = {};
    for (u32 chunk = 0, inside = 0; chunk < chunks_; chunk++) {
        const unsigned order = klass_[chunk];
        const migratetype mt = type_of(chunk);
        if (chunk < inside) {
            if (order != NOTHING || words_[chunk] != 0)
                return "a chunk inside a free block has free frames of its own";
            continue;
        }
        if (order == NOTHING) {
            if (words_[chunk] != 0)
                return "a chunk with free frames is in no list";
            continue;
        }
        if (order > MaxOrder)
            return "a chunk has an order that does not exist";
        if (order < CHUNK_ORDER) {
            if (words_[chunk] == 0 || words_[chunk] == ~0u || class_of(words_[chunk]) != order)
                return "a chunk is listed under another class than its word's";
            count[mt] += static_cast<u32>(__builtin_popcount(words_[chunk]));
        } else {
            const u32 chunks = 1u << (order - CHUNK_ORDER);
            if (chunk % chunks != 0 || chunk + chunks > chunks_ || words_[chunk] != 0)
                return "a free block is not where blocks of its order can be";
            const u32 other = chunk ^ chunks;
            if (order < MaxOrder && other < chunks_ && klass_[other] == order &&
                type_of(other) == mt)
                return "two free buddies were not merged";
            count[mt] += 1u << order;
            inside = chunk + chunks;
        }
        if (!maps_[order][mt].has(entry(chunk, order)))
            return "a free block is missing from its map";
        listed[mt][order]++;
        orders[mt] |= word_bit(order);
    }
    for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
        if (count[mt] != nr_free_[mt])
            return "the count of free frames is wrong";
        // It may name an order that has become empty, but must name each that has blocks.
        if ((orders[mt] & ~orders_[mt]) != 0)
            return "the mask of orders is wrong";
        for (unsigned order = 0; order <= MaxOrder; order++)
            if (!maps_[order][mt].consistent(map_entries(chunks_, order)) ||
                maps_[order][mt].count(map_entries(chunks_, order)) != listed[mt][order])
                return "a map names what is not free";
    }
    return nullptr;
}

template class buddy<MAX_ORDER - 1>;
template class buddy<16>; // for the tests and for comparison with other allocators
