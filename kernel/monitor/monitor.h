// The console's commands: how a line becomes calls, and how a file adds a command.
//
//     static int walk_command(int argc, char **argv) { ... }
//     monitor_command("walk", "VA", "every step of the translation of VA", walk_command);
//
// puts a record into section monitor_commands, which the linker gathers; nothing else has to
// know. Linux: kernel/debug/kdb/kdb_main.c (kdb_register).
#pragma once

#include <span>
#include <string_view>

#include <kernel/lib/types.h>

struct monitor_command {
    const char *name;
    const char *args; // as help shows them: "VA", "[FILTER]", or ""
    const char *help; // one line, without a full stop
    /// @param argv  argv[0] is the name; ends with a null pointer
    /// @return      0 for success; bad_usage, and the monitor prints how the command is used;
    ///              else failure, and the command has said why in one line
    int (*run)(int argc, char **argv);
};

/// What a command returns whose arguments make no sense in number.
constexpr int bad_usage = -1;

#define monitor_command(name, args, help, function)                                                \
    [[gnu::used, gnu::section("monitor_commands"),                                                 \
      gnu::aligned(alignof(                                                                        \
          struct monitor_command))]] static const struct monitor_command command_##function = {    \
        name, args, help, function}

/// Runs lines of commands and remembers how they ended.
class monitor {
public:
    using command_list = std::span<const monitor_command>;

    static constexpr size_t longest_line = 255;
    static constexpr int most_words = 16;

    /// @param commands  gives the commands that this monitor knows
    explicit constexpr monitor(command_list (*commands)()) : commands_(commands) {}

    /// Runs the commands of `line`, separated by semicolons, in turn; a failure does not stop the
    /// following ones.
    ///
    /// @return  how many of them failed
    /// Context: whatever the commands need.
    u32 run_line(std::string_view line);

    /// Runs one command, cut into words; uncounted. Returns what the command returned.
    int run_words(int argc, char **argv);

    /// Counts a command that failed before it could be run.
    void count_failure();
    /// Makes the command that is running not count: it only asks about the others.
    void count_back() { --executed_; }

    [[nodiscard]] u32 executed() const { return executed_; }
    [[nodiscard]] u32 failed() const { return failed_; }
    [[nodiscard]] command_list commands() const { return commands_(); }
    /// The command of that name, or nullptr.
    [[nodiscard]] const monitor_command *find(std::string_view name) const;
    /// The known name that is nearest to a wrong one, or nullptr if none is near.
    [[nodiscard]] const char *nearest(std::string_view name) const;

private:
    u32 run_one(char *text);

    command_list (*commands_)();
    u32 executed_ = 0;
    u32 failed_ = 0;
};

/// The monitor of the kernel's console, over all registered commands.
extern monitor kernel_monitor;

/// Reads lines from the console and runs them, for ever. At the end of input, which only a
/// world without a UART sees, powers off as the command does.
///
/// Context: the boot CPU when everything is set up.
[[noreturn]] void monitor_main();
