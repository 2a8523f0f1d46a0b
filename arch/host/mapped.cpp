// Kernel mappings of frames, host world: mmap and munmap of pieces of the RAM file.
#include <arch/host/machine.h>
#include <asm/mapped.h>

void note_mapped(virt_addr_t va, phys_addr_t pa, u32 size)
{
    // A device has nothing behind it here: touching it faults, as it should.
    if (pa - PHYS_OFFSET < HOST_RAM_SIZE)
        host_map(va, pa, size);
}

void note_unmapped(virt_addr_t va, u32 size)
{
    host_unmap(va, size);
}
