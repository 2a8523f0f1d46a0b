// HOST ONLY: it frees pages as several CPUs.
//
// A page that is freed twice while it lies on another CPU's list, and while several CPUs are at it.
#include <tests/mm/page_test.h>

#include <thread>
#include <vector>

using page_test::quarantined_pages;

namespace {

class PageBugsThreads : public page_test::pages {
protected:
    /// Runs `work` as another CPU, to its end.
    template <class Work>
    static void as_cpu(u32 cpu, Work work)
    {
        std::thread([&] {
            host_cpu = cpu;
            work();
        }).join();
    }
};

} // namespace

TEST_F(PageBugsThreads, APageOnAnotherCpusListStaysThere)
{
    page *p = nullptr;
    as_cpu(1, [&] {
        p = alloc_page(GFP_KERNEL);
        __free_page(p);
    });
    __free_page(p);
    EXPECT_REPORT(page_test::text(
        "BUG page 0x%05lx: freed twice (order 0): expected a block in use, found it "
        "free, not on this CPU's list; left there; by ",
        page_to_pfn(p)));
    EXPECT_EQ(quarantined_pages(), 0u);
    EXPECT_EQ(p->flags & PAGE_STATE_MASK, 0u);
    page *again = nullptr;
    as_cpu(1, [&] { again = alloc_page(GFP_KERNEL); });
    EXPECT_EQ(again, p);
    EXPECT_NE(alloc_page(GFP_KERNEL), p);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageBugsThreads, EachOfFourCpusQuarantinesWhatItFreesTwice)
{
    constexpr u32 EACH = 50;
    std::vector<page *> bad[NR_CPUS];
    std::vector<std::thread> threads;
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
        threads.emplace_back([&, cpu] {
            host_cpu = cpu;
            for (u32 i = 0; i < EACH; i++) {
                page *p = alloc_page(GFP_KERNEL);
                page *other = alloc_pages(GFP_KERNEL, 1);
                __free_page(p);
                __free_page(p); // is still on this CPU's list
                bad[cpu].push_back(p);
                __free_pages(other, 1);
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(quarantined_pages(), NR_CPUS * EACH);
    for (const auto &pages : bad)
        for (const page *p : pages)
            EXPECT_EQ(p->flags & PAGE_STATE_MASK, PG_quarantine);
    page_test::page_hoard hoard;
    EXPECT_EQ(hoard.take(5000), 5000u);
    EXPECT_TRUE(hoard.all_differ());
    for (const auto &pages : bad)
        for (const page *p : pages)
            EXPECT_FALSE(hoard.has(p));
}
