// setup_machine: from what head.S saved to banks, reservations and the command line.
#include <boot/loader.h>

#include <arch/arm/kernel/meminfo.h>
#include <mm/memblock.h>
#include <tests/arch/tree_builder.h>
#include <tests/mm/memblock_fixture.h>

using memblock_test::at;

namespace {

constexpr u32 RAM = 0x60000000;
constexpr u32 RAM_WINDOW = 0x40000000;

phys_window no_default()
{
    ADD_FAILURE() << "the board was asked for a bank";
    return {at(RAM), RAM_WINDOW};
}
phys_window small_default()
{
    return {at(RAM), 64 * SZ_1M};
}

loader_data data; // 64 KB, too much for a stack

/// The kernel's own instances are lent to each test and put back.
class Loader : public ::testing::Test {
protected:
    Loader()
        : saved_banks_(meminfo), saved_window_(meminfo_window()), saved_blocks_(kernel_memblock)
    {
        std::memcpy(saved_line_, boot_command_line, sizeof saved_line_);
        saved_initrd_ = {phys_initrd_start, phys_initrd_size};
        std::memset(&data, 0, sizeof data);
        kernel_memblock = memblock(memory_entries, reserved_entries, memblock_test::arena_va);
    }
    ~Loader() override
    {
        kernel_memblock = saved_blocks_;
        meminfo_reset(saved_window_);
        meminfo = saved_banks_;
        phys_initrd_start = saved_initrd_.start;
        phys_initrd_size = saved_initrd_.size;
        std::memcpy(boot_command_line, saved_line_, sizeof saved_line_);
    }

    void setup(phys_window (*default_bank)() = no_default)
    {
        setup_machine(data, {at(RAM), RAM_WINDOW}, default_bank);
    }
    /// Saves the tree and sets the machine up.
    void setup_tree()
    {
        const std::span<u8> blob = tree.blob();
        std::memcpy(data.bytes, blob.data(), blob.size());
        data.kind = LOADER_KIND_FDT;
        data.length = static_cast<u32>(blob.size());
        setup();
    }
    /// Words of ATAGs, ATAG_NONE included.
    void use(std::initializer_list<u32> words)
    {
        data.kind = LOADER_KIND_ATAGS;
        data.length = 0;
        for (const u32 word : words) {
            std::memcpy(data.bytes + data.length, &word, 4);
            data.length += 4;
        }
    }
    void expect_one_bank(u32 start, u32 size)
    {
        ASSERT_EQ(meminfo.nr_banks, 1);
        EXPECT_EQ(meminfo.bank[0].start.raw(), start);
        EXPECT_EQ(meminfo.bank[0].size, size);
    }

    tree_builder tree;
    memblock &blocks = kernel_memblock;
    memblock_region memory_entries[4] = {};
    memblock_region reserved_entries[80] = {};

private:
    struct meminfo saved_banks_;
    phys_window saved_window_;
    memblock saved_blocks_;
    phys_window saved_initrd_;
    char saved_line_[COMMAND_LINE_SIZE];
};

} // namespace

TEST_F(Loader, AtagsFillBanksAndCommandLine)
{
    use({2, 0x54410001, 4, 0x54410002, 0x20000000, RAM, 4, 0x54410009, 0x656d3d6d, 0x00347836, 0,
         0});
    setup();
    expect_one_bank(RAM, 0x20000000);
    EXPECT_STREQ(boot_command_line, "m=me6x4");
    EXPECT_RESERVED("");
    EXPECT_EQ(phys_initrd_size, 0u);
}

