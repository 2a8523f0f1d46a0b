// HOST ONLY: it spoils page structures, on machines of its own.
//
// That each broken promise of mm/page_verify.h is noticed, and named.
#include <tests/mm/page_fixture.h>

#include <mm/page_lists.h>
#include <mm/page_verify.h>
#include <tests/mm/block_hoard.h>
#include <tests/test.h>

namespace {

class PageVerify : public ::testing::Test {
    page_machine machine{{{0, 34 * SZ_1M}, {SZ_1G / 2, 4 * SZ_1M}}, {.lowmem_size = 34 * SZ_1M}};

protected:
    void SetUp() override
    {
        p = alloc_pages(GFP_KERNEL, 3);
        ASSERT_NE(p, nullptr);
        z = page_zone(p);
        EXPECT_EQ(verify_pages(said.out()), 0u);
        EXPECT_STREQ(said.c_str(), "");
    }
    /// A free page of the zone, in the middle of a block.
    [[nodiscard]] page *free_page() const
    {
        const spin_irq_guard guard(z->lock);
        const u32 frame = z->free_area.first_of(
            static_cast<u32>(z->free_area.largest(MIGRATE_MOVABLE)), MIGRATE_MOVABLE);
        return pfn_to_page(z->base + frame + 5);
    }
    void expect_said(u32 lines, const char *format, ...)
    {
        text_buffer<256> wanted;
        va_list args;
        va_start(args, format);
        wanted.out().vprintf(format, args);
        va_end(args);
        said.clear();
        EXPECT_EQ(verify_pages(said.out()), lines) << said.c_str();
        EXPECT_TRUE(said.contains(wanted.view())) << wanted.c_str() << " is not in\n"
                                                  << said.c_str();
    }
    void expect_all_is_well()
    {
        said.clear();
        EXPECT_EQ(verify_pages(said.out()), 0u) << said.c_str();
    }
    static u32 pfn(const page *of) { return page_pfn(of).raw(); }

    page *p = nullptr;
    zone *z = nullptr;
    text_buffer<4096> said;
};

} // namespace

TEST_F(PageVerify, TheEnginesOwnComplaintIsTold)
{
    page *single = alloc_page(GFP_KERNEL | __GFP_ZERO);
    {
        const spin_irq_guard guard(z->lock);
        const u32 frame = page_pfn(single) - z->base;
        z->free_area.free_one_page(frame + 1, 0); // it is on a list, and a whole chunk was taken
        z->free_area.free_one_page(frame + 1, 0);
    }
    said.clear();
    EXPECT_GT(verify_pages(said.out()), 0u);
    EXPECT_TRUE(said.contains("zone Normal: "));
    EXPECT_TRUE(said.contains("zone Normal: the count of free frames is wrong\n")) << said.c_str();
}

TEST_F(PageVerify, AFreePageHasNoState)
{
    page *each = free_page();
    for (const u32 flag : {PAGE_IN_USE, PG_reserved, PG_slab, PG_tail, PG_locked, PG_guard,
                           PG_quarantine, PG_head, PG_dirty}) {
        each->flags |= flag;
        expect_said(1, "zone Normal: pfn %#x is free, but its flags are %#x\n", pfn(each),
                    each->flags);
        each->flags &= ~flag;
    }
    expect_all_is_well();
}

TEST_F(PageVerify, AFreePageHasNoReferences)
{
    page *each = free_page();
    each->_refcount = 2;
    expect_said(1, "zone Normal: pfn %#x is free, but has 2 references\n", pfn(each));
}

TEST_F(PageVerify, AFreePageNamesItsZone)
{
    page *each = free_page();
    each->flags ^= (ZONE_DMA ^ ZONE_NORMAL) << PAGE_ZONE_SHIFT;
    expect_said(1, "zone Normal: pfn %#x is free here, but names zone DMA\n", pfn(each));
}

