// printk = a line built on the stack (printer::vprintf), appended to the log ring, written to
// the console.
//
// The ring has no lock: `end` counts all characters ever logged, an atomic addition reserves
// room for a whole line, then the line is copied there. Two CPUs' lines stand one after the
// other, and a fault in the middle of a copy harms nobody.
//
// The console is one UART, so CPUs take turns at it: whoever prints makes `console_busy` true.
// A fault handler may run on the very CPU that is printing, so nobody waits for ever: after
// some thousand looks a printer goes ahead. Then lines may mix, but none is lost.

#include <kernel/core/printk.h>

#include <atomic>

#include <asm/irqflags.h>

/// The newest 16 KB of everything printed. Scripts and gdb read it by these names.
struct log_ring {
    static constexpr u32 size = 16 * 1024;

    std::atomic<u32> end{0}; // characters ever logged; the next one goes to text[end % size]
    char text[size] = {};

    void append(const char *from, size_t length)
    {
        u32 at = end.fetch_add(static_cast<u32>(length), std::memory_order_relaxed);
        for (size_t i = 0; i < length; ++i)
            text[(at + i) % size] = from[i];
    }
};

constinit log_ring log_ring;

static constinit std::atomic<bool> console_busy{false};
static constinit std::atomic<printk_tap> current_tap{nullptr};

/// Gets the console, or goes ahead without when its owner seems to be the code below us.
static void take_console()
{
    constexpr u32 patience = 100000;
    for (u32 i = 0; i < patience; ++i) {
        if (!console_busy.exchange(true, std::memory_order_acquire))
            return;
    }
}

static void write_to_console(void *, const char *text, size_t length)
{
    // With interrupts on, a handler that prints would wait here for the line it interrupted.
    unsigned long flags = local_irq_save();
    take_console();
    console_write(text, length);
    console_busy.store(false, std::memory_order_release);
    local_irq_restore(flags);
}

static void write_to_log_and_console(void *, const char *text, size_t length)
{
    log_ring.append(text, length);
    if (printk_tap tap = current_tap.load(std::memory_order_acquire))
        tap(text, length);
    write_to_console(nullptr, text, length);
}

constinit const printer console_printer = {write_to_log_and_console, nullptr};
constinit const printer console_only_printer = {write_to_console, nullptr};

void printk_set_tap(printk_tap tap)
{
    current_tap.store(tap, std::memory_order_release);
}

int vprintk(const char *fmt, va_list args)
{
    return console_printer.vprintf(fmt, args);
}

int printk(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vprintk(fmt, args);
    va_end(args);
    return length;
}

void print_log(const printer &out)
{
    u32 end = log_ring.end.load(std::memory_order_relaxed);
    u32 length = end < log_ring::size ? end : log_ring::size;
    u32 first = (end - length) % log_ring::size;
    u32 until_wrap = log_ring::size - first;
    if (length <= until_wrap) {
        out.write({log_ring.text + first, length});
    } else {
        out.write({log_ring.text + first, until_wrap});
        out.write({log_ring.text, length - until_wrap});
    }
}
