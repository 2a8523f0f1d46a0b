// The one place where a line is built: on the stack, so that a fault handler can print while the
// code it interrupted was printing.

#include <kernel/lib/printer.h>

#include <kernel/lib/vsnprintf.h>

int printer::vprintf(const char *fmt, va_list args) const
{
    char line[longest + 1];
    int length = kvsnprintf(line, sizeof(line), fmt, args);
    size_t kept = static_cast<size_t>(length) < longest ? static_cast<size_t>(length) : longest;
    sink(context, line, kept);
    return static_cast<int>(kept);
}

int printer::printf(const char *fmt, ...) const
{
    va_list args;
    va_start(args, fmt);
    int length = vprintf(fmt, args);
    va_end(args);
    return length;
}
