// How a format becomes text.
//
//   "%-8.3lx"  parse_conversion  -> conversion {flags, width 8, precision 3, length l, letter x}
//   arguments  fetch_*           -> a value of at most 64 bits and its sign
//   value      format_integer    -> [blanks] sign/0x [zeros] digits [blanks]
// The first two are in conversion.cpp.
//
// Everything goes through `text_sink`, which counts all characters and keeps those that fit, so
// the length of a text that was cut is known without a second pass.

#include <kernel/lib/vsnprintf.h>

#include <cstring>

#include <kernel/lib/conversion.h>

namespace {

/// A buffer that may be too small: counts what it gets, keeps what fits.
class text_sink {
public:
    text_sink(char *buffer, size_t size) : buffer_(buffer), size_(size) {}

    void put(char c)
    {
        if (length_ < size_)
            buffer_[length_] = c;
        ++length_;
    }
    void put(const char *text, size_t length)
    {
        if (size_t kept = fitting(length); kept != 0)
            std::memcpy(buffer_ + length_, text, kept);
        length_ += length;
    }
    void fill(char c, int count)
    {
        size_t length = count > 0 ? static_cast<size_t>(count) : 0;
        if (size_t kept = fitting(length); kept != 0)
            std::memset(buffer_ + length_, c, kept);
        length_ += length;
    }
    /// Ends the text with NUL, on its last character if it was cut.
    int finish()
    {
        if (size_ != 0)
            buffer_[length_ < size_ ? length_ : size_ - 1] = '\0';
        return static_cast<int>(length_);
    }

private:
    /// How many of `length` further characters find room.
    [[nodiscard]] size_t fitting(size_t length) const
    {
        size_t room = length_ < size_ ? size_ - length_ : 0;
        return length < room ? length : room;
    }

