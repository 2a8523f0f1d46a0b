// memblock's Linux-named functions: over a stand-in for the kernel's instance, which is put back.
#include <mm/memblock.h>

#include <kernel/lib/errno.h>
#include <tests/mm/memblock_fixture.h>

using namespace memblock_test;

class MemblockFace : public ::testing::Test {
protected:
    MemblockFace() : saved(kernel_memblock)
    {
        kernel_memblock = memblock(memory_entries, reserved_entries, arena_va);
        EXPECT_EQ(memblock_add(at(RAM), 0x10000), 0);
    }
    ~MemblockFace() override { kernel_memblock = saved; }

    memblock &blocks = kernel_memblock;
    memblock_region memory_entries[8] = {};
    memblock_region reserved_entries[8] = {};
    memblock saved;
};

TEST_F(MemblockFace, ListsChangeByLinuxsNames)
{
    EXPECT_EQ(memblock_add(at(0x70000000), 0x2000), 0);
    EXPECT_EQ(memblock_remove(at(0x70001000), 0x1000), 0);
    EXPECT_EQ(memblock_reserve(at(RAM), 0x2000), 0);
    EXPECT_EQ(memblock_reserve(at(RAM + 0x2000), 0x1000, "initrd"), 0);
    EXPECT_EQ(memblock_free(at(RAM), 0x1000), 0);
    EXPECT_MEMORY("60000000-6000ffff 70000000-70000fff");
    EXPECT_RESERVED("60001000-60001fff 60002000-60002fff=initrd");
    EXPECT_EQ(memblock_phys_mem_size(), 0x11000u);
    EXPECT_EQ(memblock_reserved_size(), 0x2000u);
    EXPECT_EQ(memblock_start_of_DRAM().raw(), RAM);
    EXPECT_EQ(memblock_end_of_DRAM(), 0x70001000u);
    EXPECT_TRUE(memblock_is_memory(at(RAM)));
    EXPECT_FALSE(memblock_is_reserved(at(RAM)));
    EXPECT_TRUE(memblock_is_region_memory(at(RAM), 0x10000));
    EXPECT_TRUE(memblock_is_region_reserved(at(RAM), 0x1001));
}

TEST_F(MemblockFace, FailuresAreReported)
{
    for (u32 i = 0; i < 8; ++i)
        EXPECT_EQ(memblock_reserve(at(RAM + i * 0x2000), 0x1000), 0);
    EXPECT_EQ(memblock_reserve(at(RAM + 0x18000), 0x1000), -ENOMEM);
    EXPECT_REPORT("memblock_reserve: 0x60018000, 4096 bytes: not done (-12)");
    EXPECT_EQ(memblock_free(at(RAM + 0x100), 0x100), -ENOMEM);
    EXPECT_REPORT("memblock_free: 0x60000100, 256 bytes: not done (-12)");
}

TEST_F(MemblockFace, OwnersAreKnown)
{
    EXPECT_EQ(memblock_reserve(at(RAM), 0x1000, "kernel"), 0);
    EXPECT_EQ(memblock_reserve(at(RAM + 0x1000), 0x1000), 0);
    EXPECT_STREQ(memblock_owner(at(RAM + 0x800)), "kernel");
    EXPECT_STREQ(memblock_owner(at(RAM + 0x1800)), "");
    EXPECT_TRUE(memblock_owner(at(RAM + 0x2000)) == nullptr);
}

TEST_F(MemblockFace, AllocatesInEveryWay)
{
    EXPECT_EQ(memblock_phys_alloc(0x1000, 0x1000).raw(), RAM + 0xf000);
    EXPECT_EQ(memblock_phys_alloc_range(0x1000, 64, at(RAM), at(RAM + 0x4000)).raw(), RAM + 0x3000);
    EXPECT_TRUE(memblock_alloc(0x1000, 0) == arena + 0xe000);
    EXPECT_TRUE(memblock_alloc_raw(0x1000, 0) == arena + 0xd000);
    EXPECT_TRUE(memblock_alloc_from(0x1000, 0, at(RAM + 0x8000)) == arena + 0xc000);
    EXPECT_TRUE(memblock_alloc_try(0x1000, 0, at(0), at(RAM + 0x8000)) == arena + 0x7000);
    EXPECT_TRUE(memblock_alloc_try_raw(0x1000, 0, at(0), at(RAM + 0x8000)) == arena + 0x6000);
    EXPECT_FALSE(memblock_bottom_up());
    memblock_set_bottom_up(true);
    EXPECT_TRUE(memblock_bottom_up());
    EXPECT_TRUE(memblock_alloc_named(0x1000, 0, "mem_map") == arena);
    EXPECT_STREQ(memblock_owner(at(RAM)), "mem_map");
    memblock_set_bottom_up(false);
    EXPECT_FALSE(memblock_bottom_up());
}

TEST_F(MemblockFace, LimitsAreKept)
{
    memblock_set_current_limit(at(RAM + 0x4000));
    EXPECT_EQ(memblock_get_current_limit().raw(), RAM + 0x4000);
    EXPECT_TRUE(memblock_alloc(0x1000, 0) == arena + 0x3000);
    memblock_allow_resize();
    for (u32 i = 0; i < 10; ++i)
        EXPECT_EQ(memblock_reserve(at(0x10000000 + i * 0x1000), 0x100), 0);
    memblock_trim_memory(0x8000);
    memblock_enforce_memory_limit(0x8000);
    EXPECT_MEMORY("60000000-60007fff");
    memblock_dump_all();
    EXPECT_REPORT("memory[0]\t0x60000000-0x60007fff");
}

TEST_F(MemblockFace, RangesAreVisitedInOrder)
{
    EXPECT_EQ(memblock_add(at(0x70000000), 0x1000), 0);
    EXPECT_EQ(memblock_reserve(at(RAM + 0x4000), 0x1000, "kernel"), 0);
    list_text memory, reserved, forwards, backwards;
    for_each_mem_range([&](const memblock_region &r) { memory.add(r); });
    for_each_reserved_mem_range([&](const memblock_region &r) { reserved.add(r); });
    for_each_free_mem_range([&](const memblock_region &r) { forwards.add(r); });
    for_each_free_mem_range_reverse([&](const memblock_region &r) { backwards.add(r); });
    EXPECT_STREQ(memory.text, "60000000-6000ffff 70000000-70000fff");
    EXPECT_STREQ(reserved.text, "60004000-60004fff=kernel");
    EXPECT_STREQ(forwards.text, "60000000-60003fff 60005000-6000ffff 70000000-70000fff");
    EXPECT_STREQ(backwards.text, "70000000-70000fff 60005000-6000ffff 60000000-60003fff");
}
