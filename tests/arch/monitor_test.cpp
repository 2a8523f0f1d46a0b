// A monitor of its own, with commands that fail on demand; and the reports of the kernel's.
#include <tests/test.h>

#include <cstring>

#include <kernel/core/printk.h>
#include <kernel/monitor/bench.h>
#include <kernel/monitor/meminfo.h>
#include <kernel/monitor/monitor.h>

namespace {

int last_count = 0;
char last_words[64];

int note_command(int argc, char **argv)
{
    last_count = argc;
    last_words[0] = '\0';
    for (int i = 0; i < argc; ++i) {
        std::strcat(last_words, argv[i]);
        std::strcat(last_words, "|");
    }
    return argv[argc] == nullptr ? 0 : 1;
}
int fail_command(int, char **)
{
    printk("fail: it does not work\n");
    return 1;
}
int strict_command(int argc, char **)
{
    return argc == 2 ? 0 : bad_usage;
}

const struct monitor_command commands[] = {
    {"note", "[WORD...]", "remembers its words", note_command},
    {"fail", "", "fails", fail_command},
    {"strict", "VA", "wants one word", strict_command},
    {"expect-oops", "COMMAND", "a long name", note_command},
};

class Monitor : public ::testing::Test {
protected:
    Monitor()
    {
        last_count = 0;
        last_words[0] = '\0';
    }
    monitor under_test{[] { return monitor::command_list(commands); }};
};

} // namespace

TEST_F(Monitor, CutsALineIntoWords)
{
    EXPECT_EQ(under_test.run_line("  note one\ttwo   three "), 0u);
    EXPECT_EQ(last_count, 4);
    EXPECT_STREQ(last_words, "note|one|two|three|");
}

TEST_F(Monitor, SemicolonsSeparateCommands)
{
    EXPECT_EQ(under_test.run_line("note 1; fail;note 2;;fail"), 2u);
    EXPECT_STREQ(last_words, "note|2|");
    EXPECT_EQ(under_test.executed(), 4u);
    EXPECT_EQ(under_test.failed(), 2u);
}

TEST_F(Monitor, EmptyLinesAreNoCommands)
{
    EXPECT_EQ(under_test.run_line(""), 0u);
    EXPECT_EQ(under_test.run_line("  ; ;\t"), 0u);
    EXPECT_EQ(under_test.executed(), 0u);
}

TEST_F(Monitor, SaysNothingAboutSuccess)
{
    under_test.run_line("note");
    EXPECT_STREQ(report_unread(), "");
}

TEST_F(Monitor, SaysNothingMoreAboutFailure)
{
    under_test.run_line("fail");
    EXPECT_REPORT("fail: it does not work\n");
    EXPECT_STREQ(report_unread(), "");
}

TEST_F(Monitor, AnUnknownCommandFailsWithAHint)
{
    EXPECT_EQ(under_test.run_line("ntoe"), 1u);
    EXPECT_REPORT("monitor: \"ntoe\" is no command, did you mean \"note\"?\n");
    EXPECT_EQ(under_test.run_line("exp"), 1u);
    EXPECT_REPORT("did you mean \"expect-oops\"?");
    EXPECT_EQ(under_test.run_line("expcet-opos"), 1u);
    EXPECT_REPORT("did you mean \"expect-oops\"?");
    EXPECT_EQ(under_test.nearest("xyte"), nullptr); // two errors in a short word
    EXPECT_EQ(under_test.run_line("reboot"), 1u);
    EXPECT_REPORT("monitor: \"reboot\" is no command; help lists them\n");
}

TEST_F(Monitor, WrongUseShowsTheArguments)
{
    EXPECT_EQ(under_test.run_line("strict"), 1u);
    EXPECT_REPORT("strict: usage: strict VA\n");
    EXPECT_EQ(under_test.run_line("strict 1"), 0u);
}

TEST_F(Monitor, MoreThanSixteenWordsAreRefused)
{
    EXPECT_EQ(under_test.run_line("note 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"), 0u);
    EXPECT_EQ(last_count, 16);
    EXPECT_EQ(under_test.run_line("note 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"), 1u);
    EXPECT_REPORT("note: more than 16 words\n");
    EXPECT_EQ(under_test.failed(), 1u);
}

