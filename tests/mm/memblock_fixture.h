// An own memblock for each test, and its lists as text that one can read in a comparison.
//
// "RAM" is an arena of 64 KB that stands for the physical addresses from RAM on; memory elsewhere
// can be described and handed out, but not touched.
#pragma once

#include <kernel/lib/vsnprintf.h>
#include <mm/memblock_engine.h>
#include <tests/test.h>

namespace memblock_test {

constexpr u32 RAM = 0x60000000;
constexpr u32 ARENA_SIZE = 64 * SZ_1K;
alignas(PAGE_SIZE) inline u8 arena[ARENA_SIZE];

inline void *arena_va(phys_addr_t pa)
{
    return arena + (pa.raw() - RAM);
}

constexpr phys_addr_t at(u32 address)
{
    return phys_addr_t(address);
}

/// "60000000-60000fff 60002000-60002fff=name ..." in a buffer of its own.
struct list_text {
    char text[512] = "";
    size_t used = 0;

    void add(const memblock_region &r)
    {
        const char *name = r.name != nullptr ? r.name : "";
        used += static_cast<size_t>(kscnprintf(text + used, sizeof text - used, "%s%08x-%08x%s%s",
                                               used > 0 ? " " : "", r.base.raw(), r.last.raw(),
                                               *name != '\0' ? "=" : "", name));
    }
};

inline list_text memory_of(const memblock &blocks)
{
    list_text list;
    for (auto r = blocks.next_memory(0); r; r = blocks.next_memory(r->end()))
        list.add(*r);
    return list;
}

inline list_text reserved_of(const memblock &blocks)
{
    list_text list;
    for (auto r = blocks.next_reserved(0); r; r = blocks.next_reserved(r->end()))
        list.add(*r);
    return list;
}

inline list_text free_of(const memblock &blocks)
{
    list_text list;
    for (auto r = blocks.next_free(0); r; r = blocks.next_free(r->end()))
        list.add(*r);
    return list;
}

inline list_text free_backwards(const memblock &blocks)
{
    list_text list;
    for (auto r = blocks.prev_free(PHYS_SPACE_END); r; r = blocks.prev_free(r->base.raw()))
        list.add(*r);
    return list;
}

#define EXPECT_MEMORY(expected) EXPECT_STREQ(::memblock_test::memory_of(blocks).text, expected)
#define EXPECT_RESERVED(expected) EXPECT_STREQ(::memblock_test::reserved_of(blocks).text, expected)
#define EXPECT_FREE(expected) EXPECT_STREQ(::memblock_test::free_of(blocks).text, expected)
#define EXPECT_FREE_BACKWARDS(expected)                                                            \
    EXPECT_STREQ(::memblock_test::free_backwards(blocks).text, expected)

/// A memblock with `Entries` entries a list, and nothing in it.
template <size_t Entries>
class memblock_of : public ::testing::Test {
protected:
    memblock_region memory_entries[Entries] = {};
    memblock_region reserved_entries[Entries] = {};
    memblock blocks{memory_entries, reserved_entries, arena_va};

    void add(u32 base, u32 size) { EXPECT_EQ(blocks.add(at(base), size), 0); }
    void remove(u32 base, u32 size) { EXPECT_EQ(blocks.remove(at(base), size), 0); }
    void free(u32 base, u32 size) { EXPECT_EQ(blocks.free(at(base), size), 0); }
    void reserve(u32 base, u32 size, const char *name = nullptr)
    {
        EXPECT_EQ(blocks.reserve(at(base), size, name), 0);
    }
};

} // namespace memblock_test
