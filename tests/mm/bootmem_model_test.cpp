// bootmem's engine against the same thing written naively: a byte for each page, looked at one by
// one, through thousands of random calls.
#include <mm/bootmem.h>
#include <tests/test.h>

namespace {

constexpr u32 PAGES = 3 * 1024 + 50;

/// The rules of mm/bootmem.h, page by page.
class naive {
public:
    constexpr naive() = default;
    /// Begins anew: all taken.
    void init(pfn_t start)
    {
        start_ = start;
        last_end_ = 0;
        mark(0, PAGES, 1);
    }
    u32 mark(u32 first, u32 end, u8 as)
    {
        u32 known = 0;
        for (u32 i = first; i < end; i++) {
            known += taken_[i] == as;
            taken_[i] = as;
            if (as == 0 && (start_ + i).raw() == last_end_ >> PAGE_SHIFT)
                last_end_ = 0;
        }
        return known;
    }
    [[nodiscard]] bool is_taken(u32 page) const { return taken_[page] != 0; }
    /// The address, or 0.
    u64 alloc(const bootmem_data::request &wanted)
    {
        const u64 space_end = u64{start_.raw() + PAGES} << PAGE_SHIFT;
        u64 limit = wanted.limit.raw() ? std::min<u64>(wanted.limit.raw(), space_end) : space_end;
        limit -= limit % PAGE_SIZE;
        u64 found = behind(wanted, limit);
        for (const u64 goal : {u64{wanted.goal.raw()}, u64{0}})
            for (u32 page = 0; page < PAGES && !found; page++) {
                const u64 at = u64{start_.raw() + page} << PAGE_SHIFT;
                if (at >= goal && at % wanted.align == 0 && at + wanted.size <= limit &&
                    all_free(at, at + wanted.size))
                    found = at;
            }
        if (found) {
            for (u64 page = found >> PAGE_SHIFT; page << PAGE_SHIFT < found + wanted.size; page++)
                taken_[page - start_.raw()] = 1;
            last_end_ = found + wanted.size;
        }
        return found;
    }

private:
    [[nodiscard]] bool all_free(u64 from, u64 to) const
    {
        for (u64 page = from >> PAGE_SHIFT; page << PAGE_SHIFT < to; page++)
            if (taken_[page - start_.raw()])
                return false;
        return true;
    }
    [[nodiscard]] u64 behind(const bootmem_data::request &wanted, u64 limit) const
    {
        if (last_end_ % PAGE_SIZE == 0)
            return 0;
        u64 at = last_end_;
        while (at % wanted.align != 0)
            at++;
        const u64 next_page = (last_end_ / PAGE_SIZE + 1) * PAGE_SIZE;
        const bool fits = at <= next_page && at >= wanted.goal.raw() && at + wanted.size <= limit;
        return fits && all_free(next_page, at + wanted.size) ? at : 0;
    }

    u8 taken_[PAGES] = {};
    pfn_t start_{};
    u64 last_end_ = 0;
};

/// Numbers that repeat with the seed.
class dice {
public:
    explicit dice(u32 seed) : state_(seed) {}
    u32 below(u32 n)
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_ % n;
    }

private:
    u32 state_;
};

class BootmemModel : public ::testing::TestWithParam<u32> {};

constinit naive model;
alignas(4) constinit u8 map[bootmem_data::bytes_needed(PAGES)] = {};

/// One random call of both; both must say the same.
void step(dice &die, bootmem_data &data, pfn_t start)
{
    const u32 first = die.below(PAGES);
    const u32 end = std::min(first + die.below(die.below(8) == 0 ? PAGES : 40), PAGES);
    switch (die.below(8)) {
    case 0:
        ASSERT_EQ(data.reserve(start + first, start + end), model.mark(first, end, 1));
        return;
    case 1:
    case 2:
        ASSERT_EQ(data.free(start + first, start + end), model.mark(first, end, 0));
        return;
    default:
        break;
    }
    const phys_addr_t base = PFN_PHYS(start);
    const bootmem_data::request wanted{
        1 + die.below(die.below(4) == 0 ? 40 * PAGE_SIZE : 1000), 1u << die.below(16),
        die.below(2) ? base + die.below(PAGES * PAGE_SIZE) : phys_addr_t(0),
        die.below(4) ? phys_addr_t(0) : base + die.below(PAGES * PAGE_SIZE)};
    const auto found = data.alloc(wanted);
    ASSERT_EQ(found ? found->raw() : 0, model.alloc(wanted))
        << "size " << wanted.size << " align " << wanted.align;
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Starts, BootmemModel, ::testing::Values(1u, 0x60000u, 0x60005u, 0x9fc00u));

TEST_P(BootmemModel, AgreesWithThousandsOfRandomCalls)
{
    const pfn_t start(GetParam());
    bootmem_data data{};
    data.init(map, start, start + PAGES);
    model.init(start);
    dice die(GetParam());
    ASSERT_EQ(data.free(start, start + PAGES), model.mark(0, PAGES, 0));
    for (u32 round = 0; round < 3000; round++) {
        SCOPED_TRACE(round);
        step(die, data, start);
        if (::testing::Test::HasFatalFailure())
            return;
        if (round % 64 != 0)
            continue;
        u32 at = 0;
        data.for_each_run([&](pfn_t first, u32 count, bootmem_data::state state) {
            ASSERT_EQ(first, start + at);
            for (const u32 run_end = at + count; at < run_end; at++)
                ASSERT_EQ(model.is_taken(at), state == bootmem_data::state::taken);
        });
        ASSERT_EQ(at, PAGES);
    }
}