TEST_F(Loader, TreeFillsBanksCommandLineAndReservations)
{
    tree.reserve(0x61000000, 0x1000);
    tree.root(1, 1);
    tree.memory({RAM, 0x40000000});
    tree.begin("chosen");
    tree.text("bootargs", "quiet");
    tree.cells("linux,initrd-start", {0x68000000});
    tree.cells("linux,initrd-end", {0x68100000});
    tree.end();
    tree.begin("reserved-memory");
    tree.cells("#address-cells", {1});
    tree.begin("a");
    tree.cells("reg", {0x70000000, 0x100000});
    tree.end();
    tree.end();
    setup_tree();
    expect_one_bank(RAM, 0x40000000);
    EXPECT_STREQ(boot_command_line, "quiet");
    EXPECT_RESERVED("61000000-61000fff=memreserve 68000000-680fffff=initrd "
                    "70000000-700fffff=reserved-memory");
    EXPECT_EQ(phys_initrd_start.raw(), 0x68000000u);
    EXPECT_EQ(phys_initrd_size, 0x100000u);
    EXPECT_NO_REPORT("ignored");
}

TEST_F(Loader, NothingToldMeansTheBoardsBank)
{
    data.kind = LOADER_KIND_NONE;
    setup(small_default);
    expect_one_bank(RAM, 64 * SZ_1M);
    EXPECT_STREQ(boot_command_line, "");
    EXPECT_REPORT(
        "setup_machine: no memory told by the loader: 0x60000000-0x63ffffff by the board\n");
}

TEST_F(Loader, EachKindOfRefusalHasItsLine)
{
    const struct {
        u32 kind;
        const char *line;
    } kinds[] = {
        {LOADER_KIND_BAD_POINTER,
         "setup_machine: r2 = 0x12345678 ignored: outside RAM or no multiple of 4\n"},
        {LOADER_KIND_BAD_MAGIC,
         "setup_machine: r2 = 0x12345678 ignored: neither ATAGs nor a device tree there\n"},
        {LOADER_KIND_TOO_LONG, "setup_machine: r2 = 0x12345678 ignored: the device tree claims "
                               "70000 bytes, 65536 can be saved\n"},
        {77, "setup_machine: loader data of kind 77 ignored: there is no such kind\n"},
    };
    for (const auto &k : kinds) {
        data.kind = k.kind;
        data.pointer = 0x12345678;
        data.length = 70000;
        setup(small_default);
        EXPECT_REPORT(k.line);
        EXPECT_REPORT("no memory told by the loader");
        expect_one_bank(RAM, 64 * SZ_1M);
    }
}

TEST_F(Loader, LengthBeyondTheCopyIsNotBelieved)
{
    use({2, 0x54410001, 4, 0x54410002, 0x20000000, RAM});
    for (const u32 length : {0xffffffffu, 2u * LOADER_DATA_MAX}) {
        data.length = length;
        setup(); // the copy goes on with zeroes, which is ATAG_NONE
        expect_one_bank(RAM, 0x20000000);
    }
}

TEST_F(Loader, BanksOutsideTheWindowLeaveTheBoardsBank)
{
    use({2, 0x54410001, 4, 0x54410002, 0x20000000, 0x10000000, 0, 0});
    setup(small_default);
    EXPECT_REPORT("atags: \"ATAG_MEM\" ignored: outside the RAM window 0x60000000-0x9fffffff\n");
    EXPECT_REPORT("no memory told by the loader");
    expect_one_bank(RAM, 64 * SZ_1M);
}

// ---- the command line ----

class LoaderLine : public Loader {
protected:
    /// The line `text`, repeated characters and all, as bootargs.
    void setup_line(const char *text, size_t length)
    {
        tree.clear();
        tree.root(1, 1);
        tree.memory({RAM, 0x40000000});
        tree.begin("chosen");
        tree.property("bootargs", text, length);
        tree.end();
        setup_tree();
    }
    char line[2000];
};

TEST_F(LoaderLine, OfTheGreatestLengthIsTakenWhole)
{
    std::memset(line, 'x', sizeof line);
    setup_line(line, COMMAND_LINE_SIZE - 1);
    EXPECT_EQ(std::strlen(boot_command_line), COMMAND_LINE_SIZE - 1);
    EXPECT_NO_REPORT("command line");
}

