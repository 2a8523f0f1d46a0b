// The doctor of pages: finds out why a page may not be freed, or handed out, and says it.
//
// The allocator has found in one compare that something is wrong; here there is time to search.
// What a page's flags and count say decides, in this order:
//
//   no struct page at all      nothing to look at: only the pointer is told
//   flags that forbid it       reserved, slab, locked, ...: it stays what it is
//   in use, another order      the caller is confused, the owner may not be: it stays his
//   in use, no reference       somebody took one too many: nobody knows who still uses it
//   inside a block in use      a tail page: the block stays with its owner
//   free                       freed twice, and whoever freed it may go on using it
//
// Only the fourth and the last put pages into quarantine: what is free is taken out of the zone,
// or off this CPU's list, its flags say PG_quarantine, and no call ever takes that off again. So
// the machine loses a page for each bug, and no page is handed out to two. In all other cases
// nothing is changed, which costs at most a leak: the owner's own free still works.
// A page on another CPU's list cannot be taken off it: it stays, free once, as it was.
// Linux: mm/page_alloc.c bad_page(), page_bad_reason() (there the page is just never used again).
#include <mm/page_check.h>

#include <kernel/core/printk.h>
#include <kernel/lib/printer.h>
#include <mm/page_alloc.h>
#include <mm/page_lists.h>
#include <mm/page_owner.h>

// ------------------------------------------------------------------ what is said

