// High memory for everybody: addresses of pages, pages of zeroes. The picture is in mm/highmem.h.
//
// Linux: mm/highmem.c, include/linux/highmem.h.
#include <mm/highmem.h>
#include <mm/page_lists.h>

void *page_address(const struct page *p)
{
    return PageHighMem(p) ? nullptr : lowmem_page_address(p);
}

void clear_highpage(page *p)
{
    void *const at = kmap_local_page(p);
    clear_page(at);
    kunmap_local(at);
}

void copy_highpage(page *to, page *from)
{
    void *const source = kmap_local_page(from);
    void *const target = kmap_local_page(to);
    copy_page(target, source);
    kunmap_local(target);
    kunmap_local(source);
}

void clear_pages(page *p, unsigned int order)
{
    for (u32 i = 0; i < 1u << order; i++)
        clear_highpage(p + i);
}
