// The reader of device trees: what becomes of blobs that lie, break off or make no sense.
#include <tests/arch/fdt_fixture.h>

// ---- headers that make no sense ----

class FdtHeader : public fdt_test {
protected:
    FdtHeader()
    {
        tree.root(1, 1);
        tree.memory({0x60000000, 0x1000});
        blob = tree.blob();
    }
    void expect_refused(tree_builder::field at, u32 value, const char *why)
    {
        SCOPED_TRACE(static_cast<u32>(at));
        tree.set(at, value);
        EXPECT_STREQ(read(blob), "");
        EXPECT_REPORT(why);
    }
    std::span<u8> blob;
};

TEST_F(FdtHeader, WithAWrongMagicIsNone)
{
    expect_refused(tree_builder::MAGIC, 0xedfe0dd0, "fdt: ignored: no device tree (wrong magic)\n");
}

TEST_F(FdtHeader, CutOffIsNone)
{
    EXPECT_STREQ(read(blob.first(39)), "");
    EXPECT_REPORT("fdt: ignored: no device tree (wrong magic)\n");
    EXPECT_STREQ(read({}), "");
    EXPECT_REPORT("fdt: ignored: no device tree (wrong magic)\n");
}

TEST_F(FdtHeader, WithAnotherSizeThanTheCopyIsRefused)
{
    const char *why = "fdt: ignored: its size is not that of what was copied\n";
    expect_refused(tree_builder::TOTAL_SIZE, static_cast<u32>(blob.size()) + 1, why);
    expect_refused(tree_builder::TOTAL_SIZE, 39, why);
    expect_refused(tree_builder::TOTAL_SIZE, 0xffffffff, why);
}

TEST_F(FdtHeader, OfAnotherVersionIsRefused)
{
    const char *why = "fdt: ignored: its version is not understood (16 and 17 are)\n";
    expect_refused(tree_builder::VERSION, 15, why);
    tree.set(tree_builder::VERSION, 18);
    expect_refused(tree_builder::LAST_COMPATIBLE, 18, why);
}

TEST_F(FdtHeader, OfALaterVersionIsReadIfItSaysThatItCanBe)
{
    tree.set(tree_builder::VERSION, 18);
    tree.set(tree_builder::LAST_COMPATIBLE, 17);
    EXPECT_STREQ(read(blob), "memory 60000000+1000 memory\n");
}

TEST_F(FdtHeader, ThatPointsOutsideIsRefused)
{
    const char *why = "fdt: ignored: its header points outside of it\n";
    const auto size = static_cast<u32>(blob.size());
    const tree_builder::field fields[] = {tree_builder::OFF_STRUCTURE, tree_builder::OFF_STRINGS,
                                          tree_builder::OFF_RESERVATIONS,
                                          tree_builder::SIZE_STRINGS, tree_builder::SIZE_STRUCTURE};
    u8 good[40];
    std::memcpy(good, blob.data(), sizeof good);
    for (const tree_builder::field at : fields) {
        for (const u32 value : {size + 4, u32{0xfffffffc}}) {
            expect_refused(at, value, why);
            std::memcpy(blob.data(), good, sizeof good);
        }
    }
    expect_refused(tree_builder::SIZE_STRUCTURE, size, why);
    std::memcpy(blob.data(), good, sizeof good);
    expect_refused(tree_builder::SIZE_STRINGS, size, why);
    std::memcpy(blob.data(), good, sizeof good);
    expect_refused(tree_builder::OFF_STRUCTURE, 42, why);
}

// ---- structures that break off ----

class FdtBad : public fdt_test {};

TEST_F(FdtBad, ReservationsWithoutEndCountUpToThere)
{
    tree.reserve(0x60001000, 0x2000);
    tree.root(1, 1);
    const std::span<u8> blob = tree.blob();
    tree.set(tree_builder::OFF_RESERVATIONS, static_cast<u32>(blob.size()) - 8);
    EXPECT_STREQ(read(blob), "");
    EXPECT_REPORT("fdt: the list of reservations has no end\n");
}

TEST_F(FdtBad, StructureThatBreaksOffCountsUpToThere)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    const std::span<u8> blob = tree.blob();
    tree.set(tree_builder::SIZE_STRUCTURE, 100); // up to the root's end
    EXPECT_STREQ(read(blob), "memory 60000000+1000 memory\n");
    EXPECT_REPORT("fdt: structure ignored from byte 100 on: it breaks off\n");
}

TEST_F(FdtBad, EveryCutOfAStructureIsSurvived)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    tree.begin("chosen");
    tree.text("bootargs", "quiet");
    tree.end();
    const std::span<u8> blob = tree.blob();
    const u32 whole = (u32{blob[38]} << 8) | blob[39];
    for (u32 size = 0; size < whole; ++size) {
        loader_events cut;
        tree.set(tree_builder::SIZE_STRUCTURE, size);
        read_fdt(blob, cut);
        EXPECT_REPORT("fdt: structure ignored from byte ");
        EXPECT_NO_REPORT("fdt:");
        // The memory node ends at byte 100, the value of bootargs at byte 130.
        SCOPED_TRACE(size);
        EXPECT_STREQ(cut.text(), size < 100   ? ""
                                 : size < 130 ? "memory 60000000+1000 memory\n"
                                              : "memory 60000000+1000 memory\n"
                                                "command line [quiet] /chosen/bootargs\n");
    }
}

