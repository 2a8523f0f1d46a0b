// HOST ONLY: sites are dropped on the host alone.
//
// The mutants' machinery itself: what is dropped is not observed, and the table of sites has each
// call that the table code makes.
#include <tests/arch/fixture.h>
#include <tests/sites.h>

#include <cstring>
#include <set>

#include <asm/barrier.h>
#include <asm/tlbflush.h>

namespace {

constinit thread_local u32 seen = 0;

void count_event(hw_event, virt_addr_t, u32)
{
    seen++;
}

/// Puts back what the program was started with: a mutant is tested by the other tests.
class MaintenanceSites : public ::testing::Test {
protected:
    void SetUp() override
    {
        seen = 0;
        current_hw_observer = count_event;
    }
    void TearDown() override
    {
        current_hw_observer = nullptr;
        dropped_hw_site = started_with_;
    }
    /// "arch/arm/mm/pgd.cpp:73" of a site's name by the compiler; "" if it is none of the kernel's.
    static std::string place_of(const hw_site &site)
    {
        for (const maintenance_site &known : maintenance_sites())
            if (const std::string file = site.file, path = known.path;
                file.size() >= path.size() &&
                file.compare(file.size() - path.size(), path.size(), path) == 0)
                return path + ":" + std::to_string(site.line);
        return "";
    }

private:
    hw_site started_with_ = dropped_hw_site;
};

constinit thread_local std::set<std::string> *places = nullptr;

void dsb_somewhere()
{
    dsb();
}
constexpr int SOMEWHERE = __LINE__ - 2;

} // namespace

TEST_F(MaintenanceSites, ADroppedDsbIsNotObserved)
{
    dsb_somewhere();
    EXPECT_EQ(seen, 1u);
    dropped_hw_site = {"tests/model/sites_test.cpp", SOMEWHERE};
    dsb_somewhere();
    EXPECT_EQ(seen, 1u);
    dsb(); // another site
    EXPECT_EQ(seen, 2u);
}

TEST_F(MaintenanceSites, TheSameLineOfAnotherFileIsAnotherSite)
{
    for (const char *path : {"tests/model/lines_test.cpp", "xsites_test.cpp", "s_test.cpp"}) {
        dropped_hw_site = {path, SOMEWHERE};
        seen = 0;
        dsb_somewhere();
        EXPECT_EQ(seen, 1u) << path;
    }
    dropped_hw_site = {"sites_test.cpp", SOMEWHERE};
    seen = 0;
    dsb_somewhere();
    EXPECT_EQ(seen, 0u);
}

TEST_F(MaintenanceSites, EveryPrimitiveCanBeDropped)
{
    void (*const primitives[])() = {
        [] { dsb(); },
        [] { dmb(); },
        [] { isb(); },
        [] { clean_line_pou(to_ptr(PAGE_OFFSET)); },
        [] { tlbi_mva(PAGE_OFFSET); },
        [] { tlbi_mva_is(PAGE_OFFSET); },
        [] { tlbi_all(); },
        [] { tlbi_all_is(); },
        [] { bpi_all(); },
        [] { bpi_all_is(); },
    };
    for (const auto primitive : primitives) {
        dropped_hw_site = {"", 0};
        seen = 0;
        primitive();
        EXPECT_EQ(seen, 1u);
        dropped_hw_site = {"tests/model/sites_test.cpp", current_hw_site.line};
        primitive();
        EXPECT_EQ(seen, 1u) << "line " << current_hw_site.line;
    }
}

TEST_F(MaintenanceSites, TheTableHasEverySiteThatRuns)
{
    std::set<std::string> ran, known;
    places = &ran;
    current_hw_observer = nullptr;
    booting_kernel kernel({.banks = {{0, 6 * SZ_1M + 0x3000}, {64 * SZ_1M, 64 * SZ_1M}}});
    current_hw_observer = [](hw_event event, virt_addr_t, u32) {
        if (event > hw_event::new_table)
            places->insert(place_of(current_hw_site));
    };
    paging_init(machine);
    (void) split_sections(PAGE_OFFSET + 64 * SZ_1M);
    for (const maintenance_site &site : maintenance_sites())
        known.insert(std::string(site.path) + ":" + std::to_string(site.line));
    EXPECT_GT(ran.size(), 10u);
    for (const std::string &place : ran)
        EXPECT_EQ(known.count(place), 1u) << place;
}

TEST_F(MaintenanceSites, AreNumberedFromOneByPathAndLine)
{
    int number = 0;
    const maintenance_site *before = nullptr;
    for (const maintenance_site &site : maintenance_sites()) {
        EXPECT_EQ(site.number, ++number);
        if (before) {
            const int order = strcmp(before->path, site.path);
            EXPECT_TRUE(order < 0 || (order == 0 && before->line < site.line)) << site.line;
        }
        before = &site;
    }
    EXPECT_GT(number, 20);
}
