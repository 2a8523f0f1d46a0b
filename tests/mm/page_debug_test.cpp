// The switches: what the command line may say, and that switching loses no page.
#include <tests/mm/page_test.h>

#include <mm/debug_guardpage.h>

#include <kernel/core/early_param.h>

namespace {

class PageDebug : public page_test::pages {
protected:
    void SetUp() override
    {
        if (page_debug != 0)
            GTEST_SKIP() << "booted with debug options of its own";
    }
    void TearDown() override
    {
        page_debug = 0; // the early parameters change nothing else
        debug_guardpage_minorder = 0;
        pages::TearDown();
    }
};

struct good_line {
    const char *text;
    u32 options;
};
constexpr good_line GOOD[] = {
    {"page_poison=1", PAGE_DEBUG_POISON},
    {"page_poison=1 page_poison=0", 0},
    {"page_poison=on page_owner=y", PAGE_DEBUG_POISON | PAGE_DEBUG_OWNER},
    {"page_owner=on page_owner=off", 0},
    {"page_owner=on page_owner=n", 0},
    {"debug_guardpage_minorder=5", PAGE_DEBUG_GUARD},
    {"debug_guardpage_minorder=1 debug_guardpage_minorder=0", 0},
    {"fail_page_alloc=10,100,0,-1", PAGE_DEBUG_FAIL},
    {"fail_page_alloc=0,0,0,0", PAGE_DEBUG_FAIL},
};

struct bad_line {
    const char *text, *report;
};
constexpr char FAIL_USE[] =
    "\" ignored: use INTERVAL,PROBABILITY,SPACE,TIMES with a probability of 0 to 100 and -1 times "
    "for no limit, such as 10,100,0,-1\n";
constexpr bad_line BAD[] = {
    {"page_poison=2", "page_poison: \"page_poison=2\" ignored: use on or off\n"},
    {"page_poison", "page_poison: \"page_poison\" ignored: use on or off\n"},
    {"page_owner=", "page_owner: \"page_owner=\" ignored: use on or off\n"},
    {"debug_guardpage_minorder=6", "debug_guardpage_minorder: \"debug_guardpage_minorder=6\" "
                                   "ignored: use 1 to 5, or 0 for none\n"},
    {"debug_guardpage_minorder", "debug_guardpage_minorder: \"debug_guardpage_minorder=\" ignored: "
                                 "use 1 to 5, or 0 for none\n"},
    {"fail_page_alloc", FAIL_USE},
    {"fail_page_alloc=1,2,3", FAIL_USE},
    {"fail_page_alloc=x,2,3,4", FAIL_USE},
    {"fail_page_alloc=1,101,3,4", FAIL_USE},
    {"fail_page_alloc=1,x,3,4", FAIL_USE},
    {"fail_page_alloc=1,2,-3,4", FAIL_USE},
    {"fail_page_alloc=1,2,3,-2", FAIL_USE},
    {"fail_page_alloc=1,2,3,4,5", FAIL_USE},
};

} // namespace

TEST_F(PageDebug, ReadsTheCommandLine)
{
    for (const good_line &line : GOOD) {
        SCOPED_TRACE(line.text);
        page_debug = 0;
        parse_early_param(line.text);
        EXPECT_EQ(page_debug, line.options);
    }
    EXPECT_NO_REPORT("ignored");
}

TEST_F(PageDebug, SaysInOneLineWhatIsWrongWithAValue)
{
    for (const bad_line &line : BAD) {
        SCOPED_TRACE(line.text);
        parse_early_param(line.text);
        EXPECT_EQ(page_debug, 0u);
        EXPECT_REPORT(line.report);
    }
}

TEST_F(PageDebug, SwitchingLosesNoPage)
{
    page *p = alloc_page(GFP_KERNEL);
    const unsigned long free_before = nr_free_pages();
    debug_guardpage_minorder = 2;
    for (u32 options : {PAGE_DEBUG_POISON, PAGE_DEBUG_GUARD, PAGE_DEBUG_POISON | PAGE_DEBUG_GUARD,
                        PAGE_DEBUG_OWNER, 0u}) {
        page_debug_set(options);
        EXPECT_EQ(nr_free_pages(), free_before);
        page *kept = alloc_page(GFP_HIGHUSER);
        EXPECT_EQ(verify_pages(console_printer), 0u);
        page_debug_set(0);
        EXPECT_EQ(nr_free_pages(), free_before - 1);
        __free_page(kept);
    }
    __free_page(p);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(PageDebug, TellsWhatIsOnAndWhatItHasSeen)
{
    text_buffer<1024> said;
    print_page_debug(said.out());
    EXPECT_TRUE(said.contains("page_poison              off  ")) << said.c_str();
    EXPECT_TRUE(said.contains("debug_guardpage_minorder off  order 0, 0 guard pages, 0 of them "
                              "unmapped\n"))
        << said.c_str();
    page_debug = PAGE_DEBUG_POISON | PAGE_DEBUG_FAIL;
    said.clear();
    print_page_debug(said.out());
    EXPECT_TRUE(said.contains("page_poison              on   ")) << said.c_str();
    EXPECT_TRUE(said.contains("fail_page_alloc          on   ")) << said.c_str();
}
