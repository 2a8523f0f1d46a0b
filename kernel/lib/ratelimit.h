// A limit to what is printed again and again: a burst within an interval, then silence until the
// interval is over.
//
//   ratelimit limit(5000, 10);                 10 in five seconds
//   allowance a = limit.ask(uptime_ms());
//   if (a.missed != 0) printk("%u were not printed\n", a.missed);
//   if (a.granted)     printk(...);
//
// Linux: lib/ratelimit.c, ___ratelimit(). Whoever shares one between CPUs locks it.
#pragma once

#include <kernel/lib/types.h>

class ratelimit {
public:
    constexpr ratelimit(u32 interval_ms, u32 burst) : interval_(interval_ms), burst_(burst) {}

    struct allowance {
        bool granted;
        u32 missed; ///< how many were refused in the interval that is over
    };
    /// Shall this one be printed? @param now_ms  any clock of milliseconds; it may come round
    [[nodiscard]] allowance ask(u32 now_ms)
    {
        allowance answer{true, 0};
        if (asked_ == 0 || now_ms - began_ >= interval_) {
            answer.missed = asked_ > burst_ ? asked_ - burst_ : 0;
            began_ = now_ms;
            asked_ = 0;
        }
        answer.granted = ++asked_ <= burst_;
        return answer;
    }
    /// As if nobody had asked yet.
    void forget() { asked_ = 0; }

private:
    u32 interval_; // milliseconds
    u32 burst_;
    u32 began_ = 0;
    u32 asked_ = 0;
};
