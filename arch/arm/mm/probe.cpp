// Finding the end of RAM when no loader says anything.
//
// A pattern is written at every 16 MB from the top of the window down, then read from the bottom
// up: where memory ends nothing answers, and where it is a mirror of what lies below, a later
// write has replaced the pattern. Then all is put back, and the end is looked for megabyte by
// megabyte in the last step.
// Linux: none (its loaders know); U-Boot: get_ram_size().
#include <arch/arm/mm/mmu.h>
#include <arch/arm/mm/probe.h>
#include <asm/io.h>
#include <asm/tlbflush.h>
#include <kernel/lib/init.h>

namespace {

constexpr virt_addr_t SCRATCH = VMALLOC_END - SZ_16M; // nothing is there before paging_init
constexpr u32 STEP = SZ_16M;

/// What stands at the beginning of the megabyte `pa`, through a mapping made for the purpose.
class scratch_section {
public:
    scratch_section(phys_addr_t pa, u32 io_section)
    {
        set_pmd_run(init_mm, SCRATCH, 1, pmd_t(pa.raw() | io_section), 0);
        isb();
    }
    ~scratch_section()
    {
        set_pmd_run(init_mm, SCRATCH, 1, pmd_t(0), 0);
        flush_tlb_kernel_range(SCRATCH, SCRATCH + SECTION_SIZE, SECTION_SIZE);
    }
    [[nodiscard]] u32 read() const { return readl(SCRATCH); }
    /// In order with the reads after it, as accesses to device memory are (DDI 0406C A3.5.5), and
    /// complete at the DSB of the destructor's set_pmd_run().
    void write(u32 value) const { writel(value, SCRATCH); }
};

u32 pattern_for(phys_addr_t pa)
{
    return 0x5aa5f00f ^ pa.raw();
}

/// Does the word at `pa` keep what is written there?
bool __init holds(phys_addr_t pa, u32 io_section)
{
    const scratch_section there(pa, io_section);
    const u32 before = there.read();
    there.write(pattern_for(pa));
    const bool kept = there.read() == pattern_for(pa);
    there.write(before);
    return kept;
}

} // namespace

phys_window __init probe_ram(phys_window window, u32 io_section)
{
    // The first step is taken for granted: we run in it.
    constexpr u32 MOST = SZ_1G / STEP;
    u32 before[MOST];
    const u32 steps = window.size / STEP < MOST ? window.size / STEP : MOST;
    for (u32 i = steps - 1; i > 0; i--) {
        const scratch_section there(window.start + i * STEP, io_section);
        before[i] = there.read();
        there.write(pattern_for(window.start + i * STEP));
    }
    // The start was not written, but its lowest mirror was, last: then its pattern is here now.
    // (A device access beside head.S's mapping, of a word that nobody has in the cache.)
    const u32 at_start = scratch_section(window.start, io_section).read();
    u32 found = 1;
    for (; found < steps; found++) {
        const phys_addr_t at = window.start + found * STEP;
        const u32 pattern = pattern_for(at);
        if (scratch_section(at, io_section).read() != pattern || at_start == pattern)
            break;
    }
    // Upwards: of a word that has several addresses the lowest was written last, so what was read
    // there is a pattern; what was read at the highest is the truth and must be written last.
    for (u32 i = 1; i < steps; i++)
        scratch_section(window.start + i * STEP, io_section).write(before[i]);
    if (found == 1)
        return {window.start, STEP};
    u32 size = (found - 1) * STEP + SECTION_SIZE;
    while (size % STEP != 0 && holds(window.start + size, io_section))
        size += SECTION_SIZE;
    return {window.start, size};
}
