// HOST ONLY: it writes files
//
// ptwalk from its command line: good tables, each thing it complains about, and bad use.
#include <tests/model/ptwalk.h>

#include <cstdio>
#include <fstream>
#include <unistd.h>

#include <kernel/lib/types.h>
#include <tests/test.h>

namespace {

constexpr u32 BASE = 0x60000000;
constexpr u32 L1 = 0x60004000, L2 = 0x60008000; // and the dump ends at 0x60010000

class Ptwalk : public ::testing::Test {
protected:
    Ptwalk()
    {
        name_ = ::testing::TempDir() + "ptwalk-test-" + std::to_string(getpid());
        put(L1 + 0xc00 * 4, 0x6000840e); // text: kernel r-x
        put(L1 + 0xc01 * 4, 0x6010041e); // data: kernel rw-
        put(L1 + 0xc02 * 4, 0x6020041e);
        put(L1 + 0xfff * 4, L2 | 0x61); // domain 3
        put(L2 + 0xf0 * 4, 0x6000021e); // vectors: onto the text, kernel r-x
    }
    ~Ptwalk() override { remove(name_.c_str()); }

    void put(u32 pa, u32 word)
    {
        for (u32 i = 0; i < 4; i++)
            bytes_[pa - BASE + i] = static_cast<char>(word >> (8 * i));
    }
    ptwalk_outcome run(std::vector<std::string_view> options = {"--dacr", "0x41"})
    {
        std::ofstream(name_, std::ios::binary) << bytes_;
        options.insert(options.begin(), {name_, "--base", "0x60000000", "--ttbr0", "0x60004059"});
        return ptwalk(options);
    }
    /// Wants one complaint, this one.
    void expect_complaint(const std::string &text,
                          const std::vector<std::string_view> &options = {"--dacr", "0x41"})
    {
        const ptwalk_outcome got = run(options);
        EXPECT_EQ(got.status, 1);
        EXPECT_NE(got.out.find("\n" + text + "\n"), std::string::npos) << got.out;
        EXPECT_NE(got.out.find(", 1 complaints\n"), std::string::npos) << got.out;
    }

    std::string name_;
    std::string bytes_ = std::string(0x10000, '\0');
};

void expect_refused(const std::vector<std::string_view> &arguments, const std::string &why)
{
    const ptwalk_outcome got = ptwalk(arguments);
    EXPECT_EQ(got.status, 2);
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(got.err, "ptwalk: " + why + " (see ptwalk --help)\n");
}

} // namespace

TEST_F(Ptwalk, PrintsRunsOfEqualMappingsAligned)
{
    const ptwalk_outcome got = run();
    EXPECT_EQ(got.status, 0);
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out,
              "0xc0000000-0xc00fffff  0x60000000     1024 kB      1 section       r-x/---  "
              "write-back                        domain  0 client\n"
              "0xc0100000-0xc02fffff  0x60100000     2048 kB      2 section       rw-/---  "
              "write-back                        domain  0 client\n"
              "0xffff0000-0xffff0fff  0x60000000        4 kB      1 small page    r-x/---  "
              "write-back                        domain  3 client\n"
              "3 runs, 0 complaints\n");
}

TEST_F(Ptwalk, ComplainsAboutWritableAndExecutable)
{
    put(L1 + 0xd00 * 4, 0x6110040e);
    expect_complaint("W+X: 0xd0000000 is writable and executable");
}

TEST_F(Ptwalk, ComplainsAboutAWritableAliasOfTheText)
{
    put(L1 + 0xd00 * 4, 0x6000041e);
    const ptwalk_outcome got = run();
    EXPECT_EQ(got.status, 1);
    EXPECT_NE(got.out.find("W+X: frame 0x60000000 is writable at 0xd0000000 and executable at "
                           "0xc0000000\n"),
              std::string::npos)
        << got.out;
}

TEST_F(Ptwalk, ComplainsAboutAFrameOfTwoMemoryTypes)
{
    put(L2 + 0xf1 * 4, 0x60234013); // strongly ordered, rw-
    expect_complaint("alias: frame 0x60234000: write-back at 0xc0234000, strongly ordered at "
                     "0xffff1000");
}

TEST_F(Ptwalk, ComplainsAboutTablesOutsideTheDump)
{
    put(L1 + 0xd00 * 4, 0x70000001);
    expect_complaint("outside: the second-level table at 0x70000000, for 0xd0000000, is not in the "
                     "dump");
    const ptwalk_outcome nowhere = run({"--ttbr0", "0x70000000"});
    EXPECT_EQ(nowhere.status, 1);
    EXPECT_EQ(nowhere.out, "outside: the first-level table at 0x70000000, for 0x00000000, is not "
                           "in the dump\n0 runs, 1 complaints\n");
}

