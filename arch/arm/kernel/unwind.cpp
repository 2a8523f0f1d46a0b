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

#include <arch/arm/kernel/unwind.h>

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

/// The opcodes of one function, byte by byte; behind the last one, `finish` for ever.
class opcode_stream {
public:
    static constexpr u8 finish = 0xb0;

    /// @param word   the word that holds the first opcodes, its first byte being `skip`
    /// @param next   address of the further words, of which there are `more`
    opcode_stream(const word_window &data, u32 word, u32 skip, u32 next, u32 more)
        : data_(&data), word_(word << (skip * 8)), left_(4 - skip), next_(next), more_(more)
    {
    }

    /// The next byte, or nothing if it lies outside the tables.
    [[nodiscard]] std::optional<u8> take()
    {
        if (left_ == 0) {
            if (more_ == 0)
                return finish;
            std::optional<u32> word = data_->read(next_);
            if (!word)
                return std::nullopt;
            word_ = *word;
            left_ = 4;
            next_ += 4;
            --more_;
        }
        u8 byte = static_cast<u8>(word_ >> 24);
        word_ <<= 8;
        --left_;
        return byte;
    }

private:
    const word_window *data_;
    u32 word_;
    u32 left_; // bytes of word_
    u32 next_;
    u32 more_;
};

/// How much of its prologue a function had done when it was stopped.
enum class prologue : u8 { nothing, pushed, all };

/// Runs a function's opcodes over a copy of its frame.
class frame_undoer {
public:
    frame_undoer(const word_window &stack, const stackframe &frame)
        : stack_(stack), frame_(frame), vsp_(frame.sp), pc_(std::nullopt)
    {
    }

    /// Tells that the function had not come further than that in its prologue.
    void stopped_after(prologue done) { done_ = done; }
    unwind_result run(opcode_stream opcodes);
    [[nodiscard]] stackframe caller() const
    {
        u32 pc = pc_.value_or(frame_.lr) & ~1u; // bit 0 says Thumb
        return {frame_.fp, vsp_, frame_.lr, pc};
    }

private:
    enum class step : u8 { next, finished, refused, damaged_table, damaged_stack };

    step one(u8 opcode, opcode_stream &more);
    step pop(u32 mask);
    step pop_under_mask(u8 opcode, opcode_stream &more);
    step misc(u8 opcode, opcode_stream &more);
    step large_increment(opcode_stream &more);
    step skip_bytes(u32 bytes)
    {
        // Before the first pop, this undoes the lowering of sp that follows the pushes.
        if (done_ != prologue::pushed)
            vsp_ += bytes;
        return step::next;
    }

    const word_window &stack_;
    stackframe frame_;
    u32 vsp_;
    std::optional<u32> pc_;
    prologue done_ = prologue::all;
};

/// Pops the registers of `mask` (bit n is r[n]), lowest first.
frame_undoer::step frame_undoer::pop(u32 mask)
{
    done_ = prologue::all;
    std::optional<u32> popped_sp;
    for (u32 reg = 0; reg < 16; ++reg) {
        if (!(mask & (1u << reg)))
            continue;
        std::optional<u32> value = stack_.read(vsp_);
        if (!value)
            return step::damaged_stack;
        vsp_ += 4;
        if (reg == 11)
            frame_.fp = *value;
        else if (reg == 13)
            popped_sp = value;
        else if (reg == 14)
            frame_.lr = *value;
        else if (reg == 15)
            pc_ = value;
    }
    if (popped_sp)
        vsp_ = *popped_sp;
    return step::next;
}

/// 1000iiii iiiiiiii: r15 to r4; no register at all means "refuse to unwind".
frame_undoer::step frame_undoer::pop_under_mask(u8 opcode, opcode_stream &more)
{
    std::optional<u8> low = more.take();
    if (!low)
        return step::damaged_table;
    u32 mask = ((opcode & 0x0fu) << 8 | *low) << 4;
    return mask == 0 ? step::refused : pop(mask);
}

