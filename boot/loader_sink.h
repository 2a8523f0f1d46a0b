// What a reader of loader data finds, one call a find, in the order of the data.
//
// The readers (boot/atags.cpp, boot/fdt.cpp) judge the form of what the loader left; whoever
// listens (boot/loader.cpp, or a test) judges the meaning: is that bank in RAM, is that line short
// enough. Numbers are 64 bits wide because a device tree may say anything.
#pragma once

#include <string_view>

#include <kernel/lib/types.h>

class loader_sink {
public:
    /// RAM of `size` bytes; `what` names the tag or node.
    virtual void memory(u64 start, u64 size, const char *what) = 0;
    /// A range that is not for the kernel to use; `what` lives for ever.
    virtual void reserve(u64 start, u64 size, const char *what) = 0;
    /// The initial RAM disk.
    virtual void initrd(u64 start, u64 size, const char *what) = 0;
    /// The command line, without its NUL; the text belongs to the data that is read.
    virtual void command_line(std::string_view text, const char *what) = 0;

protected:
    ~loader_sink() = default;
};
