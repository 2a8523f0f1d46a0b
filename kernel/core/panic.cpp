// panic: one line, then the architecture stops the machine.
//
// Printing that line may panic again (a console that faults, a lock that is stuck); the second
// panic only stops.

#include <kernel/core/panic.h>

#include <atomic>
#include <cstdarg>

#include <kernel/core/printk.h>
#include <kernel/lib/list.h>
#include <kernel/lib/vsnprintf.h>

static constinit std::atomic<bool> panicking{false};

void panic(const char *fmt, ...)
{
    if (!panicking.exchange(true, std::memory_order_relaxed)) {
        char text[256];
        va_list args;
        va_start(args, fmt);
        kvsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        printk("Kernel panic - not syncing: %s\n", text);
        panicking.store(false, std::memory_order_relaxed);
    }
    machine_panic_stop();
}

void list_corrupted(const char *what, const list_head *node, const list_head *prev,
                    const list_head *next)
{
    panic("%s: node %p, prev %p, next %p", what, static_cast<const void *>(node),
          static_cast<const void *>(prev), static_cast<const void *>(next));
}
