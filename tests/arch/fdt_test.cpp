// The reader of device trees: what a good blob tells, and what becomes of bad ones.
#include <boot/fdt.h>

#include <tests/arch/loader_events.h>
#include <tests/arch/tree_builder.h>
#include <tests/test.h>

namespace {

class Fdt : public ::testing::Test {
protected:
    /// Reads the tree once it is complete.
    const char *read() { return read(tree.blob()); }
    const char *read(std::span<const u8> blob)
    {
        read_fdt(blob, events);
        return events.text();
    }

    tree_builder tree;
    loader_events events;
};

} // namespace

// ---- what a tree tells ----

TEST_F(Fdt, TellsMemoryCommandLineAndInitrd)
{
    tree.root(1, 1);
    tree.text("compatible", "arm,vexpress");
    tree.memory({0x60000000, 0x40000000});
    tree.begin("chosen");
    tree.text("bootargs", "mem=64M quiet");
    tree.cells("linux,initrd-start", {0x68000000});
    tree.cells("linux,initrd-end", {0x68001234});
    tree.end();
    EXPECT_STREQ(read(), "memory 60000000+40000000 memory\n"
                         "command line [mem=64M quiet] /chosen/bootargs\n"
                         "initrd 68000000+1234 /chosen\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, MemoryMayHaveSeveralEntriesAndNodes)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x10000000, 0x80000000, 0x8000000});
    tree.memory({0x90000000, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+10000000 memory\n"
                         "memory 80000000+8000000 memory\n"
                         "memory 90000000+1000 memory\n");
}

TEST_F(Fdt, NumbersMayHaveTwoCells)
{
    tree.root(2, 2);
    tree.memory({0, 0x60000000, 1, 0, 8, 0, 0, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+100000000 memory\n"
                         "memory 800000000+1000 memory\n");
}

TEST_F(Fdt, AddressAndSizeMayDifferInCells)
{
    tree.root(2, 1);
    tree.memory({1, 0x60000000, 0x1000});
    EXPECT_STREQ(read(), "memory 160000000+1000 memory\n");
}

TEST_F(Fdt, TwoAndOneCellsAreTheDefault)
{
    tree.begin("");
    tree.memory({0, 0x60000000, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
}

TEST_F(Fdt, MemoryIsWhatHasTheDeviceTypeBelowTheRoot)
{
    tree.root(1, 1);
    tree.begin("memory@60000000"); // named so, but no device_type
    tree.cells("reg", {0x60000000, 0x1000});
    tree.end();
    tree.begin("sram@2000000");
    tree.cells("reg", {0x2000000, 0x1000}); // reg before device_type
    tree.text("device_type", "memory");
    tree.end();
    tree.begin("soc");
    tree.memory({0x1000, 0x1000});
    tree.end();
    tree.begin("cpu@0");
    tree.text("device_type", "cpu");
    tree.cells("reg", {0, 0x1000});
    tree.end();
    EXPECT_STREQ(read(), "memory 2000000+1000 memory\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, PropertiesCountBeforeTheFirstChildToo)
{
    tree.root(1, 1);
    tree.begin("memory");
    tree.text("device_type", "memory");
    tree.cells("reg", {0x60000000, 0x1000});
    tree.begin("child");
    tree.cells("reg", {1, 2});
    tree.end();
    tree.end();
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
}

TEST_F(Fdt, DisabledNodesPassSilently)
{
    tree.root(1, 1);
    for (const char *status : {"disabled", "okay", "ok", "fail"}) {
        tree.begin("memory");
        tree.text("device_type", "memory");
        tree.text("status", status);
        tree.cells("reg", {0x60000000, static_cast<u32>(status[0])});
        tree.end();
    }
    EXPECT_STREQ(read(), "memory 60000000+6f memory\n"
                         "memory 60000000+6f memory\n");
}

TEST_F(Fdt, EntriesOfSizeZeroPassSilently)
{
    tree.root(1, 1);
    tree.memory({0, 0, 0x60000000, 0x1000});
    tree.memory({});
    tree.reserve(0x60000000, 0);
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, NopsAreSkipped)
{
    tree.nop();
    tree.root(1, 1);
    tree.nop();
    tree.memory({0x60000000, 0x1000});
    tree.nop();
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
}

TEST_F(Fdt, TellsTheReservationBlock)
{
    tree.reserve(0x60001000, 0x2000);
    tree.reserve(0x100000000, 0x1000);
    tree.root(1, 1);
    EXPECT_STREQ(read(), "reserve 60001000+2000 memreserve\n"
                         "reserve 100000000+1000 memreserve\n");
}

TEST_F(Fdt, ReservationsMayBeginAtAddressZero)
{
    tree.reserve(0, 0x1000);
    tree.root(1, 1);
    EXPECT_STREQ(read(), "reserve 0+1000 memreserve\n");
}

TEST_F(Fdt, NamesThatOnlyBeginAlikeAreOthers)
{
    tree.root(1, 1);
    tree.begin("memory");
    tree.text("device_type", "memory");
    tree.cells("reg", {0x60000000, 0x1000});
    tree.cells("reg-io-width", {4});
    tree.end();
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, TellsReservedMemoryByItsOwnCells)
{
    tree.root(1, 1);
    tree.begin("reserved-memory");
    tree.cells("#address-cells", {2});
    tree.cells("#size-cells", {2});
    tree.property("ranges", nullptr, 0);
    tree.begin("framebuffer@68000000");
    tree.cells("reg", {0, 0x68000000, 0, 0x800000, 0, 0x69000000, 0, 0x1000});
    tree.end();
    tree.begin("pool"); // without a place of its own
    tree.cells("size", {0, 0x100000});
    tree.end();
    tree.begin("off@1");
    tree.text("status", "disabled");
    tree.cells("reg", {0, 0x6a000000, 0, 0x1000});
    tree.begin("grandchild");
    tree.cells("reg", {0, 1, 0, 1});
    tree.end();
    tree.end();
    tree.end();
    tree.begin("soc");
    tree.begin("device");
    tree.cells("reg", {0, 0, 0, 1});
    tree.end();
    tree.end();
    EXPECT_STREQ(read(), "reserve 68000000+800000 reserved-memory\n"
                         "reserve 69000000+1000 reserved-memory\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, EachReservedMemoryHasCellsOfItsOwn)
{
    tree.root(1, 1);
    tree.begin("reserved-memory@0");
    tree.cells("#address-cells", {1});
    tree.end();
    tree.begin("reserved-memory@1");
    tree.begin("a");
    tree.cells("reg", {0, 0x68000000, 0x1000}); // the default: 2 and 1
    tree.end();
    tree.end();
    EXPECT_STREQ(read(), "reserve 68000000+1000 reserved-memory\n");
}

TEST_F(Fdt, InitrdMayHave64BitAddresses)
{
    tree.root(1, 1);
    tree.begin("chosen@0");
    tree.cells("linux,initrd-start", {0, 0x68000000});
    tree.cells("linux,initrd-end", {1, 0x68000000});
    tree.end();
    EXPECT_STREQ(read(), "initrd 68000000+100000000 /chosen\n");
}

TEST_F(Fdt, ChosenIsOnlyTheOneBelowTheRoot)
{
    tree.root(1, 1);
    tree.begin("soc");
    tree.begin("chosen");
    tree.text("bootargs", "not this");
    tree.end();
    tree.end();
    tree.begin("chosen");
    tree.text("bootargs", "this");
    tree.end();
    EXPECT_STREQ(read(), "command line [this] /chosen/bootargs\n");
}

TEST_F(Fdt, TextWithoutNulEndsWithItsProperty)
{
    tree.root(1, 1);
    tree.begin("chosen");
    tree.property("bootargs", "quiet", 5);
    tree.end();
    EXPECT_STREQ(read(), "command line [quiet] /chosen/bootargs\n");
}

TEST_F(Fdt, MayStandAtAnyAlignment)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    const std::span<u8> blob = tree.blob();
    static u8 shifted[8192];
    std::memcpy(shifted + 1, blob.data(), blob.size());
    EXPECT_STREQ(read({shifted + 1, blob.size()}), "memory 60000000+1000 memory\n");
}

TEST_F(Fdt, Version16HasNoSizeOfTheStructure)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    const std::span<u8> blob = tree.blob();
    tree.set(tree_builder::VERSION, 16);
    tree.set(tree_builder::SIZE_STRUCTURE, 0xffffffff);
    EXPECT_STREQ(read(blob), "memory 60000000+1000 memory\n");
    EXPECT_NO_REPORT("fdt:");
}

// ---- headers that make no sense ----

class FdtHeader : public Fdt {
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

TEST_F(Fdt, ReservationsWithoutEndCountUpToThere)
{
    tree.reserve(0x60001000, 0x2000);
    tree.root(1, 1);
    const std::span<u8> blob = tree.blob();
    tree.set(tree_builder::OFF_RESERVATIONS, static_cast<u32>(blob.size()) - 8);
    EXPECT_STREQ(read(blob), "");
    EXPECT_REPORT("fdt: the list of reservations has no end\n");
}

TEST_F(Fdt, StructureThatBreaksOffCountsUpToThere)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    const std::span<u8> blob = tree.blob();
    tree.set(tree_builder::SIZE_STRUCTURE, 100); // up to the root's end
    EXPECT_STREQ(read(blob), "memory 60000000+1000 memory\n");
    EXPECT_REPORT("fdt: structure ignored from byte 100 on: it breaks off\n");
}

TEST_F(Fdt, EveryCutOfAStructureIsSurvived)
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

TEST_F(Fdt, StrangeTokensEndTheReading)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000});
    tree.word(7);
    tree.memory({0x70000000, 0x1000});
    EXPECT_STREQ(read(), "memory 60000000+1000 memory\n");
    EXPECT_REPORT("fdt: structure ignored from byte 100 on: there is no such token\n");
}

TEST_F(Fdt, NamesWithoutEndEndTheReading)
{
    tree.word(1);
    tree.word(0x61616161);
    EXPECT_STREQ(read(tree.raw_blob()), "");
    EXPECT_REPORT("fdt: structure ignored from byte 0 on: the name of a node has no end\n");
}

TEST_F(Fdt, PropertiesLongerThanTheStructureEndTheReading)
{
    tree.root(1, 1);
    tree.word(3);
    tree.word(0x7fffffff);
    tree.word(0);
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: a property breaks off\n");
}

TEST_F(Fdt, MoreEndsThanBeginningsEndTheReading)
{
    tree.end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: structure ignored from byte 0 on: more nodes end than begin\n");
}

TEST_F(Fdt, EndInsideOfANodeIsReported)
{
    tree.root(1, 1);
    EXPECT_STREQ(read(tree.unfinished_blob()), "");
    EXPECT_REPORT("on: it ends inside of a node\n");
}

TEST_F(Fdt, ThereIsOneRoot)
{
    tree.root(1, 1);
    tree.end();
    tree.begin("");
    tree.memory({0x60000000, 0x1000});
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: a second root\n");
}

TEST_F(Fdt, DeepNestingIsOnlyCounted)
{
    for (int i = 0; i < 400; ++i)
        tree.begin("");
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("on: it ends inside of a node\n");
}

// ---- properties that make no sense ----

TEST_F(Fdt, RegOfAnotherLengthIsSkipped)
{
    tree.root(1, 1);
    tree.memory({0x60000000, 0x1000, 0x70000000});
    tree.memory({0x80000000, 0x1000});
    EXPECT_STREQ(read(), "memory 80000000+1000 memory\n");
    EXPECT_REPORT("fdt: reg of a memory node ignored: 12 bytes are no multiple of 8\n");
}

TEST_F(Fdt, StrangeCountsOfCellsLeaveRegUnread)
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

TEST_F(Fdt, CountsOfCellsThatAreNoNumberCountAsZero)
{
    tree.begin("");
    tree.cells("#address-cells", {1, 1});
    tree.text("#size-cells", "1");
    tree.memory({0x60000000, 0x1000});
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: reg below / ignored: #address-cells 0 and #size-cells 0, 1 or 2 wanted\n");
}

TEST_F(Fdt, StrangeCountsOfReservedMemoryLeaveItUnread)
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

TEST_F(Fdt, InitrdNeedsBothEnds)
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

TEST_F(Fdt, InitrdMustNotBeEmptyOrBackwards)
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

TEST_F(Fdt, InitrdAddressesHaveFourOrEightBytes)
{
    tree.root(1, 1);
    tree.begin("chosen");
    tree.cells("linux,initrd-start", {1, 2, 3});
    tree.end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("fdt: linux,initrd-start ignored: 12 bytes long, 4 or 8 wanted\n");
    EXPECT_NO_REPORT("fdt:");
}

TEST_F(Fdt, NamesOutsideOfTheStringsAreUnknown)
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
