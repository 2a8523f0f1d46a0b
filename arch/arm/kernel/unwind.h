// Who called whom: unwinding the stack by the tables that the compiler leaves behind.
//
// Linux: arch/arm/kernel/unwind.c. Manual: Exception Handling ABI for the Arm Architecture
// (IHI 0038).
#pragma once

#include <optional>
#include <span>

#include <kernel/lib/printer.h>
#include <kernel/lib/types.h>

/// Memory that may be read, in words at addresses of the machine. Nothing outside is touched.
struct word_window {
    std::span<const u32> words;
    u32 start; // the address of words[0]; a multiple of 4

    [[nodiscard]] u32 end() const { return start + static_cast<u32>(words.size()) * 4; }
    /// The word at `address`; nothing if that lies outside or is no multiple of 4.
    [[nodiscard]] std::optional<u32> read(u32 address) const
    {
        u32 offset = address - start;
        if (offset % 4 != 0 || offset / 4 >= words.size())
            return std::nullopt;
        return words[offset / 4];
    }
};

/// The unwinding tables of a program and the code that they describe.
struct unwind_tables {
    word_window data; // holds the index (.ARM.exidx) and what it points to (.ARM.extab)
    u32 exidx_start, exidx_end;
    word_window text;
};

/// A function that is being executed: its registers as far as they are known.
struct stackframe {
    u32 fp; // r11
    u32 sp;
    u32 lr; // only in the innermost function, until its callers are found
    u32 pc;
};

/// What a frame's pc is. A return address may belong to the next function already, if the call is
/// the last instruction of its own; the byte below never does.
enum class pc_kind : u8 { exact, return_address };

enum class [[nodiscard]] unwind_result : u8{
    caller_found,
    outermost,     // the function's entry says that nobody can be found behind it
    no_code,       // pc is outside the code that the tables describe
    refused,       // the entry, or a C++ personality of its own, refuses
    damaged_table, // an entry breaks the ABI's rules or points outside
    damaged_stack, // a register would come from outside the stack, or the stack runs backwards
    going_in_circles,
};
/// The result in words, for the end of a backtrace.
[[nodiscard]] const char *unwind_result_text(unwind_result result);

/// Replaces `frame` by its caller's. A function that was stopped (pc_kind::exact) before it had
/// set up its frame is recognised by its code.
///
/// @param stack  the part of the stack that may be read
/// @return       anything but caller_found leaves `frame` as it was
/// Context: any, also on damaged stacks: reads nothing but `tables` and `stack`, and ends.
/// Linux: unwind_frame().
unwind_result unwind_frame(const unwind_tables &tables, const word_window &stack, stackframe &frame,
                           pc_kind kind);

/// True if `pc` is code right behind an instruction that calls.
[[nodiscard]] bool is_return_address(const unwind_tables &tables, u32 pc);

/// Prints one line a frame, innermost first, as Linux does:
///     [<c0101234>] (map_lowmem) from [<c0105678>] (paging_init+0x24/0x80)
/// and a line why it ended, unless the outermost function was reached. Equal lines of a recursion
/// are counted; at most 64 are printed.
///
/// If the innermost function is not known to the tables (newlib's memcpy), or pc is no code at all
/// (a jump through a bad pointer), the walk goes on from lr.
/// Linux: unwind_backtrace(), dump_backtrace_entry().
void print_backtrace(const unwind_tables &tables, const word_window &stack, stackframe frame,
                     const printer &out);

/// print_backtrace for the running kernel: registers as saved when it stopped, and the bounds of
/// the stack that sp is in, [stack_low, stack_high), which must be mapped.
///
/// Context: any, also from a fault handler; takes no lock but the printer's. Target only.
void unwind_backtrace(u32 pc, u32 sp, u32 lr, u32 fp, u32 stack_low, u32 stack_high,
                      const printer &out);
