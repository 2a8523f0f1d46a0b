// HOST ONLY: it needs several CPUs at once.
//
// kmap and kmap_local_page by four CPUs on the same pages.
#include <tests/mm/page_test.h>

#include <thread>
#include <vector>

#include <asm/highmem.h>
#include <mm/highmem.h>

namespace {

class HighmemThreads : public page_test::pages {
protected:
    static constexpr u32 PAGES = 700; // more than the window has slots

    void SetUp() override
    {
        for (u32 i = 0; i < PAGES; i++)
            pages_.push_back(alloc_page(GFP_HIGHUSER | __GFP_ZERO));
    }
    void TearDown() override
    {
        for (page *p : pages_)
            __free_page(p);
        EXPECT_EQ(verify_kmaps(console_printer), 0u);
        pages::TearDown();
    }
    /// Runs work(cpu) on all CPUs at once.
    template <class Work>
    static void on_all_cpus(Work work)
    {
        std::vector<std::thread> threads;
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            threads.emplace_back([&work, cpu] {
                host_cpu = cpu;
                work(cpu);
            });
        for (std::thread &thread : threads)
            thread.join();
    }
    /// Word `cpu` of a page is that CPU's alone.
    static u32 &word_of(void *at, u32 cpu) { return static_cast<u32 *>(at)[cpu]; }

    std::vector<page *> pages_;
};

} // namespace

TEST_F(HighmemThreads, EachCpuFindsWhatItWroteWhileAllTakeTurnsInTheWindow)
{
    u32 wrong[NR_CPUS] = {}, failed[NR_CPUS] = {};
    on_all_cpus([&](u32 cpu) {
        u32 random = 2463534242u + cpu;
        std::vector<u32> mine(PAGES);
        for (u32 step = 0; step < 1500; step++) {
            random = random * 1664525 + 1013904223;
            const u32 i = random >> 8 & 511;
            page *p = pages_[(i + step) % PAGES];
            void *at = step % 3 == 0 ? kmap_local_page(p) : kmap(p);
            if (!at) {
                failed[cpu]++;
                continue;
            }
            u32 &word = word_of(at, cpu);
            wrong[cpu] += word != mine[(i + step) % PAGES];
            word = mine[(i + step) % PAGES] = step;
            if (step % 3 == 0)
                kunmap_local(at);
            else
                kunmap(p);
        }
    });
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        EXPECT_EQ(wrong[cpu], 0u) << cpu;
        EXPECT_EQ(failed[cpu], 0u) << cpu;
    }
    EXPECT_NO_REPORT("kmap");
}

TEST_F(HighmemThreads, APageThatAllHoldHasOneAddress)
{
    void *at[NR_CPUS] = {};
    on_all_cpus([&](u32 cpu) {
        for (u32 i = 0; i < 500; i++) {
            at[cpu] = kmap(pages_[0]);
            kunmap(pages_[0]);
        }
        at[cpu] = kmap(pages_[0]);
    });
    for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
        EXPECT_EQ(at[cpu], page_address(pages_[0]));
        kunmap(pages_[0]);
    }
    EXPECT_EQ(page_address(pages_[0]), nullptr);
    EXPECT_NO_REPORT("BUG");
}
