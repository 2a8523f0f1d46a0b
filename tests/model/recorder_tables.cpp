// HOST ONLY: what it is told of exists on the host alone.
//
// The recorder's tables: the copy of them, and what a store to one does to mappings.
#include <tests/model/recorder.h>

#include <algorithm>
#include <cstring>

#include <asm/world.h>

namespace model {

namespace {

constexpr u32 MB = 1u << 20;
constexpr u32 PAGE = 4096;
constexpr u32 HW_HALF = 2048; // the hardware's entries are the upper half of a second-level page

bool is_table(u32 word)
{
    return (word & 3) == 1; // B3.5.1, figure B3-4
}

/// Figure B3-4; ARMv5 has none, and bit 18 of its sections is 0.
bool is_supersection(u32 word)
{
    return (word & 0x40003) == 0x40002;
}
constexpr u32 COPIES = 16;

bool overlap(const mapping &a, const mapping &b)
{
    return a.va < u64{b.va} + b.size && b.va < u64{a.va} + a.size;
}

} // namespace

// ---- The copy of the tables ----

void recorder::read_table(u32 at, u32 bytes)
{
    for (u32 page = at; page != at + bytes; page += PAGE)
        memcpy(copy_[page].data(), to_ptr(virt_addr_t(page)), PAGE);
}

u32 *recorder::word_of(u32 at)
{
    const auto page = copy_.find(at & ~(PAGE - 1));
    if (page == copy_.end()) {
        error("store to 0x%08x: no table that anybody announced", at);
        return nullptr;
    }
    return &page->second[at % PAGE / 4];
}

std::optional<u32> recorder::read_copy(const void *self, u32 pa)
{
    const auto *me = static_cast<const recorder *>(self);
    const u32 va = pa + me->machine_.linear_offset;
    const auto page = me->copy_.find(va & ~(PAGE - 1));
    if (page == me->copy_.end())
        return std::nullopt;
    return page->second[va % PAGE / 4];
}

mapping recorder::walk_of(u32 l1, u32 va) const
{
    // The walk attributes, PRRR and NMRR do not decide where an address leads.
    const registers regs{.sctlr = 1,
                         .ttbr0 = l1 - machine_.linear_offset,
                         .ttbr1 = 0,
                         .ttbcr = 0,
                         .dacr = 0x55555555,
                         .prrr = 0,
                         .nmrr = 0,
                         .id_mmfr0 = 0};
    return walk(regs, {read_copy, this}, va);
}

/// All that one first-level word maps.
std::vector<mapping> recorder::leaves(u32 l1, u32 megabyte) const
{
    std::vector<mapping> all;
    for (u64 va = megabyte; va < u64{megabyte} + MB;) {
        const mapping m = walk_of(l1, static_cast<u32>(va));
        if (m.why == fault::l2_external)
            return all; // said by check_link()
        if (m.mapped())
            all.push_back(m);
        va = u64{m.va} + m.size;
    }
    return all;
}

void recorder::adopt_first_level(virt_addr_t table)
{
    const u32 at = table.raw();
    read_table(at, L1_BYTES);
    first_levels_.push_back(at);
    for (u32 i = 0; i < L1_BYTES / 4; i++)
        relink(at, i << 20, 0, *word_of(at + i * 4));
}

void recorder::adopt_second_level(virt_addr_t table)
{
    read_table(table.raw(), PAGE);
}

void recorder::forget_first_level(virt_addr_t table)
{
    for (u32 i = 0; i < L1_BYTES / 4; i++)
        relink(table.raw(), i << 20, *word_of(table.raw() + i * 4), 0);
    std::erase(first_levels_, table.raw());
}

/// Keeps links_ true when the word of `megabyte` in `l1` changes.
void recorder::relink(u32 l1, u32 megabyte, u32 before, u32 after)
{
    if (is_table(before))
        std::erase(links_[before & 0xfffffc00], link{l1, megabyte});
    if (is_table(after))
        links_[after & 0xfffffc00].push_back({l1, megabyte});
}

// ---- Stores ----

void recorder::store_first_level(u32 at, u32 value)
{
    check_reach(at, "first-level entry stored");
    u32 *const word = word_of(at);
    const auto table = std::find_if(first_levels_.begin(), first_levels_.end(),
                                    [at](u32 l1) { return at - l1 < L1_BYTES; });
    if (!word || table == first_levels_.end()) {
        error("first-level store to 0x%08x, which is in no first level", at);
        return;
    }
    lines_.store(at);
    if (*word == value)
        return;
    const u32 l1 = *table;
    const u32 megabyte = (at - l1) / 4 << 20;
    check_link(at, value);
    const std::vector<mapping> before = leaves(l1, megabyte);
    relink(l1, megabyte, *word, value);
    *word = value;
    replaced(l1, before, leaves(l1, megabyte));
    check_beside(l1, megabyte);
}

void recorder::store_second_level(u32 at, u32 value)
{
    check_reach(at, "second-level entry stored");
    u32 *const word = word_of(at);
    if (!word)
        return;
    lines_.store(at);
    const u32 pa = at - machine_.linear_offset;
    const auto users = links_.find(pa & 0xfffffc00);
    const u32 before = *word;
    *word = value;
    if (users == links_.end() || before == value)
        return;
    for (const link &user : users->second) {
        const u32 va = user.megabyte | (pa & 0x3ff) / 4 << 12;
        const auto leaf = [&](u32 is) {
            *word = is;
            const mapping m = walk_of(user.l1, va);
            return m.mapped() ? std::vector{m} : std::vector<mapping>{};
        };
        const std::vector<mapping> old = leaf(before);
        replaced(user.l1, old, leaf(value));
    }
}

void recorder::new_table(u32 at, u32 bytes)
{
    if (bytes == L1_BYTES) {
        adopt_first_level(virt_addr_t(at));
        for (u32 i = 0; i < bytes; i += 4)
            lines_.store(at + i);
        return;
    }
    for (u32 half = at + HW_HALF; half < at + PAGE; half += HW_HALF / 2)
        if (const auto users = links_.find(half - machine_.linear_offset);
            users != links_.end() && !users->second.empty())
            error("table at 0x%08x was filled anew while 0x%08x is mapped through it", at,
                  users->second.front().megabyte);
    read_table(at, PAGE);
    for (u32 i = HW_HALF; i < PAGE; i += 4)
        lines_.store(at + i);
}

/// A table must be there, and visible to walkers, before a word points to it.
void recorder::check_link(u32 at, u32 word)
{
    if (!is_table(word))
        return;
    const u32 table = (word & 0xfffffc00) + machine_.linear_offset;
    if (copy_.find(table & ~(PAGE - 1)) == copy_.end()) {
        error("entry 0x%08x links a table at 0x%08x that nobody announced", at, table);
        return;
    }
    if (const std::optional<u32> first = lines_.first_unseen(table, 1024))
        error("entry 0x%08x links a table whose word 0x%08x walkers may not see yet", at, *first);
}

/// Stores and cleans go through the MMU too: the CPU's own tables must map the entry.
void recorder::check_reach(u32 at, const char *doing)
{
    const mapping m = walk_of(first_levels_.front(), at);
    const registers regs{.sctlr = 1,
                         .ttbr0 = 0,
                         .ttbr1 = 0,
                         .ttbcr = 0,
                         .dacr = 0x55555555,
                         .prrr = 0,
                         .nmrr = 0,
                         .id_mmfr0 = 0};
    if (check(regs, m, access::write, mode::privileged) != fault::none)
        error("%s at 0x%08x while that address is not mapped for writing", doing, at);
    for (const fresh &made : fresh_)
        if (at - made.is.va < made.is.size)
            error("%s at 0x%08x through an entry that was made without DSB and ISB since", doing,
                  at);
}

// ---- What a store does to mappings ----

void recorder::replaced(u32 l1, const std::vector<mapping> &before,
                        const std::vector<mapping> &after)
{
    const auto in = [](const std::vector<mapping> &list, const mapping &m) {
        return std::any_of(list.begin(), list.end(), [&](const mapping &x) { return x.same(m); });
    };
    for (const mapping &made : after) {
        if (in(before, made))
            continue;
        check_make(l1, made);
        const auto old = std::find_if(before.begin(), before.end(),
                                      [&](const mapping &m) { return overlap(m, made); });
        if (old != before.end() && !old->same_place(made))
            error("0x%08x: valid entry replaced by another place, size or memory type without a "
                  "fault between",
                  made.va);
        if (old == before.end() && l1 == first_levels_.front())
            fresh_.push_back({made, 0});
    }
    for (const mapping &gone : before)
        if (!in(after, gone))
            tlb_.gone(gone);
    if (l1 == first_levels_.front() && dcache_.knows_addresses())
        check_cache(before, after);
}

/// Pages of cached memory that came to an address, or lost it. (Sections are lowmem, which is home.)
void recorder::check_cache(const std::vector<mapping> &before, const std::vector<mapping> &after)
{
    const auto stays = [](const std::vector<mapping> &list, const mapping &m) {
        return std::any_of(list.begin(), list.end(),
                           [&](const mapping &x) { return x.va == m.va && x.pa == m.pa; });
    };
    for (const mapping &gone : before)
        if (!stays(after, gone))
            if (const std::optional<u32> left = dcache_.gone(gone.va))
                error("0x%08x: unmapped while its line 0x%08x may be in the cache", gone.va, *left);
    for (const mapping &made : after) {
        const u32 pa = static_cast<u32>(made.pa);
        const u32 home = pa + machine_.linear_offset;
        if (made.size != PAGE || !made.c || made.va == home || stays(before, made))
            continue;
        const mapping there = walk_of(first_levels_.front(), home);
        const bool has_home = there.mapped() && there.pa + (home - there.va) == pa;
        if (const std::optional<u32> other =
                dcache_.made(made.va, pa, has_home ? std::optional(home) : std::nullopt))
            error("0x%08x: maps frame 0x%x, whose newest bytes may be in the cache under 0x%08x",
                  made.va, pa / PAGE, *other);
    }
}

/// Nothing that a CPU may still believe, or read in another set of tables, contradicts `made`.
void recorder::check_make(u32 l1, const mapping &made)
{
    if (tlb_.conflict(made))
        error("0x%08x: made while a TLB may still hold the old entry (its flush is not complete)",
              made.va);
    for (const u32 other : first_levels_) {
        if (other == l1)
            continue;
        for (u32 offset = 0; offset < made.size; offset += MB) { // a supersection is many words
            const mapping there = walk_of(other, made.va + offset);
            if (there.mapped() && overlap(there, made) && !there.same_place(made))
                error("0x%08x: made while the tables at 0x%08x still say something else",
                      made.va + offset, other);
        }
    }
}

/// A walk of one megabyte may cache all 16 of a supersection.
void recorder::check_beside(u32 l1, u32 megabyte)
{
    const u32 first = l1 + (megabyte >> 24) * COPIES * 4;
    const u32 word = *word_of(l1 + (megabyte >> 20) * 4);
    for (u32 at = first; at < first + COPIES * 4; at += 4) {
        const u32 other = *word_of(at);
        if ((word & 3) != 0 && (other & 3) != 0 && word != other &&
            (is_supersection(word) || is_supersection(other)))
            error("0x%08x: valid beside 0x%08x of the same 16 MB, which is another, and one of "
                  "them is a supersection",
                  megabyte, (at - l1) / 4 << 20);
    }
}

void recorder::check_copies(const char *what)
{
    for (const u32 l1 : first_levels_)
        for (u32 i = 0; i < L1_BYTES / 4; i++) {
            const u32 next = i / COPIES * COPIES + (i + 1) % COPIES;
            if (is_supersection(*word_of(l1 + i * 4)) &&
                *word_of(l1 + i * 4) != *word_of(l1 + next * 4))
                error("%s: at 0x%03x00000 the sixteen words of a supersection differ", what, next);
        }
}

} // namespace model
