// The line editor: one byte at a time.
//
//   text_   [ w a l k   0 x c 0 | 1 0 0 ]      length_ 11, cursor_ 8
//                               ^ cursor
//
// After a change in the middle, redraw_from() prints the rest again, blanks over what was
// removed, and goes back. An escape sequence (ESC [ A, ESC [ 3 ~) arrives byte by byte, so
// keys_ remembers how much of it has been seen.

#include <kernel/monitor/line.h>

#include <cstring>

#include <kernel/lib/ctype.h>

namespace {

constexpr u8 control(char letter)
{
    return static_cast<u8>(letter & 0x1f);
}

constexpr std::string_view bell = "\a";

void back(size_t count, const printer &out)
{
    for (; count > 0; --count)
        out.write("\b");
}

void copy_line(char *to, std::string_view from)
{
    std::memcpy(to, from.data(), from.size());
    to[from.size()] = '\0';
}

} // namespace

void line_editor::start(const printer &out)
{
    length_ = cursor_ = lost_ = recalled_ = 0;
    keys_ = key_state::plain;
    out.write(prompt_);
}

line_event line_editor::feed(u8 byte, const printer &out)
{
    bool lf_of_cr = byte == '\n' && after_cr_;
    after_cr_ = byte == '\r';
    if (lf_of_cr)
        return line_event::none;
    if (byte < ' ')
        keys_ = key_state::plain; // a control key is never part of a sequence
    if (keys_ != key_state::plain) {
        escape_key(byte, out);
        return line_event::none;
    }
    if (byte == '\r' || byte == '\n')
        return end_line(out);
    // A tab among a command's arguments is a blank: only names can be completed.
    if (byte == '\t' && line().find(' ', command_start()) < cursor_)
        byte = ' ';
    if (is_print(static_cast<char>(byte)))
        insert(static_cast<char>(byte), out);
    else
        return control_key(byte, out);
    return line_event::none;
}

line_event line_editor::end_line(const printer &out)
{
    out.write("\n");
    if (lost_ != 0) {
        length_ = cursor_ = 0;
        return line_event::too_long;
    }
    remember();
    return line_event::ready;
}

line_event line_editor::control_key(u8 byte, const printer &out)
{
    switch (byte) {
    case control('C'):
        out.write("^C\n");
        length_ = cursor_ = lost_ = 0;
        return line_event::dropped;
    case '\b':
    case 0x7f:
        if (cursor_ > 0)
            erase(cursor_ - 1, cursor_, out);
        break;
    case control('U'):
        erase(0, cursor_, out);
        break;
    case control('K'):
        erase(cursor_, length_, out);
        break;
    case control('W'):
        erase(word_start(), cursor_, out);
        break;
    case control('A'):
        move_to(0, out);
        break;
    case control('E'):
        move_to(length_, out);
        break;
    case control('B'):
        move_to(cursor_ > 0 ? cursor_ - 1 : 0, out);
        break;
    case control('F'):
        move_to(cursor_ < length_ ? cursor_ + 1 : length_, out);
        break;
    case control('P'):
        recall(recalled_ + 1, out);
        break;
    case control('N'):
        if (recalled_ > 0)
            recall(recalled_ - 1, out);
        break;
    case '\t':
        complete(out);
        break;
    case 0x1b:
        keys_ = key_state::escape;
        break;
    default:
        break;
    }
    return line_event::none;
}

void line_editor::escape_key(u8 byte, const printer &out)
{
    // ESC [ and ESC O both open a key's name.
    if (keys_ == key_state::escape) {
        key_number_ = 0;
        keys_ = byte == '[' || byte == 'O' ? key_state::bracket : key_state::plain;
        return;
    }
    if (is_digit(static_cast<char>(byte))) {
        key_number_ = key_number_ * 10 % 1000 + (byte - '0');
        return;
    }
    if (byte == ';') // ESC [ 1 ; 5 C: with a modifier, which changes nothing here
        return;
    keys_ = key_state::plain;
    // ESC [ number ~ names the keys that have no letter.
    if (byte == '~')
        byte = key_number_ == 1 || key_number_ == 7   ? 'H'
               : key_number_ == 4 || key_number_ == 8 ? 'F'
                                                      : static_cast<u8>(key_number_);
    switch (byte) {
    case 'A':
        recall(recalled_ + 1, out);
        break;
    case 'B':
        if (recalled_ > 0)
            recall(recalled_ - 1, out);
        break;
    case 'C':
        move_to(cursor_ < length_ ? cursor_ + 1 : length_, out);
        break;
    case 'D':
        move_to(cursor_ > 0 ? cursor_ - 1 : 0, out);
        break;
    case 'H':
        move_to(0, out);
        break;
    case 'F':
        move_to(length_, out);
        break;
    case 3: // Delete
        if (cursor_ < length_)
            erase(cursor_, cursor_ + 1, out);
        break;
    default:
        break;
    }
}

