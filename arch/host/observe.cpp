// The observer of table stores and maintenance: none, until a test sets one. And the site whose
// maintenance is dropped: none, until host_tests is told.
#include <asm/observe.h>

#include <string_view>

constinit thread_local hw_observer current_hw_observer = nullptr;
constinit hw_site dropped_hw_site = {"", 0};
constinit thread_local hw_site current_hw_site = {"", 0};

bool is_dropped_hw_site(const hw_site &site)
{
    const std::string_view file = site.file, dropped = dropped_hw_site.file;
    if (site.line != dropped_hw_site.line || file.size() < dropped.size())
        return false;
    const size_t before = file.size() - dropped.size();
    return file.substr(before) == dropped && (before == 0 || file[before - 1] == '/');
}
