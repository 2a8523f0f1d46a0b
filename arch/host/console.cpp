// The host's console_write(): where printk's text goes when the machine is a process. Nobody
// types: console_read() is at its end at once.
//
// Tests print thousands of lines that nobody wants to read, so text is shown only when the
// environment has LOWMEM_VERBOSE. The last kilobyte is kept either way: a panic that no test
// expected shows it. Tests read what was printed through printk's tap (tests/report.h), not here.
#include <arch/host/console.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <kernel/core/printk.h>

namespace {

constinit std::mutex lock;
constinit char last[1024] = {};
constinit size_t written = 0; // characters ever; the next goes to last[written % sizeof last]

bool verbose()
{
    static const bool wanted = getenv("LOWMEM_VERBOSE") != nullptr;
    return wanted;
}

} // namespace

void console_write(const char *text, size_t length)
{
    std::lock_guard hold(lock);
    for (size_t i = 0; i < length; i++)
        last[written++ % sizeof last] = text[i];
    if (verbose())
        fwrite(text, 1, length, stdout);
}

int console_read()
{
    return -1;
}

void host_console_show_last()
{
    std::lock_guard hold(lock);
    if (verbose())
        return;
    size_t first = written > sizeof last ? written - sizeof last : 0;
    for (size_t i = first; i < written; i++)
        fputc(last[i % sizeof last], stderr);
}
