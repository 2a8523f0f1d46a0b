// HOST ONLY: it needs real threads.
//
// The zones from four CPUs at once: pages and blocks taken by one and freed by another.
#include <tests/mm/page_test.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <kernel/lib/errno.h>
#include <mm/page_debug.h>
#include <mm/page_isolation.h>
#include <mm/vmstat.h>
#include <tests/mm/block_hoard.h>

using page_test::block_hoard;
using page_test::GFP_ALL_MOVABLE;

namespace {

constexpr u32 ROUNDS = 4000;

class PageThreads : public page_test::pages {
protected:
    void SetUp() override
    {
        drain_all_pages();
        free_before = nr_free_pages();
        print_buddyinfo(before.out());
    }
    void TearDown() override
    {
        on_every_cpu([](u32) { drain_local_pages(); });
        EXPECT_EQ(nr_free_pages(), free_before);
        text_buffer<1024> after;
        print_buddyinfo(after.out());
        EXPECT_STREQ(after.c_str(), before.c_str());
        EXPECT_EQ(page_test::quarantined_pages(), 0u);
        pages::TearDown();
    }
    /// Runs work(cpu) on four CPUs at once.
    template <class Work>
    static void on_every_cpu(Work work)
    {
        std::vector<std::thread> cpus;
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            cpus.emplace_back([&work, cpu] {
                host_cpu = cpu;
                work(cpu);
            });
        for (std::thread &cpu : cpus)
            cpu.join();
    }

    unsigned long free_before = 0;
    text_buffer<1024> before;
};

/// Everyone's own sequence of numbers, the same in every run.
class dice {
public:
    explicit dice(u32 cpu) : state_(2463534242u + cpu * 1000003u) {}
    u32 below(u32 limit)
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_ % limit;
    }

private:
    u32 state_;
};

/// Writes to a block's first page, if that has an address, what only its owner knows.
void mark(page *p)
{
    set_page_private(p, page_to_pfn(p));
    if (void *words = page_address(p))
        *static_cast<unsigned long *>(words) = page_to_pfn(p);
}
bool is_marked(const page *p)
{
    const void *words = page_address(p);
    return page_private(p) == page_to_pfn(p) &&
           (!words || *static_cast<const unsigned long *>(words) == page_to_pfn(p));
}

constexpr gfp_t masks[] = {
    GFP_KERNEL,           GFP_KERNEL | __GFP_MOVABLE, GFP_KERNEL | __GFP_RECLAIMABLE, GFP_HIGHUSER,
    GFP_HIGHUSER_MOVABLE, GFP_DMA | GFP_KERNEL,       GFP_KERNEL | __GFP_COMP,        GFP_ATOMIC};

} // namespace

TEST_F(PageThreads, PagesAndBlocksOfAllKindsGoFromCpuToCpu)
{
    std::array<std::atomic<page *>, 256> shelf{};
    std::atomic<u32> spoiled{0};
    on_every_cpu([&](u32 cpu) {
        dice any(cpu);
        for (u32 round = 0; round < ROUNDS; round++) {
            page *mine = nullptr;
            if (any.below(3) != 0) {
                const unsigned order = any.below(4) != 0 ? 0 : any.below(7);
                mine = alloc_pages(masks[any.below(std::size(masks))] | __GFP_NOWARN, order);
                if (mine)
                    mark(mine);
            }
            // Mine for whatever lies there; that was put there by any CPU.
            page *theirs = shelf[any.below(shelf.size())].exchange(mine, std::memory_order_acq_rel);
            if (!theirs)
                continue;
            spoiled += !is_marked(theirs);
            if (any.below(2) != 0)
                put_page(theirs);
            else
                __free_pages(theirs, compound_order(theirs));
        }
    });
    for (const std::atomic<page *> &left : shelf)
        if (page *p = left)
            __free_pages(p, compound_order(p));
    EXPECT_EQ(spoiled, 0u);
}

TEST_F(PageThreads, TheLastOfFourReferencesFreesThePage)
{
    std::array<page *, 200> all{};
    std::atomic<u32> seen{0};
    for (page *&p : all) {
        const u32 number = static_cast<u32>(&p - all.data());
        p = alloc_pages(GFP_KERNEL | __GFP_COMP, number % 3);
        ASSERT_NE(p, nullptr);
        mark(p);
        for (u32 i = 1; i < NR_CPUS; i++)
            get_page(p);
    }
    on_every_cpu([&](u32 cpu) {
        u32 mine = 0; // not a common counter, which would order what the references must order
        for (u32 i = 0; i < all.size(); i++) {
            page *p = all[(i + cpu * 50) % all.size()];
            mine += is_marked(p);
            put_page(p);
        }
        seen += mine;
    });
    EXPECT_EQ(seen, NR_CPUS * all.size());
}

TEST_F(PageThreads, AllMemoryIsTakenByFourAndGivenBack)
{
    std::atomic<u32> taken{0};
    on_every_cpu([&](u32 cpu) {
        block_hoard mine;
        for (unsigned order = 5; order-- != 0;)
            mine.take_all(GFP_ALL_MOVABLE, cpu % 2 != 0 ? order : 0);
        taken += mine.pages();
    });
    EXPECT_LE(taken, 4 * free_before);
    EXPECT_GE(taken, free_before - 4 * 512 * 3);
}

TEST_F(PageThreads, CountsAndReportsMayBeAskedMeanwhile)
{
    std::atomic<u32> busy{NR_CPUS - 1};
    on_every_cpu([&](u32 cpu) {
        if (cpu == 0) {
            text_buffer<4096> said;
            while (busy != 0) {
                EXPECT_LE(nr_free_pages(), totalram_pages + 1);
                EXPECT_LE(nr_free_buffer_pages(), totalram_pages + 1);
                said.clear();
                print_buddyinfo(said.out());
                print_zoneinfo(said.out());
            }
            return;
        }
        dice any(cpu);
        for (u32 round = 0; round < ROUNDS / 4; round++) {
            page *some[80];
            free_pages_bulk(alloc_pages_bulk(GFP_HIGHUSER, any.below(80), some), some);
            const size_t bytes = (1 + any.below(9)) * PAGE_SIZE;
            if (void *area = alloc_pages_exact(bytes, GFP_KERNEL)) {
                memset(area, 0, bytes);
                free_pages_exact(area, bytes);
            }
        }
        busy--;
    });
}

TEST_F(PageThreads, RangesAreTakenWhileOthersAllocate)
{
    page *block = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, pageblock_order);
    ASSERT_NE(block, nullptr);
    const unsigned long start = page_to_pfn(block);
    const migratetype type = page_test::type_of_block(block);
    __free_pages(block, pageblock_order);
    std::atomic<u32> had{0}, wrong{0};
    on_every_cpu([&](u32 cpu) {
        dice any(cpu);
        for (u32 round = 0; round < ROUNDS / 4; round++) {
            if (cpu % 2 == 0) {
                const unsigned long from = start + any.below(pageblock_nr_pages - 16);
                const int error = alloc_contig_range(from, from + 16, type, GFP_KERNEL);
                wrong += error != 0 && error != -EBUSY;
                if (error == 0) {
                    had++;
                    free_contig_range(from, 16);
                }
            } else if (page *p = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, any.below(3))) {
                mark(p);
                __free_pages(p, compound_order(p));
            }
        }
    });
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(had, 0u);
    EXPECT_EQ(page_test::type_of_block(block), type);
}
