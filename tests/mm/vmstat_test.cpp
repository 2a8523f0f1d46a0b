// buddyinfo, pagetypeinfo and zoneinfo: Linux's columns, and numbers that add up.
#include <tests/mm/page_test.h>

#include <mm/vmstat.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL;
using page_test::GFP_ALL_MOVABLE;

namespace {

class Vmstat : public page_test::pages {
protected:
    void SetUp() override { drain_all_pages(); }

    /// The text from `from` on; a failure if it is not there.
    const char *after(const char *from)
    {
        const char *found = strstr(said.c_str(), from);
        EXPECT_NE(found, nullptr) << from << " is not in\n" << said.c_str();
        return found ? found + strlen(from) : "";
    }
    static u32 number(const char *&text)
    {
        while (*text == ' ')
            text++;
        EXPECT_TRUE(*text >= '0' && *text <= '9') << text;
        u32 value = 0;
        while (*text >= '0' && *text <= '9')
            value = value * 10 + static_cast<u32>(*text++ - '0');
        return value;
    }
    static u32 number_at(const char *text) { return number(text); }
    template <class... Args>
    const char *text(const char *format, Args... args)
    {
        wanted.clear();
        wanted.out().printf(format, args...);
        return wanted.c_str();
    }
    static u32 free_in(zone &z)
    {
        const spin_irq_guard guard(z.lock);
        return z.free_area.nr_free();
    }
    /// A line of counts of blocks by order; the pages in them.
    static u32 pages_in(const char *&line)
    {
        u32 pages = 0;
        for (unsigned order = 0; order < MAX_ORDER; order++)
            pages += number(line) << order;
        EXPECT_EQ(strncmp(line, " \n", 2), 0);
        return pages;
    }

    text_buffer<8192> said;
    text_buffer<512> wanted;
};

template <class Visit>
void for_each_populated_zone(Visit visit)
{
    for (zone &z : contig_page_data.node_zones)
        if (z.populated())
            visit(z);
}

} // namespace

TEST_F(Vmstat, BuddyinfoCountsEveryFreePage)
{
    block_hoard some; // so that there are blocks of all orders
    for (unsigned order = 0; order < 8; order++)
        some.take(GFP_HIGHUSER_MOVABLE, order);
    print_buddyinfo(said.out());
    for_each_populated_zone([this](zone &z) {
        const char *line = after(text("Node 0, zone %8s ", z.name));
        EXPECT_EQ(pages_in(line), free_in(z));
    });
    EXPECT_EQ(said.dropped(), 0u);
}

TEST_F(Vmstat, BuddyinfoHasLinuxsColumns)
{
    block_hoard all;
    all.take_everything(GFP_ALL_MOVABLE);
    page *first = nullptr; // one block of order 10 is free
    all.for_each([&](page *p) { first = compound_order(p) == 10 ? p : first; });
    ASSERT_NE(first, nullptr);
    zone &z = *page_zone(first);
    all.release_if([=](const page *p) { return p == first; });
    drain_all_pages();
    print_buddyinfo(said.out());
    for_each_populated_zone([&](const zone &each) {
        const char *line = after(text("Node 0, zone %8s ", each.name));
        EXPECT_EQ(strncmp(line,
                          "     0      0      0      0      0      0      0      0      0      0 ",
                          70),
                  0);
        EXPECT_EQ(strncmp(line + 70, &each == &z ? "     1 \n" : "     0 \n", 8), 0) << line;
    });
}

TEST_F(Vmstat, PagetypeinfoTellsTheSameByType)
{
    block_hoard some;
    some.take(GFP_KERNEL, 3);
    some.take(GFP_KERNEL | __GFP_RECLAIMABLE, 1);
    print_pagetypeinfo(said.out());
    EXPECT_EQ(said.dropped(), 0u);
    EXPECT_EQ(
        strncmp(said.c_str(),
                "Page block order: 10\n"
                "Pages per block:  1024\n"
                "\n"
                "Free pages count per migrate type at order       0      1      2      3      "
                "4      5      6      7      8      9     10 \n",
                166),
        0)
        << said.c_str();
    for_each_populated_zone([this](zone &z) {
        const char *const types[] = {"Unmovable", "Movable", "Reclaimable", "CMA", "Isolate"};
        u32 sum = 0;
        for (const char *type : types) {
            const char *line = after(text("Node    0, zone %8s, type %12s ", z.name, type));
            sum += pages_in(line);
        }
        EXPECT_EQ(sum, free_in(z));
    });
    const char *blocks = after("\nNumber of blocks type     Unmovable      Movable  Reclaimable "
                               "         CMA      Isolate \n");
    for_each_populated_zone([&](zone &z) {
        const char *row = strstr(blocks, text("Node 0, zone %8s ", z.name));
        ASSERT_NE(row, nullptr);
        row += strlen(wanted.c_str());
        u32 sum = 0;
        for (u32 type = 0; type < MIGRATE_TYPES; type++)
            sum += number(row);
        const u32 end = z.zone_start_pfn - z.base + z.spanned_pages;
        EXPECT_EQ(sum, (end + pageblock_nr_pages - 1) / pageblock_nr_pages);
        EXPECT_EQ(strncmp(row, " \n", 2), 0);
    });
}

