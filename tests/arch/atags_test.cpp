// The reader of ATAGs: what a good list tells, and what becomes of bad ones.
#include <boot/atags.h>

#include <cstring>

#include <tests/arch/loader_events.h>
#include <tests/test.h>

namespace {

constexpr u32 NONE = 0;
constexpr u32 CORE = 0x54410001;
constexpr u32 MEM = 0x54410002;
constexpr u32 RAMDISK = 0x54410004;
constexpr u32 CMDLINE = 0x54410009;
constexpr u32 INITRD2 = 0x54420005;

/// A list of tags under construction, and what the reader makes of it.
class Atags : public ::testing::Test {
protected:
    Atags() { tag(CORE, {0, 4096, 0}); }

    void word(u32 value)
    {
        const u8 bytes[] = {static_cast<u8>(value), static_cast<u8>(value >> 8),
                            static_cast<u8>(value >> 16), static_cast<u8>(value >> 24)};
        std::memcpy(list + length, bytes, sizeof bytes);
        length += sizeof bytes;
    }
    void header(u32 size, u32 kind)
    {
        word(size);
        word(kind);
    }
    void tag(u32 kind, std::initializer_list<u32> words)
    {
        header(2 + static_cast<u32>(words.size()), kind);
        for (const u32 w : words)
            word(w);
    }
    /// A command line of `size` bytes, padded to whole words with NUL.
    void command_line(const char *text, size_t size)
    {
        header(2 + static_cast<u32>((size + 3) / 4), CMDLINE);
        std::memcpy(list + length, text, size);
        length += (size + 3) / 4 * 4;
    }
    void end() { header(0, NONE); }

    const char *read()
    {
        read_atags({list, length}, events);
        return events.text();
    }

    u8 list[4096] = {};
    size_t length = 0;
    loader_events events;
};

} // namespace

TEST_F(Atags, TellMemoryInitrdAndCommandLineInTheirOrder)
{
    tag(MEM, {0x20000000, 0x60000000});
    tag(INITRD2, {0x68000000, 0x1234});
    command_line("mem=64M quiet", 14);
    tag(MEM, {0x10000000, 0x90000000});
    end();
    EXPECT_STREQ(read(), "memory 60000000+20000000 ATAG_MEM\n"
                         "initrd 68000000+1234 ATAG_INITRD2\n"
                         "command line [mem=64M quiet] ATAG_CMDLINE\n"
                         "memory 90000000+10000000 ATAG_MEM\n");
    EXPECT_NO_REPORT("atags:");
}

TEST_F(Atags, CoreMayBeEmpty)
{
    length = 0;
    tag(CORE, {});
    tag(MEM, {0x1000, 0x60000000});
    end();
    EXPECT_STREQ(read(), "memory 60000000+1000 ATAG_MEM\n");
    EXPECT_NO_REPORT("atags:");
}

TEST_F(Atags, UnknownTagsPassSilently)
{
    tag(RAMDISK, {1, 2, 3});
    tag(0x12345678, {});
    tag(MEM, {0x1000, 0x60000000});
    end();
    EXPECT_STREQ(read(), "memory 60000000+1000 ATAG_MEM\n");
    EXPECT_NO_REPORT("atags:");
}

TEST_F(Atags, NothingBehindTheEndIsRead)
{
    end();
    tag(MEM, {0x1000, 0x60000000});
    EXPECT_STREQ(read(), "");
}

TEST_F(Atags, MayStandAtAnyAlignment)
{
    tag(MEM, {0x20000000, 0x60000000});
    end();
    u8 shifted[64] = {};
    std::memcpy(shifted + 1, list, length);
    read_atags({shifted + 1, length}, events);
    EXPECT_STREQ(events.text(), "memory 60000000+20000000 ATAG_MEM\n");
}

TEST_F(Atags, WithoutCoreAreNone)
{
    length = 0;
    tag(MEM, {0x1000, 0x60000000});
    end();
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: list ignored: it does not begin with ATAG_CORE\n");
}

TEST_F(Atags, ShorterThanATagAreNone)
{
    length = 7;
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: list ignored: it does not begin with ATAG_CORE\n");
    read_atags({}, events);
    EXPECT_REPORT("atags: list ignored");
}

TEST_F(Atags, ListThatBreaksOffCountsUpToThere)
{
    tag(MEM, {0x1000, 0x60000000});
    EXPECT_STREQ(read(), "memory 60000000+1000 ATAG_MEM\n");
    EXPECT_REPORT("atags: list is cut off after 36 bytes: no ATAG_NONE\n");
}

TEST_F(Atags, HalfATagAtTheEndIsNotRead)
{
    tag(MEM, {0x1000, 0x60000000});
    length -= 1;
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: rest ignored from byte 20 on: tag 0x54410002 claims 4 words, 3 are left");
    length = 27;
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: list is cut off after 27 bytes");
}

TEST_F(Atags, SizeZeroOfAnotherKindWouldLoopForEver)
{
    header(0, MEM);
    tag(MEM, {0x1000, 0x60000000});
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: rest ignored from byte 20 on: tag 0x54410002 of size 0 would never end");
}

TEST_F(Atags, SizeOneIsLessThanAHeader)
{
    header(1, NONE);
    EXPECT_STREQ(read(), "");
    EXPECT_REPORT("atags: rest ignored from byte 20 on: tag 0x00000000 of size 1 would never end");
}

TEST_F(Atags, GarbageSizesEndTheReading)
{
    tag(MEM, {0x1000, 0x60000000});
    header(0x40000000, MEM);
    end();
    EXPECT_STREQ(read(), "memory 60000000+1000 ATAG_MEM\n");
    EXPECT_REPORT("tag 0x54410002 claims 1073741824 words, 4 are left");
}

TEST_F(Atags, KnownTagsThatAreTooShortAreSkipped)
{
    tag(MEM, {0x1000});
    tag(INITRD2, {});
    tag(MEM, {0x1000, 0x60000000});
    end();
    EXPECT_STREQ(read(), "memory 60000000+1000 ATAG_MEM\n");
    EXPECT_REPORT("atags: ATAG_MEM ignored: 3 words long, 4 wanted\n");
    EXPECT_REPORT("atags: ATAG_INITRD2 ignored: 2 words long, 4 wanted\n");
}

TEST_F(Atags, CommandLineWithoutNulEndsWithItsTag)
{
    command_line("mem=64Mx", 8);
    command_line("", 0);
    end();
    EXPECT_STREQ(read(), "command line [mem=64Mx] ATAG_CMDLINE\n"
                         "command line [] ATAG_CMDLINE\n");
    EXPECT_REPORT("atags: ATAG_CMDLINE has no NUL: taken up to its end, 8 bytes\n");
    EXPECT_REPORT("atags: ATAG_CMDLINE has no NUL: taken up to its end, 0 bytes\n");
}
