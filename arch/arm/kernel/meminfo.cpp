// The banks of RAM and the parameter mem=.
//
// A bank is added in three steps: cut to the window and to whole pages; take away what is a bank
// already, which leaves one piece or several; put each piece in its place and merge. So the
// order in which a loader tells its banks does not matter, and telling one twice is harmless.
// Sizes are 64 bits wide until a bank is inside the window: "mem=8G" is cut, not wrapped.
// Linux: arch/arm/kernel/setup.c (arm_add_memory, early_mem), arch/arm/mm/mmu.c (3.x).
#include <arch/arm/kernel/meminfo.h>

#include <algorithm>

#include <asm/memory.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <kernel/lib/memparse.h>

constinit struct meminfo meminfo = {};

namespace {

constexpr u64 PHYS_END = u64{1} << 32;
constexpr u64 NO_END = ~u64{0};

constinit phys_window ram_window{PHYS_OFFSET, 0 - PHYS_OFFSET.raw()};
constinit bool mem_was_given = false;

/// [start, end), 64 bits wide; empty if end <= start.
struct span64 {
    u64 start, end;
    [[nodiscard]] bool empty() const { return end <= start; }
};

span64 span_of(const membank &bank)
{
    return {bank.start.raw(), u64{bank.start.raw()} + bank.size};
}

/// One complaint or remark about a bank.
void say(const bank_source &source, const char *what, const span64 &about)
{
    printk("%s: \"%s%s\" %s 0x%08llx-0x%08llx\n", source.reader, source.parameter, source.value,
           what, about.start, about.end - 1);
}

bool insert(struct meminfo &banks, const span64 &piece)
{
    if (banks.nr_banks == NR_BANKS)
        return false;
    membank *end = banks.bank + banks.nr_banks;
    membank *at = std::find_if(banks.bank, end,
                               [&](const membank &bank) { return bank.start.raw() > piece.start; });
    std::copy_backward(at, end, end + 1);
    *at = {phys_addr_t(static_cast<u32>(piece.start)), static_cast<u32>(piece.end - piece.start),
           0};
    ++banks.nr_banks;
    return true;
}

/// Makes room for `piece` by lengthening a bank that it touches, if there is one.
bool extend(struct meminfo &banks, const span64 &piece)
{
    for (int i = 0; i < banks.nr_banks; ++i) {
        membank &bank = banks.bank[i];
        const span64 has = span_of(bank);
        if (has.end == piece.start || piece.end == has.start) {
            bank.start = phys_addr_t(static_cast<u32>(std::min(has.start, piece.start)));
            bank.size += static_cast<u32>(piece.end - piece.start);
            return true;
        }
    }
    return false;
}

void merge(struct meminfo &banks)
{
    int kept = 0;
    for (int i = 1; i < banks.nr_banks; ++i) {
        if (span_of(banks.bank[kept]).end == banks.bank[i].start.raw())
            banks.bank[kept].size += banks.bank[i].size;
        else
            banks.bank[++kept] = banks.bank[i];
    }
    banks.nr_banks = kept + 1;
}

bool add_piece(struct meminfo &banks, const span64 &piece)
{
    if (!extend(banks, piece) && !insert(banks, piece))
        return false;
    merge(banks);
    return true;
}

/// What is left of `told` inside the window, in whole pages; one line if that is less.
span64 cut_to_window(const span64 &told, phys_window window, const bank_source &source)
{
    const span64 limits{window.start.raw(), u64{window.start.raw()} + window.size};
    const span64 inside{std::max(told.start, limits.start), std::min(told.end, limits.end)};
    if (inside.empty()) {
        say(source, "ignored: outside the RAM window", limits);
        return inside;
    }
    const u64 page = PAGE_SIZE;
    const span64 pages{(inside.start + page - 1) / page * page, inside.end / page * page};
    if (pages.empty())
        say(source, "ignored: no whole page in", inside);
    else if (inside.start != told.start || inside.end != told.end)
        say(source, "cut to the RAM window:", pages);
    else if (pages.start != told.start || pages.end != told.end)
        say(source, "cut to whole pages:", pages);
    return pages;
}

/// The lowest bank that has a byte at or above `at`; beyond everything if there is none.
span64 next_bank(const struct meminfo &banks, u64 at)
{
    for (int i = 0; i < banks.nr_banks; ++i) {
        const span64 has = span_of(banks.bank[i]);
        if (has.end > at)
            return has;
    }
    return {PHYS_END, PHYS_END};
}

struct addition {
    u64 added; // bytes that are new
    u64 known; // bytes that were in a bank already
};

/// Adds what of `wanted` is no bank yet, as far as there is room.
addition add_what_is_new(struct meminfo &banks, const span64 &wanted)
{
    addition sum{0, 0};
    for (u64 at = wanted.start; at < wanted.end;) {
        const span64 bank = next_bank(banks, at);
        const span64 piece{at, std::min(bank.start, wanted.end)};
        if (piece.empty()) {
            const u64 known_end = std::min(bank.end, wanted.end);
            sum.known += known_end - at;
            at = known_end;
        } else {
            if (add_piece(banks, piece))
                sum.added += piece.end - piece.start;
            at = piece.end;
        }
    }
    return sum;
}

/// add_what_is_new() with a line for what could not be added.
u64 add_and_say(struct meminfo &banks, const span64 &wanted, const bank_source &source)
{
    const addition sum = add_what_is_new(banks, wanted);
    if (sum.known > 0)
        say(source, "overlaps banks told before; they keep their part of", wanted);
    if (sum.added + sum.known < wanted.end - wanted.start)
        say(source, "not added in full, there is no room for another bank:", wanted);
    return sum.added;
}

span64 told_span(u64 start, u64 size)
{
    return {start, size > NO_END - start ? NO_END : start + size};
}

} // namespace

