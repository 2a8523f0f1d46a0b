// What an ARMv7-A processor does with an address, as the manual says it: an oracle for tests.
//
//   walk(registers, memory, va)      the tables: which entry translates va, and to what
//   check(registers, mapping, ...)   the rights: may this access go on, or which fault is it
//
// Written from DDI 0406C.b alone, with bit numbers of its own: it shares no code with the kernel,
// so that a wrong bit there is not wrong here too. Short descriptors, MMU on, TEX remap on.
#pragma once

#include <optional>

#include <kernel/lib/types.h>

namespace model {

/// The registers that a translation depends on (B4.1, by name).
struct registers {
    u32 sctlr, ttbr0, ttbr1, ttbcr, dacr, prrr, nmrr, id_mmfr0;
};

/// Physical memory, a word at a time; nothing where the bus would answer with an abort.
struct memory_view {
    std::optional<u32> (*read)(const void *context, u32 pa);
    const void *context;
};

/// Why an access does not go on; the values are FS[4:0] of table B3-23.
enum class fault : u8 {
    none = 0,
    l1_access_flag = 0x03,
    l1_translation = 0x05,
    l2_access_flag = 0x06,
    l2_translation = 0x07,
    l1_domain = 0x09,
    l2_domain = 0x0b,
    l1_external = 0x0c,
    l1_permission = 0x0d,
    l2_external = 0x0e,
    l2_permission = 0x0f,
};

/// Memory types as PRRR encodes them, and cacheability as NMRR does (B4.1.127, B4.1.115).
enum class memory_type : u8 { strongly_ordered, device, normal, reserved };
enum class caching : u8 { none, write_back_allocate, write_through, write_back };

/// What the tables say about one address.
struct mapping {
    fault why; // none: mapped
    u8 level;  // 1 or 2: whose entry decided
    u32 va;    // the entry maps [va, va + size): not the address asked for, its entry's first
    u32 size;  // bytes; of a fault, what that one word leaves unmapped
    u64 pa;    // of va; 40 bits wide in a supersection
    u8 tex, c, b, s, ng;
    u8 ap, xn, domain;
    memory_type type;
    caching inner, outer;
    u8 shareable; // after remapping

    [[nodiscard]] bool mapped() const { return why == fault::none; }
    /// Equal in all that may not change without a break: place, size, memory type, tag.
    [[nodiscard]] bool same_place(const mapping &other) const;
    /// same_place and equal rights.
    [[nodiscard]] bool same(const mapping &other) const;
};

/// Walks the tables for `va` (B3.5.5).
mapping walk(const registers &regs, const memory_view &memory, u32 va);

enum class access : u8 { read, write, execute };
enum class mode : u8 { user, privileged };

/// May this access to a mapped address go on? (B3.7.1 AP, B3.7.2 XN, B3.7.3 domains)
fault check(const registers &regs, const mapping &m, access what, mode who);

} // namespace model
