// clear_page and copy_page, host world.
#include <asm/page.h>

#include <cstring>

void clear_page(void *page)
{
    memset(page, 0, PAGE_SIZE);
}

void copy_page(void *to, const void *from)
{
    memcpy(to, from, PAGE_SIZE);
}
