// What a board tells the kernel. One file a board in arch/arm/mach defines `machine`.
//
// Linux: asm/mach/arch.h (machine_desc), asm/mach/map.h (map_desc).
#pragma once

#include <asm/page.h>

/// Memory types that create_mapping() knows; build_mem_type_table() says what each means on the
/// running CPU. Linux: asm/mach/map.h, asm/io.h (MT_*).
enum mem_type_id : u8 {
    MT_DEVICE,        ///< device, shareable: registers
    MT_DEVICE_CACHED, ///< ioremap_cache
    MT_DEVICE_WC,     ///< ioremap_wc: normal, not cached
    MT_UNCACHED,      ///< strongly ordered
    MT_HIGH_VECTORS,  ///< the vectors page: read-only, executable, its own domain
    MT_MEMORY_RWX,    ///< RAM with every right: only what head.S maps, until map_lowmem
    MT_MEMORY_RW,     ///< RAM: data
    MT_MEMORY_RO,     ///< RAM: read-only data
    MT_MEMORY_ROX,    ///< RAM: the kernel's text
    MT_COUNT
};

/// A mapping to make: [va, va + length) onto the frames from pfn.
struct map_desc {
    virt_addr_t va;
    pfn_t pfn;
    u32 length; ///< bytes
    mem_type_id type;
    const char *name;
};

/// A window of physical addresses.
struct phys_window {
    phys_addr_t start;
    u32 size; ///< bytes
};

enum class interrupt_line : u8 { irq, fiq };

struct machine_desc {
    const char *name;
    u32 nr;                 ///< machine number in r1 (Linux: mach-types)
    phys_window ram;        ///< where RAM can be at all
    u32 dma_zone_size;      ///< bytes of RAM, from its start, that all devices reach; 0: 16 MB
    const map_desc *io_map; ///< static device maps, 1 MB each, UART first
    u32 nr_io_map;
    /// A free-running counter usable from the first line of C++, and its rate.
    u32 (*boot_clock)();
    u32 boot_clock_hz;
    /// A finer counter for measuring, valid after init_time(), and its rate.
    void (*init_time)();
    u32 (*bench_clock)();
    u32 bench_clock_hz;
    /// Resets the board; returns only if it can't.
    void (*restart)();
    /// Makes an interrupt pending on this core, for the test that nobody expects one.
    void (*provoke_interrupt)(interrupt_line line);
    /// Takes it back, so that the mask may be opened again. Called before the oops is left.
    void (*quiet_interrupt)();
};

/// The board this kernel is built for.
extern const machine_desc machine;

/// Bytes of address space below VMALLOC_END that static device maps take: whole 2 MB slots,
/// because a slot is all sections or all table.
inline u32 static_maps_size()
{
    return (machine.nr_io_map * SZ_1M + SZ_2M - 1) & ~(SZ_2M - 1);
}
