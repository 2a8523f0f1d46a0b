// Commands that only look: at the commands themselves and at what the kernel knows.

#include <boot/loader.h>
#include <kernel/core/printk.h>
#include <kernel/core/resource.h>
#include <kernel/monitor/meminfo.h>
#include <kernel/monitor/monitor.h>

/// The command whose name comes next after `name` in the alphabet; after nullptr, the first.
static const struct monitor_command *next_by_name(const char *name)
{
    const struct monitor_command *best = nullptr;
    for (const auto &command : kernel_monitor.commands()) {
        std::string_view candidate(command.name);
        if ((name == nullptr || candidate > name) && (best == nullptr || candidate < best->name))
            best = &command;
    }
    return best;
}

static int help_command(int argc, char **argv)
{
    if (argc > 2)
        return bad_usage;
    if (argc == 2) {
        const auto *command = kernel_monitor.find(argv[1]);
        if (command == nullptr) {
            printk("help: \"%s\" is no command\n", argv[1]);
            return 1;
        }
        printk("%s %s: %s\n", command->name, command->args, command->help);
        return 0;
    }
    for (const auto *command = next_by_name(nullptr); command != nullptr;
         command = next_by_name(command->name)) {
        int width = printk("%s %s", command->name, command->args);
        printk("%*s  %s\n", width < 28 ? 28 - width : 0, "", command->help);
    }
    return 0;
}
monitor_command("help", "[COMMAND]", "all commands, or one", help_command);

static int status_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    kernel_monitor.count_back();
    printk("status: %u commands, %u failed\n", kernel_monitor.executed(), kernel_monitor.failed());
    return 0;
}
monitor_command("status", "", "how many commands were run and failed (itself not counted)",
                status_command);

static int cmdline_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    printk("%s\n", boot_command_line);
    return 0;
}
monitor_command("cmdline", "", "the command line that the loader gave", cmdline_command);

static int meminfo_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_meminfo(count_memory(), console_printer);
    return 0;
}
monitor_command("meminfo", "", "how much memory there is and is free", meminfo_command);

static int iomem_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_resources(iomem_resource, console_printer);
    return 0;
}
monitor_command("iomem", "", "what stands where in the physical address space", iomem_command);

static int dmesg_command(int argc, char **)
{
    if (argc != 1)
        return bad_usage;
    print_log(console_only_printer);
    return 0;
}
monitor_command("dmesg", "", "the newest 16 KB of everything printed", dmesg_command);
