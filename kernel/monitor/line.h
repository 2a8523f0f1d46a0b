// A line of input that can be edited while it is typed. Bytes in, a finished line out; no device
// in sight, so tests feed bytes.
//
//   Left Right ^B ^F   move               Up Down ^P ^N   history
//   Home End ^A ^E     ends of the line   Tab             completes a command's name
//   Backspace Delete   one character      ^U ^K ^W        to the start, to the end, one word
//   ^C                 drops the line     CR, LF, CR LF   ends it
//
// The terminal needs backspace and printable ASCII only: what stands right of the cursor is
// printed again after each change. Bytes over 0x7e and unknown control keys are ignored.
// Linux: drivers/tty/n_tty.c in spirit; kernel/debug/kdb/kdb_io.c.
#pragma once

#include <span>
#include <string_view>

#include <kernel/lib/printer.h>

/// What a byte did to the line.
enum class line_event : u8 {
    none,     // nothing to do yet
    ready,    // the line has ended: line() has it until the next byte
    dropped,  // ^C: the line is empty again
    too_long, // the line has ended but did not fit; line() is empty
};

class line_editor {
public:
    static constexpr size_t longest = 240; // characters of a line
    static constexpr size_t history_size = 16;

    /// The names that Tab completes: name number `i`, or nullptr behind the last one.
    using name_source = const char *(*) (size_t i);

    constexpr line_editor(const char *prompt, name_source names) : prompt_(prompt), names_(names) {}

    /// Begins a new, empty line: prints the prompt.
    void start(const printer &out);
    /// Takes one byte and echoes what it did. After `ready`, `dropped` and `too_long` the cursor
    /// of the terminal stands at the start of a new line; call start() for the next one.
    [[nodiscard]] line_event feed(u8 byte, const printer &out);
    /// The text of the line.
    [[nodiscard]] std::string_view line() const { return {text_, length_}; }

private:
    enum class key_state : u8 { plain, escape, bracket };
    using text_line = char[longest + 1];

    line_event end_line(const printer &out);
    line_event control_key(u8 byte, const printer &out);
    void escape_key(u8 byte, const printer &out);
    void insert(char c, const printer &out);
    void erase(size_t from, size_t to, const printer &out);
    void move_to(size_t position, const printer &out);
    void replace(std::string_view text, const printer &out);
    void redraw_from(size_t position, size_t removed, const printer &out);
    void reprint(const printer &out);
    [[nodiscard]] size_t word_start() const;

    void remember();
    void recall(size_t back, const printer &out);

    void complete(const printer &out);
    [[nodiscard]] size_t command_start() const;

    const char *prompt_;
    name_source names_;
    text_line text_ = {};
    size_t length_ = 0;
    size_t cursor_ = 0;
    size_t lost_ = 0; // characters that found no room
    key_state keys_ = key_state::plain;
    u32 key_number_ = 0;    // the number in ESC [ number ~
    bool after_cr_ = false; // a LF that follows at once belongs to the CR
    text_line history_[history_size] = {};
    size_t remembered_ = 0; // lines ever put into history
    size_t recalled_ = 0;   // how far back the line on the screen is; 0 is the one being typed
    text_line typed_ = {};  // that line, while others are shown
};
