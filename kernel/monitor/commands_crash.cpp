// crash KIND: faults on purpose; with expect-oops, the way to see every kind of oops.
#include <arch/arm/kernel/crash.h>
#include <kernel/core/printk.h>
#include <kernel/monitor/monitor.h>

static int crash_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    if (argc == 1) {
        list_crashes(console_printer);
        return 0;
    }
    const int result = provoke_crash(argv[1]);
    if (result == 1)
        printk("crash: \"%s\" is no kind of crash: crash alone lists them\n", argv[1]);
    else if (result == 3)
        printk("crash: this CPU cannot fault by %s: it lacks the bit (see layout)\n", argv[1]);
    else
        printk("crash: %s did not fault\n", argv[1]);
    return 1;
}
monitor_command("crash", "[KIND]", "provokes a fault; alone, lists the kinds", crash_command);