namespace {

// Each line is "BUG page PFN: " + one of these + "; by CALLER on cpu N". %u is the order that the
// caller gave; what was expected stands before what was found, and what becomes of it at the end.
constexpr char IMPOSSIBLE_ORDER[] =
    "freed (order %u): expected an order of 0 to %u; nothing is freed";
constexpr char FORBIDDEN[] = "freed (order %u): %s";
constexpr char TOO_SMALL[] =
    "freed with too small an order: expected %u, as it was allocated, found %u; it stays in use";
constexpr char TOO_LARGE[] =
    "freed with too large an order: expected %u, as it was allocated, found %u; it stays in use";
constexpr char NO_REFERENCE[] =
    "freed (order %u): expected a reference count of 1, found %d; quarantined";
constexpr char TAIL[] = "freed in the middle (order %u): expected the first page of a block, found "
                        "page %u of the %sblock of order %u at 0x%05x; it stays in use";
constexpr char TWICE_IN_ZONE[] = "freed twice (order %u): expected a block in use, found it free "
                                 "in a block of order %d; quarantined";
constexpr char TWICE_ON_LIST[] = "freed twice (order %u): expected a block in use, found it free "
                                 "on this CPU's list; quarantined";
constexpr char TWICE_ELSEWHERE[] = "freed twice (order %u): expected a block in use, found it "
                                   "free, not on this CPU's list; left there";
constexpr char STRANGE[] = "freed (order %u): expected flags 0x%04x and count 1, found 0x%04x and "
                           "%d; it stays as it is";
constexpr char NOT_FREE[] = "handed out (order %u): expected a free page, flags 0x0000 and count "
                            "0, found 0x%04x and %d; quarantined";

/// What goes with FORBIDDEN, the worst first.
struct forbidding_flag {
    u32 mask;
    const char *text;
};
constexpr forbidding_flag forbidding_flags[] = {
    {PG_quarantine, "expected a page in use, found one in quarantine; it stays there"},
    {PG_guard, "expected a page in use, found a guard page; it stays one"},
    {PG_reserved, "expected a page that was allocated, found a reserved one; it stays reserved"},
    {PG_slab, "expected a page, found a slab (kfree() takes its objects); it stays in use"},
    {PAGE_MEMTYPE_MASK, "expected write-back memory, found another memory type; it stays in use"},
    {PG_locked, "expected an unlocked page, found it locked; it stays in use"},
};

// These begin otherwise: there is no page to name.
constexpr char INSIDE_STRUCT_PAGE[] = "BUG struct page 0x%08x: freed (order %u): expected the "
                                      "beginning of a struct page, found byte %u of page 0x%05lx's";
constexpr char NO_STRUCT_PAGE[] =
    "BUG struct page 0x%08x: freed (order %u): expected a struct page, found none at that address";
constexpr char INSIDE_PAGE[] = "BUG address 0x%08x: freed (order %u): expected the beginning of a "
                               "page, found byte %u of page 0x%05x";
constexpr char NO_LOWMEM[] =
    "BUG address 0x%08x: freed (order %u): expected an address of lowmem, found one that is not";
constexpr char NOTHING_IS_FREED[] = "; nothing is freed; by %pS on cpu %u\n";

constexpr size_t LONGEST = 256; // of a line without its caller

/// Prints one line about a page, and what is known of its owners.
[[gnu::format(printf, 3, 4)]] void report(const page *p, const void *caller, const char *fmt, ...)
{
    text_buffer<LONGEST> what;
    va_list args;
    va_start(args, fmt);
    what.out().vprintf(fmt, args);
    va_end(args);
    printk("BUG page 0x%05lx: %s; by %pS on cpu %u\n", page_to_pfn(p), what.c_str(), caller,
           raw_smp_processor_id());
    dump_page_owner(p);
}

// ------------------------------------------------------------------ quarantine

/// Marks a page that is in no list and in no zone's free memory.
void quarantine(zone &z, page *p) REQUIRES(z.lock)
{
    p->flags = (p->flags & ~(PAGE_STATE_MASK | PG_head)) | PG_quarantine;
    std::atomic_ref(p->_refcount).store(0, std::memory_order_relaxed);
    z.quarantined++;
}

/// Takes `p` off the list of this CPU that it is on, if it is. Context: interrupts off.
bool unlist(zone &z, const page *p)
{
    for (pcp_list &list : z.pageset[raw_smp_processor_id()].lists)
        for (page **link = &list.first; *link != &page_list_end; link = &(*link)->pcp_next)
            if (*link == p) {
                *link = p->pcp_next;
                list.room++;
                return true;
            }
    return false;
}

bool take_from_zone(zone &z, u32 frame) REQUIRES(z.lock)
{
    return z.free_area.is_free(frame) && z.free_area.take_exactly(frame, 0);
}

/// Where a free page was found.
enum class found_in : u8 { zone, list, elsewhere };
struct search {
    found_in where;
    int order; // of the free block of the zone that it is part of
};

/// Looks for the free page `p`, and puts into quarantine what is free of the 2^order frames from
/// it on and can be had.
search quarantine_free(page *p, unsigned order)
{
    zone &z = *page_zone(p);
    const u32 first = page_pfn(p) - z.base;
    search found = {found_in::elsewhere, -1};
    const spin_irq_guard guard(z.lock);
    for (u32 frame = first; frame - first < 1u << order && frame < z.free_area.size(); frame++) {
        page *each = pfn_to_page(z.base + frame);
        const int block = z.free_area.free_order(frame);
        const bool listed = block < 0 && unlist(z, each);
        if (!listed && !take_from_zone(z, frame))
            continue;
        quarantine(z, each);
        if (each == p)
            found = {listed ? found_in::list : found_in::zone, block};
    }
    return found;
}

// ------------------------------------------------------------------ what is wrong

/// The flags of a page that belongs to somebody else: a glance, for a report, without his lock.
RACES_ON_PURPOSE u32 glance(const page *p)
{
    return p->flags;
}

/// The block in use that covers `p` and begins before it, or nullptr. A block is aligned to its
/// size, so there is one place a size where it could begin.
page *block_around(const page *p)
{
    const pfn_t pfn = page_pfn(p);
    for (unsigned order = 1; order < MAX_ORDER; order++) {
        const pfn_t first = pfn.align_down(1u << order);
        if (first == pfn || !pfn_valid(first.raw()))
            continue;
        const u32 flags = glance(pfn_to_page(first));
        if (flags & PAGE_IN_USE && (flags & PAGE_ORDER_MASK) >= order)
            return pfn_to_page(first);
    }
    return nullptr;
}

void freed_twice(page *p, unsigned order, const void *caller)
{
    const search found = quarantine_free(p, order);
    if (found.where == found_in::zone)
        report(p, caller, TWICE_IN_ZONE, order, found.order);
    else
        report(p, caller, found.where == found_in::list ? TWICE_ON_LIST : TWICE_ELSEWHERE, order);
}

/// In use, and its count says that nobody uses it.
void freed_too_often(page *p, unsigned order, const void *caller)
{
    const int count = page_count(p);
    zone &z = *page_zone(p);
    {
        const spin_irq_guard guard(z.lock);
        for (u32 i = 0; i < 1u << order; i++)
            quarantine(z, p + i);
    }
    report(p, caller, NO_REFERENCE, order, count);
}

void bad_pointer(const page *p, unsigned order, const void *caller)
{
    const auto address = reinterpret_cast<unsigned long>(p);
    const u32 byte = address % sizeof(page);
    const page *around = reinterpret_cast<const page *>(address - byte);
    text_buffer<LONGEST> what;
    if (byte != 0 && is_struct_page(around))
        what.out().printf(INSIDE_STRUCT_PAGE, from_ptr(p).raw(), order, byte, page_to_pfn(around));
    else
        what.out().printf(NO_STRUCT_PAGE, from_ptr(p).raw(), order);
    what.out().printf(NOTHING_IS_FREED, caller, raw_smp_processor_id());
    printk("%s", what.c_str());
}

} // namespace

