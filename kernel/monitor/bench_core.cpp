// Benches of kernel/core: what every allocator pays for its lock, and what a line costs.

#include <kernel/core/spinlock.h>
#include <kernel/lib/vsnprintf.h>
#include <kernel/monitor/bench.h>

// Linux on the same machine: 3.0.
BENCH(local_irq_save_restore, 10000)
{
    for (u32 i = iterations; i != 0; --i)
        irq_guard off;
}

// Linux on the same machine: 32.0.
BENCH(spin_lock_irqsave_pair, 10000)
{
    static constinit spinlock_t lock;
    for (u32 i = iterations; i != 0; --i)
        spin_irq_guard held(lock);
}

BENCH(ksnprintf_line, 1000)
{
    char line[80];
    for (u32 i = iterations; i != 0; --i)
        ksnprintf(line, sizeof(line), "    lowmem  : 0x%08x - 0x%08x   (%4u MB)\n", 0xc0000000u,
                  0xf8000000u, 896u);
}
