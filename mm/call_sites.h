// Who asked for what, summed up by call site: the table behind page_owner and slabinfo -l.
//
// A hash of the address finds a site's entry, or the next free one behind it. What finds no room in
// 256 entries is counted in one more, which has no caller.
#pragma once

#include <array>
#include <string_view>

#include <kernel/core/spinlock.h>
#include <kernel/lib/printer.h>

struct call_site {
    const void *caller; ///< nullptr: all that found no room
    u32 count;
    u32 size; ///< sum, in the unit that the user of the table chose
};

class call_site_table {
public:
    static constexpr u32 SITES = 256;

    void clear() { sites_.fill({}); }
    void add(const void *caller, u32 size);
    /// The site with the largest sum, which is taken out; one with a count of 0 when all are.
    call_site take_largest();

private:
    call_site &find(const void *caller);

    std::array<call_site, SITES + 1> sites_{};
};

/// The one table. Reports take turns.
extern spinlock_t call_sites_lock;
extern call_site_table call_sites GUARDED_BY(call_sites_lock);

/// What a table held, and what of it was printed.
struct call_site_sums {
    u32 sites, count, size;
};
/// Empties the table: one line for each site, the largest first; only sites whose text contains
/// `filter`. @param sizes, counts  names of the two columns, in the plural
call_site_sums print_call_sites(const printer &out, const char *sizes, const char *counts,
                                std::string_view filter) REQUIRES(call_sites_lock);
