// The buffer behind EXPECT_REPORT, the same in both worlds.
//
//   text  [ read ........ | not read yet ............ | free ]
//                         ^ first_unread              ^ used
//
// A test that prints more than the buffer holds loses the oldest half. On the host several
// threads may print at once; on the target one CPU runs the tests.
#include <tests/report.h>

#include <cstring>

#include <kernel/core/printk.h>

#if defined(LOWMEM_HOST)
#include <mutex>
#endif

namespace {

#if defined(LOWMEM_HOST)
constinit std::mutex report_mutex;
#define LOWMEM_HOLD_REPORT_ std::lock_guard hold(report_mutex)
#else
#define LOWMEM_HOLD_REPORT_ static_cast<void>(0)
#endif

constinit char text[8192] = {}; // ends with a NUL at text[used]
constinit size_t used = 0;
constinit size_t first_unread = 0;

void forget(size_t count)
{
    memmove(text, text + count, used - count);
    used -= count;
    first_unread = first_unread > count ? first_unread - count : 0;
}

void listen(const char *more, size_t length)
{
    LOWMEM_HOLD_REPORT_;
    constexpr size_t ROOM = sizeof text - 1;
    if (length > ROOM / 2) {
        more += length - ROOM / 2;
        length = ROOM / 2;
    }
    if (used + length > ROOM)
        forget(used / 2 + 1);
    memcpy(text + used, more, length);
    used += length;
    text[used] = '\0';
}

} // namespace

void report_start()
{
    LOWMEM_HOLD_REPORT_;
    used = first_unread = 0;
    text[0] = '\0';
    printk_set_tap(listen);
}

bool report_take(const char *wanted)
{
    LOWMEM_HOLD_REPORT_;
    const char *found = strstr(text + first_unread, wanted);
    if (found == nullptr)
        return false;
    // The last character that was wanted may be the line's end itself.
    size_t length = strlen(wanted);
    const char *line_end = strchr(found + (length > 0 ? length - 1 : 0), '\n');
    first_unread = (line_end != nullptr ? line_end + 1 : text + used) - text;
    return true;
}

const char *report_unread()
{
    return text + first_unread;
}
