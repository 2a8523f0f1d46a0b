// Rules of failures: a few counters under a lock, asked once for each allocation.
//
// Of two sets one is in force: Linux's attributes, or "the n-th", which is silent. Random numbers
// come from a xorshift generator that starts from the same number each time.
// Linux: lib/fault-inject.c should_fail(), setup_fault_attr().
#include <mm/fault_inject.h>

#include <string_view>

#include <kernel/core/printk.h>
#include <kernel/lib/string_util.h>

void fault_rules::start(const fault_attr &attr)
{
    const spin_irq_guard guard(lock_);
    now_ = {};
    now_.attr = attr;
}

void fault_rules::start_nth(u32 n, fail_mode mode)
{
    const spin_irq_guard guard(lock_);
    now_ = {};
    now_.nth = n;
    now_.mode = mode;
}

fail_counts fault_rules::counts()
{
    const spin_irq_guard guard(lock_);
    return now_.counts;
}

fault_rules::verdict fault_rules::ask(u32 size)
{
    const spin_irq_guard guard(lock_);
    now_.counts.asked++;
    const bool silent = now_.nth != 0;
    if (!(silent ? ask_nth() : ask_attr(size)))
        return {};
    const u32 number = ++now_.counts.failed;
    if (silent || number > MOST_PRINTED)
        return {true, 0, ""};
    return {true, number, number == MOST_PRINTED ? "; no more are printed" : ""};
}

bool fault_rules::ask_nth() const
{
    return now_.mode == fail_mode::once ? now_.counts.asked == now_.nth
                                        : now_.counts.asked >= now_.nth;
}

/// The rules one after the other; only an allocation that passes one is seen by the next.
bool fault_rules::ask_attr(u32 size)
{
    fault_attr &attr = now_.attr;
    if (attr.times == 0)
        return false;
    if (attr.space > size) {
        attr.space -= size;
        return false;
    }
    if (attr.interval > 1 && ++now_.count % attr.interval != 0)
        return false;
    if (attr.probability <= next_random() % 100)
        return false;
    if (attr.times > 0)
        attr.times--;
    return true;
}

/// George Marsaglia, "Xorshift RNGs", 2003.
u32 fault_rules::next_random()
{
    u32 &random = now_.random;
    random ^= random << 13;
    random ^= random >> 17;
    return random ^= random << 5;
}

/// The number that `text` begins with, up to a comma or the end, which `text` loses.
static std::optional<u32> next_number(std::string_view &text)
{
    const size_t comma = text.find(',');
    const std::optional<u32> number = parse_u32(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return number;
}

std::optional<fault_attr> fault_attr_param(const char *name, const char *value)
{
    std::string_view text = value ? value : "";
    const auto interval = next_number(text);
    const auto probability = next_number(text);
    const auto space = next_number(text);
    const auto times = text == "-1" ? std::optional<u32>(~0u) : parse_u32(text);
    if (interval && probability && *probability <= 100 && space && times)
        return fault_attr{*interval, *probability, *space, static_cast<s32>(*times)};
    printk("%s: \"%s=%s\" ignored: use INTERVAL,PROBABILITY,SPACE,TIMES with a probability of 0 to "
           "100 and -1 times for no limit, such as 10,100,0,-1\n",
           name, name, value ? value : "");
    return std::nullopt;
}
