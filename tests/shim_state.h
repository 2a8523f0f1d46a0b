// What the shim's two sources share: the test that runs, notes for the end, and how they speak.
#pragma once

#include <cstring>

#include <tests/shim.h>

namespace testing {

/// The test that runs now; name is null between tests.
struct test_state {
    bool failed, fatal, skipped;
    const Message *name;
};
extern test_state current;

/// Lines for the end of the run.
class notes {
public:
    void clear() { used = 0; }
    void add(std::string_view more)
    {
        if (more.size() > sizeof text - used)
            return;
        memcpy(text + used, more.data(), more.size());
        used += more.size();
    }
    [[nodiscard]] std::string_view view() const { return {text, used}; }

private:
    char text[3072] = {};
    size_t used = 0;
};

/// Skipped tests with their reasons.
extern notes skipped_tests;

inline void say(const char *text)
{
    console.put(text);
}
inline void say_line(const char *before, std::string_view text)
{
    console.put(before);
    console.put(text);
    console.put("\n");
}

} // namespace testing
