// What must be true whatever a loader said: checked by the harnesses after each input.
//
// A broken rule aborts, which libFuzzer reports with the input that did it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include <arch/arm/kernel/meminfo.h>
#include <boot/loader.h>
#include <boot/loader_sink.h>
#include <mm/memblock.h>

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

namespace loader_fuzz {

constexpr phys_window WINDOW{phys_addr_t(0x60000000), 0x40000000};

inline phys_window board_bank()
{
    return {WINDOW.start, SZ_16M};
}

/// A listener that wants every text to lie inside of the data that is read.
class checking_sink final : public loader_sink {
public:
    explicit checking_sink(std::span<const u8> data) : data_(data) {}

    void memory(u64, u64 size, const char *what) override { told(what, size); }
    void reserve(u64, u64 size, const char *what) override { told(what, size); }
    void initrd(u64, u64 size, const char *what) override { told(what, size); }
    void command_line(std::string_view text, const char *what) override
    {
        told(what, text.size());
        const auto *begin = reinterpret_cast<const u8 *>(text.data());
        FUZZ_CHECK(begin >= data_.data());
        FUZZ_CHECK(begin + text.size() <= data_.data() + data_.size());
        FUZZ_CHECK(text.find('\0') == std::string_view::npos);
    }

private:
    void told(const char *what, u64 size)
    {
        FUZZ_CHECK(what != nullptr && std::strlen(what) > 0);
        FUZZ_CHECK(++calls_ <= data_.size()); // nothing is told for ever
        sizes_ += size;                       // reads the value, for MSan's sake
    }
    std::span<const u8> data_;
    size_t calls_ = 0;
    u64 sizes_ = 0;
};

/// Reads `bytes` from memory of exactly their size, so that ASan sees a read beyond them.
template <class Reader>
void check_reader(Reader read, std::span<const u8> bytes)
{
    auto *copy = static_cast<u8 *>(malloc(bytes.size()));
    if (!bytes.empty())
        std::memcpy(copy, bytes.data(), bytes.size());
    const std::span<const u8> exact(copy, bytes.size());
    checking_sink sink(exact);
    read(exact, sink);
    free(copy);
}

/// Banks are whole pages inside the window, sorted, apart from each other.
inline void check_banks(const struct meminfo &banks)
{
    FUZZ_CHECK(banks.nr_banks >= 0 && banks.nr_banks <= NR_BANKS);
    u64 last_end = 0;
    for (int i = 0; i < banks.nr_banks; ++i) {
        const u64 start = banks.bank[i].start.raw();
        const u64 end = start + banks.bank[i].size;
        FUZZ_CHECK(start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0 && start < end);
        FUZZ_CHECK(start >= WINDOW.start.raw() && end <= u64{WINDOW.start.raw()} + WINDOW.size);
        FUZZ_CHECK(start > last_end);
        last_end = end;
    }
}

/// Gives `bytes` to setup_machine() as head.S would have saved them.
inline void check_setup(u32 kind, std::span<const u8> bytes)
{
    static loader_data data;
    static memblock_region memory[4];
    static memblock_region reserved[INIT_MEMBLOCK_REGIONS];
    const size_t length = bytes.size() < LOADER_DATA_MAX ? bytes.size() : LOADER_DATA_MAX;
    if (length > 0)
        std::memcpy(data.bytes, bytes.data(), length);
    data.kind = kind;
    data.length = static_cast<u32>(length);
    kernel_memblock = memblock(memory, reserved, nullptr);
    setup_machine(data, WINDOW, board_bank);

    check_banks(meminfo);
    FUZZ_CHECK(meminfo.nr_banks > 0);
    const size_t line = strnlen(boot_command_line, COMMAND_LINE_SIZE);
    FUZZ_CHECK(line < COMMAND_LINE_SIZE);
    for (size_t i = 0; i < line; ++i)
        FUZZ_CHECK(boot_command_line[i] >= ' ' && boot_command_line[i] <= '~');
    FUZZ_CHECK(kernel_memblock.reserved_size() <= meminfo_size(meminfo) / 4 * 3);
    u64 early = 0;
    for_each_reserved_mem_range([&](const memblock_region &r) {
        const u64 end = u64{WINDOW.start.raw()} + SZ_16M;
        early += r.base.raw() < end ? (r.end() < end ? r.end() : end) - r.base.raw() : 0;
    });
    FUZZ_CHECK(early <= SZ_16M / 2);
    if (phys_initrd_size > 0)
        FUZZ_CHECK(memblock_is_region_reserved(phys_initrd_start, phys_initrd_size));
}

} // namespace loader_fuzz
