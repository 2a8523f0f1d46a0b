// Parameters of the kernel's command line that are wanted early, each declared where it is used.
//
// early_param("mem", early_mem) puts a record into the section early_params; parse_early_param()
// walks the command line and calls the handlers in the order of the line.
// Linux: include/linux/init.h (early_param, struct obs_kernel_param), init/main.c.
#pragma once

/// One parameter that somebody understands.
struct obs_kernel_param {
    const char *name;
    /// @param value  text after '=', or nullptr when there is none; quotes are taken off
    /// @return       0, or non-zero when the value was refused (the handler has printed why)
    int (*setup)(const char *value);
};

/// Cuts `cmdline` into words and calls the handler of each known name. Unknown names are for
/// later readers and pass silently. The text itself is not changed. Defined in kernel/params.cpp.
/// Context: boot, one CPU. Linux: init/main.c parse_early_param().
void parse_early_param(const char *cmdline);

#define early_param(name, function)                                                                \
    [[gnu::used, gnu::section("early_params")]] static const obs_kernel_param setup_##function = { \
        name, function}
