// The maintenance sites of the kernel, by number: host_tests --list-sites, --drop-site N.
//
// The table is made at build time by scripts/lib/sites.py, which reads the sources.
#pragma once

#include <span>

/// A call of a maintenance primitive in arch/arm/mm or <asm/tlbflush.h>.
struct maintenance_site {
    int number; ///< from 1, by path, then line
    const char *path;
    int line;
    const char *primitive;
    int compiled; ///< 0: in a file that the host does not compile
};
std::span<const maintenance_site> maintenance_sites();

/// Takes --list-sites and --drop-site N (or PATH:LINE) from the command line. Returns the exit
/// status if the program is to end here, else a negative number.
int read_site_options(int argc, char **argv);