    char *buffer_;
    size_t size_;
    size_t length_ = 0;
};

/// Writes the digits of `value` so that they end at `end`; returns where they begin. Zero has
/// no digits.
char *digits_before(char *end, u64 value, u32 base, const char *alphabet)
{
    // While more than 32 bits are left the division is a call into libgcc; after that the
    // compiler multiplies.
    for (; value > ~0u; value /= base)
        *--end = alphabet[value % base];
    for (u32 rest = static_cast<u32>(value); rest != 0; rest /= base)
        *--end = alphabet[rest % base];
    return end;
}

/// A whole number with everything C says about flags, width and precision.
///
/// @param prefix  what stands before the zeros: a sign, or 0x, or nothing
void format_integer(text_sink &out, const conversion &spec, u64 value, u32 base, const char *prefix)
{
    constexpr int most_digits = 22; // 64 bits in octal
    char digits[most_digits];
    char *end = digits + most_digits;
    bool capitals = spec.letter == 'X';
    char *first =
        digits_before(end, value, base, capitals ? "0123456789ABCDEF" : "0123456789abcdef");
    int count = static_cast<int>(end - first);
    int prefix_length = static_cast<int>(std::strlen(prefix));

    int zeros = 0;
    if (spec.precision >= 0)
        zeros = spec.precision - count;
    else if (spec.zero && !spec.left)
        zeros = spec.width - prefix_length - count;
    if (zeros <= 0)
        zeros = count == 0 && spec.precision != 0; // zero is "0", but "%.0d" of it is empty
    if (base == 8 && spec.alternate && zeros == 0)
        zeros = 1;

    int blanks = spec.width - prefix_length - count;
    blanks = blanks > zeros ? blanks - zeros : 0;
    if (!spec.left)
        out.fill(' ', blanks);
    out.put(prefix, static_cast<size_t>(prefix_length));
    out.fill('0', zeros);
    out.put(first, static_cast<size_t>(count));
    if (spec.left)
        out.fill(' ', blanks);
}

void format_text(text_sink &out, const conversion &spec, const char *text, size_t length)
{
    int blanks = static_cast<size_t>(spec.width) > length
                     ? static_cast<int>(static_cast<size_t>(spec.width) - length)
                     : 0;
    if (!spec.left)
        out.fill(' ', blanks);
    out.put(text, length);
    if (spec.left)
        out.fill(' ', blanks);
}

void format_string(text_sink &out, const conversion &spec, const char *text)
{
    // Nothing lives in the first page, so a small number here is a structure's null pointer
    // with a member's offset: better a word than an oops inside an oops.
    if (text == nullptr)
        text = "(null)";
    else if (reinterpret_cast<unsigned long>(text) < 4096)
        text = "(efault)";
    size_t most = spec.precision >= 0 ? static_cast<size_t>(spec.precision) : ~size_t{0};
    size_t length = 0;
    while (length < most && text[length] != '\0')
        ++length;
    format_text(out, spec, text, length);
}

/// 0x and eight digits, padded with blanks to the width.
void format_address(text_sink &out, const conversion &spec, u32 address)
{
    conversion fixed = spec;
    fixed.precision = 8;
    format_integer(out, fixed, address, 16, "0x");
}

void format_symbol(text_sink &out, const conversion &spec, unsigned long address,
                   symbol_style style)
{
    char text[128];
    size_t length = kallsyms_format(address, style, text, sizeof(text));
    format_text(out, spec, text, length);
}

/// %p and the letter that may follow it, at `fmt`.
void format_pointer(text_sink &out, const conversion &spec, const char *&fmt, arguments &args)
{
    const void *pointer = va_arg(args.list, const void *);
    unsigned long address = reinterpret_cast<unsigned long>(pointer);
    switch (*fmt) {
    case 'a':
        ++fmt;
        u32 value;
        std::memcpy(&value, pointer, sizeof(value));
        return format_address(out, spec, value);
    case 'S':
        ++fmt;
        return format_symbol(out, spec, address, symbol_style::offset);
    case 's':
        ++fmt;
        return format_symbol(out, spec, address, symbol_style::name);
    case 'B':
        ++fmt;
        return format_symbol(out, spec, address, symbol_style::return_address);
    case 'x':
        ++fmt;
        break;
    default:
        break;
    }
    format_address(out, spec, static_cast<u32>(address));
}

void format_signed(text_sink &out, const conversion &spec, s64 value)
{
    const char *sign = value < 0 ? "-" : spec.plus ? "+" : spec.blank ? " " : "";
    u64 magnitude = static_cast<u64>(value);
    format_integer(out, spec, value < 0 ? -magnitude : magnitude, 10, sign);
}

enum class understood : u8 { yes, no };

/// Writes one conversion; `fmt` stands behind its letter.
understood format_one(text_sink &out, const conversion &spec, const char *&fmt, arguments &args)
{
    switch (spec.letter) {
    case 'd':
    case 'i':
        format_signed(out, spec, fetch_signed(spec.length, args));
        return understood::yes;
    case 'u':
        format_integer(out, spec, fetch_unsigned(spec.length, args), 10, "");
        return understood::yes;
    case 'o':
        format_integer(out, spec, fetch_unsigned(spec.length, args), 8, "");
        return understood::yes;
    case 'x':
    case 'X': {
        u64 value = fetch_unsigned(spec.length, args);
        const char *prefix = spec.letter == 'x' ? "0x" : "0X";
        format_integer(out, spec, value, 16, spec.alternate && value != 0 ? prefix : "");
        return understood::yes;
    }
    case 'c': {
        char c = static_cast<char>(va_arg(args.list, int));
        format_text(out, spec, &c, 1);
        return understood::yes;
    }
    case 's':
        format_string(out, spec, va_arg(args.list, const char *));
        return understood::yes;
    case 'p':
        format_pointer(out, spec, fmt, args);
        return understood::yes;
    case '%':
        out.put('%');
        return understood::yes;
    default:
        return understood::no;
    }
}

} // namespace

int kvsnprintf(char *buffer, size_t size, const char *fmt, va_list args)
{
    text_sink out(buffer, size);
    arguments rest;
    va_copy(rest.list, args);
    while (*fmt != '\0') {
        if (*fmt != '%') {
            out.put(*fmt++);
            continue;
        }
        const char *here = fmt++;
        conversion spec = parse_conversion(fmt, rest);
        if (format_one(out, spec, fmt, rest) == understood::no) {
            // The arguments that follow can't be told apart any more.
            out.put(here, std::strlen(here));
            break;
        }
    }
    va_end(rest.list);
    return out.finish();
}

int ksnprintf(char *buffer, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = kvsnprintf(buffer, size, fmt, args);
    va_end(args);
    return length;
}

int kscnprintf(char *buffer, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = kvsnprintf(buffer, size, fmt, args);
    va_end(args);
    if (size == 0)
        return 0;
    return static_cast<size_t>(length) < size ? length : static_cast<int>(size - 1);
}
