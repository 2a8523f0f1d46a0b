// Page tables made by hand: see hand_made.h.
#include <tests/arch/hand_made.h>

#include <cstring>

#include <asm/memory.h>
#include <mm/memblock.h>

namespace {

constexpr u32 ROOM = hand_made_tables::L1_WORDS * 4 + PAGE_SIZE;

#if defined(LOWMEM_HOST)
/// Lowmem of the host's machine, once memblock knows of it.
void *room()
{
    constexpr u32 OFFSET = 32 * SZ_1M;
    (void) memblock_add(PHYS_OFFSET, 64 * SZ_1M);
    memblock_set_current_limit(PHYS_OFFSET + 64 * SZ_1M);
    return to_ptr(PAGE_OFFSET + OFFSET);
}
#else
alignas(16384) constinit u32 image_room[ROOM / 4] = {};

void *room()
{
    return image_room;
}
#endif

std::optional<u32> read_lowmem(const void *, u32 pa)
{
    const phys_addr_t at(pa);
    if (!memblock_is_memory(at) || at >= memblock_get_current_limit())
        return std::nullopt;
    return *static_cast<const volatile u32 *>(__va(at));
}

} // namespace

hand_made_tables::hand_made_tables() : words_(static_cast<u32 *>(room()))
{
    memset(words_, 0, ROOM);
}

u32 hand_made_tables::l1_pa() const
{
    return __pa(words_).raw();
}

u32 hand_made_tables::l2_pa(u32 index) const
{
    return __pa(&l2(index)).raw();
}

mmu_registers hand_made_tables::regs() const
{
    return {.sctlr = 0x10c5387d,
            .ttbr0 = l1_pa() | 0x59,
            .ttbr1 = l1_pa() | 0x59,
            .ttbcr = 0,
            .dacr = 0x41};
}

model::mapping hand_made_tables::model_walk(const mmu_registers &regs, u32 va)
{
    const model::registers same{.sctlr = regs.sctlr,
                                .ttbr0 = regs.ttbr0,
                                .ttbr1 = regs.ttbr1,
                                .ttbcr = regs.ttbcr,
                                .dacr = regs.dacr,
                                .prrr = 0xff0a81a8,
                                .nmrr = 0x40e040e0,
                                .id_mmfr0 = 0x00100103};
    return model::walk(same, {read_lowmem, nullptr}, va);
}