TEST_F(Monitor, ALineThatIsTooLongIsRefused)
{
    char line[monitor::longest_line + 2];
    std::memset(line, ' ', sizeof(line));
    std::memcpy(line, "note", 4);
    EXPECT_EQ(under_test.run_line({line, monitor::longest_line}), 0u);
    EXPECT_EQ(under_test.run_line({line, monitor::longest_line + 1}), 1u);
    EXPECT_REPORT("a line of 256 characters is too long (at most 255)");
    EXPECT_EQ(under_test.failed(), 1u);
}

TEST(Commands, HelpListsAllInAlphabeticalOrder)
{
    kernel_monitor.run_line("help");
    EXPECT_REPORT("cmdline ");
    EXPECT_REPORT("dmesg ");
    EXPECT_REPORT("help [COMMAND]                all commands, or one\n");
    EXPECT_REPORT("iomem ");
    EXPECT_REPORT("meminfo ");
    EXPECT_REPORT("status ");
    kernel_monitor.run_line("help iomem");
    EXPECT_REPORT("iomem : what stands where in the physical address space\n");
}

TEST(Commands, NoneTakesWordsThatItDoesNotKnow)
{
    char extra[] = "extra";
    for (const char *name : {"help", "status", "cmdline", "meminfo", "iomem", "dmesg"}) {
        char text[16];
        std::strcpy(text, name);
        char *words[] = {text, extra, extra, nullptr};
        EXPECT_EQ(kernel_monitor.run_words(3, words), bad_usage) << name;
        EXPECT_REPORT(": usage: ");
    }
}

TEST(Commands, HelpAboutNothingFails)
{
    char help[] = "help";
    char what[] = "nothing";
    char *words[] = {help, what, nullptr};
    EXPECT_EQ(kernel_monitor.run_words(2, words), 1);
    EXPECT_REPORT("help: \"nothing\" is no command\n");
}

TEST(Commands, StatusDoesNotCountItself)
{
    u32 executed = kernel_monitor.executed();
    kernel_monitor.run_line("status");
    EXPECT_REPORT("status: ");
    EXPECT_EQ(kernel_monitor.executed(), executed);
}

TEST(ProcMeminfo, HasTheColumnsOfProcMeminfo)
{
    memory_totals totals;
    totals.total = u64{1} << 30;
    totals.free = (u64{1} << 30) - 4096;
    totals.high_total = 128 << 20;
    totals.high_free = 64 << 20;
    totals.page_tables = 40 << 10;
    totals.vmalloc_total = 104 << 20;
    text_buffer<512> text;
    print_meminfo(totals, text.out());
    EXPECT_STREQ(text.c_str(), "MemTotal:        1048576 kB\n"
                               "MemFree:         1048572 kB\n"
                               "HighTotal:        131072 kB\n"
                               "HighFree:          65536 kB\n"
                               "LowTotal:         917504 kB\n"
                               "LowFree:          983036 kB\n"
                               "PageTables:           40 kB\n"
                               "VmallocTotal:     106496 kB\n");
}

namespace {

bench_scale scale_of(std::initializer_list<u32> ticks, u32 instructions, u32 hz)
{
    return find_scale({ticks.begin(), ticks.size()}, instructions, hz);
}

const char *bench_line(bench_scale scale, u32 ticks, u32 hz, u32 operations)
{
    static text_buffer<128> text;
    text.clear();
    print_bench_line(text.out(), "x", scale, ticks, hz, operations);
    return text.c_str();
}

constexpr bench_scale instructions_of(u32 shift)
{
    return {bench_scale::unit::instructions, shift};
}
constexpr bench_scale nanoseconds = {bench_scale::unit::nanoseconds, 0};

} // namespace

TEST(Bench, SeesInstructionsInExactTime)
{
    // 320000 instructions at 100 MHz: 16 ns each at shift=4, 1 ns each at shift=0.
    EXPECT_EQ(scale_of({512000, 512001, 512000}, 320000, 100000000).shift, 4u);
    EXPECT_EQ(scale_of({512000, 512001, 512000}, 320000, 100000000).of,
              bench_scale::unit::instructions);
    EXPECT_EQ(scale_of({32000, 31999, 32001}, 320000, 100000000).of,
              bench_scale::unit::instructions);
    EXPECT_EQ(scale_of({32000, 31999, 32001}, 320000, 100000000).shift, 0u);
}

