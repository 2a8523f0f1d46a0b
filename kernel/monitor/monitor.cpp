// From a line to commands: cut at semicolons, cut into words, look up, run, count.
//
// A command says itself why it failed, so that after a failure exactly one line stands there; the
// monitor adds one only for what it finds itself: no such command, too many words, wrong use.
// Nothing is printed for success. scripts/run asks with `status`, and `poweroff` gives the
// machine's exit status.

#include <kernel/monitor/monitor.h>

#include <cstring>

#include <kernel/core/printk.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string_util.h>

extern "C" {
// Where the linker has gathered the records; weak, because a program may have none.
[[gnu::weak]] extern const monitor_command __start_monitor_commands[];
[[gnu::weak]] extern const monitor_command __stop_monitor_commands[];
}

static monitor::command_list registered_commands()
{
    return {__start_monitor_commands, __stop_monitor_commands};
}

constinit monitor kernel_monitor(registered_commands);

const monitor_command *monitor::find(std::string_view name) const
{
    for (const monitor_command &command : commands()) {
        if (name == command.name)
            return &command;
    }
    return nullptr;
}

const char *monitor::nearest(std::string_view name) const
{
    // One error in short words, two in longer ones; or the beginning of a word.
    u32 least = name.size() > 4 ? 3 : 2;
    const char *best = nullptr;
    for (const monitor_command &command : commands()) {
        u32 distance = edit_distance(name, command.name);
        if (std::string_view(command.name).starts_with(name))
            distance = 1;
        if (distance < least) {
            least = distance;
            best = command.name;
        }
    }
    return best;
}

int monitor::run_words(int argc, char **argv)
{
    const monitor_command *command = find(argv[0]);
    if (command == nullptr) {
        if (const char *near = nearest(argv[0]))
            printk("monitor: \"%s\" is no command, did you mean \"%s\"?\n", argv[0], near);
        else
            printk("monitor: \"%s\" is no command; help lists them\n", argv[0]);
        return 1;
    }
    int result = command->run(argc, argv);
    if (result == bad_usage)
        printk("%s: usage: %s%s%s\n", command->name, command->name, *command->args ? " " : "",
               command->args);
    return result;
}

void monitor::count_failure()
{
    ++executed_;
    ++failed_;
}

/// Runs the one command in `text`, which is cut up. Returns 1 if it failed, else 0.
u32 monitor::run_one(char *text)
{
    char *words[most_words + 1];
    int count = 0;
    for (char *at = text;;) {
        while (is_space(*at))
            *at++ = '\0';
        if (*at == '\0')
            break;
        if (count == most_words) {
            printk("%s: more than %d words\n", words[0], most_words);
            count_failure();
            return 1;
        }
        words[count++] = at;
        while (*at != '\0' && !is_space(*at))
            ++at;
    }
    if (count == 0)
        return 0;
    words[count] = nullptr;
    // Counted first: the command may ask, and may never return.
    ++executed_;
    if (run_words(count, words) == 0)
        return 0;
    ++failed_;
    return 1;
}

u32 monitor::run_line(std::string_view line)
{
    char text[longest_line + 1];
    if (line.size() > longest_line) {
        printk("monitor: a line of %zu characters is too long (at most %zu)\n", line.size(),
               longest_line);
        count_failure();
        return 1;
    }
    std::memcpy(text, line.data(), line.size());
    text[line.size()] = '\0';

    u32 failures = 0;
    for (char *at = text; at != nullptr;) {
        char *end = std::strchr(at, ';');
        if (end != nullptr)
            *end++ = '\0';
        failures += run_one(at);
        at = end;
    }
    return failures;
}
