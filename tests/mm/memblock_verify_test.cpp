// verify_memblock on lists that are whole, and on lists that were spoiled behind the engine's back.
#include <mm/memblock_verify.h>
#include <tests/test.h>

namespace {

void *no_memory(phys_addr_t)
{
    return nullptr;
}

phys_addr_t at(u32 address)
{
    return phys_addr_t(address);
}

/// An engine whose arrays the test can reach.
class MemblockVerify : public ::testing::Test {
protected:
    MemblockVerify() : engine(memory, reserved, no_memory)
    {
        EXPECT_EQ(engine.add(at(0x1000), 0x2000), 0);
        EXPECT_EQ(engine.add(at(0x8000), 0x1000), 0);
        EXPECT_EQ(engine.reserve(at(0x1000), 0x1000, "one"), 0);
        EXPECT_EQ(engine.reserve(at(0x2000), 0x1000, "two"), 0);
    }
    /// The number of problems; their lines are in `text`.
    u32 verify()
    {
        text.clear();
        return verify_memblock(engine, text.out());
    }

    memblock_region memory[4] = {};
    memblock_region reserved[4] = {};
    memblock engine;
    text_buffer<512> text;
};

} // namespace

TEST_F(MemblockVerify, FindsNothingInWholeLists)
{
    EXPECT_EQ(verify(), 0u);
    EXPECT_STREQ(text.c_str(), "");
}

TEST_F(MemblockVerify, NamesARangeThatEndsBeforeItStarts)
{
    memory[0].last = at(0x0fff);
    memory[0].base = at(0x1000);
    EXPECT_EQ(verify(), 1u);
    EXPECT_STREQ(text.c_str(), "verify memblock: memory: 0x00001000 ends before it starts\n");
}

TEST_F(MemblockVerify, NamesARangeThatOverlapsItsNeighbour)
{
    memory[1].base = at(0x2000);
    EXPECT_EQ(verify(), 1u);
    EXPECT_STREQ(text.c_str(), "verify memblock: memory: 0x00002000 overlaps its neighbour\n");
}

TEST_F(MemblockVerify, NamesNeighboursThatShouldBeOne)
{
    reserved[1].name = reserved[0].name;
    EXPECT_EQ(verify(), 1u);
    EXPECT_STREQ(text.c_str(),
                 "verify memblock: reserved: 0x00002000 should be one with its neighbour\n");
}
