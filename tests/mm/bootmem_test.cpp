// bootmem's engine by hand: what is taken, what is free, and where an allocation comes to lie.
#include <mm/bootmem.h>
#include <tests/test.h>

namespace {

constexpr u32 BLOCK = 1u << (MAX_ORDER - 1);
/// Starts and ends off every round number.
constexpr pfn_t START{0x60005};
constexpr u32 PAGES = 5 * BLOCK + 77;
constexpr pfn_t END = START + PAGES;

class Bootmem : public ::testing::Test {
protected:
    Bootmem() { data.init(map, START, END); }

    /// All its pages are memory, and free.
    void all_free() { EXPECT_EQ(data.free(START, END), 0u); }
    [[nodiscard]] u32 count(bootmem_data::state wanted) const
    {
        u32 sum = 0;
        data.for_each_run([&](pfn_t, u32 pages, bootmem_data::state state) {
            sum += state == wanted ? pages : 0;
        });
        return sum;
    }
    [[nodiscard]] u32 free_pages() const { return count(bootmem_data::state::free); }

    /// Allocates, and says where in bytes from START; -1 if there was no place.
    s64 place(const bootmem_data::request &wanted)
    {
        const auto found = data.alloc(wanted);
        return found ? s64{found->raw()} - PFN_PHYS(START).raw() : -1;
    }

    alignas(4) u8 map[bootmem_data::bytes_needed(PAGES)] = {};
    bootmem_data data{};
};

/// The byte `offset` from START.
phys_addr_t at(u32 offset)
{
    return PFN_PHYS(START) + offset;
}

} // namespace

TEST_F(Bootmem, BeginsWithAllPagesTaken)
{
    EXPECT_EQ(data.start(), START);
    EXPECT_EQ(data.end(), END);
    EXPECT_EQ(free_pages(), 0u);
    EXPECT_EQ(count(bootmem_data::state::taken), PAGES);
    EXPECT_EQ(place({1, 1}), -1);
}

TEST_F(Bootmem, CountsWhatWasMarkedBefore)
{
    EXPECT_EQ(data.free(START + 10, START + 50), 0u);
    EXPECT_EQ(data.free(START + 40, START + 60), 10u);
    EXPECT_EQ(data.reserve(START + 59, START + 62), 2u);
    EXPECT_EQ(data.reserve(START + 12, START + 12), 0u);
    EXPECT_EQ(data.free(START + 12, START + 12), 0u);
    EXPECT_EQ(free_pages(), 49u);
    EXPECT_TRUE(data.is_taken(START + 9));
    EXPECT_FALSE(data.is_taken(START + 10));
    EXPECT_FALSE(data.is_taken(START + 58));
    EXPECT_TRUE(data.is_taken(START + 59));
}

TEST_F(Bootmem, KnowsItsOwnPages)
{
    EXPECT_TRUE(data.holds(START, END));
    EXPECT_TRUE(data.holds(END, END));
    EXPECT_FALSE(data.holds(START - 1, END));
    EXPECT_FALSE(data.holds(START, END + 1));
    EXPECT_FALSE(data.holds(START + 2, START + 1));
}

TEST_F(Bootmem, ShowsEachRunOnceAndAsLongAsItIs)
{
    all_free();
    data.reserve(START, START + 1);
    data.reserve(START + 31, START + 33);
    data.reserve(START + 2 * BLOCK, START + 3 * BLOCK);
    data.reserve(END - 1, END);
    struct run {
        u32 first, count;
        bootmem_data::state state;
    };
    run seen[16] = {};
    u32 runs = 0;
    data.for_each_run([&](pfn_t first, u32 pages, bootmem_data::state state) {
        ASSERT_LT(runs, 16u);
        seen[runs++] = {first - START, pages, state};
    });
    constexpr auto FREE = bootmem_data::state::free, TAKEN = bootmem_data::state::taken;
    const run wanted[] = {
        {0, 1, TAKEN},
        {1, 30, FREE},
        {31, 2, TAKEN},
        {33, 2 * BLOCK - 33, FREE},
        {2 * BLOCK, BLOCK, TAKEN},
        {3 * BLOCK, PAGES - 1 - 3 * BLOCK, FREE},
        {PAGES - 1, 1, TAKEN},
    };
    ASSERT_EQ(runs, std::size(wanted));
    for (u32 i = 0; i < runs; i++) {
        SCOPED_TRACE(i);
        EXPECT_EQ(seen[i].first, wanted[i].first);
        EXPECT_EQ(seen[i].count, wanted[i].count);
        EXPECT_TRUE(seen[i].state == wanted[i].state);
    }
}

