// Numbers and texts for the shim, by hand: vsnprintf is one of the things it tests.
#include <tests/shim_print.h>

#include <cstring>

#include <kernel/core/printk.h>

namespace testing {

void console_out::put(std::string_view text) const
{
    console_write(text.data(), text.size());
}

void put_decimal(const text_out &out, u64 value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    out.put({digits + at, sizeof digits - at});
}

void put_signed(const text_out &out, s64 value)
{
    if (value < 0)
        out.put("-");
    put_decimal(out, value < 0 ? -static_cast<u64>(value) : static_cast<u64>(value));
}

void put_hex(const text_out &out, u64 value, unsigned digits)
{
    char text[16];
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0 || sizeof text - at < digits);
    out.put("0x");
    out.put({text + at, sizeof text - at});
}

void put_bytes(const text_out &out, const void *object, size_t size)
{
    const auto *byte = static_cast<const unsigned char *>(object);
    put_decimal(out, size);
    out.put("-byte object <");
    for (size_t i = 0; i < size && i < 32; i++) {
        out.put(i == 0 ? "" : "-");
        out.put({"0123456789ABCDEF" + (byte[i] >> 4), 1});
        out.put({"0123456789ABCDEF" + (byte[i] & 15), 1});
    }
    out.put(size > 32 ? " ...>" : ">");
}

void put_text(const text_out &out, const char *text, std::string_view quote)
{
    if (text == nullptr) {
        out.put("NULL");
        return;
    }
    out.put(quote);
    out.put(text);
    out.put(quote);
}

void Message::append(std::string_view more)
{
    size_t room = sizeof text - used;
    size_t length = more.size() < room ? more.size() : room;
    memcpy(text + used, more.data(), length);
    used += length;
}

} // namespace testing
