// High memory: kmap and kmap_local_page of pages that the allocator gives, in both worlds.
//
// What the page tables are shown meanwhile is judged in tests/arch/kmap_local_test.cpp.
#include <tests/mm/page_test.h>

#include <algorithm>

#include <arch/arm/mm/walk.h>
#include <asm/extable.h>
#include <asm/highmem.h>
#include <asm/proc-fns.h>
#include <mm/highmem.h>
#include <tests/mm/kmap_model.h>

using page_test::names_caller;

namespace {

constexpr u32 MOST = 1500;

/// Up to 1500 high pages; they are freed at the end.
class Highmem : public page_test::pages {
protected:
    void SetUp() override
    {
        if (totalhigh_pages < MOST + 100)
            GTEST_SKIP() << "too little high memory: vmalloc= makes more";
        kmap_flush_unused();
        ASSERT_EQ(kmap_local_held(), 0u);
    }
    void TearDown() override
    {
        while (taken_ != 0)
            __free_page(page_[--taken_]);
        EXPECT_EQ(verify_kmaps(console_printer), 0u);
        kmap_flush_unused();
        EXPECT_EQ(verify_kmaps(console_printer), 0u);
        pages::TearDown();
    }
    /// At least `count` pages are in page_[] then.
    void take(u32 count)
    {
        for (; taken_ < count; taken_++) {
            page_[taken_] = alloc_page(GFP_HIGHUSER);
            ASSERT_NE(page_[taken_], nullptr);
            ASSERT_TRUE(PageHighMem(page_[taken_]));
        }
    }
    static volatile u32 &word_at(void *at) { return *static_cast<volatile u32 *>(at); }
    static u32 readable(const void *at)
    {
        u32 value = 0;
        return probe_kernel_read(from_ptr(at), value) == 0;
    }

    static inline page *page_[MOST] = {};
    u32 taken_ = 0;
};

} // namespace

TEST_F(Highmem, AKmappedPageHasOneAddressForAll)
{
    take(2);
    EXPECT_EQ(page_address(page_[0]), nullptr);
    void *first = kmap(page_[0]);
    ASSERT_NE(first, nullptr);
    EXPECT_GE(from_ptr(first).raw(), PKMAP_BASE.raw());
    EXPECT_LT(from_ptr(first).raw(), PAGE_OFFSET.raw());
    EXPECT_EQ(page_address(page_[0]), first);
    EXPECT_EQ(kmap(page_[0]), first);
    void *other = kmap(page_[1]);
    EXPECT_NE(other, first);
    word_at(first) = 0x1111;
    word_at(other) = 0x2222;
    void *local = kmap_local_page(page_[0]);
    EXPECT_EQ(word_at(local), 0x1111u);
    kunmap_local(local);
    kunmap(page_[0]);
    EXPECT_EQ(page_address(page_[0]), first);
    kunmap(page_[0]);
    EXPECT_EQ(page_address(page_[0]), nullptr);
    EXPECT_EQ(word_at(other), 0x2222u);
    kunmap(page_[1]);
    EXPECT_NO_REPORT("kmap");
}

TEST_F(Highmem, AnAddressThatNobodyUsesGoesWithTheNextFlush)
{
    take(2);
    void *gone = kmap(page_[0]);
    void *stays = kmap(page_[1]);
    kunmap(page_[0]);
    EXPECT_EQ(kmap(page_[0]), gone); // still there: not mapped anew
    kunmap(page_[0]);
    kmap_flush_unused();
    EXPECT_FALSE(readable(gone));
    EXPECT_TRUE(readable(stays));
    text_buffer<300> text;
    print_kmap_of(text.out(), from_ptr(gone));
    EXPECT_TRUE(text.contains("kmap window slot ")) << text.c_str();
    EXPECT_TRUE(text.contains(", last used by ")) << text.c_str();
    EXPECT_TRUE(text.contains(", and unmapped\n")) << text.c_str();
    text.clear();
    print_kmap_of(text.out(), from_ptr(stays) + 4095);
    EXPECT_TRUE(text.contains(", 1 users, last mapped by ")) << text.c_str();
    kunmap(page_[1]);
}

