// What an ARMv6 processor (ARM1176JZF-S) does with an address: SCTLR.XP = 1, no TEX remap.
//
// The descriptors and the TTBCR split are those that ARMv7 kept, so the walk is walker.h's; what
// TEX, C and B mean is not (ARM1176JZF-S TRM, DDI 0301H, tables 6-2 and 6-3), a physical address has
// 32 bits, and SCTLR.S and SCTLR.R still say what APX:AP = 000 means (table 6-1). APX:AP = 111 is
// taken as read-only for all, which it is on the ARM1176 (6.5.2) and on ARMv7; ARMv6 before the K
// extensions reserves it. With SCTLR.TRE = 0 an ARMv7 processor reads TEX, C and B so too.
#pragma once

#include <tests/model/walker.h>

namespace model {

/// What TEX, C and B mean without remap: sets type, inner, outer and shareable from the rest.
/// Encodings that the manual reserves are memory_type::reserved.
void decode_type(mapping &m);

/// Walks the tables for `va`. PRRR, NMRR and ID_MMFR0 are not looked at; type 0b11 is a fault.
mapping walk_v6(const registers &regs, const memory_view &memory, u32 va);

/// May this access to a mapped address go on?
fault check_v6(const registers &regs, const mapping &m, access what, mode who);

} // namespace model