void bad_free(page *p, unsigned int order, const void *caller)
{
    if (!is_struct_page(p))
        return bad_pointer(p, order, caller);
    if (order >= MAX_ORDER)
        return report(p, caller, IMPOSSIBLE_ORDER, order, MAX_ORDER - 1);
    const u32 state = p->flags & PAGE_STATE_MASK;
    for (const forbidding_flag &flag : forbidding_flags)
        if (state & flag.mask)
            return report(p, caller, FORBIDDEN, order, flag.text);
    if (state == (PAGE_IN_USE | order) && page_count(p) <= 0)
        return freed_too_often(p, order, caller);
    const unsigned used = state & PAGE_ORDER_MASK;
    if (state == (PAGE_IN_USE | used) && used != order)
        return report(p, caller, order < used ? TOO_SMALL : TOO_LARGE, used, order);
    const page *head = state & PAGE_IN_USE ? nullptr : block_around(p);
    if (head)
        return report(p, caller, TAIL, order, page_pfn(p) - page_pfn(head),
                      state & PG_tail ? "compound " : "", compound_order(head),
                      page_pfn(head).raw());
    if (state == 0)
        return freed_twice(p, order, caller);
    report(p, caller, STRANGE, order, PAGE_IN_USE | order, state, page_count(p));
}

void bad_free_address(unsigned long addr, unsigned int order, const void *caller)
{
    const virt_addr_t va = from_ptr(reinterpret_cast<void *>(addr));
    const pfn_t pfn = PFN_DOWN(linear_pa(va));
    const u32 byte = va.raw() & ~PAGE_MASK;
    const bool linear = reinterpret_cast<unsigned long>(to_ptr(va)) == addr && va >= PAGE_OFFSET &&
                        pfn_valid(pfn.raw()) && !PageHighMem(pfn_to_page(pfn));
    text_buffer<LONGEST> what;
    if (linear && byte != 0)
        what.out().printf(INSIDE_PAGE, va.raw(), order, byte, pfn.raw());
    else
        what.out().printf(NO_LOWMEM, va.raw(), order);
    what.out().printf(NOTHING_IS_FREED, caller, raw_smp_processor_id());
    printk("%s", what.c_str());
}

void bad_alloc(page *p, unsigned int order, const void *caller)
{
    const u32 state = p->flags & PAGE_STATE_MASK;
    const int count = page_count(p);
    zone &z = *page_zone(p);
    {
        const spin_irq_guard guard(z.lock);
        quarantine(z, p);
        for (page *each = p + 1; each < p + (1u << order); each++) {
            if (each->flags & PAGE_STATE_MASK || page_count(each) != 0)
                quarantine(z, each);
            else
                z.free_area.free_one_page(page_pfn(each) - z.base, 0);
        }
    }
    report(p, caller, NOT_FREE, order, state, count);
}