TEST_F(Highmem, ASlotThatWasGivenBackIsReadNoMore)
{
    take(1);
    void *at = kmap_local_page(page_[0]);
    EXPECT_TRUE(readable(at));
    kunmap_local(at);
    EXPECT_FALSE(readable(at));
}

TEST_F(Highmem, AFullWindowIsReportedAndAFreedSlotIsFound)
{
    take(LAST_PKMAP + 2);
    // The last slot that is free may be any: also one that lies behind where the search began.
    for (u32 i = 0; i < LAST_PKMAP; i++)
        ASSERT_NE(kmap(page_[i]), nullptr) << i;
    EXPECT_EQ(kmap(page_[LAST_PKMAP]), nullptr);
    EXPECT_REPORT("kmap: all 512 slots are in use (kmaps shows by whom); frame 0x");
    for (const u32 freed : {0u, 1u, 100u, 510u, 511u}) {
        void *before = page_address(page_[freed]);
        kunmap(page_[freed]);
        EXPECT_EQ(kmap(page_[LAST_PKMAP]), before) << freed;
        EXPECT_EQ(kmap(page_[LAST_PKMAP + 1]), nullptr);
        EXPECT_REPORT("kmap: all 512 slots are in use");
        kunmap(page_[LAST_PKMAP]);
        EXPECT_EQ(kmap(page_[freed]), before);
    }
    for (u32 i = 0; i < LAST_PKMAP; i++)
        kunmap(page_[i]);
    EXPECT_NO_REPORT("kmap");
    EXPECT_NE(kmap(page_[LAST_PKMAP]), nullptr);
    kunmap(page_[LAST_PKMAP]);
}

TEST_F(Highmem, MorePagesThanSlotsTakeTurns)
{
    take(MOST);
    for (u32 round = 0; round < 2; round++)
        for (u32 i = 0; i < MOST; i++) {
            void *at = kmap(page_[i]);
            ASSERT_NE(at, nullptr);
            if (round == 0)
                word_at(at) = i * 7 + 1;
            else
                ASSERT_EQ(word_at(at), i * 7 + 1);
            kunmap(page_[i]);
        }
    EXPECT_NO_REPORT("kmap");
}

TEST_F(Highmem, OneKunmapTooManyIsReported)
{
    take(2);
    kunmap(page_[0]); // never mapped
    EXPECT_REPORT("BUG kunmap: frame 0x");
    void *at = kmap(page_[1]);
    kunmap(page_[1]);
    kunmap(page_[1]);
    EXPECT_REPORT("is not held by anybody (kunmapped twice?), by ");
    EXPECT_EQ(kmap(page_[1]), at);
    EXPECT_EQ(page_address(page_[1]), at);
    kunmap(page_[1]);
    EXPECT_NO_REPORT("BUG");
}

#define OF(function) #function, reinterpret_cast < const void *>(&(function))

[[gnu::noinline]] static void *local_mapper(page *p)
{
    void *at = kmap_local_page(p);
    asm volatile(""); // no tail call: this function is where the call returns to
    return at;
}
[[gnu::noinline]] static void *window_mapper(page *p)
{
    void *at = kmap(p);
    asm volatile("");
    return at;
}

TEST_F(Highmem, KmapsNamesWhoMapped)
{
    take(2);
    text_buffer<2048> text;
    print_kmaps(text.out());
    EXPECT_FALSE(text.contains("mapped by ")) << text.c_str();
    EXPECT_TRUE(text.contains("kmap: 0 of 512 slots in use, 0 mapped and not used\n"));
    text.clear();
    void *local = local_mapper(page_[0]);
    (void) window_mapper(page_[1]);
    print_kmaps(text.out());
    EXPECT_TRUE(names_caller(text.c_str(), OF(local_mapper))) << text.c_str();
    EXPECT_TRUE(names_caller(text.c_str(), OF(window_mapper))) << text.c_str();
    EXPECT_TRUE(text.contains("kmap: 1 of 512 slots in use, 0 mapped and not used\n"));
    kunmap(page_[1]);
    kunmap_local(local);
}

