// ATAGs: a list in which each entry says how long it is.
//
//   u32 size   in words, these two included
//   u32 tag    0x5441....
//   u32 ...    (size - 2 words that belong to the tag)
//
// The first is ATAG_CORE, the last has size 0 and tag 0 (ATAG_NONE). All numbers are of the CPU's
// byte order, little-endian here. Reading a tag moves on by its size, at least two words, so the
// reading ends whatever the bytes are.
// Manual: "Booting ARM Linux" (V. Sanders). Linux: arch/arm/include/uapi/asm/setup.h.
#include <boot/atags.h>

#include <algorithm>

#include <kernel/core/printk.h>

namespace {

constexpr u32 ATAG_NONE = 0;
constexpr u32 ATAG_CORE = 0x54410001;
constexpr u32 ATAG_MEM = 0x54410002;
constexpr u32 ATAG_CMDLINE = 0x54410009;
constexpr u32 ATAG_INITRD2 = 0x54420005;

constexpr size_t WORD = 4;
constexpr u32 HEADER_WORDS = 2;

/// Word `index` of `bytes`, which must have it.
u32 word(std::span<const u8> bytes, size_t index)
{
    const u8 *p = bytes.data() + index * WORD;
    return u32{p[0]} | u32{p[1]} << 8 | u32{p[2]} << 16 | u32{p[3]} << 24;
}

/// False, with a line, if the tag has fewer words than its kind needs.
bool has_words(std::span<const u8> tag, u32 needed, const char *name)
{
    if (tag.size() / WORD >= needed)
        return true;
    printk("atags: %s ignored: %zu words long, %u wanted\n", name, tag.size() / WORD, needed);
    return false;
}

/// ATAG_MEM and ATAG_INITRD2 are alike: a size and a start; but INITRD2 has the start first.
void read_memory(std::span<const u8> tag, loader_sink &sink)
{
    if (has_words(tag, 4, "ATAG_MEM"))
        sink.memory(word(tag, 3), word(tag, 2), "ATAG_MEM");
}

void read_initrd(std::span<const u8> tag, loader_sink &sink)
{
    if (has_words(tag, 4, "ATAG_INITRD2"))
        sink.initrd(word(tag, 2), word(tag, 3), "ATAG_INITRD2");
}

void read_command_line(std::span<const u8> tag, loader_sink &sink)
{
    const auto text = tag.subspan(HEADER_WORDS * WORD);
    const auto end = std::find(text.begin(), text.end(), 0);
    if (end == text.end())
        printk("atags: ATAG_CMDLINE has no NUL: taken up to its end, %zu bytes\n", text.size());
    sink.command_line(
        {reinterpret_cast<const char *>(text.data()), static_cast<size_t>(end - text.begin())},
        "ATAG_CMDLINE");
}

void read_tag(std::span<const u8> tag, loader_sink &sink)
{
    switch (word(tag, 1)) {
    case ATAG_MEM:
        return read_memory(tag, sink);
    case ATAG_INITRD2:
        return read_initrd(tag, sink);
    case ATAG_CMDLINE:
        return read_command_line(tag, sink);
    default:
        return;
    }
}

} // namespace

void read_atags(std::span<const u8> bytes, loader_sink &sink)
{
    if (bytes.size() < HEADER_WORDS * WORD || word(bytes, 1) != ATAG_CORE) {
        printk("atags: list ignored: it does not begin with ATAG_CORE\n");
        return;
    }
    const size_t whole = bytes.size();
    while (bytes.size() >= HEADER_WORDS * WORD) {
        const size_t at = whole - bytes.size();
        const u32 size = word(bytes, 0);
        const u32 tag = word(bytes, 1);
        if (size == 0 && tag == ATAG_NONE)
            return;
        if (size < HEADER_WORDS) {
            printk("atags: rest ignored from byte %zu on: tag 0x%08x of size %u would never end\n",
                   at, tag, size);
            return;
        }
        if (size > bytes.size() / WORD) {
            printk(
                "atags: rest ignored from byte %zu on: tag 0x%08x claims %u words, %zu are left\n",
                at, tag, size, bytes.size() / WORD);
            return;
        }
        read_tag(bytes.first(size * WORD), sink);
        bytes = bytes.subspan(size * WORD);
    }
    printk("atags: list is cut off after %zu bytes: no ATAG_NONE\n", whole);
}
