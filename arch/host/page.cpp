// clear_page, copy_page and memmap_init_pages, host world.
#include <asm/page.h>

#include <cstring>

#include <mm/mm_init.h>

void clear_page(void *page)
{
    memset(page, 0, PAGE_SIZE);
}

void copy_page(void *to, const void *from)
{
    memcpy(to, from, PAGE_SIZE);
}

void memmap_init_pages(page *first, u32 count, const page *pattern)
{
    for (u32 i = 0; i < count; i++)
        memcpy(static_cast<void *>(first + i), pattern, sizeof(page));
}
