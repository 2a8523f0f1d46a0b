// The command line, cut into words.
//
//   root=/dev/ram  mem=64M  quiet  name="two words"  "other=two words"  -- for init
//
// Words are apart by white space, quotes hold white space together, the first '=' parts name and
// value, and "--" ends what is for the kernel. Each word is copied into a buffer where it can be
// ended by NUL, so a handler's value is good until it returns. '-' and '_' are the same letter in
// a name. Who wants which name is found in the section early_params (kernel/core/early_param.h).
// Linux: kernel/params.c, init/main.c, lib/cmdline.c next_arg().
#include <kernel/core/early_param.h>

#include <algorithm>
#include <string_view>

#include <boot/loader.h>
#include <kernel/core/printk.h>
#include <kernel/lib/ctype.h>

// The linker gathers the records and names both ends; with no record at all both are null.
extern "C" [[gnu::weak]] const obs_kernel_param __start_early_params[];
extern "C" [[gnu::weak]] const obs_kernel_param __stop_early_params[];

namespace {

/// The next word of `line`, quotes and all; `line` loses it. Empty at the end of the line.
std::string_view next_word(std::string_view &line)
{
    line.remove_prefix(std::find_if_not(line.begin(), line.end(), is_space) - line.begin());
    bool quoted = false;
    const auto ends_word = [&](char c) {
        if (c == '"')
            quoted = !quoted;
        return !quoted && is_space(c);
    };
    const auto length = std::find_if(line.begin(), line.end(), ends_word) - line.begin();
    const std::string_view word = line.substr(0, length);
    line.remove_prefix(length);
    return word;
}

/// Without the quotes around it, if there are.
std::string_view unquoted(std::string_view text)
{
    if (!text.starts_with('"'))
        return text;
    text.remove_prefix(1);
    if (text.ends_with('"'))
        text.remove_suffix(1);
    return text;
}

bool same_name(std::string_view a, std::string_view b)
{
    const auto plain = [](char c) { return c == '-' ? '_' : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return plain(x) == plain(y); });
}

/// Calls the handlers of `name`. Their refusals they have printed themselves.
void do_early_param(std::string_view name, const char *value)
{
    for (const obs_kernel_param *p = __start_early_params; p != __stop_early_params; ++p) {
        if (same_name(name, p->name))
            (void) p->setup(value);
    }
}

/// Takes a word apart and hands it on.
void parse_word(std::string_view word)
{
    char buffer[COMMAND_LINE_SIZE];
    if (word.starts_with('"'))
        word = unquoted(word);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals == std::string_view::npos)
        return do_early_param(name, nullptr);
    const std::string_view value = unquoted(word.substr(equals + 1));
    if (value.size() >= sizeof buffer) {
        printk("parse_early_param: a word of %zu characters ignored: %zu are the limit\n",
               word.size(), sizeof buffer - 1);
        return;
    }
    *std::copy(value.begin(), value.end(), buffer) = '\0';
    do_early_param(name, buffer);
}

} // namespace

void parse_early_param(const char *cmdline)
{
    std::string_view line(cmdline);
    for (auto word = next_word(line); !word.empty() && word != "--"; word = next_word(line))
        parse_word(word);
}
