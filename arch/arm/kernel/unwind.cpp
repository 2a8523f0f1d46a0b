// Unwinding by the ARM exception tables. GCC's -funwind-tables describes each function:
//
//   .ARM.exidx   sorted by function, two words an entry
//     word 0     prel31 of the function: bits [30:0] are a signed distance from the word itself
//     word 1     1              EXIDX_CANTUNWIND: the outermost function
//                0x80aabbcc     three bytes of opcodes aa bb cc
//                prel31         where in .ARM.extab the entry goes on:
//   .ARM.extab
//     0x80aabbcc                personality 0: the same three bytes
//     0x81nnaabb, 0x82nnaabb    personality 1, 2: aa bb, then nn words of four bytes each
//     prel31                    a personality function of its own (C++ exceptions): refused
//
// The opcodes undo the function's prologue on a virtual stack pointer, vsp: pop registers, move
// vsp, finish. The table is true at calls. A fault can stop a function before or inside its
// prologue, so for the innermost one the code up to pc is searched for what has been done so far.
// That is a guess, and stacks may be damaged: nothing is trusted. Every load is inside the
// stack's window and sp only grows from frame to frame.
//
// Only r11, sp, lr and pc are followed: GCC sets vsp from no other register in ARM code. Nobody
// described newlib's functions; the linker puts EXIDX_CANTUNWIND over them (backtrace.cpp).

#include <arch/arm/kernel/unwind_opcodes.h>

namespace {

constexpr u32 EXIDX_CANTUNWIND = 1;
constexpr u32 entry_size = 8;

/// The address that a prel31 word at `at` means.
constexpr u32 prel31(u32 at, u32 word)
{
    u32 distance = word & 0x7fffffff;
    if (distance & 0x40000000)
        distance |= 0x80000000; // bit 30 is the sign
    return at + distance;
}
static_assert(prel31(0x1000, 0x7ffffff0) == 0xff0);
static_assert(prel31(0x1000, 0x00000010) == 0x1010);

struct function_entry {
    u32 entry; // address of its entry in the index
    u32 start; // address of its first instruction
};

/// The function that holds `pc`: the last one in the index that begins at or below it.
std::optional<function_entry> find_function(const unwind_tables &tables, u32 pc)
{
    u32 low = 0;
    u32 high = (tables.exidx_end - tables.exidx_start) / entry_size;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        u32 at = tables.exidx_start + middle * entry_size;
        std::optional<u32> word = tables.data.read(at);
        if (!word)
            return std::nullopt;
        if (prel31(at, *word) <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return std::nullopt;
    u32 entry = tables.exidx_start + (low - 1) * entry_size;
    std::optional<u32> word = tables.data.read(entry);
    if (!word)
        return std::nullopt;
    return function_entry{entry, prel31(entry, *word)};
}

/// The opcodes behind the index entry at `entry`, or why there are none.
unwind_result run_entry(const unwind_tables &tables, u32 entry, frame_undoer &undoer)
{
    u32 at = entry + 4;
    std::optional<u32> word = tables.data.read(at);
    if (!word)
        return unwind_result::damaged_table;
    if (*word == EXIDX_CANTUNWIND)
        return unwind_result::outermost;
    bool in_index = *word & 0x80000000;
    if (!in_index) {
        at = prel31(at, *word);
        word = tables.data.read(at);
        if (!word)
            return unwind_result::damaged_table;
        if (!(*word & 0x80000000))
            return unwind_result::refused; // a personality function
    }
    // Bits [30:28] are zero, [27:24] are the personality; in the index only 0 may stand.
    u32 personality = *word >> 24;
    if (personality == 0x80)
        return undoer.run(opcode_stream(tables.data, *word, 1, 0, 0));
    if (in_index || (personality != 0x81 && personality != 0x82))
        return unwind_result::damaged_table;
    u32 more = (*word >> 16) & 0xff;
    return undoer.run(opcode_stream(tables.data, *word, 2, at + 4, more));
}

/// Looks at the ARM instructions from the function's start up to pc. Right for straight code;
/// after jumps around a frame that is set up late it may be wrong.
prologue prologue_done(const word_window &text, u32 start, u32 pc)
{
    prologue done = prologue::nothing;
    for (u32 at = start; at != pc; at += 4) {
        std::optional<u32> insn = text.read(at);
        if (!insn)
            return prologue::all;                         // Thumb code, or no code
        bool push = (*insn & 0x0fff0000) == 0x092d0000 || // stmdb sp!, {...}
                    (*insn & 0x0fff0fff) == 0x052d0004;   // str rX, [sp, #-4]!
        bool lower = (*insn & 0x0ffff000) == 0x024dd000;  // sub sp, sp, #...
        if (lower)
            return prologue::all;
        if (push)
            done = prologue::pushed;
    }
    return done;
}

} // namespace

const char *unwind_result_text(unwind_result result)
{
    switch (result) {
    case unwind_result::caller_found:
        return "the caller was found";
    case unwind_result::outermost:
        return "this is the outermost function";
    case unwind_result::no_code:
        return "that is no code of the kernel";
    case unwind_result::refused:
        return "its table entry refuses to be unwound";
    case unwind_result::damaged_table:
        return "its table entry is damaged";
    case unwind_result::damaged_stack:
        return "the stack is damaged, or does not hold its frame";
    case unwind_result::going_in_circles:
        return "it seems to be its own caller";
    }
    return "?";
}

unwind_result unwind_frame(const unwind_tables &tables, const word_window &stack, stackframe &frame,
                           pc_kind kind)
{
    u32 code = kind == pc_kind::exact ? frame.pc : frame.pc - 1;
    if (!tables.text.read(code & ~3u))
        return unwind_result::no_code;
    std::optional<function_entry> function = find_function(tables, code);
    if (!function)
        return unwind_result::damaged_table;
    frame_undoer undoer(stack, frame);
    if (kind == pc_kind::exact)
        undoer.stopped_after(prologue_done(tables.text, function->start, frame.pc & ~3u));
    unwind_result result = run_entry(tables, function->entry, undoer);
    if (result != unwind_result::caller_found)
        return result;
    stackframe caller = undoer.caller();
    // Frames lie above those that they called, inside the stack. The top itself is allowed: the
    // outermost function's caller has nothing there.
    if (caller.sp < frame.sp || caller.sp > stack.end())
        return unwind_result::damaged_stack;
    if (caller.sp == frame.sp && caller.pc == frame.pc)
        return unwind_result::going_in_circles;
    frame = caller;
    return unwind_result::caller_found;
}
