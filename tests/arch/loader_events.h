// What a reader of loader data told, as text: "memory 60000000+40000000 ATAG_MEM\n...".
#pragma once

#include <boot/loader_sink.h>
#include <kernel/lib/vsnprintf.h>

class loader_events final : public loader_sink {
public:
    void memory(u64 start, u64 size, const char *what) override
    {
        range("memory", start, size, what);
    }
    void reserve(u64 start, u64 size, const char *what) override
    {
        range("reserve", start, size, what);
    }
    void initrd(u64 start, u64 size, const char *what) override
    {
        range("initrd", start, size, what);
    }
    void command_line(std::string_view text, const char *what) override
    {
        added(kscnprintf(text_ + used_, sizeof text_ - used_, "command line [%.*s] %s\n",
                         static_cast<int>(text.size()), text.data(), what));
    }

    [[nodiscard]] const char *text() const { return text_; }

private:
    void range(const char *kind, u64 start, u64 size, const char *what)
    {
        added(kscnprintf(text_ + used_, sizeof text_ - used_, "%s %llx+%llx %s\n", kind, start,
                         size, what));
    }
    void added(int characters) { used_ += static_cast<size_t>(characters); }

    char text_[2048] = "";
    size_t used_ = 0;
};