TEST_F(Bootmem, OnePageIsEnough)
{
    data.init(map, START, START + 1);
    EXPECT_EQ(place({PAGE_SIZE, 1}), -1);
    data.free(START, START + 1);
    EXPECT_EQ(place({PAGE_SIZE, 1}), 0);
    EXPECT_EQ(free_pages(), 0u);
}

TEST_F(Bootmem, NoPageAtAllIsAnEmptyBook)
{
    data.init(map, START, START);
    EXPECT_EQ(count(bootmem_data::state::taken), 0u);
    EXPECT_EQ(free_pages(), 0u);
    EXPECT_EQ(place({1, 1}), -1);
}

TEST_F(Bootmem, TakesTheLowestPlaceAboveTheGoal)
{
    all_free();
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE}), 0);
    EXPECT_EQ(place({2 * PAGE_SIZE, PAGE_SIZE}), PAGE_SIZE);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, at(0x100000)}), 0x100000);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, at(0x100001)}), 0x101000);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE}), 3 * PAGE_SIZE);
    EXPECT_EQ(free_pages(), PAGES - 6);
}

TEST_F(Bootmem, ForgetsAGoalThatCannotBeHad)
{
    all_free();
    data.reserve(START + 100, END);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, at(200 * PAGE_SIZE)}), 0);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, PFN_PHYS(END)}), PAGE_SIZE);
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, phys_addr_t(0xfffff001)}), 2 * PAGE_SIZE);
}

TEST_F(Bootmem, NothingEndsAboveTheLimit)
{
    all_free();
    EXPECT_EQ(place({4 * PAGE_SIZE, PAGE_SIZE, at(0), at(4 * PAGE_SIZE - 1)}), -1);
    EXPECT_EQ(place({4 * PAGE_SIZE, PAGE_SIZE, at(0), PFN_PHYS(START)}), -1);
    EXPECT_EQ(place({4 * PAGE_SIZE, PAGE_SIZE, at(0), phys_addr_t(1)}), -1);
    EXPECT_EQ(place({4 * PAGE_SIZE, PAGE_SIZE, at(0), at(4 * PAGE_SIZE)}), 0);
    // The goal is above the limit: forgotten.
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, at(0x100000), at(0x10000)}), 4 * PAGE_SIZE);
    // A limit above the end changes nothing.
    EXPECT_EQ(place({PAGE_SIZE, PAGE_SIZE, at(0), PFN_PHYS(END + 100)}), 5 * PAGE_SIZE);
}

TEST_F(Bootmem, AlignsToTheAddressNotToItsOwnBeginning)
{
    all_free();
    const s64 found = place({PAGE_SIZE, SZ_1M});
    EXPECT_EQ(found, s64{SZ_1M} - 5 * PAGE_SIZE); // START is 5 pages above a megabyte
    EXPECT_EQ(place({PAGE_SIZE, SZ_1M}), s64{2 * SZ_1M} - 5 * PAGE_SIZE);
}

TEST_F(Bootmem, AnAlignmentThatLeadsPastTheEndIsNoPlace)
{
    all_free();
    EXPECT_EQ(place({PAGE_SIZE, 0x80000000}), -1);
    EXPECT_EQ(free_pages(), PAGES);
}

TEST_F(Bootmem, SkipsHolesThatAreTooSmall)
{
    all_free();
    for (u32 page = 3; page < 100; page += 4)
        data.reserve(START + page, START + page + 1);
    EXPECT_EQ(place({4 * PAGE_SIZE, PAGE_SIZE}), 100 * PAGE_SIZE);
    EXPECT_EQ(place({3 * PAGE_SIZE, PAGE_SIZE}), 0);
    EXPECT_EQ(place({3 * PAGE_SIZE, PAGE_SIZE}), 4 * PAGE_SIZE);
}

