// The limit of what is printed again and again.
#include <tests/test.h>

#include <kernel/lib/ratelimit.h>

TEST(Ratelimit, ABurstThenSilenceUntilTheIntervalIsOver)
{
    ratelimit limit(1000, 3);
    for (u32 i = 0; i < 3; i++)
        EXPECT_TRUE(limit.ask(50 + i).granted);
    EXPECT_FALSE(limit.ask(60).granted);
    EXPECT_FALSE(limit.ask(1049).granted);
    const ratelimit::allowance next = limit.ask(1050);
    EXPECT_TRUE(next.granted);
    EXPECT_EQ(next.missed, 2u);
    EXPECT_EQ(limit.ask(1060).missed, 0u);
}

TEST(Ratelimit, TheClockMayComeRound)
{
    ratelimit limit(1000, 1);
    EXPECT_TRUE(limit.ask(0xffffff00).granted);
    EXPECT_FALSE(limit.ask(0x00000010).granted);
    EXPECT_TRUE(limit.ask(0xffffff00 + 1000).granted);
}

TEST(Ratelimit, ForgottenQuestionsDoNotCount)
{
    ratelimit limit(1000, 1);
    EXPECT_TRUE(limit.ask(5).granted);
    EXPECT_FALSE(limit.ask(6).granted);
    limit.forget();
    const ratelimit::allowance next = limit.ask(7);
    EXPECT_TRUE(next.granted);
    EXPECT_EQ(next.missed, 0u);
}
