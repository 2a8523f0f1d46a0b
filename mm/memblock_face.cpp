// The kernel's own memblock and Linux's names for what it does. Nothing is decided here, except
// that a full list is worth a line.
// Linux: mm/memblock.c, include/linux/memblock.h.
#include <mm/memblock.h>

#include <asm/memory.h>
#include <kernel/core/printk.h>

namespace {

constinit memblock_region memory_init_regions[INIT_MEMBLOCK_REGIONS] = {};
constinit memblock_region reserved_init_regions[INIT_MEMBLOCK_REGIONS] = {};

/// A line for a change that failed; -EINVAL had its own already.
int reported(int error, const char *call, phys_addr_t base, u32 size)
{
    if (error != 0)
        printk("%s: 0x%08x, %u bytes: not done (%d)\n", call, base.raw(), size, error);
    return error;
}

} // namespace

constinit memblock kernel_memblock{memory_init_regions, reserved_init_regions, __va};

int memblock_add(phys_addr_t base, u32 size)
{
    return reported(kernel_memblock.add(base, size), __func__, base, size);
}

int memblock_remove(phys_addr_t base, u32 size)
{
    return reported(kernel_memblock.remove(base, size), __func__, base, size);
}

int memblock_reserve(phys_addr_t base, u32 size)
{
    return memblock_reserve(base, size, nullptr);
}

int memblock_reserve(phys_addr_t base, u32 size, const char *name)
{
    return reported(kernel_memblock.reserve(base, size, name), __func__, base, size);
}

int memblock_free(phys_addr_t base, u32 size)
{
    return reported(kernel_memblock.free(base, size), __func__, base, size);
}

phys_addr_t memblock_phys_alloc(u32 size, u32 align)
{
    return memblock_phys_alloc_range(size, align, phys_addr_t(0), MEMBLOCK_ALLOC_ACCESSIBLE);
}

phys_addr_t memblock_phys_alloc_range(u32 size, u32 align, phys_addr_t start, phys_addr_t end)
{
    return kernel_memblock.phys_alloc_range(size, align, start, end);
}

void *memblock_alloc(u32 size, u32 align)
{
    return memblock_alloc_named(size, align, nullptr);
}

void *memblock_alloc_named(u32 size, u32 align, const char *name)
{
    return kernel_memblock.alloc(size, align, phys_addr_t(0), MEMBLOCK_ALLOC_ACCESSIBLE, name);
}

void *memblock_alloc_from(u32 size, u32 align, phys_addr_t min_addr)
{
    return memblock_alloc_try(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE);
}

void *memblock_alloc_try(u32 size, u32 align, phys_addr_t min_addr, phys_addr_t max_addr)
{
    return kernel_memblock.alloc(size, align, min_addr, max_addr);
}

void *memblock_alloc_raw(u32 size, u32 align)
{
    return memblock_alloc_try_raw(size, align, phys_addr_t(0), MEMBLOCK_ALLOC_ACCESSIBLE);
}

void *memblock_alloc_try_raw(u32 size, u32 align, phys_addr_t min_addr, phys_addr_t max_addr)
{
    return kernel_memblock.alloc_raw(size, align, min_addr, max_addr);
}

void memblock_set_bottom_up(bool enable)
{
    kernel_memblock.set_direction(enable ? memblock::direction::bottom_up
                                         : memblock::direction::top_down);
}

bool memblock_bottom_up()
{
    return kernel_memblock.get_direction() == memblock::direction::bottom_up;
}

void memblock_set_current_limit(phys_addr_t limit)
{
    kernel_memblock.set_current_limit(limit);
}

phys_addr_t memblock_get_current_limit()
{
    return kernel_memblock.get_current_limit();
}

void memblock_allow_resize()
{
    kernel_memblock.allow_resize();
}

void memblock_close()
{
    kernel_memblock.close();
}

void memblock_enforce_memory_limit(u64 limit)
{
    kernel_memblock.enforce_memory_limit(limit);
}

void memblock_trim_memory(u32 align)
{
    kernel_memblock.trim_memory(align);
}

u64 memblock_phys_mem_size()
{
    return kernel_memblock.mem_size();
}

u64 memblock_reserved_size()
{
    return kernel_memblock.reserved_size();
}

phys_addr_t memblock_start_of_DRAM()
{
    return kernel_memblock.start_of_dram();
}

u64 memblock_end_of_DRAM()
{
    return kernel_memblock.end_of_dram();
}

bool memblock_is_memory(phys_addr_t addr)
{
    return kernel_memblock.is_memory(addr);
}

bool memblock_is_reserved(phys_addr_t addr)
{
    return kernel_memblock.is_reserved(addr);
}

bool memblock_is_region_memory(phys_addr_t base, u32 size)
{
    return kernel_memblock.is_region_memory(base, size);
}

bool memblock_is_region_reserved(phys_addr_t base, u32 size)
{
    return kernel_memblock.is_region_reserved(base, size);
}

const char *memblock_owner(phys_addr_t addr)
{
    if (!kernel_memblock.is_reserved(addr))
        return nullptr;
    const char *name = kernel_memblock.next_reserved(addr.raw())->name;
    return name != nullptr ? name : "";
}

void memblock_dump_all()
{
    kernel_memblock.dump_all();
}