TEST_F(PageVerify, ABlockInUseDoesNotReachIntoFreeMemory)
{
    p->flags += 7; // order 10
    said.clear();
    EXPECT_GT(verify_pages(said.out()), 0u);
    text_buffer<128> wanted;
    wanted.out().printf(
        "zone Normal: pfn %#x: a block of order 10 in use reaches into free memory\n", pfn(p));
    EXPECT_TRUE(said.contains(wanted.view())) << said.c_str();
}

TEST_F(PageVerify, ABlockInUseBeginsAtAMultipleOfItsSize)
{
    split_page(p, 3);
    p[1].flags += 1;
    said.clear();
    EXPECT_GT(verify_pages(said.out()), 0u);
    EXPECT_TRUE(said.contains("a block of order 1 in use reaches into free memory"))
        << said.c_str();
}

TEST_F(PageVerify, WhatIsInsideABlockHasNoStateOfItsOwn)
{
    p[3].flags |= PAGE_IN_USE;
    expect_said(1, "zone Normal: pfn %#x is inside the block of pfn %#x, but its flags are %#x\n",
                pfn(p + 3), pfn(p), p[3].flags);
    p[3].flags &= ~PAGE_IN_USE;
    p[3].flags |= PG_slab; // a slab's pages say so
    expect_all_is_well();
}

TEST_F(PageVerify, AListHasAsManyPagesAsItSays)
{
    pcp_list &list = z->pageset[0].lists[MIGRATE_UNMOVABLE];
    __free_page(alloc_page(GFP_KERNEL));
    const u32 pages = list.count();
    list.room--;
    expect_said(1, "zone Normal: the list of Unmovable pages of cpu 0 has %u pages, and says %u\n",
                pages, pages + 1);
    list.room += 3;
    expect_said(2, "zone Normal: the list of Unmovable pages of cpu 0 is broken after %u pages\n",
                pages - 1);
    list.room -= 2;
    expect_all_is_well();
}

TEST_F(PageVerify, AListEndsWhereListsEnd)
{
    page *first = alloc_page(GFP_KERNEL);
    __free_page(first);
    page *then = first->pcp_next;
    first->pcp_next = nullptr;
    expect_said(2, "zone Normal: the list of Unmovable pages of cpu 0 is broken after 1 pages\n");
    first->pcp_next = then;
    expect_all_is_well();
}

TEST_F(PageVerify, APageIsOnTheListThatItsFlagsName)
{
    page *first = alloc_page(GFP_KERNEL);
    __free_page(first);
    first->flags ^= MIGRATE_MOVABLE << PAGE_MT_SHIFT;
    expect_said(2,
                "zone Normal: pfn %#x is on the list of Unmovable pages, but its flags are %#x\n",
                pfn(first), first->flags);
    first->flags ^= MIGRATE_MOVABLE << PAGE_MT_SHIFT;
    first->flags ^= (ZONE_DMA ^ ZONE_NORMAL) << PAGE_ZONE_SHIFT;
    expect_said(2,
                "zone Normal: pfn %#x is on the list of Unmovable pages, but its flags are %#x\n",
                pfn(first), first->flags);
}

TEST_F(PageVerify, APageOnAListHasNoReferences)
{
    page *first = alloc_page(GFP_KERNEL);
    __free_page(first);
    first->_refcount = 1;
    expect_said(1, "zone Normal: pfn %#x is free, but has 1 references\n", pfn(first));
}

TEST_F(PageVerify, APageIsFreeOnce)
{
    page *first = alloc_page(GFP_KERNEL);
    __free_page(first);
    {
        const spin_irq_guard guard(z->lock);
        z->free_area.free_one_page(page_pfn(first) - z->base, 0);
    }
    expect_said(2, "zone Normal: pfn %#x is on a list of cpu 0 and free in its zone too\n",
                pfn(first));
}

TEST_F(PageVerify, NoPageIsLost)
{
    z->managed_pages++;
    expect_said(1, " in use, 0 set aside, but %u are managed\n", z->managed_pages);
    z->managed_pages--;
    p->flags &= ~PAGE_STATE_MASK; // eight pages that nobody has
    expect_said(1, "but %u are managed\n", z->managed_pages);
}
