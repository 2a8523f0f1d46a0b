// Poison: a fill, a check, and a report that shows the bytes.
//
//   BUG page 0x61234: written after it was freed: expected 0xaa, found 0x55 at 0xc1234010, 3 bytes
//       up to 0xc1234013; repaired; found when worker+0x1c/0x40 allocated it, on cpu 0  (one line)
//     0xc1234010: 55 aa 55 55 aa aa aa aa aa aa aa aa aa aa aa aa
//
// Linux: mm/page_poison.c (check_poison_mem, which also tells single bits).
#include <mm/page_poison.h>

#include <algorithm>
#include <bit>

#include <asm/smp.h>
#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <mm/highmem.h>
#include <mm/mmzone.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>

constinit poison_counts page_poison_counts{};

namespace {

constexpr u32 DUMP_ROWS = 4, ROW_BYTES = 16;

/// The bytes of a page that are not poison: from the first to the last, and how many between.
struct damage {
    u32 first, last, bytes;
};

bool is_intact(const u8 *bytes)
{
    constexpr u32 word = PAGE_POISON * 0x01010101u;
    const auto *words = reinterpret_cast<const u32 *>(bytes);
    return std::all_of(words, words + PAGE_SIZE / sizeof(u32), [](u32 w) { return w == word; });
}

damage find_damage(const u8 *bytes)
{
    damage found{PAGE_SIZE, 0, 0};
    if (is_intact(bytes))
        return found;
    for (u32 i = 0; i < PAGE_SIZE; i++)
        if (bytes[i] != PAGE_POISON) {
            found.first = std::min(found.first, i);
            found.last = i;
            found.bytes++;
        }
    return found;
}

void dump(const u8 *bytes, const damage &found)
{
    u32 row = found.first - found.first % ROW_BYTES;
    for (u32 rows = 0; rows < DUMP_ROWS && row <= found.last; rows++, row += ROW_BYTES) {
        text_buffer<80> line;
        for (u32 i = 0; i < ROW_BYTES; i++)
            line.out().printf(" %02x", bytes[row + i]);
        printk("  0x%08x:%s\n", from_ptr(bytes + row).raw(), line.c_str());
    }
}

/// What happened, and who noticed it doing what.
struct occasion {
    const char *what, *found;
    const void *caller;
};

void report(const page *p, const u8 *bytes, const damage &bad, const occasion &when)
{
    const u8 first = bytes[bad.first];
    const bool one_bit = bad.bytes == 1 && std::has_single_bit(u32{first} ^ PAGE_POISON);
    printk(
        "BUG page 0x%05lx: %s: expected 0x%02x, found 0x%02x at 0x%08x, %u bytes up to 0x%08x%s; "
        "repaired; found when %pS %s, on cpu %u\n",
        page_to_pfn(p), when.what, PAGE_POISON, first, from_ptr(bytes + bad.first).raw(), bad.bytes,
        from_ptr(bytes + bad.last).raw(), one_bit ? " (one bit: perhaps the memory itself)" : "",
        when.caller, when.found, raw_smp_processor_id());
    dump(bytes, bad);
    dump_page_owner(p);
}

} // namespace

bool fill_with_poison(page *p)
{
    auto *bytes = static_cast<u8 *>(kmap_local_page(p));
    if (!bytes) {
        page_poison_counts.skipped++;
        return false;
    }
    std::fill(bytes, bytes + PAGE_SIZE, PAGE_POISON);
    kunmap_local(bytes);
    page_poison_counts.filled++;
    return true;
}

bool check_poison(page *p, const char *what, const char *found, const void *caller)
{
    auto *bytes = static_cast<u8 *>(kmap_local_page(p));
    if (!bytes) {
        page_poison_counts.skipped++;
        return false;
    }
    page_poison_counts.checked++;
    const damage bad = find_damage(bytes);
    if (bad.bytes != 0) {
        page_poison_counts.damaged++;
        report(p, bytes, bad, {what, found, caller});
        std::fill(bytes + bad.first, bytes + bad.last + 1, PAGE_POISON);
    }
    kunmap_local(bytes);
    return bad.bytes == 0;
}

void poison_pages(page *p, unsigned int order)
{
    for (page *each = p; each < p + (1u << order); each++)
        if (fill_with_poison(each))
            each->flags |= PG_poison;
}

void unpoison_pages(page *p, unsigned int order, const void *caller)
{
    for (page *each = p; each < p + (1u << order); each++) {
        if (!(each->flags & PG_poison))
            continue;
        each->flags &= ~PG_poison;
        check_poison(each, "written after it was freed", "allocated it", caller);
    }
}

void forget_poison()
{
    for (const zone &z : contig_page_data.node_zones)
        for (u32 i = 0; i < z.spanned_pages; i++)
            if (const pfn_t pfn = z.zone_start_pfn + i; pfn_valid(pfn.raw()))
                pfn_to_page(pfn)->flags &= ~PG_poison;
}

static int early_page_poison(const char *value)
{
    return page_debug_param("page_poison", value, PAGE_DEBUG_POISON);
}
early_param("page_poison", early_page_poison);
