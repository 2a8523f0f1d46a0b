// Blocks of any order in one hand, as a list through their pages: for tests that take much.
#pragma once

#include <mm/page_alloc.h>

namespace page_test {

class block_hoard {
public:
    block_hoard() = default;
    block_hoard(const block_hoard &) = delete;
    block_hoard &operator=(const block_hoard &) = delete;
    ~block_hoard() { release(); }

    /// Allocates one block. @return nullptr: there is none
    page *take(gfp_t gfp, unsigned order)
    {
        page *p = alloc_pages(gfp, order);
        if (!p)
            return nullptr;
        p->lru.next = reinterpret_cast<list_head *>(first_);
        first_ = p;
        pages_ += 1u << order;
        return p;
    }
    /// Allocates until there is none. @return blocks that were had
    u32 take_all(gfp_t gfp, unsigned order)
    {
        u32 blocks = 0;
        while (take(gfp, order))
            blocks++;
        return blocks;
    }
    /// All memory that the mask leads to, the largest blocks first.
    void take_everything(gfp_t gfp)
    {
        for (unsigned order = MAX_ORDER; order-- != 0;)
            take_all(gfp, order);
    }
    /// Frees the blocks for which choose(page) is true. @return pages freed
    template <class Choose>
    u32 release_if(Choose choose)
    {
        u32 freed = 0;
        page *kept = nullptr;
        for (page *p = first_; p;) {
            page *then = reinterpret_cast<page *>(p->lru.next);
            const unsigned order = compound_order(p);
            if (choose(p)) {
                __free_pages(p, order);
                freed += 1u << order;
            } else {
                p->lru.next = reinterpret_cast<list_head *>(kept);
                kept = p;
            }
            p = then;
        }
        first_ = kept;
        pages_ -= freed;
        return freed;
    }
    void release()
    {
        release_if([](page *) { return true; });
    }
    /// Calls visit(page) for the first page of each block.
    template <class Visit>
    void for_each(Visit visit) const
    {
        for (page *p = first_; p; p = reinterpret_cast<page *>(p->lru.next))
            visit(p);
    }
    [[nodiscard]] u32 pages() const { return pages_; }

private:
    page *first_ = nullptr;
    u32 pages_ = 0;
};

/// Takes all that there is, watermarks or not, and says nothing at the end.
inline constexpr gfp_t GFP_ALL = GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN;
inline constexpr gfp_t GFP_ALL_MOVABLE = GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN;

/// Free pages in the zone itself that can be allocated, those on CPUs' lists not counted.
inline u32 usable_pages(zone &z)
{
    const spin_irq_guard guard(z.lock);
    return z.free_area.nr_usable();
}
inline migratetype type_of_block(const page *p)
{
    zone &z = *page_zone(p);
    const spin_irq_guard guard(z.lock);
    return z.free_area.block_type(page_pfn(p) - z.base);
}
/// Number of the page's pageblock, of all memory.
inline u32 pageblock_of(const page *p)
{
    return page_pfn(p).raw() >> pageblock_order;
}
/// Pages on this CPU's lists of a zone.
inline u32 listed_pages(const zone &z)
{
    u32 sum = 0;
    for (const pcp_list &list : z.pageset[raw_smp_processor_id()].lists)
        sum += list.count();
    return sum;
}

} // namespace page_test
