// Where lowmem ends. See the picture in layout.h; the arithmetic is 64 bits wide because physical
// ends may be 2^32 and vmalloc= may be anything.
// Linux: arch/arm/mm/mmu.c (early_vmalloc's limits, adjust_lowmem_bounds).
#include <arch/arm/mm/layout.h>

#include <algorithm>

#include <kernel/core/printk.h>

namespace {

constexpr u64 MB = SZ_1M;
constexpr u64 PHYS_END = u64{1} << 32;

u64 end_of(const membank &bank)
{
    return u64{bank.start.raw()} + bank.size;
}

phys_addr_t narrow(u64 address)
{
    return phys_addr_t(static_cast<u32>(address));
}

/// vmalloc= within what is sensible, in whole megabytes.
u32 clamp_vmalloc(const layout_request &request)
{
    const u64 room = request.vmalloc_end - request.page_offset;
    const u64 least = u64{VMALLOC_MIN_SIZE} + request.static_maps_size;
    const u64 most = room - VMALLOC_OFFSET - LOWMEM_MIN_SIZE;
    u64 size = request.vmalloc_size;
    if (size < least) {
        printk("vmalloc: %lluK is too little beside %uK of device maps: %lluK used\n", size / SZ_1K,
               request.static_maps_size / SZ_1K, least / SZ_1K);
        size = least;
    }
    if (size > most) {
        printk("vmalloc: %lluK would leave lowmem less than %uK: %lluK used\n", size / SZ_1K,
               LOWMEM_MIN_SIZE / SZ_1K, most / SZ_1K);
        size = most;
    }
    return static_cast<u32>((size + MB - 1) / MB * MB);
}

void remove_bank(struct meminfo &banks, int index)
{
    std::copy(banks.bank + index + 1, banks.bank + banks.nr_banks, banks.bank + index);
    --banks.nr_banks;
}

/// Takes away what lies below the first byte of lowmem.
void drop_below(struct meminfo &banks, phys_addr_t floor)
{
    while (banks.nr_banks > 0 && banks.bank[0].start < floor) {
        membank &bank = banks.bank[0];
        const u64 gone_end = std::min<u64>(end_of(bank), floor.raw());
        printk("meminfo: RAM 0x%08x-0x%08llx ignored: below the base of lowmem\n", bank.start.raw(),
               gone_end - 1);
        if (gone_end == end_of(bank)) {
            remove_bank(banks, 0);
        } else {
            bank.size = static_cast<u32>(end_of(bank) - gone_end);
            bank.start = floor;
        }
    }
}

/// Makes two banks of the one that has bytes on both sides of `limit`.
void split_bank(struct meminfo &banks, int index, u64 limit)
{
    membank &low = banks.bank[index];
    const membank high{narrow(limit), static_cast<u32>(end_of(low) - limit), 1};
    low.size = static_cast<u32>(limit - low.start.raw());
    low.highmem = 0;
    if (banks.nr_banks == NR_BANKS) {
        printk("meminfo: high RAM 0x%08x-0x%08llx ignored: no room for another bank\n",
               high.start.raw(), end_of(high) - 1);
        return;
    }
    membank *at = banks.bank + index + 1;
    std::copy_backward(at, banks.bank + banks.nr_banks, banks.bank + banks.nr_banks + 1);
    *at = high;
    ++banks.nr_banks;
}

} // namespace

memory_layout adjust_lowmem_bounds(struct meminfo &banks, const layout_request &request)
{
    memory_layout layout{};
    layout.vmalloc_end = request.vmalloc_end;
    layout.vmalloc_size = clamp_vmalloc(request);

    const u64 most =
        u64{request.vmalloc_end - request.page_offset} - layout.vmalloc_size - VMALLOC_OFFSET;
    // A limit at the very top of the physical space would be no 32-bit number: 1 MB less is.
    const u64 limit = std::min(request.phys_offset.raw() + most, PHYS_END - MB) / MB * MB;
    layout.lowmem_limit = narrow(limit);

    drop_below(banks, request.phys_offset);
    u64 lowmem_end = request.phys_offset.raw();
    for (int i = 0; i < banks.nr_banks; ++i) {
        membank &bank = banks.bank[i];
        bank.highmem = bank.start.raw() >= limit;
        if (bank.highmem)
            continue;
        if (end_of(bank) > limit)
            split_bank(banks, i, limit);
        lowmem_end = end_of(bank);
    }
    layout.lowmem_end = narrow(lowmem_end);
    layout.high_memory =
        request.page_offset + static_cast<u32>(lowmem_end - request.phys_offset.raw());
    layout.vmalloc_start = (layout.high_memory + VMALLOC_OFFSET).align_down(VMALLOC_OFFSET);
    return layout;
}