void line_editor::insert(char c, const printer &out)
{
    if (length_ == longest) {
        ++lost_;
        out.write(bell);
        return;
    }
    std::memmove(text_ + cursor_ + 1, text_ + cursor_, length_ - cursor_);
    text_[cursor_] = c;
    ++length_;
    redraw_from(cursor_, 0, out);
    ++cursor_;
    back(length_ - cursor_, out);
}

void line_editor::erase(size_t from, size_t to, const printer &out)
{
    if (from == to)
        return;
    move_to(from, out);
    std::memmove(text_ + from, text_ + to, length_ - to);
    length_ -= to - from;
    lost_ = 0; // whoever edits has seen what was lost
    redraw_from(from, to - from, out);
    back(length_ - from, out);
}

void line_editor::move_to(size_t position, const printer &out)
{
    if (position < cursor_)
        back(cursor_ - position, out);
    else
        out.write({text_ + cursor_, position - cursor_});
    cursor_ = position;
}

void line_editor::redraw_from(size_t position, size_t removed, const printer &out)
{
    out.write({text_ + position, length_ - position});
    for (size_t i = 0; i < removed; ++i)
        out.write(" ");
    back(removed, out);
}

void line_editor::reprint(const printer &out)
{
    out.write(prompt_);
    out.write(line());
    back(length_ - cursor_, out);
}

void line_editor::replace(std::string_view text, const printer &out)
{
    move_to(0, out);
    size_t removed = length_ > text.size() ? length_ - text.size() : 0;
    copy_line(text_, text);
    length_ = text.size();
    redraw_from(0, removed, out);
    cursor_ = length_;
}

/// Where the word left of the cursor begins, blanks after it included.
size_t line_editor::word_start() const
{
    size_t at = cursor_;
    while (at > 0 && text_[at - 1] == ' ')
        --at;
    while (at > 0 && text_[at - 1] != ' ')
        --at;
    return at;
}

/// Puts the line into history, unless it is empty or the same as the one before.
void line_editor::remember()
{
    if (length_ == 0)
        return;
    if (remembered_ > 0 && line() == history_[(remembered_ - 1) % history_size])
        return;
    copy_line(history_[remembered_++ % history_size], line());
}

/// Shows the line that is `back` lines old; 0 is the one that was being typed.
void line_editor::recall(size_t back, const printer &out)
{
    size_t oldest = remembered_ < history_size ? remembered_ : history_size;
    if (back > oldest) {
        out.write(bell);
        return;
    }
    if (recalled_ == 0)
        copy_line(typed_, line());
    recalled_ = back;
    replace(back == 0 ? typed_ : history_[(remembered_ - back) % history_size], out);
}

/// Where the command that the cursor is in begins: after the last semicolon and its blanks.
size_t line_editor::command_start() const
{
    size_t at = cursor_;
    while (at > 0 && text_[at - 1] != ';')
        --at;
    while (at < cursor_ && text_[at] == ' ')
        ++at;
    return at;
}

/// Tab: adds what all names that begin so have in common, and a blank if there is one name only;
/// lists them if nothing can be added.
void line_editor::complete(const printer &out)
{
    size_t begin = command_start();
    std::string_view typed(text_ + begin, cursor_ - begin);
    std::string_view common;
    size_t matches = 0;
    for (size_t i = 0; const char *name = names_(i); ++i) {
        std::string_view candidate(name);
        if (!candidate.starts_with(typed))
            continue;
        if (matches++ == 0)
            common = candidate;
        size_t same = 0;
        while (same < common.size() && same < candidate.size() && common[same] == candidate[same])
            ++same;
        common = common.substr(0, same);
    }
    if (matches == 0) {
        out.write(bell);
        return;
    }
    if (matches > 1 && common.size() == typed.size()) {
        out.write("\n");
        for (size_t i = 0; const char *name = names_(i); ++i) {
            if (std::string_view(name).starts_with(typed))
                out.printf("%s  ", name);
        }
        out.write("\n");
        reprint(out);
        return;
    }
    for (char c : common.substr(typed.size()))
        insert(c, out);
    if (matches == 1)
        insert(' ', out);
}
