// What a mask of GFP flags means: its zone, its migrate type, its name.
#include <tests/test.h>

#include <kernel/lib/printer.h>
#include <mm/mmzone.h>
#include <mm/show_mem.h>

namespace {

constexpr zone_type NONE = MAX_NR_ZONES;

/// By Linux's rules, for a machine without a zone DMA32: bits DMA, HIGHMEM, DMA32, MOVABLE.
constexpr zone_type zones[16] = {
    ZONE_NORMAL, ZONE_DMA, ZONE_HIGHMEM, NONE, ZONE_NORMAL, NONE, NONE, NONE,
    ZONE_NORMAL, ZONE_DMA, ZONE_MOVABLE, NONE, ZONE_NORMAL, NONE, NONE, NONE,
};

const char *name_of(gfp_t gfp)
{
    static text_buffer<256> text;
    text.clear();
    print_gfp(text.out(), gfp);
    return text.c_str();
}

} // namespace

TEST(Gfp, TheLowBitsChooseTheZone)
{
    for (u32 bits = 0; bits < 16; bits++) {
        SCOPED_TRACE(bits);
        EXPECT_EQ(gfp_zone(gfp_t(bits)), zones[bits]);
        EXPECT_EQ(gfp_zone(gfp_t(bits) | GFP_KERNEL | __GFP_ZERO), zones[bits]);
        const zone_type reclaimable = bits & 8 ? NONE : zones[bits]; // no two types at once
        EXPECT_EQ(gfp_zone(gfp_t(bits) | __GFP_RECLAIMABLE), reclaimable);
    }
}

TEST(Gfp, TwoBitsChooseTheMigrateType)
{
    for (u32 bits = 0; bits < 32; bits++) {
        SCOPED_TRACE(bits);
        const bool movable = bits & 8, reclaimable = bits & 16;
        const migratetype wanted = zones[bits & 15] == NONE || (movable && reclaimable)
                                       ? MIGRATE_PCPTYPES
                                   : movable     ? MIGRATE_MOVABLE
                                   : reclaimable ? MIGRATE_RECLAIMABLE
                                                 : MIGRATE_UNMOVABLE;
        EXPECT_EQ(gfp_migratetype(gfp_t(bits)), wanted);
    }
}

TEST(Gfp, NumbersAreThoseOfLinux)
{
    EXPECT_EQ(GFP_KERNEL.raw(), 0xcc0u);
    EXPECT_EQ(GFP_ATOMIC.raw(), 0xa20u);
    EXPECT_EQ(GFP_NOWAIT.raw(), 0x800u);
    EXPECT_EQ(GFP_HIGHUSER.raw(), 0x100cc2u);
    EXPECT_EQ(GFP_HIGHUSER_MOVABLE.raw(), 0x100ccau);
    EXPECT_EQ((GFP_KERNEL | __GFP_COMP | __GFP_ZERO).raw(), 0x40dc0u);
}

TEST(Gfp, MasksAreToldInFewWords)
{
    EXPECT_STREQ(name_of(GFP_KERNEL), "GFP_KERNEL");
    EXPECT_STREQ(name_of(GFP_KERNEL | __GFP_ZERO), "GFP_KERNEL|__GFP_ZERO");
    EXPECT_STREQ(name_of(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN), "GFP_HIGHUSER_MOVABLE|__GFP_NOWARN");
    EXPECT_STREQ(name_of(GFP_ATOMIC), "GFP_ATOMIC");
    EXPECT_STREQ(name_of(GFP_NOIO), "GFP_NOIO");
    EXPECT_STREQ(name_of(GFP_DMA | GFP_NOWAIT), "GFP_NOWAIT|GFP_DMA");
    EXPECT_STREQ(name_of(__GFP_IO), "__GFP_IO");
    EXPECT_STREQ(name_of(gfp_t(0)), "0");
    EXPECT_STREQ(name_of(gfp_t(0x1000000)), "0x1000000");
    EXPECT_STREQ(name_of(GFP_KERNEL | gfp_t(0x1000000)), "GFP_KERNEL|0x1000000");
}
