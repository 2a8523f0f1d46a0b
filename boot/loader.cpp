// From the loader's bytes to meminfo, memblock and the command line.
//
// head.S says of what kind the bytes are; the reader of that kind tells loader_told (below) what
// it finds. Banks go to meminfo as they come. Reservations are kept until all banks are known,
// because how much may be reserved depends on how much there is.
// Linux: arch/arm/kernel/setup.c, atags_parse.c, devtree.c, arch/arm/mm/init.c.
#include <boot/loader.h>

#include <algorithm>

#include <arch/arm/kernel/meminfo.h>
#include <boot/atags.h>
#include <boot/fdt.h>
#include <kernel/core/printk.h>
#include <kernel/lib/ctype.h>
#include <mm/memblock.h>

constinit char boot_command_line[COMMAND_LINE_SIZE] = {};
constinit phys_addr_t phys_initrd_start{0};
constinit u32 phys_initrd_size = 0;

namespace {

constexpr u32 EARLY_RAM = SZ_16M; // what head.S maps
constexpr u32 MAX_RESERVATIONS = 64;

/// The length of the longest run of whole words at the start of `text` with at most `room`
/// characters. Quotes hold words together, as parse_early_param() reads them.
size_t whole_words(std::string_view text, size_t room)
{
    size_t length = 0;
    bool quoted = false;
    for (size_t i = 0; i <= room; ++i) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (is_space(text[i]) && !quoted)
            length = i;
    }
    return length;
}

/// What a reader tells, put where it belongs.
class loader_told final : public loader_sink {
public:
    loader_told(const char *reader, phys_window ram) : reader_(reader), ram_(ram) {}

    void memory(u64 start, u64 size, const char *what) override
    {
        (void) arm_add_memory(start, size, {reader_, what, ""});
    }

    void reserve(u64 start, u64 size, const char *what) override
    {
        if (count_ == MAX_RESERVATIONS) {
            ignored({start, size, what}, "there is room for 64");
            return;
        }
        ranges_[count_++] = {start, size, what};
    }

    void initrd(u64 start, u64 size, const char *what) override
    {
        if (initrd_.size != 0)
            ignored({start, size, what}, "a second initrd");
        else
            initrd_ = {start, size, what};
    }

    void command_line(std::string_view text, const char *what) override;

    /// Reserves all that was told, as far as that is sensible. All banks are known now.
    void finish();

private:
    struct range {
        u64 start, size;
        const char *what;
    };

    void ignored(const range &r, const char *why) const
    {
        printk("%s: %s at 0x%08llx, 0x%llx bytes, ignored: %s\n", reader_, r.what, r.start, r.size,
               why);
    }
    [[nodiscard]] bool take(const range &r, const char *name);

    const char *reader_;
    phys_window ram_;
    range ranges_[MAX_RESERVATIONS];
    u32 count_ = 0;
    range initrd_{0, 0, nullptr};
    u64 reserved_ = 0;       // bytes so far, twice what is told twice
    u64 reserved_early_ = 0; // of these, in the first 16 MB
};

void loader_told::command_line(std::string_view text, const char *what)
{
    if (boot_command_line[0] != '\0') {
        printk("%s: second command line (%s, %zu characters) ignored\n", reader_, what,
               text.size());
        return;
    }
    constexpr size_t ROOM = COMMAND_LINE_SIZE - 1;
    if (text.size() > ROOM) {
        const size_t kept = whole_words(text, ROOM);
        printk("%s: command line (%s) of %zu characters is over the limit of %zu: cut after %zu\n",
               reader_, what, text.size(), ROOM, kept);
        text = text.substr(0, kept);
    }
    u32 strange = 0;
    char *to = boot_command_line;
    for (const char c : text) {
        const bool known = is_print(c) || is_space(c);
        strange += !known;
        *to++ = is_print(c) ? c : is_space(c) ? ' ' : '?';
    }
    *to = '\0';
    if (strange > 0)
        printk("%s: command line (%s): %u strange characters became '?'\n", reader_, what, strange);
}

