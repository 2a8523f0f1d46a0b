// HOST ONLY: it boots hundreds of machines.
//
// Banks, borders and requests at random: whatever the loader tells, the tables say what a reader
// of the design expects, and whatever is asked of create_mapping, it does all of it or nothing.
// The seeds are fixed; a failure names its own.
#include <tests/arch/fixture.h>

#include <random>

#include <asm/tlbflush.h>

namespace {

constexpr u32 MB = SZ_1M;

class chance {
public:
    explicit chance(u32 seed) : engine_(seed) {}
    /// 0 to below - 1.
    u32 below(u32 limit) { return engine_() % limit; }
    /// A length that is whole slots, whole megabytes or odd pages, up to about `most` bytes.
    u32 length(u32 most)
    {
        static constexpr u32 units[] = {SZ_2M, SZ_1M, PAGE_SIZE};
        const u32 unit = units[below(3)];
        return (below(most / unit) + 1) * unit;
    }

private:
    std::mt19937 engine_;
};

/// Up to six banks, close together or far apart, the first with room for the kernel.
boot_params random_machine(u32 seed)
{
    chance random(seed);
    boot_params params{.banks = {{0, 4 * MB + random.length(24 * MB)}},
                       .cores = seed % 2 ? 4u : 1u};
    const u32 more = random.below(6);
    for (u32 i = 0; i < more; i++) {
        const bank_spec &last = params.banks.back();
        const u32 gap = random.length(random.below(3) == 0 ? 128 * MB : 3 * MB);
        const u32 offset = last.offset + last.size + gap;
        const u32 size = random.length(random.below(3) == 0 ? 64 * MB : 2 * MB);
        if (offset + size <= HOST_RAM_SIZE)
            params.banks.push_back({offset, size});
    }
    if (random.below(3) == 0)
        params.vmalloc_size = (18 + random.below(900)) * MB;
    return params;
}

std::string describe(u32 seed, const boot_params &params)
{
    std::string text = "seed " + std::to_string(seed) + ", vmalloc " +
                       std::to_string(params.vmalloc_size / MB) + " MB, banks";
    for (const bank_spec &bank : params.banks)
        text += " " + std::to_string(bank.offset / 1024) + "K+" + std::to_string(bank.size / 1024) +
                "K";
    return text;
}

} // namespace

class RandomBanks : public ::testing::TestWithParam<u32> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomBanks, ::testing::Range(0u, 10u));

TEST_P(RandomBanks, AreMappedAsTheDesignSays)
{
    for (u32 seed = GetParam() * 20; seed < GetParam() * 20 + 20; seed++) {
        const boot_params params = random_machine(seed);
        SCOPED_TRACE(describe(seed, params));
        booting_kernel kernel(params);
        kernel.run_paging_init();
        ASSERT_EQ(kernel.differences(), "");
        ASSERT_EQ(kernel.events.take_errors(), "");
    }
}

namespace {

constexpr virt_addr_t WINDOW{0xf9000000}; // 16 MB of vmalloc
constexpr u32 WINDOW_PAGES = 16 * MB / PAGE_SIZE;

/// The window's pages: what each leads to, or 0.
std::vector<u32> leads_to(const booting_kernel &kernel)
{
    std::vector<u32> pages(WINDOW_PAGES);
    for (u32 i = 0; i < WINDOW_PAGES; i++) {
        const u32 va = WINDOW.raw() + i * PAGE_SIZE;
        const model::mapping m = kernel.walk(virt_addr_t(va));
        if (m.mapped())
            pages[i] = static_cast<u32>(m.pa) + (va - m.va);
    }
    return pages;
}

/// Is a section anywhere in the slots that [va, va + length) touches?
bool sections_in(const booting_kernel &kernel, virt_addr_t va, u32 length)
{
    const virt_addr_t end = (va + length).align_up(PGDIR_SIZE);
    for (virt_addr_t at = va.align_down(PGDIR_SIZE); at < end; at += MB)
        if (kernel.walk(at).mapped() && kernel.walk(at).size == MB)
            return true;
    return false;
}

} // namespace

class RandomRequests : public ::testing::TestWithParam<u32> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomRequests, ::testing::Range(0u, 8u));

TEST_P(RandomRequests, AreDoneWhollyOrNotAtAll)
{
    chance random(GetParam() + 1000);
    booting_kernel kernel({.banks = {{0, 64 * MB}}, .cores = GetParam() % 2 ? 4u : 1u});
    kernel.run_paging_init();
    std::vector<u32> now = leads_to(kernel);
    for (u32 round = 0; round < 60; round++) {
        const u32 length = std::min(random.length(4 * MB), 8 * MB);
        const u32 start = random.below((16 * MB - length) / PAGE_SIZE) * PAGE_SIZE;
        // Whole megabytes often, and frames at the same distance from a megabyte.
        const virt_addr_t va = WINDOW + (random.below(2) ? start / MB * MB : start);
        phys_addr_t pa(0x10000000 + random.below(64) * MB);
        pa += random.below(2) ? va.raw() % MB : random.below(256) * PAGE_SIZE;
        const u32 first = (va - WINDOW) / PAGE_SIZE;

        std::vector<u32> wanted = now;
        bool fresh = true;
        for (u32 i = 0; i < length / PAGE_SIZE; i++) {
            fresh &= now[first + i] == 0;
            wanted[first + i] = pa.raw() + i * PAGE_SIZE;
        }
        if (!fresh)
            continue; // a valid entry may not change its place: not what is asked of it
        SCOPED_TRACE("round " + std::to_string(round));
        const bool sections = sections_in(kernel, va, length);
        create_mapping({va, PFN_DOWN(pa), length, random.below(4) ? MT_DEVICE : MT_DEVICE_WC, "x"});
        flush_tlb_all();
        kernel.events.end("create_mapping");
        ASSERT_EQ(kernel.events.take_errors(), "");
        if (report_take("refused"))
            ASSERT_TRUE(sections) << "nothing was in the way";
        else
            now = wanted;
        ASSERT_TRUE(leads_to(kernel) == now);
    }
}
