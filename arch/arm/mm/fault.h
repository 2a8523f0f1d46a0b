// What a fault status register says, in words.
//
// DDI 0406C B3.13.3 (table B3-23: short-descriptor FSR encodings), B4.1.52 DFSR, B4.1.96 IFSR.
// Linux: arch/arm/mm/fault.h, fsr-2level.c.
#pragma once

#include <asm/proc-fns.h>
#include <kernel/lib/bitfield.h>
#include <kernel/lib/printer.h>

/// Fields of DFSR (and, without wnr and domain, of IFSR).
struct fsr {
    using ext = field<12, 1>;   // external abort type
    using wnr = field<11, 1>;   // write, not read (DFSR)
    using fs4 = field<10, 1>;   // FS[4]
    using domain = field<4, 4>; // DFSR; unknown for some faults
    using fs3_0 = field<0, 4>;  // FS[3:0]
    static constexpr u32 status(u32 word) { return fs4::get(word) << 4 | fs3_0::get(word); }
};

/// The five status bits in words: "section translation fault". Never null.
const char *fsr_text(u32 fsr_word);

/// True for faults that the tables explain (translation, access flag, domain, permission):
/// then a walk of the address says why.
bool fsr_is_mmu_fault(u32 fsr_word);

/// True if the ARM instruction `word` stores to memory, false if it loads or is neither. For CPUs
/// whose fault status does not say (ARMv5). DDI 0100I A3.11 to A3.16 (encodings).
/// Linux: arch/arm/mm/abort-macro.S, abort-ev5t.S (do_ldrd_abort, bit 20).
bool arm_instruction_writes(u32 word);

/// Says in one line whose the address is that faulted, if anybody knows: a kmap slot, with who used
/// it last; in or behind which area of vmalloc. Prints nothing else. Context: an oops; takes no lock.
void print_fault_place(const printer &out, virt_addr_t address);
