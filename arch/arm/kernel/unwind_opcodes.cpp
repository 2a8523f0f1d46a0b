// What each opcode does (IHI 0038, section "Frame unwinding instructions"):
//
//   00xxxxxx  01xxxxxx         vsp += or -= (x << 2) + 4
//   1000iiii iiiiiiii          pop r4 to r15 under a mask; an empty one refuses
//   1001nnnn                   vsp = r[n]
//   1010lnnn                   pop r4 to r[4 + n], and lr if l
//   10110000                   finish
//   10110001 0000iiii          pop r0 to r3 under a mask
//   10110010 uleb128           vsp += 0x204 + (uleb128 << 2)
//   10110011  10111nnn  1100100x  11010nnn    pop floating point registers: skipped over
// All others are spare, or belong to coprocessors that no kernel code uses.

#include <arch/arm/kernel/unwind_opcodes.h>

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
