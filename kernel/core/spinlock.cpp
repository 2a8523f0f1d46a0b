// The slow half of a spin lock: waiting.

#include <kernel/core/spinlock.h>

#if defined(LOWMEM_HOST)
#include <sched.h>
#endif

#include <kernel/core/panic.h>

#if defined(LOWMEM_HOST)
// A CPU is a thread here, and the holder may need our core.
static constexpr u32 patience = 1u << 22;
static void relax()
{
    sched_yield();
}
#else
static constexpr u32 patience = 1u << 27; // some seconds in QEMU
static void relax() {}
#endif

void spinlock_t::wait_for(u32 ticket)
{
    for (u32 i = 0; i < patience; ++i) {
        if (owner_.load(std::memory_order_acquire) == ticket)
            return;
        relax();
    }
    panic("spinlock %p stuck: ticket %u waits, %u holds it (taken twice by one CPU?)",
          static_cast<void *>(this), ticket, owner_.load(std::memory_order_relaxed));
}
