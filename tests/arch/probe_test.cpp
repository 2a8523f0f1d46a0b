// HOST ONLY: it makes boards whose RAM ends where it likes.
//
// probe_ram() on boards of many sizes. The scratch section follows the table here as on an ARM: a
// new entry is there after a DSB and an ISB, and an access before faults. Where no RAM answers, a
// word keeps its value until the section is mapped anew: this process cannot lose it at once, so
// ends of RAM within a step of 16 MB are QEMU's to show.
#include <tests/arch/fixture.h>

#include <arch/arm/mm/probe.h>

namespace {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t SCRATCH = VMALLOC_END - SZ_16M;
constexpr u32 IO_SECTION = 0x11412;
constexpr u32 WINDOW_SIZE = 256 * MB;
constexpr phys_addr_t NOTHING = PHYS_OFFSET + 1008 * MB; // stands for what no RAM answers to

enum class beyond : u8 { nothing, mirrors };

struct board_ram {
    u32 size;
    beyond end;
};

/// What the board answers with where `pa` is accessed.
constinit thread_local board_ram board = {};
constinit thread_local u32 entry = 0; // the scratch section's
constinit thread_local hw_observer judge = nullptr;

phys_addr_t answering(u32 pa)
{
    const u32 offset = pa - PHYS_OFFSET.raw();
    if (offset < board.size)
        return phys_addr_t(pa);
    if (board.end == beyond::mirrors)
        return PHYS_OFFSET + offset % board.size;
    return NOTHING;
}

void follow(hw_event event, virt_addr_t va, u32 value)
{
    judge(event, va, value);
    if (event == hw_event::store_pgd && va == from_ptr(pmd_off(init_mm.pgd, SCRATCH)))
        entry = value;
    if (event != hw_event::isb)
        return;
    if (entry == 0) {
        host_unmap(SCRATCH, MB);
        return;
    }
    const phys_addr_t pa = answering(entry & 0xfff00000);
    host_map(SCRATCH, pa, MB);
    if (pa == NOTHING)
        *static_cast<u32 *>(to_ptr(SCRATCH)) = 0;
}

class ProbeRam : public ::testing::TestWithParam<u32> {
protected:
    void SetUp() override
    {
        judge = current_hw_observer;
        current_hw_observer = follow;
        entry = 0;
        for (u32 offset = 0; offset < WINDOW_SIZE; offset += MB)
            word(offset) = offset + 1;
    }
    void TearDown() override { current_hw_observer = nullptr; }

    static u32 &word(u32 offset) { return *static_cast<u32 *>(to_ptr(PAGE_OFFSET + offset)); }
    /// Wants `megabytes` to be found, nothing to have changed and nothing to be owed.
    void expect_found(const board_ram &ram, u32 megabytes)
    {
        board = ram;
        phys_window found = {};
        const host_outcome outcome = host_attempt([&] {
            found = probe_ram({PHYS_OFFSET, WINDOW_SIZE}, IO_SECTION);
        });
        ASSERT_EQ(outcome.end, host_end::finished) << "touched what is not mapped yet";
        EXPECT_EQ(found.start, PHYS_OFFSET);
        EXPECT_EQ(found.size, megabytes * MB);
        for (u32 offset = 0; offset < ram.size; offset += MB)
            ASSERT_EQ(word(offset), offset + 1);
        EXPECT_EQ(entry, 0u);
        kernel.events.end("probe_ram");
        EXPECT_EQ(kernel.events.take_errors(), "");
    }

    booting_kernel kernel{{.banks = {{0, SZ_1G - SZ_16M}}, .cores = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(Cores, ProbeRam, ::testing::Values(1u, 4u));

} // namespace

TEST_P(ProbeRam, FindsTheStepAtWhichRamEnds)
{
    for (const u32 size : {32u, 48u, 128u, 240u, 256u}) {
        SCOPED_TRACE(size);
        expect_found({size * MB, beyond::nothing}, size);
    }
}

TEST_P(ProbeRam, TakesTheFirstStepForGranted)
{
    expect_found({16 * MB, beyond::nothing}, 16);
    expect_found({16 * MB, beyond::mirrors}, 16);
}

TEST_P(ProbeRam, AMirrorOfLowerMemoryIsNotMore)
{
    for (const u32 size : {32u, 64u, 128u}) {
        SCOPED_TRACE(size);
        expect_found({size * MB, beyond::mirrors}, size);
    }
}
