// The reader of device trees: what a good blob tells.
#include <tests/arch/fdt_fixture.h>

class Fdt : public fdt_test {};

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
