// Failures on purpose: a few counters under a lock, asked once for each allocation.
//
// Two sets of rules, of which one is in force: Linux's attributes, or "the n-th". Random numbers
// come from a xorshift generator that starts from the same number each time.
// Linux: lib/fault-inject.c should_fail(), setup_fault_attr(); mm/page_alloc.c fail_page_alloc.
#include <mm/fail_page_alloc.h>

#include <optional>
#include <string_view>

#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/core/spinlock.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/string_util.h>
#include <mm/page_debug.h>

namespace {

constexpr u32 MOST_PRINTED = 10;

enum class verdict : u8 { works, fails, fails_silently };

class failures {
public:
    void start(const fault_attr &attr)
    {
        *this = {};
        attr_ = attr;
    }
    void start_nth(u32 n, fail_mode mode)
    {
        *this = {};
        nth_ = n;
        mode_ = mode;
    }
    [[nodiscard]] fail_counts counts() const { return counts_; }

    verdict ask(u32 pages)
    {
        counts_.asked++;
        const verdict answer = nth_ != 0 ? ask_nth() : ask_attr(pages);
        if (answer != verdict::works)
            counts_.failed++;
        return answer;
    }

private:
    [[nodiscard]] verdict ask_nth() const
    {
        const bool fails = mode_ == fail_mode::once ? counts_.asked == nth_ : counts_.asked >= nth_;
        return fails ? verdict::fails_silently : verdict::works;
    }
    /// The rules one after the other; only an allocation that passes one is seen by the next.
    verdict ask_attr(u32 pages)
    {
        if (attr_.times == 0)
            return verdict::works;
        if (attr_.space > pages) {
            attr_.space -= pages;
            return verdict::works;
        }
        if (attr_.interval > 1 && ++count_ % attr_.interval != 0)
            return verdict::works;
        if (attr_.probability <= next_random() % 100)
            return verdict::works;
        if (attr_.times > 0)
            attr_.times--;
        return verdict::fails;
    }
    /// George Marsaglia, "Xorshift RNGs", 2003.
    u32 next_random()
    {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 17;
        return random_ ^= random_ << 5;
    }

    fault_attr attr_{};
    u32 nth_ = 0;
    fail_mode mode_{};
    u32 count_ = 0;
    u32 random_ = 2463534242;
    fail_counts counts_{};
};

constinit spinlock_t fail_lock;
constinit failures rules GUARDED_BY(fail_lock);

/// The number that `text` begins with, up to a comma or the end, which `text` loses.
std::optional<u32> next_number(std::string_view &text)
{
    const size_t comma = text.find(',');
    const std::optional<u32> number = parse_u32(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return number;
}

/// Linux: setup_fault_attr().
std::optional<fault_attr> parse_fault_attr(std::string_view text)
{
    const auto interval = next_number(text);
    const auto probability = next_number(text);
    const auto space = next_number(text);
    const auto times = text == "-1" ? std::optional<u32>(~0u) : parse_u32(text);
    if (!interval || !probability || *probability > 100 || !space || !times)
        return std::nullopt;
    return fault_attr{*interval, *probability, *space, static_cast<s32>(*times)};
}

void use_attr(const fault_attr &attr)
{
    const spin_irq_guard guard(fail_lock);
    rules.start(attr);
}

int early_fail_page_alloc(const char *value)
{
    const auto attr = parse_fault_attr(value ? value : "");
    if (!attr) {
        printk(
            "fail_page_alloc: \"fail_page_alloc=%s\" ignored: use INTERVAL,PROBABILITY,SPACE,TIMES "
            "with a probability of 0 to 100 and -1 times for no limit, such as 10,100,0,-1\n",
            value ? value : "");
        return -EINVAL;
    }
    use_attr(*attr);
    page_debug |= PAGE_DEBUG_FAIL;
    return 0;
}
early_param("fail_page_alloc", early_fail_page_alloc);

} // namespace

bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
    if (!(page_debug & PAGE_DEBUG_FAIL) || gfp & __GFP_NOFAIL)
        return false;
    verdict answer;
    u32 number;
    {
        const spin_irq_guard guard(fail_lock);
        answer = rules.ask(1u << order);
        number = rules.counts().failed;
    }
    if (answer == verdict::fails && number <= MOST_PRINTED)
        printk("fail_page_alloc: forcing failure %u: order %u, gfp %#x, on cpu %u%s\n", number,
               order, gfp.raw(), raw_smp_processor_id(),
               number == MOST_PRINTED ? "; no more are printed" : "");
    return answer != verdict::works;
}

void fail_page_alloc_start(const fault_attr &attr)
{
    use_attr(attr);
    page_debug_set(page_debug | PAGE_DEBUG_FAIL);
}

void fail_page_alloc_nth(u32 n, fail_mode mode)
{
    {
        const spin_irq_guard guard(fail_lock);
        rules.start_nth(n, mode);
    }
    page_debug_set(page_debug | PAGE_DEBUG_FAIL);
}

fail_counts fail_page_alloc_stop()
{
    page_debug_set(page_debug & ~PAGE_DEBUG_FAIL);
    return fail_page_alloc_counts();
}

fail_counts fail_page_alloc_counts()
{
    const spin_irq_guard guard(fail_lock);
    return rules.counts();
}