TEST_F(LoaderLine, OverTheLimitIsCutBehindAWord)
{
    std::memset(line, 'x', sizeof line);
    line[500] = ' ';
    line[1000] = ' ';
    line[1500] = ' ';
    setup_line(line, 1800);
    EXPECT_EQ(std::strlen(boot_command_line), 1000u);
    EXPECT_REPORT("fdt: command line (/chosen/bootargs) of 1800 characters is over the limit of "
                  "1023: cut after 1000\n");
}

TEST_F(LoaderLine, WordThatEndsAtTheLimitIsKept)
{
    std::memset(line, 'x', sizeof line);
    line[1023] = ' ';
    setup_line(line, 1800);
    EXPECT_EQ(std::strlen(boot_command_line), 1023u);
    line[1023] = 'x';
    line[1022] = ' ';
    setup_line(line, 1024);
    EXPECT_EQ(std::strlen(boot_command_line), 1022u);
}

TEST_F(LoaderLine, IsNotCutInsideOfQuotes)
{
    std::memset(line, 'x', sizeof line);
    line[100] = ' ';
    line[102] = '"';
    line[200] = ' ';
    line[1200] = '"';
    setup_line(line, 1800);
    EXPECT_EQ(std::strlen(boot_command_line), 100u);
}

TEST_F(LoaderLine, OfOneEndlessWordIsDropped)
{
    std::memset(line, 'x', sizeof line);
    setup_line(line, 1800);
    EXPECT_STREQ(boot_command_line, "");
    EXPECT_REPORT("cut after 0\n");
}

TEST_F(LoaderLine, StrangeCharactersAreMadeVisible)
{
    setup_line("a\tb\x1b[2Jc\xff\n", 10);
    EXPECT_STREQ(boot_command_line, "a b?[2Jc? ");
    EXPECT_REPORT("fdt: command line (/chosen/bootargs): 2 strange characters became '?'\n");
}

TEST_F(LoaderLine, SecondOneIsIgnored)
{
    tree.root(1, 1);
    tree.memory({RAM, 0x40000000});
    for (const char *text : {"first", "second"}) {
        tree.begin("chosen");
        tree.text("bootargs", text);
        tree.end();
    }
    setup_tree();
    EXPECT_STREQ(boot_command_line, "first");
    EXPECT_REPORT("fdt: second command line (/chosen/bootargs, 6 characters) ignored\n");
}

// ---- reservations ----

class LoaderReserve : public Loader {
protected:
    void begin(u32 ram_size)
    {
        tree.root(2, 2);
        tree.memory({0, RAM, 0, ram_size});
    }
    void initrd(u32 start, u32 start_high, u32 end, u32 end_high)
    {
        tree.begin("chosen");
        tree.cells("linux,initrd-start", {start_high, start});
        tree.cells("linux,initrd-end", {end_high, end});
        tree.end();
    }
};

TEST_F(LoaderReserve, OutsideTheWindowIsIgnoredOrCut)
{
    tree.reserve(0x10000000, 0x1000);
    tree.reserve(0xa0000000, 0x1000);
    tree.reserve(0x1060000000, 0x1000);
    tree.reserve(0x5ffff000, 0x2000);
    tree.reserve(0x9ffff000, 0x2000);
    tree.reserve(0x9fffe000, ~u64{0});
    begin(0x40000000);
    setup_tree();
    EXPECT_RESERVED("60000000-60000fff=memreserve 9fffe000-9fffffff=memreserve");
    EXPECT_REPORT("fdt: memreserve at 0x10000000, 0x1000 bytes, ignored: outside the RAM window\n");
    EXPECT_REPORT("fdt: memreserve at 0xa0000000, 0x1000 bytes, ignored: outside the RAM window\n");
    EXPECT_REPORT("fdt: memreserve at 0x1060000000, 0x1000 bytes, ignored");
    EXPECT_NO_REPORT("ignored");
}