TEST(Bench, SeesTimeWhenItIsNotExact)
{
    EXPECT_EQ(scale_of({512000, 512100, 512000}, 320000, 100000000).of,
              bench_scale::unit::nanoseconds);
    EXPECT_EQ(scale_of({500000, 500000, 500000}, 320000, 100000000).of,
              bench_scale::unit::nanoseconds);
}

TEST(Bench, PrintsJsonWithATenth)
{
    EXPECT_STREQ(bench_line(instructions_of(4), 65600, 100000000, 1000),
                 "{\"bench\":\"x\",\"unit\":\"insn/op\",\"value\":41.0}\n");
    EXPECT_STREQ(bench_line(instructions_of(0), 65600, 100000000, 1000),
                 "{\"bench\":\"x\",\"unit\":\"insn/op\",\"value\":656.0}\n");
    EXPECT_STREQ(bench_line(nanoseconds, 7, 24000000, 1),
                 "{\"bench\":\"x\",\"unit\":\"ns/op\",\"value\":291.7}\n");
    EXPECT_STREQ(bench_line(nanoseconds, 0xffffffff, 1000000, 1),
                 "{\"bench\":\"x\",\"unit\":\"ns/op\",\"value\":4294967295000.0}\n");
    EXPECT_STREQ(bench_line(nanoseconds, 3999, 1000000000, 200),
                 "{\"bench\":\"x\",\"unit\":\"ns/op\",\"value\":20.0}\n");
}

TEST(Bench, PrintsThousandthsOfWhatIsBelowTen)
{
    EXPECT_STREQ(bench_line(instructions_of(4), 15998, 100000000, 1000),
                 "{\"bench\":\"x\",\"unit\":\"insn/op\",\"value\":9.999}\n");
    EXPECT_STREQ(bench_line(instructions_of(4), 16000, 100000000, 1000),
                 "{\"bench\":\"x\",\"unit\":\"insn/op\",\"value\":10.0}\n");
    EXPECT_STREQ(bench_line(instructions_of(4), 1722, 100000000, 32768),
                 "{\"bench\":\"x\",\"unit\":\"insn/op\",\"value\":0.033}\n");
}

TEST(Bench, RunsWhatFitsTheFilter)
{
    text_buffer<64> text;
    const boot_time stages[] = {{"test_stage", 3, 1}};
    EXPECT_EQ(run_benches("no bench has such a name", stages, 1000, text.out()).found, 0u);
    EXPECT_STREQ(text.c_str(), "");
    EXPECT_EQ(run_benches("test_stag", stages, 1000, text.out()).found, 1u);
    EXPECT_TRUE(text.contains("{\"bench\":\"test_stage\",\"unit\":"));
}

namespace {

int bench_calls = 0; // 1 prepared, 10 an iteration, 1000000 undone

struct bench made_bench(const char *(*prepare)())
{
    bench_calls = 0;
    auto body = [](u32 iterations) { bench_calls += 10 * static_cast<int>(iterations); };
    return {"made", 2, body, {prepare, [] { bench_calls += 1000000; }}, bench_loop::subtracted};
}

} // namespace

TEST(Bench, PreparesMeasuresAndUndoes)
{
    text_buffer<128> text;
    EXPECT_TRUE(run_bench(made_bench([]() -> const char * {
                              bench_calls++;
                              return nullptr;
                          }),
                          nanoseconds, text.out()));
    EXPECT_EQ(bench_calls, 1000081); // twice to warm up, then three rounds of two
    EXPECT_TRUE(text.contains("{\"bench\":\"made\",\"unit\":\"ns/op\",\"value\":"));
}

TEST(Bench, SaysWhatItCannotPrepare)
{
    text_buffer<128> text;
    EXPECT_FALSE(run_bench(made_bench([]() -> const char * { return "no cheese"; }), nanoseconds,
                           text.out()));
    EXPECT_EQ(bench_calls, 1000000);
    EXPECT_STREQ(text.c_str(), "bench: made not measured: no cheese\n");
}
