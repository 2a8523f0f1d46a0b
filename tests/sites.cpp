// Reads the options of host_tests that have to do with maintenance sites: see sites.h.
#include <tests/sites.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <asm/observe.h>

namespace {

constexpr maintenance_site sites[] = {
#include <maintenance_sites.inc>
};

void list_sites()
{
    for (const maintenance_site &site : sites)
        printf("site %d %s:%d %s%s\n", site.number, site.path, site.line, site.primitive,
               site.compiled ? "" : " (not compiled for the host)");
}

/// Is `text` the site's number or place?
bool means(std::string_view text, const maintenance_site &site)
{
    int number = 0;
    const size_t colon = text.rfind(':');
    const size_t digits = colon == text.npos ? 0 : colon + 1;
    const auto read = std::from_chars(text.data() + digits, text.data() + text.size(), number);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
        return false;
    if (colon == text.npos)
        return number == site.number;
    return number == site.line && text.substr(0, colon) == site.path;
}

int drop_site(const char *text)
{
    for (const maintenance_site &site : sites) {
        if (!means(text, site))
            continue;
        if (!site.compiled) {
            fprintf(stderr, "host_tests: site %d, %s:%d, is not compiled for the host\n",
                    site.number, site.path, site.line);
            return 2;
        }
        dropped_hw_site = {site.path, site.line};
        printf("Dropped: site %d %s:%d %s\n", site.number, site.path, site.line, site.primitive);
        return -1;
    }
    fprintf(stderr, "host_tests: no site '%s' (see --list-sites)\n", text);
    return 2;
}

} // namespace

std::span<const maintenance_site> maintenance_sites()
{
    return sites;
}

int read_site_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list-sites") == 0) {
            list_sites();
            return 0;
        }
        if (strcmp(argv[i], "--drop-site") == 0) {
            if (i + 1 < argc)
                return drop_site(argv[i + 1]);
            fprintf(stderr, "host_tests: --drop-site needs a number or PATH:LINE\n");
            return 2;
        }
    }
    return -1;
}