TEST_F(Bootmem, TheWholeOfItCanBeHad)
{
    all_free();
    EXPECT_EQ(place({PAGES * PAGE_SIZE + 1, 1}), -1);
    EXPECT_EQ(place({PAGES * PAGE_SIZE, 1}), 0);
    EXPECT_EQ(free_pages(), 0u);
    EXPECT_EQ(place({0xffffffff, 1}), -1);
}

// ---- Packing ----

TEST_F(Bootmem, SmallOnesShareAPage)
{
    all_free();
    EXPECT_EQ(place({100, 4}), 0);
    EXPECT_EQ(place({100, 4}), 100);
    EXPECT_EQ(place({1, 1}), 200);
    EXPECT_EQ(place({8, 8}), 208);
    EXPECT_EQ(free_pages(), PAGES - 1);
}

TEST_F(Bootmem, ContinuesIntoTheNextPageIfThatIsFree)
{
    all_free();
    EXPECT_EQ(place({PAGE_SIZE - 8, 8}), 0);
    EXPECT_EQ(place({PAGE_SIZE, 8}), s64{PAGE_SIZE} - 8);
    EXPECT_EQ(free_pages(), PAGES - 2);
    EXPECT_EQ(place({8, 8}), 2 * s64{PAGE_SIZE} - 8);
    EXPECT_EQ(free_pages(), PAGES - 2);
}

TEST_F(Bootmem, BeginsANewPageIfTheNextOneIsTaken)
{
    all_free();
    data.reserve(START + 1, START + 2);
    EXPECT_EQ(place({PAGE_SIZE - 8, 8}), 0);
    EXPECT_EQ(place({16, 8}), 2 * PAGE_SIZE);
}

TEST_F(Bootmem, BeginsANewPageIfTheAlignmentLeadsBehindTheNextOne)
{
    all_free();
    EXPECT_EQ(place({100, 4}), 0);
    EXPECT_EQ(place({100, PAGE_SIZE}), PAGE_SIZE);         // the next page itself will do
    EXPECT_EQ(place({100, 4 * PAGE_SIZE}), 3 * PAGE_SIZE); // START is 5 pages above
    EXPECT_EQ(free_pages(), PAGES - 3);
}

TEST_F(Bootmem, DoesNotPackBelowTheGoalOrAboveTheLimit)
{
    all_free();
    EXPECT_EQ(place({100, 4}), 0);
    EXPECT_EQ(place({100, 4, at(101)}), PAGE_SIZE);
    EXPECT_EQ(place({100, 4, at(0), at(2 * PAGE_SIZE - 1)}), -1); // limits go by whole pages
    EXPECT_EQ(place({100, 4, at(0), at(2 * PAGE_SIZE)}), PAGE_SIZE + 100);
}

TEST_F(Bootmem, DoesNotPackIntoAPageThatWasFreed)
{
    all_free();
    EXPECT_EQ(place({100, 4}), 0);
    data.free(START, START + 1);
    data.reserve(START, START + 1); // somebody else's now
    EXPECT_EQ(place({100, 4}), PAGE_SIZE);
}

TEST_F(Bootmem, GoesOnPackingIfAnotherPageWasFreed)
{
    all_free();
    data.reserve(START + 1, START + 3);
    EXPECT_EQ(place({100, 4}), 0);
    data.free(START + 1, START + 2);
    EXPECT_EQ(place({100, 4}), 100);
}

TEST_F(Bootmem, PacksUpToTheVeryTopOfTheSpace)
{
    constexpr pfn_t top{0x100000};
    data.init(map, top - 2, top);
    data.free(top - 2, top);
    ASSERT_TRUE(data.alloc({PAGE_SIZE + 100, 4}).has_value());
    const auto last = data.alloc({PAGE_SIZE - 100, 4});
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(last->raw(), 0xfffff000u + 100);
    EXPECT_FALSE(data.alloc({1, 1}).has_value());
}
