// What a fault status register says, in words: the manual's table B3-23, line by line; and whose the
// address is.
//
// Linux: arch/arm/mm/fault.c, fsr-2level.c.
#include <arch/arm/mm/fault.h>
#include <mm/highmem.h>
#include <mm/vmalloc.h>

namespace {

struct fsr_info {
    const char *text;
    u8 from_tables;
};

constexpr fsr_info UNKNOWN = {"reserved fault status", 0};

constexpr fsr_info fsr_table[32] = {
    /* 0x00 */ UNKNOWN,
    /* 0x01 */ {"alignment fault", 0},
    /* 0x02 */ {"debug event", 0},
    /* 0x03 */ {"section access flag fault", 1},
    /* 0x04 */ {"instruction cache maintenance fault", 0},
    /* 0x05 */ {"section translation fault", 1},
    /* 0x06 */ {"page access flag fault", 1},
    /* 0x07 */ {"page translation fault", 1},
    /* 0x08 */ {"synchronous external abort", 0},
    /* 0x09 */ {"section domain fault", 1},
    /* 0x0a */ UNKNOWN,
    /* 0x0b */ {"page domain fault", 1},
    /* 0x0c */ {"external abort on first-level table walk", 1},
    /* 0x0d */ {"section permission fault", 1},
    /* 0x0e */ {"external abort on second-level table walk", 1},
    /* 0x0f */ {"page permission fault", 1},
    /* 0x10 */ {"TLB conflict abort", 0},
    /* 0x11 */ UNKNOWN,
    /* 0x12 */ UNKNOWN,
    /* 0x13 */ UNKNOWN,
    /* 0x14 */ {"lockdown abort", 0},
    /* 0x15 */ UNKNOWN,
    /* 0x16 */ {"asynchronous external abort", 0},
    /* 0x17 */ UNKNOWN,
    /* 0x18 */ {"asynchronous parity error", 0},
    /* 0x19 */ {"synchronous parity error", 0},
    /* 0x1a */ {"coprocessor abort", 0},
    /* 0x1b */ UNKNOWN,
    /* 0x1c */ {"parity error on first-level table walk", 1},
    /* 0x1d */ UNKNOWN,
    /* 0x1e */ {"parity error on second-level table walk", 1},
    /* 0x1f */ UNKNOWN,
};

} // namespace

const char *fsr_text(u32 fsr_word)
{
    return fsr_table[fsr::status(fsr_word)].text;
}

bool fsr_is_mmu_fault(u32 fsr_word)
{
    return fsr_table[fsr::status(fsr_word)].from_tables != 0;
}

bool arm_instruction_writes(u32 word)
{
    using load = field<20, 1>;
    switch (field<25, 3>::get(word)) {
    case 0b000:
        // Extra loads and stores have bits 7 and 4 set and bits [6:5] not both clear (those are
        // multiplies, and SWP, which writes last). LDRD has no load bit.
        if ((word & 0x0fb00ff0) == 0x01000090)
            return true;
        if ((word & 0x90) != 0x90 || (word & 0x60) == 0)
            return false;
        return !load::get(word) && (word & 0xf0) != 0xd0;
    case 0b010:
    case 0b011:
    case 0b100:
    case 0b110:
        return !load::get(word);
    default:
        return false;
    }
}

void print_fault_place(const printer &out, virt_addr_t address)
{
    print_kmap_of(out, address);
    print_vmalloc_of(out, address);
}
