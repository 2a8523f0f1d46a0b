// A place to print to, chosen by the caller: reports (ptdump, walk, meminfo, a backtrace) are
// written once and go to the console, or into a buffer that a test compares.
//
// A printer is a function and its context, two words passed by reference: no base class, no
// virtual call table. kernel/core/printk.h has the one that goes to the console; text_buffer
// below is the one for tests and for building a line in pieces.
#pragma once

#include <cstdarg>
#include <string_view>

#include <kernel/lib/types.h>

struct printer {
    void (*sink)(void *context, const char *text, size_t length);
    void *context;

    /// Hands `text` to the sink as it is.
    void write(std::string_view text) const { sink(context, text.data(), text.size()); }

    /// Formats (kernel/lib/vsnprintf.h) and hands the text to the sink in one piece, cut to
    /// `longest` characters.
    ///
    /// @return  characters handed over
    /// Context: that of the sink; takes a little over `longest` bytes of stack.
    [[gnu::format(printf, 2, 3)]] int printf(const char *fmt, ...) const;
    [[gnu::format(printf, 2, 0)]] int vprintf(const char *fmt, va_list args) const;

    static constexpr size_t longest = 1024;
};

/// Text gathered in an array of `Size` bytes, always ended by NUL; what does not fit is dropped
/// and counted.
template <size_t Size>
class text_buffer {
public:
    /// The printer that appends here. Valid as long as this buffer stays where it is.
    [[nodiscard]] printer out() { return {&append, this}; }

    [[nodiscard]] const char *c_str() const { return text_; }
    [[nodiscard]] std::string_view view() const { return {text_, length_}; }
    [[nodiscard]] bool contains(std::string_view part) const
    {
        return view().find(part) != std::string_view::npos;
    }
    /// Characters that found no room.
    [[nodiscard]] size_t dropped() const { return dropped_; }

    void clear()
    {
        length_ = dropped_ = 0;
        text_[0] = '\0';
    }

private:
    static void append(void *context, const char *text, size_t length)
    {
        auto *self = static_cast<text_buffer *>(context);
        for (size_t i = 0; i < length; ++i) {
            if (self->length_ + 1 < Size)
                self->text_[self->length_++] = text[i];
            else
                ++self->dropped_;
        }
        self->text_[self->length_] = '\0';
    }

    size_t length_ = 0;
    size_t dropped_ = 0;
    char text_[Size] = {};
};
