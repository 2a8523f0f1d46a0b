// Areas: what is cut where, what joins, what is found; and thousands of random operations beside a
// model that cannot be wrong.
#include <tests/mm/vmap_area_model.h>
#include <tests/test.h>

#include <new>

namespace {

constexpr u32 FIRST = 0xf8800;
constexpr u32 PAGES = 256;

/// An engine of 256 pages.
class VmapArea : public ::testing::Test {
protected:
    VmapArea()
    {
        areas.init(FIRST, PAGES, table, &structs[0]);
        for (u32 i = 1; i < STRUCTS; i++)
            areas.stock(&structs[i]);
    }
    void TearDown() override { EXPECT_STREQ(verified(), ""); }
    const char *verified()
    {
        const char *const problem = areas.verify();
        return problem ? problem : "";
    }
    vmap_area *take(u32 pages, u32 align = 1)
    {
        return areas.alloc({.pages = pages, .align = align});
    }
    vmap_area *take_at(u32 first, u32 pages)
    {
        return areas.alloc({.pages = pages, .lowest = FIRST + first, .end = FIRST + first + pages});
    }
    void give(vmap_area *area)
    {
        ASSERT_EQ(areas.retire(area->first), area);
        areas.release(area);
    }
    u32 count()
    {
        u32 sum = 0;
        areas.for_each([&](const vmap_area &) { sum++; });
        return sum;
    }
    /// Releases what waits. @return how many
    u32 purge()
    {
        u32 sum = 0;
        vmap_area *next = nullptr;
        for (vmap_area *area = areas.take_lazy(); area; area = next, sum++) {
            next = area->next;
            areas.release(area);
        }
        return sum;
    }

    static constexpr u32 STRUCTS = 300;
    vmap_areas areas;
    vmap_area *table[PAGES] = {};
    vmap_area structs[STRUCTS];
};

} // namespace

TEST_F(VmapArea, BeginsAsOneFreeArea)
{
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(areas.count_free().all, PAGES);
    EXPECT_EQ(areas.count_free().largest, PAGES);
    EXPECT_EQ(areas.find(FIRST), nullptr);
    EXPECT_EQ(areas.containing(FIRST + 17)->pages, PAGES);
    EXPECT_EQ(areas.below(areas.containing(FIRST)), nullptr);
}

TEST_F(VmapArea, CutsFromTheLowerEnd)
{
    EXPECT_EQ(take(3)->first, FIRST);
    EXPECT_EQ(take(5)->first, FIRST + 3);
    EXPECT_EQ(take(1)->first, FIRST + 8);
    EXPECT_EQ(count(), 4u);
    EXPECT_EQ(areas.containing(FIRST + 7)->pages, 5u);
    EXPECT_EQ(areas.containing(FIRST + 7)->start_va(), virt_addr_t(0xf8803000));
    EXPECT_EQ(areas.containing(FIRST + 7)->end_va(), virt_addr_t(0xf8808000));
}

TEST_F(VmapArea, TheWholeRangeIsOneArea)
{
    vmap_area *const all = take(PAGES);
    ASSERT_NE(all, nullptr);
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(take(1), nullptr);
    give(all);
    EXPECT_EQ(take(PAGES + 1), nullptr);
    EXPECT_EQ(areas.count_free().largest, PAGES);
}

TEST_F(VmapArea, FreeAreasJoinOnBothSides)
{
    vmap_area *const a = take(4), *const b = take(4), *const c = take(4), *const d = take(4);
    give(a);
    give(c);
    EXPECT_EQ(count(), 5u);
    give(b); // joins a and c
    EXPECT_EQ(count(), 3u);
    EXPECT_EQ(areas.containing(FIRST)->pages, 12u);
    give(d); // and all
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(areas.stocked(), STRUCTS - 1);
}

TEST_F(VmapArea, WhatFitsExactlyIsTakenBeforeMoreIsCut)
{
    vmap_area *const a = take(6);
    (void) take(1);
    give(a);
    EXPECT_EQ(take(6)->first, FIRST);
}

TEST_F(VmapArea, AlignmentIsThatOfTheAddress)
{
    (void) take(1);
    EXPECT_EQ(take(2, 16)->first, FIRST + 16);
    EXPECT_EQ(take(2, 1)->first, FIRST + 1); // the hole before it can be used
    EXPECT_EQ(take(64, 64)->first, FIRST + 64);
    EXPECT_EQ(take(1, 1024), nullptr); // FIRST is a multiple of 2048, and taken
}

TEST_F(VmapArea, AlignedPlacesAreFoundWhereNothingElseIs)
{
    for (u32 at = 0; at < PAGES; at += 16) {
        if (at == 96)
            continue;
        ASSERT_NE(take_at(at, 16), nullptr);
    }
    EXPECT_EQ(take(16, 16)->first, FIRST + 96);
    EXPECT_EQ(areas.count_free().all, 0u);
}

TEST_F(VmapArea, APartOfTheRangeCanBeAskedFor)
{
    EXPECT_EQ(take_at(100, 10)->first, FIRST + 100);
    EXPECT_EQ(take_at(105, 1), nullptr);
    EXPECT_EQ(areas.alloc({.pages = 4, .lowest = FIRST + 98, .end = FIRST + 120})->first,
              FIRST + 110);
    EXPECT_EQ(areas.alloc({.pages = 4, .lowest = FIRST + 98, .end = FIRST + 113}), nullptr);
    EXPECT_EQ(areas.alloc({.pages = 1, .lowest = FIRST + PAGES}), nullptr);
    EXPECT_EQ(areas.alloc({.pages = 1, .end = FIRST}), nullptr);
}

