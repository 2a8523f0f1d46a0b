// The opcodes of ARM's unwinding tables, run over a virtual stack. Internal to
// arch/arm/kernel/unwind.cpp, which finds them.
#pragma once

#include <arch/arm/kernel/unwind.h>

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
