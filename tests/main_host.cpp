// The host's test program: GoogleTest on a machine that is fresh for each test.
//
// Before a test the machine is reset (RAM zero, lowmem mapped as on the booted target) and the
// reports of the test before are forgotten. LOWMEM_VERBOSE=1 in the environment shows what the
// kernel prints. --drop-site N leaves a barrier or flush out (tests/sites.h).
#include <tests/host.h>
#include <tests/sites.h>

#include <asm/observe.h>

namespace {

const char *name_of(host_access access)
{
    return access == host_access::write ? "a write to " : "a read from ";
}

/// What happened instead, for a test that wanted something else.
::testing::AssertionResult instead(const host_outcome &outcome)
{
    auto failure = ::testing::AssertionFailure();
    switch (outcome.end) {
    case host_end::finished:
        return failure << "the statement came to its end";
    case host_end::fault:
        return failure << name_of(outcome.access) << ::testing::PrintToString(outcome.va)
                       << " faulted";
    case host_end::panic:
        return failure << "the kernel panicked; not read yet:\n" << report_unread();
    }
    return failure;
}

class fresh_machine : public ::testing::EmptyTestEventListener {
    void OnTestStart(const ::testing::TestInfo &) override
    {
        host_reset();
        report_start();
        current_hw_observer = nullptr;
    }
};

} // namespace

::testing::AssertionResult host_faulted_at(const host_outcome &outcome, virt_addr_t va)
{
    if (outcome.end == host_end::fault && outcome.va == va)
        return ::testing::AssertionSuccess();
    return instead(outcome) << "; wanted: a fault at " << ::testing::PrintToString(va);
}

::testing::AssertionResult host_panicked(const host_outcome &outcome, const char *text)
{
    if (outcome.end != host_end::panic)
        return instead(outcome) << "; wanted: a panic with \"" << text << "\"";
    if (!report_take(text))
        return instead(outcome) << "which does not have \"" << text << "\"";
    return ::testing::AssertionSuccess();
}

int main(int argc, char **argv)
{
    ::testing::InitGoogleTest(&argc, argv);
    if (const int status = read_site_options(argc, argv); status >= 0)
        return status;
    ::testing::UnitTest::GetInstance()->listeners().Append(new fresh_machine);
    return RUN_ALL_TESTS();
}