TEST_F(Vmstat, PagetypeinfoFollowsTheTypesOfBlocks)
{
    page *p = alloc_pages(GFP_KERNEL | __GFP_NOWARN, pageblock_order); // a block of its own
    ASSERT_NE(p, nullptr);
    zone &z = *page_zone(p);
    const auto blocks_of = [&](migratetype type) {
        said.clear();
        print_pagetypeinfo(said.out());
        const char *row = strstr(after("Number of blocks type"), z.name) + strlen(z.name);
        for (u32 skipped = 0; skipped < type; skipped++)
            number(row);
        return number(row);
    };
    const auto set_type = [&](migratetype type) {
        const spin_irq_guard guard(z.lock);
        z.free_area.set_block_type(page_pfn(p) - z.base, type);
    };
    const migratetype was = page_test::type_of_block(p);
    const u32 before = blocks_of(was);
    EXPECT_EQ(blocks_of(MIGRATE_CMA), 0u);
    set_type(MIGRATE_CMA);
    EXPECT_EQ(blocks_of(was), before - 1);
    EXPECT_EQ(blocks_of(MIGRATE_CMA), 1u);
    set_type(was);
    EXPECT_EQ(blocks_of(was), before);
    __free_pages(p, pageblock_order);
}

TEST_F(Vmstat, ZoneinfoHasLinuxsLinesForEachZone)
{
    page *p = alloc_page(GFP_KERNEL); // and 62 more on this CPU's list
    print_zoneinfo(said.out());
    EXPECT_EQ(said.dropped(), 0u);
    for (zone &z : contig_page_data.node_zones) {
        SCOPED_TRACE(z.name);
        const u32 free = z.populated() ? free_in(z) : 0;
        const char *const lines = text("Node 0, zone %8s\n"
                                       "  pages free     %u\n"
                                       "        min      %u\n"
                                       "        low      %u\n"
                                       "        high     %u\n"
                                       "        spanned  %u\n"
                                       "        present  %u\n"
                                       "        managed  %u\n"
                                       "        protection: (%u, %u, %u, %u)\n",
                                       z.name, free, z.watermark[WMARK_MIN], z.watermark[WMARK_LOW],
                                       z.watermark[WMARK_HIGH], z.spanned_pages, z.present_pages,
                                       z.managed_pages, z.lowmem_reserve[0], z.lowmem_reserve[1],
                                       z.lowmem_reserve[2], z.lowmem_reserve[3]);
        const char *rest = after(lines);
        if (!z.populated())
            continue;
        EXPECT_EQ(strncmp(rest, "      nr_free_pages ", 20), 0);
        EXPECT_EQ(number_at(rest + 20), free);
        u32 listed = 0;
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
            rest = strstr(rest, text("    cpu: %u\n              count: ", cpu));
            ASSERT_NE(rest, nullptr);
            rest += strlen(wanted.c_str());
            const u32 count = number(rest);
            EXPECT_EQ(strncmp(rest, "\n              high:  ", 22), 0);
            rest += 22;
            const u32 high = number(rest);
            EXPECT_LE(count, high);
            EXPECT_LE(high, z.index >= ZONE_HIGHMEM ? 128u : 512u);
            EXPECT_EQ(strncmp(rest, "\n              batch: ", 22), 0);
            listed += cpu == raw_smp_processor_id() ? count : 0;
        }
        EXPECT_EQ(listed, page_test::listed_pages(z));
        const char *start = strstr(rest, "  start_pfn:           ");
        ASSERT_NE(start, nullptr);
        EXPECT_EQ(number_at(start + 23), z.zone_start_pfn.raw());
    }
    __free_page(p);
}
