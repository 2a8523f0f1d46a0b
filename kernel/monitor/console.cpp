// The prompt: characters from the console, through the line editor, to the monitor.
//
// What is typed is echoed to the console alone and not kept in the log. A pipe works as well as a
// terminal: the editor wants nothing but bytes.

#include <kernel/core/printk.h>
#include <kernel/core/reboot.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>

static const char *registered_name(size_t i)
{
    monitor::command_list commands = kernel_monitor.commands();
    return i < commands.size() ? commands[i].name : nullptr;
}

static constinit line_editor editor("lowmem> ", registered_name);

static void read_and_run_line()
{
    editor.start(console_only_printer);
    for (;;) {
        int c = console_read();
        if (c < 0)
            machine_power_off(kernel_monitor.failed() != 0);
        switch (editor.feed(static_cast<u8>(c), console_only_printer)) {
        case line_event::none:
            break;
        case line_event::ready:
            kernel_monitor.run_line(editor.line());
            return;
        case line_event::dropped:
            return;
        case line_event::too_long:
            printk("monitor: the line was longer than %zu characters and is not run\n",
                   line_editor::longest);
            kernel_monitor.count_failure();
            return;
        }
    }
}

void monitor_main()
{
    for (;;)
        read_and_run_line();
}
