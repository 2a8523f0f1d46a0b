// meminfo: the banks of RAM, as the loader told them, or as `mem=` says instead.
//
//   loader's reader -> arm_add_memory() -> meminfo     each bank judged on its way in
//   mem=SIZE[@START] -> early_mem()     -> meminfo     the first one drops the loader's banks
//   meminfo_require()                                  the kernel itself stays in RAM
//   adjust_lowmem_bounds() (arch/arm/mm/layout.h)      marks and splits off what is highmem
//   memblock_add() each
//
// At all times the banks are whole pages, inside the board's RAM window, sorted, without
// overlaps, and merged where they touch.
// Linux: arch/arm/include/asm/setup.h and arch/arm/kernel/setup.c (3.x; later memblock alone).
#pragma once

#include <asm/mach.h>
#include <asm/page.h>

constexpr int NR_BANKS = 16;

struct membank {
    phys_addr_t start;
    u32 size;    // bytes
    u32 highmem; // not 0: beyond lowmem, without a fixed place in the kernel's address space
};

struct meminfo {
    int nr_banks;
    membank bank[NR_BANKS];
};

/// The kernel's banks.
extern struct meminfo meminfo;

/// Who tells of a bank, for the line that says what is wrong with it: `reader: "what" ...`.
struct bank_source {
    const char *reader;
    const char *parameter;
    const char *value;
};

/// Adds [start, start + size) to `banks`: cut inwards to whole pages and to `window`, without what
/// the banks have already. Each cut is one line.
///
/// @param start, size  bytes, anything at all: nothing overflows
/// @return             bytes added; 0 if nothing is left (one line says why), or nothing had room
/// Context: boot.
u64 meminfo_add(struct meminfo &banks, phys_window window, u64 start, u64 size,
                const bank_source &source);

/// Makes sure that [start, start + size) is RAM: adds what the banks lack, with a line.
/// Called when the parameters are read, so that a mem= which leaves out the kernel is survived.
/// If the array is full, the last bank makes room. Context: boot.
void meminfo_require(u64 start, u64 size, const char *what);

/// No banks, no mem= seen yet, and the board's window. Until the board says so, the window is
/// what reaches from PHYS_OFFSET to the top of the space.
void meminfo_reset(phys_window window);

/// The board's window, as set by meminfo_reset().
[[nodiscard]] phys_window meminfo_window();

/// Adds a bank that the loader told, by meminfo_add(). Returns 0, or -EINVAL when nothing of it
/// was added. Linux: arm_add_memory().
int arm_add_memory(u64 start, u64 size, const bank_source &source);

/// Bytes in all banks.
[[nodiscard]] u64 meminfo_size(const struct meminfo &banks);