TEST_F(LoaderReserve, MustLeaveAQuarterOfRam)
{
    tree.reserve(0x64000000, 0x6000000); // 96 MB of 128 MB: just right
    tree.reserve(0x6c000000, 1);         // one byte too many
    begin(0x8000000);
    setup_tree();
    EXPECT_RESERVED("64000000-69ffffff=memreserve");
    EXPECT_REPORT(
        "fdt: memreserve at 0x6c000000, 0x1 bytes, ignored: too little RAM would be left\n");
}

TEST_F(LoaderReserve, MustLeaveHalfOfTheFirst16Megabytes)
{
    tree.reserve(0x60800000, 0x1000000); // the upper half, and 8 MB beyond
    tree.reserve(0x60100000, 1);
    tree.reserve(0x63000000, 0x1000);
    begin(0x40000000);
    setup_tree();
    EXPECT_RESERVED("60800000-617fffff=memreserve 63000000-63000fff=memreserve");
    EXPECT_REPORT(
        "fdt: memreserve at 0x60100000, 0x1 bytes, ignored: too little RAM would be left\n");
}

TEST_F(LoaderReserve, BeyondTheSixtyFourthIsReported)
{
    begin(0x40000000);
    tree.begin("reserved-memory");
    tree.cells("#address-cells", {1});
    for (u32 i = 0; i < 65; ++i) {
        tree.begin("a");
        tree.cells("reg", {0x70000000 + i * 0x2000, 0x1000});
        tree.end();
    }
    tree.end();
    setup_tree();
    EXPECT_EQ(blocks.reserved_usage().used, 64u);
    EXPECT_REPORT(
        "fdt: reserved-memory at 0x70080000, 0x1000 bytes, ignored: there is room for 64\n");
}

TEST_F(LoaderReserve, InitrdMustBeInsideTheWindowAsAWhole)
{
    const u32 spans[][4] = {{0x5ffff000, 0, 0x60001000, 0},  // begins before
                            {0x9ffff000, 0, 0xa0001000, 0},  // ends behind
                            {0x68000000, 1, 0x68001000, 1}}; // far away
    for (const auto &s : spans) {
        tree.clear();
        begin(0x40000000);
        initrd(s[0], s[1], s[2], s[3]);
        setup_tree();
        EXPECT_EQ(phys_initrd_size, 0u);
        EXPECT_RESERVED("");
        EXPECT_REPORT("fdt: /chosen at 0x");
        EXPECT_NO_REPORT("fdt:");
    }
}

TEST_F(LoaderReserve, InitrdThatTakesTooMuchIsNone)
{
    begin(0x8000000);
    initrd(0x61000000, 0, 0x67800000, 0);
    setup_tree();
    EXPECT_EQ(phys_initrd_size, 0u);
    EXPECT_REPORT("too little RAM would be left");
}

TEST_F(LoaderReserve, ThereIsOneInitrd)
{
    begin(0x40000000);
    initrd(0x68000000, 0, 0x68001000, 0);
    initrd(0x69000000, 0, 0x69001000, 0);
    setup_tree();
    EXPECT_EQ(phys_initrd_start.raw(), 0x68000000u);
    EXPECT_REPORT("fdt: /chosen at 0x69000000, 0x1000 bytes, ignored: a second initrd\n");
}

TEST_F(LoaderReserve, FullListOfReservationsIsReported)
{
    for (u32 i = 0; i < 80; ++i)
        ASSERT_EQ(blocks.reserve(at(0x10000000 + i * 0x2000), 0x1000), 0);
    tree.reserve(0x70000000, 0x1000);
    begin(0x40000000);
    initrd(0x68000000, 0, 0x68001000, 0);
    setup_tree();
    EXPECT_EQ(phys_initrd_size, 0u);
    EXPECT_REPORT("memblock_reserve: 0x68000000, 4096 bytes: not done (-12)\n");
    EXPECT_REPORT("memblock_reserve: 0x70000000, 4096 bytes: not done (-12)\n");
}
