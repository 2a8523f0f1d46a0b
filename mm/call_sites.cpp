// Call sites in an open hash table that is emptied by looking for the largest, again and again: a
// report is rare, and 256 sites are soon searched.
#include <mm/call_sites.h>

#include <algorithm>
#include <utility>

constinit spinlock_t call_sites_lock;
constinit call_site_table call_sites;

void call_site_table::add(const void *caller, u32 size)
{
    call_site &site = find(caller);
    site.count++;
    site.size += size;
}

call_site call_site_table::take_largest()
{
    call_site *largest =
        std::max_element(sites_.begin(), sites_.end(),
                         [](const call_site &a, const call_site &b) { return a.size < b.size; });
    return std::exchange(*largest, {});
}

call_site &call_site_table::find(const void *caller)
{
    const auto hash = reinterpret_cast<unsigned long>(caller) / 4;
    for (u32 i = 0; i < SITES; i++) {
        call_site &site = sites_[(hash + i) % SITES];
        if (site.caller == caller || site.count == 0) {
            site.caller = caller;
            return site;
        }
    }
    return sites_[SITES];
}

call_site_sums print_call_sites(const printer &out, const char *sizes, const char *counts,
                                std::string_view filter)
{
    call_site_sums sums{};
    out.printf("%8s %8s  allocated by\n", sizes, counts);
    while (true) {
        const call_site site = call_sites.take_largest();
        if (site.count == 0)
            break;
        text_buffer<128> name;
        if (site.caller)
            name.out().printf("%pS", site.caller);
        else
            name.out().printf("(sites beyond the first %u)", call_site_table::SITES);
        if (!name.contains(filter))
            continue;
        out.printf("%8u %8u  %s\n", site.size, site.count, name.c_str());
        sums.sites++;
        sums.count += site.count;
        sums.size += site.size;
    }
    out.printf("%u call sites, %u %s, %u %s\n", sums.sites, sums.count, counts, sums.size, sizes);
    return sums;
}
