// Spin locks, fair by tickets: CPUs enter in the order in which they came.
//
//   lock()    takes the next ticket, then waits until `owner` shows its number
//   unlock()  shows the next number
//
// The ticket is drawn with an atomic addition (ldrex/strex on ARMv6K and later), `owner` is read
// with acquire and written with release order, so what one holder wrote the next one sees. A
// plain spin instead of wfe/sev: QEMU would wake up from wfe at once.
//
// A CPU that takes a lock which it holds waits for itself; after some seconds that is reported.
// Data used by interrupt handlers too needs spin_irq_guard. Clang checks who holds what
// (-Wthread-safety, kernel/lib/annotations.h).
// Linux: include/linux/spinlock.h, arch/arm/include/asm/spinlock.h.
#pragma once

#include <atomic>

#include <asm/irqflags.h>
#include <kernel/lib/annotations.h>
#include <kernel/lib/types.h>

class CAPABILITY("lock") spinlock_t {
public:
    constexpr spinlock_t() = default;
    spinlock_t(const spinlock_t &) = delete;
    spinlock_t &operator=(const spinlock_t &) = delete;

    /// Waits for the lock. Not recursive. Context: any, but with interrupts off if a handler
    /// on this CPU takes it too. Linux: spin_lock().
    void lock() ACQUIRE()
    {
        u32 ticket = next_.fetch_add(1, std::memory_order_relaxed);
        if (__builtin_expect(owner_.load(std::memory_order_acquire) != ticket, 0))
            wait_for(ticket);
    }

    /// Takes the lock if it is free, else returns false at once. Linux: spin_trylock().
    [[nodiscard]] bool try_lock() TRY_ACQUIRE(true)
    {
        // Free means that the number shown is the next one to be drawn.
        u32 ticket = owner_.load(std::memory_order_relaxed);
        return next_.compare_exchange_strong(ticket, ticket + 1, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    /// Only for the holder. Linux: spin_unlock().
    void unlock() RELEASE()
    {
        owner_.store(owner_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    /// True if somebody holds it now, for assertions. Linux: spin_is_locked().
    [[nodiscard]] bool is_locked() const
    {
        return owner_.load(std::memory_order_relaxed) != next_.load(std::memory_order_relaxed);
    }

private:
    void wait_for(u32 ticket);

    std::atomic<u32> next_{0};  // the ticket that the next CPU draws
    std::atomic<u32> owner_{0}; // the ticket that may enter
};

/// Holds a lock as long as it lives.
class SCOPED_CAPABILITY spin_guard {
public:
    explicit spin_guard(spinlock_t &lock) ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
    ~spin_guard() RELEASE() { lock_.unlock(); }
    spin_guard(const spin_guard &) = delete;
    spin_guard &operator=(const spin_guard &) = delete;

private:
    spinlock_t &lock_;
};

/// Keeps this CPU's interrupts off as long as it lives; nests.
/// Linux: local_irq_save(), local_irq_restore().
class irq_guard {
public:
    irq_guard() : flags_(local_irq_save()) {}
    ~irq_guard() { local_irq_restore(flags_); }
    irq_guard(const irq_guard &) = delete;
    irq_guard &operator=(const irq_guard &) = delete;

private:
    unsigned long flags_;
};

/// Holds a lock with this CPU's interrupts off. Linux: spin_lock_irqsave().
class SCOPED_CAPABILITY spin_irq_guard {
public:
    explicit spin_irq_guard(spinlock_t &lock) ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
    ~spin_irq_guard() RELEASE() { lock_.unlock(); }
    spin_irq_guard(const spin_irq_guard &) = delete;
    spin_irq_guard &operator=(const spin_irq_guard &) = delete;

private:
    irq_guard off_; // first in, last out
    spinlock_t &lock_;
};