/// What the tables say of an address, by the kernel's own walk.
static hw_attrs attrs_of(const void *at)
{
    const translation t = translate(live_mmu_registers(), from_ptr(at));
    EXPECT_TRUE(t.mapped());
    hw_attrs attrs = t.attrs;
    attrs.domain = 0; // the fixmap's table is the vectors'
    return attrs;
}

TEST_F(Highmem, MappingsHaveLowmemsTypeAndRights)
{
    take(1);
    page *low = alloc_page(GFP_KERNEL);
    const hw_attrs lowmem = attrs_of(page_address(low));
    __free_page(low);
    EXPECT_EQ(attrs_of(kmap(page_[0])), lowmem);
    EXPECT_EQ(lowmem.xn != 0, processor.has(CPU_HAS_XN));
#if !defined(LOWMEM_HOST) // the host's fixture does without head.S, which links the fixmap's table
    void *at = kmap_local_page(page_[0]);
    EXPECT_EQ(attrs_of(at), lowmem);
    kunmap_local(at);
#endif
    kunmap(page_[0]);
}

// ---- Zeroes and copies ----

TEST_F(Highmem, AClearedPageIsZeroAndACopyIsEqual)
{
    take(2);
    auto *a = static_cast<u8 *>(kmap(page_[0]));
    auto *b = static_cast<u8 *>(kmap(page_[1]));
    for (u32 i = 0; i < PAGE_SIZE; i++)
        a[i] = static_cast<u8>(i * 3 + i / 256);
    memset(b, 0x55, PAGE_SIZE);
    copy_highpage(page_[1], page_[0]);
    EXPECT_EQ(memcmp(a, b, PAGE_SIZE), 0);
    clear_highpage(page_[0]);
    EXPECT_TRUE(std::all_of(a, a + PAGE_SIZE, [](u8 byte) { return byte == 0; }));
    EXPECT_EQ(b[1], 3);
    kunmap(page_[0]);
    kunmap(page_[1]);
    EXPECT_EQ(kmap_local_held(), 0u);
}

TEST_F(Highmem, GfpZeroReachesHighPagesOfEveryOrder)
{
    for (unsigned order = 0; order <= 4; order++) {
        for (u32 again = 0; again < 2; again++) {
            page *block = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, order);
            ASSERT_NE(block, nullptr);
            for (u32 i = 0; i < 1u << order; i++) {
                auto *bytes = static_cast<u8 *>(kmap_local_page(block + i));
                EXPECT_TRUE(std::all_of(bytes, bytes + PAGE_SIZE, [](u8 b) { return b == 0; }));
                memset(bytes, 0xa5, PAGE_SIZE);
                kunmap_local(bytes);
            }
            __free_pages(block, order);
        }
    }
}

// ---- Against a model ----

TEST_F(Highmem, RandomMappingsAgreeWithAModel)
{
    static u8 bytes[3 * 800];
    alignas(kmap_model::checker) static u8 place[sizeof(kmap_model::checker)];
    take(kmap_model::checker::PAGES);
    auto &model = *new (place) kmap_model::checker(page_);
    u32 state = 2463534242u;
    for (u32 round = 0; round < 20; round++) {
        for (u8 &byte : bytes) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            byte = static_cast<u8>(state >> 7);
        }
        kmap_model::source source(bytes);
        const char *problem = nullptr;
        u32 step = 0;
        for (; !source.empty() && !problem; step++)
            problem = model.step(source);
        if (problem) {
            ADD_FAILURE() << "round " << round << ", step " << step << ": " << problem;
            break;
        }
        ASSERT_EQ(verify_kmaps(console_printer), 0u);
    }
    EXPECT_GT(model.most(), LAST_PKMAP - 30); // else nothing was learnt of a full window
    const char *problem = model.release();
    EXPECT_EQ(problem, nullptr) << (problem ? problem : "");
}
