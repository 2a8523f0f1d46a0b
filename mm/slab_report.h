// What the slab caches tell of themselves: the console's slabinfo, and `page` of a slab's page.
#pragma once

#include <string_view>

#include <kernel/lib/printer.h>
#include <mm/slub_def.h>

/// All caches in the columns of Linux's /proc/slabinfo, version 2.1. Context: any; not while this
/// CPU holds a lock of a cache.
void print_slabinfo(const printer &out);

/// One cache by its name, or nullptr. Of several with one name the oldest. Context: any.
[[nodiscard]] kmem_cache *find_cache(std::string_view name);
/// Its geometry, what it wastes, its objects in numbers, and a picture of each slab:
///
///     0xc1c06000 ####.##x ........ 00000000
///
/// @param most  slabs in the picture
/// Context: as print_slabinfo().
void print_cache(const printer &out, kmem_cache *s, u32 most);
/// Objects in use by call site, the site with the most bytes first. @return false, and one line that
/// says so: the cache takes no notes. Context: as print_slabinfo().
bool print_cache_owners(const printer &out, kmem_cache *s);

/// "object 5 of kmalloc-64, in use", or for a page "slab of kmalloc-64, 5 of 64 objects in use".
/// The page is a slab's. Context: any.
void print_object_at(const printer &out, const void *address);
void print_slab_of(const printer &out, page *p);
