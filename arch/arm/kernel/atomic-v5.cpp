// Atomic operations for an image that must run without LDREX: interrupts off around plain ones.
//
// GCC compiles std::atomic for ARMv5TE into calls of these (GCC manual, "Built-in Functions for
// Memory Model Aware Atomic Operations"); there is no libatomic for bare metal. One CPU, so masking
// IRQs is all that atomicity needs, and the pair drains nothing: order is the program's own.
// Linux: asm/atomic.h for __LINUX_ARM_ARCH__ < 6.
#include <kernel/core/spinlock.h>
#include <kernel/lib/types.h>

namespace {

template <class Word>
Word exchange(volatile void *at, Word value)
{
    const irq_guard guard;
    auto *word = static_cast<volatile Word *>(at);
    const Word before = *word;
    *word = value;
    return before;
}

template <class Word>
Word fetch_add(volatile void *at, Word value)
{
    const irq_guard guard;
    auto *word = static_cast<volatile Word *>(at);
    const Word before = *word;
    *word = static_cast<Word>(before + value);
    return before;
}

template <class Word>
Word fetch_or(volatile void *at, Word value)
{
    const irq_guard guard;
    auto *word = static_cast<volatile Word *>(at);
    const Word before = *word;
    *word = before | value;
    return before;
}

template <class Word>
Word fetch_and(volatile void *at, Word value)
{
    const irq_guard guard;
    auto *word = static_cast<volatile Word *>(at);
    const Word before = *word;
    *word = before & value;
    return before;
}

template <class Word>
bool compare_exchange(volatile void *at, void *expected, Word desired)
{
    const irq_guard guard;
    auto *word = static_cast<volatile Word *>(at);
    auto *wanted = static_cast<Word *>(expected);
    if (*word == *wanted) {
        *word = desired;
        return true;
    }
    *wanted = *word;
    return false;
}

} // namespace

// The compiler knows these names and their types; the order arguments need no heed here.
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
extern "C" {

unsigned __atomic_load_4(const volatile void *at, int)
{
    return *static_cast<const volatile unsigned *>(at);
}
void __atomic_store_4(volatile void *at, unsigned value, int)
{
    *static_cast<volatile unsigned *>(at) = value;
}
unsigned __atomic_exchange_4(volatile void *at, unsigned value, int)
{
    return exchange(at, value);
}
unsigned __atomic_fetch_add_4(volatile void *at, unsigned value, int)
{
    return fetch_add(at, value);
}
unsigned __atomic_fetch_sub_4(volatile void *at, unsigned value, int)
{
    return fetch_add(at, 0u - value);
}
unsigned __atomic_fetch_or_4(volatile void *at, unsigned value, int)
{
    return fetch_or(at, value);
}
unsigned __atomic_fetch_and_4(volatile void *at, unsigned value, int)
{
    return fetch_and(at, value);
}
bool __atomic_compare_exchange_4(volatile void *at, void *expected, unsigned desired, bool, int,
                                 int)
{
    return compare_exchange(at, expected, desired);
}
unsigned char __atomic_load_1(const volatile void *at, int)
{
    return *static_cast<const volatile unsigned char *>(at);
}
void __atomic_store_1(volatile void *at, unsigned char value, int)
{
    *static_cast<volatile unsigned char *>(at) = value;
}
unsigned char __atomic_exchange_1(volatile void *at, unsigned char value, int)
{
    return exchange(at, value);
}
void __sync_synchronize()
{
    asm volatile("" ::: "memory");
}
}