TEST_F(VmapArea, LazyAreasAreNotHandedOutBeforeTheyAreReleased)
{
    vmap_area *const a = take(100), *const b = take(100);
    ASSERT_EQ(areas.retire(FIRST), a);
    areas.defer(a);
    EXPECT_EQ(areas.lazy_pages(), 100u);
    EXPECT_EQ(take(100), nullptr);
    EXPECT_EQ(areas.find(FIRST), a); // its user's bug can still be named
    EXPECT_EQ(areas.retire(FIRST), nullptr);
    EXPECT_EQ(purge(), 1u);
    EXPECT_EQ(areas.lazy_pages(), 0u);
    EXPECT_EQ(areas.find(FIRST), nullptr);
    EXPECT_EQ(take(100)->first, FIRST);
    EXPECT_EQ(purge(), 0u);
    give(b);
}

TEST_F(VmapArea, OnlyTheFirstPageFindsAnArea)
{
    const vmap_area *const a = take(4);
    EXPECT_EQ(areas.find(FIRST), a);
    EXPECT_EQ(areas.find(FIRST + 1), nullptr);
    EXPECT_EQ(areas.retire(FIRST + 1), nullptr);
    EXPECT_EQ(areas.find(FIRST - 1), nullptr);
    EXPECT_EQ(areas.find(FIRST + PAGES), nullptr);
    EXPECT_EQ(areas.containing(FIRST - 1), nullptr);
    EXPECT_EQ(areas.containing(FIRST + PAGES), nullptr);
    EXPECT_EQ(areas.below(areas.containing(FIRST + 200)), a);
}

TEST_F(VmapArea, OnePageAreasFillTheRangeAndLeaveNothing)
{
    for (u32 round = 0; round < 3; round++) {
        for (u32 i = 0; i < PAGES / 2; i++)
            ASSERT_NE(take(2), nullptr);
        EXPECT_EQ(take(1), nullptr);
        for (u32 i = 0; i < PAGES / 2; i++)
            give(areas.find(FIRST + i * 2 * 37 % PAGES));
        EXPECT_EQ(count(), 1u);
        EXPECT_EQ(areas.stocked(), STRUCTS - 1);
    }
}

TEST_F(VmapArea, TheStockIsAStack)
{
    vmap_area one, two;
    areas.stock(&one);
    areas.stock(&two);
    EXPECT_EQ(areas.unstock(), &two);
    EXPECT_EQ(areas.unstock(), &one);
    vmap_areas empty;
    EXPECT_EQ(empty.unstock(), nullptr);
}

TEST_F(VmapArea, DamageIsNamed)
{
    vmap_area *const a = take(4), *const b = take(4), *const c = take(4), *const d = take(4);
    vmap_area *const among_used = take(4);
    (void) take(4);
    give(a);
    give(c);
    const auto expect_while = [&](auto &word, auto value, const char *text) {
        const auto before = word;
        word = value;
        EXPECT_STREQ(verified(), text);
        word = before;
    };
    vmap_area *const last = areas.containing(FIRST + 100);
    expect_while(b->first, FIRST + 5, "the table does not lead to an area in use");
    expect_while(b->pages, 0u, "an area is empty, or outside of the range");
    expect_while(b->pages, 3u, "areas overlap, or leave a gap");
    expect_while(last->pages, last->pages - 1, "areas do not reach the end of the range");
    expect_while(b->state, area_state::border, "an area has no state");
    expect_while(among_used->state, area_state::free, "the table leads to a free area");
    expect_while(b->state, area_state::lazy, "lazy pages are counted wrong");
    expect_while(table[4], nullptr, "the table does not lead to an area in use");
    expect_while(table[5], b, "the table knows what is no area");
    expect_while(a->bin, u8{9}, "a free area is in the wrong bin");
    expect_while(a->first, FIRST + PAGES, "an area is empty, or outside of the range");
    expect_while(b->state, area_state::free, "two free areas side by side");
    list_head list = a->list;
    list_del(&a->list);
    EXPECT_STREQ(verified(), "free areas and the bins' differ in number");
    list_add(&a->list, list.prev);
    EXPECT_STREQ(verified(), "");
    give(b);
    give(d);
}

TEST_F(VmapArea, AgreesWithTheModelWhateverHappens)
{
    static area_model::checker *model;
    alignas(area_model::checker) static u8 place[sizeof *model];
    static u8 bytes[900];
    u32 random = 2463534242u;
    for (u32 round = 0; round < 30; round++) {
        for (u8 &byte : bytes) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            byte = static_cast<u8>(random >> 7);
        }
        model = new (place) area_model::checker(0xd0000 + round * 8, 20 + round * 50);
        area_model::source source(bytes);
        const char *problem = nullptr;
        u32 step = 0;
        for (; !source.empty() && !problem; step++)
            problem = model->step(source);
        if (!problem)
            problem = model->free_all();
        ASSERT_STREQ(problem ? problem : "", "") << "round " << round << ", step " << step;
    }
}
