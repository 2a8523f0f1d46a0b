// Commands that do something to the machine, or make it work: poweroff, reboot, test, bench,
// expect-oops.

#include <asm/mach.h>
#include <asm/recover.h>
#include <kernel/core/printk.h>
#include <kernel/core/reboot.h>
#include <kernel/monitor/bench.h>
#include <kernel/monitor/monitor.h>

/// Runs the tests linked into the kernel whose names fit, all for nullptr; returns how many
/// failed. Defined by the tests (tests/shim.cpp).
int run_target_tests(const char *filter);

static int poweroff_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    machine_power_off(kernel_monitor.failed() != 0);
}
monitor_command("poweroff", "", "switches off; the exit status is 1 if a command failed, else 0",
                poweroff_command);

static int reboot_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    machine_restart();
}
monitor_command("reboot", "", "starts the machine anew", reboot_command);

static int test_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    return run_target_tests(argc == 2 ? argv[1] : nullptr);
}
monitor_command("test", "[FILTER]", "runs the tests on this machine; FILTER as GoogleTest's",
                test_command);

static int bench_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    const char *filter = argc == 2 ? argv[1] : "";
    const bench_counts count =
        run_benches(filter, boot_times(), machine.boot_clock_hz, console_printer);
    if (count.found > 0)
        return count.failed < count.found ? 0 : 1; // a machine may have no high memory to measure
    printk("bench: no bench has \"%s\" in its name\n", filter);
    return 1;
}
monitor_command("bench", "[FILTER]", "measures; FILTER is a part of the names", bench_command);

/// Runs a command that must oops. The trap code prints the oops and jumps back here; whatever the
/// command held (locks, memory) stays as it was at the fault.
static int expect_oops_command(int argc, char **argv)
{
    if (argc < 2)
        return bad_usage;
    recovery_context context;
    if (save_recovery(&context) != 0)
        return 0;
    oops_recovery = &context;
    kernel_monitor.run_words(argc - 1, argv + 1);
    oops_recovery = nullptr;
    printk("expect-oops: \"%s\" came to its end without an oops\n", argv[1]);
    return 1;
}
monitor_command("expect-oops", "COMMAND...", "runs a command that must oops, and goes on",
                expect_oops_command);
