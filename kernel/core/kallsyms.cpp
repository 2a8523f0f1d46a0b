// Finding the function that holds an address, by halving a sorted table.
//
// The table's four parts are symbols of an assembly file which scripts/kallsyms.py writes. They
// are weak here: in the first link, and on the host, they do not exist and their addresses are
// null, which makes an empty table.

#include <kernel/core/kallsyms.h>

#include <algorithm>

extern "C" {
[[gnu::weak]] extern const u32 kallsyms_starts[];
[[gnu::weak]] extern const u32 kallsyms_name_offsets[];
[[gnu::weak]] extern const char kallsyms_names[];
[[gnu::weak]] extern const u32 kallsyms_count; // functions; kallsyms_starts has one more
}

symbol_table kernel_symbols()
{
    const u32 *count = &kallsyms_count;
    if (count == nullptr)
        return {};
    return {{kallsyms_starts, *count + 1}, {kallsyms_name_offsets, *count}, kallsyms_names};
}

std::optional<symbol> symbol_table::find(u32 address) const
{
    auto next = std::upper_bound(starts.begin(), starts.end(), address);
    if (next == starts.begin() || next == starts.end())
        return std::nullopt;
    auto index = static_cast<size_t>(next - starts.begin()) - 1;
    return symbol{names + name_offsets[index], starts[index], *next - starts[index]};
}

size_t format_symbol(const symbol_table &table, u32 address, symbol_style style, char *buffer,
                     size_t size)
{
    // A call may be the last instruction of its function: the address it returns to is then the
    // next one's, the byte below is not.
    u32 lookup = style == symbol_style::return_address ? address - 1 : address;
    std::optional<symbol> found = table.find(lookup);
    int length;
    if (!found)
        length = kscnprintf(buffer, size, "0x%08x", address);
    else if (style == symbol_style::name)
        length = kscnprintf(buffer, size, "%s", found->name.data());
    else
        length = kscnprintf(buffer, size, "%s+0x%x/0x%x", found->name.data(),
                            address - found->start, found->size);
    return static_cast<size_t>(length);
}

size_t kallsyms_format(unsigned long address, symbol_style style, char *buffer, size_t size)
{
    return format_symbol(kernel_symbols(), static_cast<u32>(address), style, buffer, size);
}