TEST_F(FdtBad, StrangeTokensEndTheReading)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    tree.word(7);
    tree.memory({0x70000000, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
    EXPECT_REPORT("fdt: structure ignored from byte 100 on: there is no such token\n");
}

TEST_F(FdtBad, NamesWithoutEndEndTheReading)
{
    tree.word(1);
    tree.word(0x61616161);
    EXPECT_STREQ(read(tree.raw_blob()), "");
    EXPECT_REPORT("fdt: structure ignored from byte 0 on: the name of a node has no end\n");
}

TEST_F(FdtBad, PropertiesLongerThanTheStructureEndTheReading)
{
    tree.root(1, 1);
    tree.word(3);
    tree.word(0x7fffffff);
    tree.word(0);
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: a property breaks off\n");
}

TEST_F(FdtBad, MoreEndsThanBeginningsEndTheReading)
{
    tree.end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: structure ignored from byte 0 on: more nodes end than begin\n");
}

TEST_F(FdtBad, EndInsideOfANodeIsReported)
{
    tree.root(1, 1);
    EXPECT_STREQ(read(tree.unfinished_blob()), "");
    EXPECT_REPORT("on: it ends inside of a node\n");
}

TEST_F(FdtBad, ThereIsOneRoot)
{
    tree.root(1, 1);
    tree.end();
    tree.begin("");
    tree.memory({0x60000000, 0x1000});
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: a second root\n");
}

TEST_F(FdtBad, DeepNestingIsOnlyCounted)
{
    for (int i = 0; i < 400; ++i)
        tree.begin("");
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: it ends inside of a node\n");
}

// ---- properties that make no sense ----

TEST_F(FdtBad, RegOfAnotherLengthIsSkipped)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000, 0x70000000});
    tree.memory({0x80000000, 0x1000});
    EXPECT_STREQ(read(), "memory 80000000+1000 memory\n");
    EXPECT_REPORT("fdt: reg of a memory node ignored: 12 bytes are no multiple of 8\n");
}

TEST_F(FdtBad, StrangeCountsOfCellsLeaveRegUnread)
{
    const u32 counts[][2] = {{0, 1}, {1, 0}, {3, 1}, {1, 3}, {0xffffffff, 0xffffffff}};
    for (const auto &count : counts) {
        tree.clear();
        tree.root(count[0], count[1]);
        tree.memory({0x60000000, 0x1000});
        EXPECT_STREQ(read(), "");
        EXPECT_REPORT("fdt: reg below / ignored: #address-cells ");
        EXPECT_NO_REPORT("fdt:");
    }
}

TEST_F(FdtBad, CountsOfCellsThatAreNoNumberCountAsZero)
{
    tree.begin("");
    tree.cells("#address-cells", {1, 1});
    tree.text("#size-cells", "1");
    tree.memory({0x60000000, 0x1000});
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: reg below / ignored: #address-cells 0 and #size-cells 0, 1 or 2 wanted\n");
}

TEST_F(FdtBad, StrangeCountsOfReservedMemoryLeaveItUnread)
{
    tree.root(1, 1);
    tree.begin("reserved-memory");
    tree.cells("#size-cells", {4});
    tree.begin("a");
    tree.cells("reg", {0, 0x68000000, 0x800000});
    tree.end();
    tree.end();
    tree.memory({0x60000000, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
    EXPECT_REPORT("fdt: reg below /reserved-memory ignored: #address-cells 2 and #size-cells 4");
}

TEST_F(FdtBad, InitrdNeedsBothEnds)
{
    tree.root(1, 1);
    tree.begin("chosen");
    tree.cells("linux,initrd-start", {0x68000000});
    tree.end();
    tree.begin("chosen");
    tree.cells("linux,initrd-end", {0x68000000});
    tree.end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: initrd ignored: linux,initrd-start and -end belong together\n");
    EXPECT_REPORT("fdt: initrd ignored: linux,initrd-start and -end belong together\n");
}

TEST_F(FdtBad, InitrdMustNotBeEmptyOrBackwards)
{
    tree.root(1, 1);
    for (const u32 end : {0x68000000u, 0x67ffffffu}) {
        tree.begin("chosen");
        tree.cells("linux,initrd-start", {0x68000000});
        tree.cells("linux,initrd-end", {end});
        tree.end();
    }
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: initrd ignored: linux,initrd-end is not above linux,initrd-start\n");
    EXPECT_REPORT("fdt: initrd ignored: linux,initrd-end is not above linux,initrd-start\n");
}

TEST_F(FdtBad, InitrdAddressesHaveFourOrEightBytes)
{
    tree.root(1, 1);
    tree.begin("chosen");
    tree.cells("linux,initrd-start", {1, 2, 3});
    tree.end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: linux,initrd-start ignored: 12 bytes long, 4 or 8 wanted\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(FdtBad, NamesOutsideOfTheStringsAreUnknown)
{
    tree.root(1, 1);
    tree.begin("chosen");
    tree.text("bootargs", "quiet");
    tree.end();
    const std::span<u8> blob = tree.blob();
    u8 size[4];
    std::memcpy(size, blob.data() + tree_builder::SIZE_STRINGS, 4);
    tree.set(tree_builder::SIZE_STRINGS, size[3] - 1u); // "bootargs" loses its NUL
    EXPECT_STREQ(read(blob), "");
    tree.set(tree_builder::SIZE_STRINGS, 0);
    EXPECT_STREQ(read(blob), "");
    EXPECT_NO_REPORT("fdt:");
}
