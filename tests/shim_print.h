// How the shim turns texts and values into characters, without the code that it tests.
//
//   print_plain(out, v)   as a stream would:        0x60000000, 42, hello
//   print_value(out, v)   as a failure shows it:    0x60000000, 42 (0x2a), "hello"
//
// Whatever has raw() (addresses, frame numbers, table entries) is a hexadecimal number; a type
// that nobody here knows is shown as its bytes.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include <kernel/lib/types.h>

namespace testing {

/// Somewhere characters go.
class text_out {
public:
    virtual void put(std::string_view text) const { static_cast<void>(text); }

protected:
    ~text_out() = default;
};
/// Straight to the console: what a test says is not the kernel's log.
class console_out final : public text_out {
public:
    void put(std::string_view text) const override;
};
inline constexpr console_out console{};

void put_decimal(const text_out &out, u64 value);
void put_signed(const text_out &out, s64 value);
/// With 0x before it and zeros in front up to `digits`.
void put_hex(const text_out &out, u64 value, unsigned digits);
void put_bytes(const text_out &out, const void *object, size_t size);
void put_text(const text_out &out, const char *text, std::string_view quote);

template <class T>
concept has_raw = requires(const T &value)
{
    {
        value.raw()
        } -> std::convertible_to<u32>;
};
template <class T>
concept c_string = std::convertible_to<T, const char *> && !std::same_as<T, std::nullptr_t>;

class Message;

template <class T>
void print_plain(const text_out &out, const T &value)
{
    if constexpr (std::same_as<T, bool>)
        out.put(value ? "true" : "false");
    else if constexpr (std::same_as<T, char>)
        out.put(std::string_view(&value, 1));
    else if constexpr (std::signed_integral<T>)
        put_signed(out, value);
    else if constexpr (std::unsigned_integral<T>)
        put_decimal(out, value);
    else if constexpr (std::is_enum_v<T>)
        print_plain(out, static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (std::same_as<T, Message>)
        out.put(value.view());
    else if constexpr (c_string<T>)
        put_text(out, value, "");
    else if constexpr (std::same_as<T, std::nullptr_t>)
        out.put("(nullptr)");
    else if constexpr (std::convertible_to<T, std::string_view>)
        out.put(value);
    else if constexpr (std::is_pointer_v<T>)
        put_hex(out, reinterpret_cast<unsigned long>(value), 8);
    else if constexpr (has_raw<T>)
        put_hex(out, value.raw(), 8);
    else
        put_bytes(out, &value, sizeof value);
}

template <class T>
void print_value(const text_out &out, const T &value)
{
    if constexpr (c_string<T>) {
        put_text(out, value, "\"");
    } else if constexpr (std::same_as<T, std::string_view>) {
        out.put("\"");
        out.put(value);
        out.put("\"");
    } else if constexpr (std::same_as<T, char>) {
        out.put("'");
        print_plain(out, value);
        out.put("' ");
        print_value(out, static_cast<int>(value));
    } else if constexpr (std::is_enum_v<T>) {
        print_value(out, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        print_plain(out, value);
        out.put(" (");
        put_hex(out, static_cast<std::make_unsigned_t<T>>(value), 1);
        out.put(")");
    } else {
        print_plain(out, value);
    }
}

/// Text put together by streaming; what does not fit is cut.
class Message {
public:
    template <class T>
    Message &operator<<(const T &value)
    {
        print_plain(appender(*this), value);
        return *this;
    }
    [[nodiscard]] std::string_view view() const { return {text, used}; }

private:
    class appender final : public text_out {
    public:
        explicit appender(Message &message) : message(message) {}
        void put(std::string_view more) const override { message.append(more); }

    private:
        Message &message;
    };
    void append(std::string_view more);

    char text[160];
    size_t used = 0;
};

} // namespace testing
