// Finding the end of RAM when no loader says anything.
//
// At every 16 MB a pattern is written and read back; the word at the start of the window must
// not change with it, or the memory is a mirror of itself.
// Linux: none (its loaders know); U-Boot: get_ram_size().
#include <arch/arm/mm/probe.h>
#include <asm/io.h>
#include <asm/mmu.h>
#include <asm/tlbflush.h>
#include <kernel/lib/init.h>

namespace {

constexpr virt_addr_t SCRATCH = VMALLOC_END - SZ_16M;  // nothing is there before paging_init
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
    void write(u32 value) const
    {
        writel(value, SCRATCH);
        dsb();
    }
};

u32 exchange(phys_addr_t pa, u32 io_section, u32 value)
{
    const scratch_section there(pa, io_section);
    const u32 before = there.read();
    there.write(value);
    return before;
}

u32 look(phys_addr_t pa, u32 io_section)
{
    return scratch_section(pa, io_section).read();
}

/// Is there RAM at `pa` that is not the RAM at `base` again?
bool __init is_ram(phys_addr_t pa, phys_addr_t base, u32 io_section)
{
    const u32 pattern = 0x5aa5f00f ^ pa.raw();
    const u32 at_base = look(base, io_section);
    const u32 before = exchange(pa, io_section, pattern);
    const bool holds = look(pa, io_section) == pattern && look(base, io_section) == at_base;
    exchange(pa, io_section, before);
    return holds;
}

}  // namespace

phys_window __init probe_ram(phys_window window, u32 io_section)
{
    // The megabyte that is compared must not be one that is cached: the last that head.S mapped
    // is used by nobody yet.
    u32 size = STEP;
    while (size < window.size && is_ram(window.start + size, window.start + STEP, io_section))
        size += STEP;
    return {window.start, size};
}
