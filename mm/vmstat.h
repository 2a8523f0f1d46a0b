// What the page allocator tells of itself, in the formats of Linux's /proc files.
// Linux: mm/vmstat.c. Context of all: any; takes each zone's lock in turn.
#pragma once

#include <kernel/lib/printer.h>

/// /proc/buddyinfo: free blocks of each order, a line a zone.
void print_buddyinfo(const printer &out);
/// /proc/pagetypeinfo: the same by migrate type, and the pageblocks of each type.
void print_pagetypeinfo(const printer &out);
/// /proc/zoneinfo: watermarks, sizes, reserves and CPUs' lists of each zone.
void print_zoneinfo(const printer &out);