TEST_F(Ptwalk, ComplainsAboutDomainsThatAreClosedOrUnchecked)
{
    expect_complaint("domain: 3 is closed in DACR, and 0xfff00000 and 1 MB in all are in it",
                     {"--dacr", "0x1"});
    put(L1 + 0xc00 * 4, 0); // a manager may write what he may execute
    put(L2 + 0xf0 * 4, 0);
    expect_complaint("domain: 3 is manager in DACR, and 0xfff00000 and 1 MB in all are in it",
                     {"--dacr", "0xc1"});
    EXPECT_EQ(run({}).status, 0) << "without --dacr every domain is checked";
}

TEST_F(Ptwalk, ComplainsAboutUnequalCopies)
{
    for (u32 i = 0; i < 16; i++)
        put(L2 + i * 4, 0x6300801d); // a large page, rw-
    EXPECT_EQ(run().status, 0);
    put(L2 + 5 * 4, 0x6301801d);
    const ptwalk_outcome got = run();
    EXPECT_EQ(got.status, 1);
    EXPECT_NE(got.out.find("copies: large page at 0xfff00000: the word for 0xfff05000 differs from "
                           "the first\n"),
              std::string::npos)
        << got.out;
}

TEST_F(Ptwalk, ComplainsAboutReservedEncodings)
{
    put(L1 + 0xd00 * 4, 0x61108012 | 0x1c); // APX without AP
    expect_complaint("reserved: 0xd0000000: AP[2:0] = 100");
    put(L1 + 0xd00 * 4, 0x6110341e); // TEX 011 without remap
    expect_complaint("reserved: 0xd0000000: TEX 3 C 1 B 1", {"--format", "v6"});
}

TEST_F(Ptwalk, ReadsARMv5AndKnowsThatItCannotForbidExecution)
{
    put(L1 + 0xc00 * 4, 0x6000041e);
    put(L1 + 0xfff * 4, L2 | 0x71);
    put(L2 + 0xf0 * 4, 0x6000055e);
    const ptwalk_outcome got = run({"--format", "v5", "--dacr", "0x41"});
    EXPECT_EQ(got.status, 0);
    EXPECT_EQ(got.out,
              "0xc0000000-0xc02fffff  0x60000000     3072 kB      3 section       rwx/---  "
              "write-back                        domain  0 client\n"
              "0xffff0000-0xffff0fff  0x60000000        4 kB      1 small page    rwx/---  "
              "write-back                        domain  3 client\n"
              "2 runs, 0 complaints\n");
}

TEST_F(Ptwalk, FollowsTheTtbcrSplit)
{
    const ptwalk_outcome got =
        run({"--ttbcr", "1", "--ttbr1", "0x60004000", "--ttbr0", "0x6000c000"});
    EXPECT_EQ(got.status, 0);
    EXPECT_NE(got.out.find("3 runs"), std::string::npos) << got.out;
}

TEST(PtwalkUse, IsExplained)
{
    const ptwalk_outcome got = ptwalk({"--help"});
    EXPECT_EQ(got.status, 0);
    EXPECT_TRUE(got.out.starts_with("usage: ptwalk DUMP --ttbr0 ADDR"));
}

TEST(PtwalkUse, BadUseIsRefusedInOneLine)
{
    expect_refused({}, "no DUMP given");
    expect_refused({"dump"}, "--ttbr0 is missing");
    expect_refused({"dump", "more", "--ttbr0", "0"}, "two dumps: \"dump\" and \"more\"");
    expect_refused({"dump", "--ttbr0"}, "--ttbr0 needs a value");
    expect_refused({"dump", "--ttbr9", "0"}, "unknown option \"--ttbr9\"");
    expect_refused({"dump", "--ttbr0", "0x"}, "--ttbr0 \"0x\": not a number of 32 bits");
    expect_refused({"dump", "--ttbr0", "12q"}, "--ttbr0 \"12q\": not a number of 32 bits");
    expect_refused({"dump", "--ttbr0", "0x100000000"},
                   "--ttbr0 \"0x100000000\": not a number of 32 bits");
    expect_refused({"dump", "--ttbr0", "0", "--format", "v8"}, "--format \"v8\": use v5, v6 or v7");
    expect_refused({"dump", "--ttbr0", "0", "--format", "v5", "--ttbcr", "1"},
                   "ARMv5 has neither TTBR1 nor TTBCR");
    expect_refused({"dump", "--ttbr0", "0", "--ttbcr", "1"},
                   "TTBCR.N is not 0: --ttbr1 is missing");
    expect_refused({"dump", "--ttbr0", "0", "--ttbcr", "0x80000000"},
                   "TTBCR.EAE is set: long descriptors are not modelled");
    expect_refused({"dump", "--ttbr0", "0", "--format", "v6", "--sctlr", "1"},
                   "SCTLR.XP is 0: such tables have ARMv5's format, use --format v5");
    expect_refused({"/no/such/dump", "--ttbr0", "0"}, "\"/no/such/dump\" cannot be read");
    expect_refused({"/dev/null", "--ttbr0", "0"}, "\"/dev/null\" is empty");
}
