// Spin locks and guards on one CPU; lib/lock_test.cpp has threads.
#include <tests/test.h>

#include <kernel/core/spinlock.h>

namespace {

bool interrupts_are_off()
{
    unsigned long flags = local_irq_save();
    local_irq_restore(flags);
    return flags & 0x80;
}

/// Takes and gives back a lock if that is possible; the caller may hold it, which is what the
/// compiler's analysis forbids.
bool can_be_taken(spinlock_t &lock) NO_THREAD_SAFETY_ANALYSIS
{
    bool taken = lock.try_lock();
    if (taken)
        lock.unlock();
    return taken;
}

} // namespace

TEST(Spinlock, IsHeldFromLockToUnlock)
{
    spinlock_t lock;
    EXPECT_FALSE(lock.is_locked());
    lock.lock();
    EXPECT_TRUE(lock.is_locked());
    lock.unlock();
    EXPECT_FALSE(lock.is_locked());
}

TEST(Spinlock, TryLockTakesItOnlyWhenFree)
{
    spinlock_t lock;
    EXPECT_TRUE(can_be_taken(lock));
    {
        spin_guard held(lock);
        EXPECT_FALSE(can_be_taken(lock));
        EXPECT_TRUE(lock.is_locked());
    }
    EXPECT_TRUE(can_be_taken(lock));
}

TEST(Spinlock, TheIrqGuardNests)
{
    // Off in any case during the test, so that both worlds begin alike.
    irq_guard off;
    {
        irq_guard again;
        EXPECT_TRUE(interrupts_are_off());
    }
    EXPECT_TRUE(interrupts_are_off());
}

TEST(Spinlock, TheIrqSpinGuardDoesBoth)
{
    spinlock_t lock;
    bool before = interrupts_are_off();
    {
        spin_irq_guard held(lock);
        EXPECT_TRUE(lock.is_locked());
        EXPECT_TRUE(interrupts_are_off());
    }
    EXPECT_FALSE(lock.is_locked());
    EXPECT_EQ(interrupts_are_off(), before);
}
