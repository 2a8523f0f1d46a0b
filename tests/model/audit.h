// Tables as a whole: every address walked by the model, equal neighbours joined, and what is wrong.
//
// What is complained about:
//   outside    a table that the memory given does not hold
//   W+X        written and executed by the same, in one mapping or through two of one frame (not on
//              ARMv5, which cannot forbid execution)
//   alias      one frame with two memory types (DDI 0406C A3.5.7, DDI 0100I chapter B2: mismatched)
//   copies     the 16 words of a supersection or large page that are not alike
//   reserved   TEX, C, B or AP that the manual reserves
//   domain     a table or section whose domain DACR closes, or leaves unchecked (manager)
#pragma once

#include <string>
#include <vector>

#include <tests/model/formats.h>

namespace model {

/// Equal mappings side by side: [va, va + size) to [pa, pa + size), by entries like `first`.
struct run {
    mapping first;
    u32 va;
    u64 size, pa;
    u32 entries;      // sections, pages, ... that it is made of
    u32 kernel, user; // rights: 4 read, 2 write, 1 execute
    [[nodiscard]] u64 end() const { return va + size; }
};

struct audit_result {
    std::vector<run> runs; // by address
    std::vector<std::string> complaints;
};

/// Walks all 4 GB. `memory` answers nothing outside of what is known.
audit_result audit(format f, const registers &regs, const memory_view &memory);

/// One line for people: addresses, entries, rights, memory type, domain.
std::string text_of(const run &r, const registers &regs);

} // namespace model
