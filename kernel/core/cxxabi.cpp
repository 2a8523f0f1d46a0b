// What the C++ library would do with an exception: here it is the end of the road.
//
// Nothing of ours may reach these (substr of a bad position, value() of an empty optional); they
// exist so that the library's own throwing code, and with it a heap, is not linked.
#include <kernel/core/panic.h>

namespace std {

[[noreturn]] void __throw_out_of_range_fmt(const char *what, ...)
{
    panic("C++ library: out of range: %s", what);
}
[[noreturn]] void __throw_length_error(const char *what)
{
    panic("C++ library: length error: %s", what);
}
[[noreturn]] void __throw_logic_error(const char *what)
{
    panic("C++ library: logic error: %s", what);
}

} // namespace std

extern "C" [[noreturn]] void abort()
{
    panic("abort() called by the C++ library");
}