/// Reserves the part of `r` that can be RAM, if that is not too much.
bool loader_told::take(const range &r, const char *name)
{
    const u64 ram_end = u64{ram_.start.raw()} + ram_.size;
    const u64 start = std::max<u64>(r.start, ram_.start.raw());
    const u64 end = r.size > ram_end - std::min(r.start, ram_end) ? ram_end : r.start + r.size;
    if (start >= end) {
        ignored(r, "outside the RAM window");
        return false;
    }
    const u64 early_end = std::min<u64>(end, u64{ram_.start.raw()} + EARLY_RAM);
    const u64 early = early_end > start ? early_end - start : 0;
    if (reserved_ + (end - start) > meminfo_size(meminfo) / 4 * 3 ||
        reserved_early_ + early > EARLY_RAM / 2) {
        ignored(r, "too little RAM would be left");
        return false;
    }
    reserved_ += end - start;
    reserved_early_ += early;
    return memblock_reserve(phys_addr_t(static_cast<u32>(start)), static_cast<u32>(end - start),
                            name) == 0;
}

void loader_told::finish()
{
    const u64 ram_end = u64{ram_.start.raw()} + ram_.size;
    const bool whole = initrd_.start >= ram_.start.raw() && initrd_.start <= ram_end &&
                       initrd_.size <= ram_end - initrd_.start;
    if (initrd_.size != 0 && !whole) {
        ignored(initrd_, "not all of it is in the RAM window");
    } else if (initrd_.size != 0 && take(initrd_, "initrd")) {
        phys_initrd_start = phys_addr_t(static_cast<u32>(initrd_.start));
        phys_initrd_size = static_cast<u32>(initrd_.size);
    }
    for (u32 i = 0; i < count_; ++i)
        (void) take(ranges_[i], ranges_[i].what);
}

/// Reads the data, if head.S found any that it understood.
void read_loader_data(const loader_data &data, loader_told &told)
{
    const std::span bytes{data.bytes, std::min<size_t>(data.length, LOADER_DATA_MAX)};
    switch (data.kind) {
    case LOADER_KIND_NONE:
        return;
    case LOADER_KIND_ATAGS:
        return read_atags(bytes, told);
    case LOADER_KIND_FDT:
        return read_fdt(bytes, told);
    case LOADER_KIND_BAD_POINTER:
        printk("setup_machine: r2 = 0x%08x ignored: outside RAM or no multiple of 4\n",
               data.pointer);
        return;
    case LOADER_KIND_BAD_MAGIC:
        printk("setup_machine: r2 = 0x%08x ignored: neither ATAGs nor a device tree there\n",
               data.pointer);
        return;
    case LOADER_KIND_TOO_LONG:
        printk("setup_machine: r2 = 0x%08x ignored: the device tree claims %u bytes, 65536 can be "
               "saved\n",
               data.pointer, data.length);
        return;
    default:
        printk("setup_machine: loader data of kind %u ignored: there is no such kind\n", data.kind);
        return;
    }
}

} // namespace

void setup_machine(const loader_data &data, phys_window ram, phys_window (*default_bank)())
{
    meminfo_reset(ram);
    boot_command_line[0] = '\0';
    phys_initrd_start = phys_addr_t(0);
    phys_initrd_size = 0;

    const char *reader = data.kind == LOADER_KIND_ATAGS ? "atags" : "fdt";
    loader_told told(reader, ram);
    read_loader_data(data, told);
    if (meminfo.nr_banks == 0) {
        const phys_window bank = default_bank();
        printk("setup_machine: no memory told by the loader: 0x%08x-0x%08x by the board\n",
               bank.start.raw(), bank.start.raw() + (bank.size - 1));
        (void) arm_add_memory(bank.start.raw(), bank.size,
                              {"setup_machine", "the board's bank", ""});
    }
    told.finish();
}