u64 meminfo_add(struct meminfo &banks, phys_window window, u64 start, u64 size,
                const bank_source &source)
{
    if (size == 0) {
        printk("%s: \"%s%s\" ignored: its size is 0\n", source.reader, source.parameter,
               source.value);
        return 0;
    }
    const span64 pages = cut_to_window(told_span(start, size), window, source);
    return pages.empty() ? 0 : add_and_say(banks, pages, source);
}

void meminfo_require(u64 start, u64 size, const char *what)
{
    const u64 page = PAGE_SIZE;
    const span64 wanted{start / page * page, (start + size + page - 1) / page * page};
    addition sum = add_what_is_new(meminfo, wanted);
    if (sum.added + sum.known < wanted.end - wanted.start) {
        // Only a range that touches no bank at all needs an entry, so one bank less is enough.
        say({"meminfo", "the last bank", ""},
            "given up for the kernel's sake:", span_of(meminfo.bank[NR_BANKS - 1]));
        --meminfo.nr_banks;
        sum = add_what_is_new(meminfo, wanted);
    }
    if (sum.added > 0)
        say({"meminfo", what, ""}, "was left out of RAM; added:", wanted);
}

void meminfo_reset(phys_window window)
{
    meminfo.nr_banks = 0;
    ram_window = window;
    mem_was_given = false;
}

phys_window meminfo_window()
{
    return ram_window;
}

int arm_add_memory(u64 start, u64 size, const bank_source &source)
{
    return meminfo_add(meminfo, ram_window, start, size, source) > 0 ? 0 : -EINVAL;
}

u64 meminfo_size(const struct meminfo &banks)
{
    u64 bytes = 0;
    for (int i = 0; i < banks.nr_banks; ++i)
        bytes += banks.bank[i].size;
    return bytes;
}

namespace {

/// What is wrong with the text of mem=, if anything is.
struct mem_value {
    u64 start, size;
    const char *error; // nullptr: fine
    char at;           // the character that `error` is about
};

mem_value parse_mem(const char *value)
{
    mem_value mem{ram_window.start.raw(), 0, nullptr, 0};
    const char *text = value;
    char *end = nullptr;
    mem.size = memparse(text, &end);
    if (end != text && *end == '@') {
        text = end + 1;
        mem.start = memparse(text, &end);
    }
    if (end == text)
        mem.error = *end != '\0' ? "is no number" : "at its end a number is missing";
    else if (*end != '\0')
        mem.error = "is no unit (use K, M or G)";
    else if (mem.size == 0)
        mem.error = "a size of 0 leaves no memory";
    mem.at = *end;
    return mem;
}

} // namespace

/// mem=SIZE[@START], several times: this is all the RAM there is, whatever the loader told. START
/// is the base of RAM if left out. A value that is garbage, or outside the RAM window, changes
/// nothing. Linux: arch/arm/kernel/setup.c early_mem().
static int early_mem(const char *value)
{
    if (value == nullptr)
        value = "";
    const mem_value mem = parse_mem(value);
    if (mem.error != nullptr) {
        if (mem.at != '\0')
            printk("early_mem: \"mem=%s\" ignored: '%c' %s\n", value, mem.at, mem.error);
        else
            printk("early_mem: \"mem=%s\" ignored: %s\n", value, mem.error);
        return -EINVAL;
    }
    const bank_source source{"early_mem", "mem=", value};
    const span64 pages = cut_to_window(told_span(mem.start, mem.size), ram_window, source);
    if (pages.empty())
        return -EINVAL;
    if (!mem_was_given)
        meminfo.nr_banks = 0;
    mem_was_given = true;
    add_and_say(meminfo, pages, source);
    return 0;
}
early_param("mem", early_mem);
