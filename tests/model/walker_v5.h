// What an ARMv5 processor with an MMU (ARM926EJ-S) does with an address: the model's oldest format.
//
//   first level    coarse table (256 words), section, fine table (1024 words)
//   second level   large page, small page, tiny page (in a fine table only)
//
// AP has two bits; SCTLR.S and SCTLR.R give AP = 00 its meaning. A small page has an AP for each
// kilobyte, a large page one for each 16 KB. There is no execute never, no shareable bit, no ASID,
// no TTBR1; C and B are the memory type. Written from the ARM926EJ-S TRM (DDI 0198D: 3.2 formats, 3.4
// domains and rights, table 4-4 C and B); shares no code with the kernel.
#pragma once

#include <tests/model/walker.h>

namespace model {

/// Walks the tables at regs.ttbr0 for `va`; TTBR1, TTBCR, PRRR and NMRR are not looked at.
///
/// mapping.ap is AP[1:0]. Where the four APs of a page are equal the mapping is the whole page,
/// else the quarter that holds `va`, which is all that its AP speaks of.
mapping walk_v5(const registers &regs, const memory_view &memory, u32 va);

/// May this access to a mapped address go on? Whatever can be read can be executed.
fault check_v5(const registers &regs, const mapping &m, access what, mode who);

} // namespace model
