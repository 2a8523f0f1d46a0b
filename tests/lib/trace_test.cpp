// Trace rings, and trace points on and off.
#include <tests/test.h>

#include <kernel/lib/trace.h>

namespace {

class Trace : public ::testing::Test {
protected:
    trace_event memory[4] = {};
    trace_ring ring{memory};
};

} // namespace

TEST_F(Trace, KeepsEventsInTheirOrder)
{
    EXPECT_EQ(ring.size(), 0u);
    ring.record(trace_kind::alloc, 3, 0xc0000000, 32768);
    ring.record(trace_kind::free, 3, 0xc0000000, 32768);
    ASSERT_EQ(ring.size(), 2u);
    EXPECT_EQ(ring.at(0).kind, trace_kind::alloc);
    EXPECT_EQ(ring.at(0).order, 3);
    EXPECT_EQ(ring.at(0).a, 0xc0000000u);
    EXPECT_EQ(ring.at(0).b, 32768u);
    EXPECT_EQ(ring.at(1).kind, trace_kind::free);
}

TEST_F(Trace, TheNewestOverwriteTheOldest)
{
    for (u32 i = 0; i < 10; ++i)
        ring.record(trace_kind::map, 0, i, 0);
    EXPECT_EQ(ring.size(), 4u);
    EXPECT_EQ(ring.written(), 10u);
    EXPECT_EQ(ring.at(0).a, 6u);
    EXPECT_EQ(ring.at(3).a, 9u);
    ring.clear();
    EXPECT_EQ(ring.size(), 0u);
}

TEST_F(Trace, TimeDoesNotRunBackwards)
{
    ring.record(trace_kind::map, 0, 0, 0);
    ring.record(trace_kind::unmap, 0, 0, 0);
    EXPECT_LT(ring.at(1).time - ring.at(0).time, 0x80000000u);
}

TEST_F(Trace, ATracePointThatIsOffEvaluatesNothing)
{
    u32 evaluated = 0;
    u32 before = kernel_trace.written();
    trace_enabled = false;
    TRACE_POINT(trace_kind::split, 0, ++evaluated, 0);
    EXPECT_EQ(evaluated, 0u);
    EXPECT_EQ(kernel_trace.written(), before);
    trace_enabled = true;
    TRACE_POINT(trace_kind::split, 1, ++evaluated, 7);
    trace_enabled = false;
    EXPECT_EQ(evaluated, 1u);
    ASSERT_EQ(kernel_trace.written(), before + 1);
    trace_event last = kernel_trace.at(kernel_trace.size() - 1);
    EXPECT_EQ(last.kind, trace_kind::split);
    EXPECT_EQ(last.b, 7u);
}