/// 10110010 uleb128: vsp += 0x204 + (uleb128 << 2).
frame_undoer::step frame_undoer::large_increment(opcode_stream &more)
{
    u32 value = 0;
    for (u32 shift = 0; shift < 32; shift += 7) {
        std::optional<u8> byte = more.take();
        if (!byte)
            return step::damaged_table;
        value |= (*byte & 0x7fu) << shift;
        if (!(*byte & 0x80))
            return skip_bytes(0x204 + (value << 2));
    }
    return step::damaged_table;
}

/// 1011xxxx and 110xxxxx: finish, r0 to r3, large moves, and floating point registers, which are
/// skipped over.
frame_undoer::step frame_undoer::misc(u8 opcode, opcode_stream &more)
{
    if (opcode == opcode_stream::finish)
        return step::finished;
    if (opcode == 0xb2)
        return large_increment(more);
    if (opcode >= 0xb8 && opcode <= 0xbf) // D8 and up, saved by FSTMX, which adds a word
        return skip_bytes(((opcode & 7) + 1) * 8 + 4);
    if (opcode >= 0xd0 && opcode <= 0xd7) // D8 and up, saved by VPUSH
        return skip_bytes(((opcode & 7) + 1) * 8);
    if (opcode != 0xb1 && opcode != 0xb3 && opcode != 0xc8 && opcode != 0xc9)
        return step::damaged_table; // spare, or of iWMMXt
    std::optional<u8> operand = more.take();
    if (!operand)
        return step::damaged_table;
    if (opcode == 0xb1) {
        bool spare = *operand == 0 || *operand > 0x0f;
        return spare ? step::damaged_table : pop(*operand);
    }
    u32 registers = (*operand & 0x0fu) + 1;
    return skip_bytes(registers * 8 + (opcode == 0xb3 ? 4 : 0));
}

/// One opcode; IHI 0038, section "Frame unwinding instructions".
frame_undoer::step frame_undoer::one(u8 opcode, opcode_stream &more)
{
    u32 low = opcode & 0x3f;
    switch (opcode >> 4) {
    case 0x0: // 00xxxxxx: vsp += (x << 2) + 4
    case 0x1:
    case 0x2:
    case 0x3:
        return skip_bytes((low << 2) + 4);
    case 0x4: // 01xxxxxx: vsp -= (x << 2) + 4
    case 0x5:
    case 0x6:
    case 0x7:
        return skip_bytes(-((low << 2) + 4));
    case 0x8:
        return pop_under_mask(opcode, more);
    case 0x9: // 1001nnnn: vsp = r[n]
        if (opcode != 0x9b)
            return step::refused;
        vsp_ = frame_.fp;
        return step::next;
    case 0xa: { // 1010lnnn: r4 to r[4 + n], and lr if l
        u32 up_to = 4 + (opcode & 7);
        u32 mask = (2u << up_to) - (1u << 4);
        return pop(opcode & 8 ? mask | 1u << 14 : mask);
    }
    case 0xb:
    case 0xc:
    case 0xd:
        return misc(opcode, more);
    default: // 0xe, 0xf: spare
        return step::damaged_table;
    }
}

unwind_result frame_undoer::run(opcode_stream opcodes)
{
    if (done_ == prologue::nothing)
        return unwind_result::caller_found;
    // Ends: at most 2 + 255 * 4 bytes, then `finish`.
    for (;;) {
        std::optional<u8> opcode = opcodes.take();
        if (!opcode)
            return unwind_result::damaged_table;
        switch (one(*opcode, opcodes)) {
        case step::next:
            break;
        case step::finished:
            return unwind_result::caller_found;
        case step::refused:
            return unwind_result::refused;
        case step::damaged_table:
            return unwind_result::damaged_table;
        case step::damaged_stack:
            return unwind_result::damaged_stack;
        }
    }
}

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
