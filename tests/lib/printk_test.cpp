// printk's two ways, the log and the console.
#include <tests/test.h>

#include <kernel/core/printk.h>

namespace {

/// Remembers the end of what is printed to it.
struct tail {
    printer out() { return {&take, this}; }
    static void take(void *context, const char *text, size_t length)
    {
        auto *self = static_cast<tail *>(context);
        for (size_t i = 0; i < length; ++i)
            self->newest[self->total++ % sizeof(self->newest)] = text[i];
    }
    /// True if the last characters are those of `text`.
    bool ends_with(std::string_view text) const
    {
        for (size_t i = 0; i < text.size(); ++i) {
            if (newest[(total - text.size() + i) % sizeof(newest)] != text[i])
                return false;
        }
        return true;
    }
    char newest[64] = {};
    size_t total = 0;
};

} // namespace

TEST(Printk, ReachesTheLog)
{
    EXPECT_EQ(printk("logged %d\n", 42), 10);
    EXPECT_REPORT("logged 42");
    tail log;
    print_log(log.out());
    EXPECT_TRUE(log.ends_with("logged 42\n"));
}

TEST(Printk, TheLogKeepsTheNewest16K)
{
    // The first line is over 16 KB back when the last is printed.
    printk("the very first\n");
    for (int i = 0; i < 40; ++i)
        printer{[](void *, const char *text, size_t length) {
                    console_printer.sink(nullptr, text, length);
                },
                nullptr}
            .printf("%500d\n", i);
    tail log;
    print_log(log.out());
    EXPECT_TRUE(log.ends_with("                         39\n"));
    EXPECT_EQ(log.total, 16u * 1024);
}

TEST(Printk, CutsALineAt1024Characters)
{
    EXPECT_EQ(printk("%2000d\n", 1), 1024);
    printk("\n");
}

TEST(Printk, TheConsoleAloneKeepsNothing)
{
    printk("before\n");
    console_only_printer.printf("echo\n");
    tail log;
    print_log(log.out());
    EXPECT_TRUE(log.ends_with("before\n"));
    EXPECT_NO_REPORT("echo");
}
