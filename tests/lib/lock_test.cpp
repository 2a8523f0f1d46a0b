// HOST ONLY: it needs threads, and panics that a test survives.
#include <tests/host.h>

#include <thread>
#include <vector>

#include <kernel/core/panic.h>
#include <kernel/core/spinlock.h>
#include <kernel/lib/list.h>

TEST(SpinlockThreads, OneHolderAtATime)
{
    static constinit spinlock_t lock;
    static long counter = 0; // not atomic: the lock is what protects it
    std::vector<std::thread> cpus;
    for (int cpu = 0; cpu < 4; ++cpu) {
        cpus.emplace_back([] {
            for (int i = 0; i < 5000; ++i) {
                spin_guard held(lock);
                ++counter;
            }
        });
    }
    for (std::thread &cpu : cpus)
        cpu.join();
    EXPECT_EQ(counter, 4 * 5000);
    EXPECT_FALSE(lock.is_locked());
}

TEST(SpinlockThreads, TakingItTwiceIsReported)
{
    static constinit spinlock_t lock;
    // Two takes by one CPU are what -Wthread-safety refuses; here they are the test.
    EXPECT_PANIC(([]() NO_THREAD_SAFETY_ANALYSIS {
                     lock.lock();
                     lock.lock();
                 }()),
                 "stuck: ticket 1 waits, 0 holds it (taken twice by one CPU?)");
}

TEST(Panic, SaysWhy)
{
    EXPECT_PANIC(panic("out of %s", "memory"), "Kernel panic - not syncing: out of memory\n");
    EXPECT_PANIC(BUG_ON(1 + 1 == 2), ": 1 + 1 == 2\n");
    BUG_ON(1 + 1 == 3);
}

TEST(ListChecks, AddingTwiceIsReported)
{
    list_head head = LIST_HEAD_INIT(head);
    list_head node;
    list_add(&node, &head);
    EXPECT_PANIC(list_add(&node, &head), "list_add of a node that is there");
    EXPECT_PANIC(list_add_tail(&node, &head), "list_add of a node that is there");
}

TEST(ListChecks, RemovingTwiceIsReported)
{
    list_head head = LIST_HEAD_INIT(head);
    list_head node;
    list_add(&node, &head);
    list_del(&node);
    EXPECT_PANIC(list_del(&node), "list_del of a removed node");
}

TEST(ListChecks, ABrokenListIsReported)
{
    list_head head = LIST_HEAD_INIT(head);
    list_head node, other, third;
    list_add(&node, &head);
    node.prev = &other;
    other.next = other.prev = &other;
    EXPECT_PANIC(list_del(&node), "list_del from a broken list");
    head.next = &other;
    EXPECT_PANIC(list_add(&third, &head), "list_add into a broken list");
}
