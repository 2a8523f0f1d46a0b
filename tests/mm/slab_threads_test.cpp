// HOST ONLY: it needs real threads.
//
// Four CPUs at once on the same caches. What this asks, and TSan with it: objects that one CPU frees
// and another one gets are handed over with all that was written into them; no object is handed
// out twice, none is lost, and lists and pages are right at the end. Few rounds: tickets make each
// CPU wait for its turn, which takes long where more threads than cores want to run.
#include <tests/mm/slab_test.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace {

class SlabThreads : public slab_test::slabs {
protected:
    /// Runs work(cpu) on all CPUs at once.
    template <class Work>
    static void on_all_cpus(Work work)
    {
        std::atomic<u32> ready = 0;
        std::vector<std::thread> threads;
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
            threads.emplace_back([&, cpu] {
                host_cpu = cpu;
                ready++;
                while (ready != NR_CPUS)
                    std::this_thread::yield();
                work(cpu);
            });
        for (std::thread &thread : threads)
            thread.join();
    }
};

/// Where CPUs leave objects for each other, each of any size: the first word says whose it was.
class exchange {
public:
    static constexpr u32 PLACES = 256;
    /// Leaves `object`, and gets what was there.
    u32 *swap(u32 place, u32 *object)
    {
        return places_[place % PLACES].exchange(object, std::memory_order_acq_rel);
    }

private:
    std::array<std::atomic<u32 *>, PLACES> places_{};
};

u32 next_random(u32 &state)
{
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

/// Objects begin with their owner's stamp as long as they are in use.
u32 *stamped(void *object, u32 stamp)
{
    auto *word = static_cast<u32 *>(object);
    if (word) {
        word[0] = stamp;
        word[1] = ~stamp;
    }
    return word;
}
bool is_stamped(const u32 *word)
{
    return word[1] == ~word[0];
}
/// A freed object bears no stamp: who gets it while another one has it destroys that one's.
void unstamp(u32 *word)
{
    word[0] = word[1] = 0;
}

} // namespace

TEST_F(SlabThreads, FourCpusFreeTheirOwnAndEachOthersObjects)
{
    for (const u32 size : {8u, 64u, 96u, 1500u}) {
        slab_test::cache s("threads", size);
        exchange places;
        std::atomic<u32> spoiled = 0;
        on_all_cpus([&](u32 cpu) {
            u32 seed = cpu + 1;
            for (u32 i = 0; i < 300; i++) {
                u32 *mine = stamped(kmem_cache_alloc(s, GFP_KERNEL), cpu << 16 | i);
                u32 *other = places.swap(next_random(seed), mine);
                if (!other)
                    continue;
                spoiled += !is_stamped(other);
                unstamp(other);
                if (i % 2 == 0)
                    kfree(other);
                else
                    kmem_cache_free(s, other);
            }
        });
        for (u32 i = 0; i < exchange::PLACES; i++)
            kmem_cache_free(s, places.swap(i, nullptr));
        EXPECT_EQ(spoiled, 0u);
        EXPECT_EQ(verify_slab(console_printer), 0u);
        flush_reserve(s, which_cpus::all);
        EXPECT_EQ(kmem_cache_shrink(s), 0);
    }
    EXPECT_NO_REPORT("BUG");
}

// Whole chunks at once, some of others' objects among them, and slabs are given back all the time.
TEST_F(SlabThreads, BulksAndShrinkingInBetween)
{
    slab_test::cache s("threads-bulk", 64);
    exchange places;
    std::atomic<u32> spoiled = 0;
    on_all_cpus([&](u32 cpu) {
        constexpr u32 MOST = 100;
        u32 seed = cpu + 1;
        for (u32 i = 0; i < 40; i++) {
            void *objects[MOST];
            const u32 count = 1 + next_random(seed) % MOST;
            if (kmem_cache_alloc_bulk(s, GFP_KERNEL, count, objects) == 0)
                continue;
            for (u32 k = 0; k < count; k++)
                stamped(objects[k], cpu << 16 | i);
            // A third of them for others, who give theirs for it.
            u32 mine = 0;
            for (u32 k = 0; k < count; k++) {
                auto *object = static_cast<u32 *>(objects[k]);
                if (k % 3 == 0)
                    object = places.swap(next_random(seed), object);
                if (object) {
                    spoiled += !is_stamped(object);
                    unstamp(object);
                    objects[mine++] = object;
                }
            }
            kmem_cache_free_bulk(s, mine, objects);
            if (i % 16 == cpu)
                (void) kmem_cache_shrink(s);
        }
    });
    for (u32 i = 0; i < exchange::PLACES; i++)
        kmem_cache_free(s, places.swap(i, nullptr));
    EXPECT_EQ(spoiled, 0u);
    flush_reserve(s, which_cpus::all);
    EXPECT_EQ(kmem_cache_shrink(s), 0);
    EXPECT_NO_REPORT("BUG");
}

// One CPU only allocates, the others only free: reserves live from their inbox, chunks are adopted
// by those who free, and slabs wander from CPU to CPU.
TEST_F(SlabThreads, OneAllocatesAndThreeFree)
{
    slab_test::cache s("threads-remote", 64);
    exchange places;
    std::atomic<u32> spoiled = 0;
    std::atomic<bool> done = false;
    on_all_cpus([&](u32 cpu) {
        u32 seed = cpu + 1;
        if (cpu == 0) {
            for (u32 i = 0; i < 2000; i++)
                if (u32 *full =
                        places.swap(next_random(seed), stamped(kmem_cache_alloc(s, GFP_KERNEL), i)))
                    kmem_cache_free(s, full);
            done = true;
            return;
        }
        while (!done)
            if (u32 *object = places.swap(next_random(seed), nullptr)) {
                spoiled += !is_stamped(object);
                unstamp(object);
                kmem_cache_free(s, object);
            }
    });
    for (u32 i = 0; i < exchange::PLACES; i++)
        kmem_cache_free(s, places.swap(i, nullptr));
    EXPECT_EQ(spoiled, 0u);
    flush_reserve(s, which_cpus::all);
    EXPECT_EQ(kmem_cache_shrink(s), 0);
    EXPECT_NO_REPORT("BUG");
}
