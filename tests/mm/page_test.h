// Tests of pages in both worlds: on the host each has a machine of its own, booted for it; on the
// target they share the kernel's running allocator, and leave it as they found it (but for what is
// in quarantine afterwards). Either way it must pass `verify pages` at the end of each test.
#pragma once

#include <cstring>

#include <kernel/core/kallsyms.h>
#include <kernel/core/printk.h>
#include <kernel/lib/printer.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/page_verify.h>
#include <tests/test.h>

#if defined(LOWMEM_HOST)
#include <tests/mm/page_fixture.h>
#endif

namespace page_test {

class pages : public ::testing::Test {
#if defined(LOWMEM_HOST)
    // Lowmem, and high memory behind a hole.
    page_machine machine{{{0, 64 * SZ_1M}, {SZ_1G / 2, 16 * SZ_1M}}, {.lowmem_size = 64 * SZ_1M}};
#endif

protected:
    void TearDown() override
    {
        EXPECT_EQ(verify_pages(console_printer), 0u);
    }
};

constexpr u32 SHORT_FUNCTION = 768; // bytes; what sanitizers and counters of lines make of one

/// Does `text` name a place in `function`, which is short and called `name`? As name+0x... where
/// the kernel has names; as the bare address on the host.
inline bool names_caller(const char *text, const char *name, const void *function)
{
    const u32 start = from_ptr(function).raw();
    if (kernel_symbols().find(start)) {
        text_buffer<64> wanted;
        wanted.out().printf("%s+0x", name);
        return strstr(text, wanted.c_str()) != nullptr;
    }
    while ((text = strstr(text, "0x")) != nullptr) {
        text += 2;
        u32 number = 0;
        for (const char *digit = text; digit < text + 8 && *digit != '\0'; digit++)
            number =
                number * 16 + static_cast<u32>(*digit <= '9' ? *digit - '0' : *digit - 'a' + 10);
        if (number - start < SHORT_FUNCTION)
            return true;
    }
    return false;
}

/// Many pages at once, as a list through their private words. Each page knows its number in the
/// list, so that one that was handed out twice is found.
class page_hoard {
public:
    page_hoard() = default;
    page_hoard(const page_hoard &) = delete;
    page_hoard &operator=(const page_hoard &) = delete;
    ~page_hoard() { release(); }

    /// Allocates `count` single pages. @return the number of them that were had
    u32 take(u32 count, gfp_t gfp = GFP_KERNEL)
    {
        u32 taken = 0;
        for (page *p = nullptr; taken < count && (p = alloc_page(gfp)) != nullptr; taken++) {
            p->lru.next = reinterpret_cast<list_head *>(first_);
            set_page_private(p, ++number_);
            first_ = p;
        }
        return taken;
    }
    /// Allocates until `wanted` is handed out, which stays here; at most `limit` pages.
    bool take_until(const page *wanted, u32 limit, gfp_t gfp = GFP_KERNEL)
    {
        while (limit-- != 0 && take(1, gfp) == 1)
            if (first_ == wanted)
                return true;
        return false;
    }
    [[nodiscard]] bool has(const page *wanted) const
    {
        for (const page *p = first_; p; p = next(p))
            if (p == wanted)
                return true;
        return false;
    }
    /// Is every page here once?
    [[nodiscard]] bool all_differ() const
    {
        unsigned long number = number_;
        for (const page *p = first_; p; p = next(p), number--)
            if (page_private(p) != number)
                return false;
        return number == 0;
    }
    void release()
    {
        for (page *p = first_; p;) {
            page *then = next(p);
            __free_page(p);
            p = then;
        }
        first_ = nullptr;
        number_ = 0;
    }

private:
    static page *next(const page *p) { return reinterpret_cast<page *>(p->lru.next); }

    page *first_ = nullptr;
    unsigned long number_ = 0;
};

/// A text made by `format`, good until the next one.
[[gnu::format(printf, 1, 2)]] inline const char *text(const char *format, ...)
{
    static text_buffer<512> made;
    made.clear();
    va_list args;
    va_start(args, format);
    made.out().vprintf(format, args);
    va_end(args);
    return made.c_str();
}
/// "BUG page PFN: TEXT; by ", as far as a report is known: who did it stands behind it.
[[gnu::format(printf, 2, 3)]] inline const char *bug(const page *p, const char *format, ...)
{
    text_buffer<256> what;
    va_list args;
    va_start(args, format);
    what.out().vprintf(format, args);
    va_end(args);
    return text("BUG page 0x%05lx: %s; by ", page_to_pfn(p), what.c_str());
}

/// Order of the free block of the zone that a page is part of, or -1.
inline int free_order_of(const page *p)
{
    zone &z = *page_zone(p);
    const spin_irq_guard guard(z.lock);
    return z.free_area.free_order(page_pfn(p) - z.base);
}
/// Pages that are in quarantine.
inline u32 quarantined_pages()
{
    u32 sum = 0;
    for (zone &z : contig_page_data.node_zones) {
        const spin_irq_guard guard(z.lock);
        sum += z.quarantined;
    }
    return sum;
}

} // namespace page_test
