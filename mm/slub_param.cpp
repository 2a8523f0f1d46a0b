// slub_debug=: which caches are checked, and how.
//
//   slub_debug                       F, Z, P and U for all caches
//   slub_debug=ZP                    guards and poison for all
//   slub_debug=FU,kmalloc-64,task*   for these caches; a * at the end stands for any rest
//   slub_debug=,kmalloc-64           F, Z, P and U for one
//   slub_debug=U;FZP,kmalloc-*       several: the first that names a cache counts, else the first
//   slub_debug=-                     none
//
//   F  SLAB_CONSISTENCY_CHECKS   Z  SLAB_RED_ZONE   P  SLAB_POISON   U  SLAB_STORE_USER
//   T  SLAB_TRACE
//
// The text is kept and read again for each cache that is made: there are few.
// Linux: mm/slub.c setup_slub_debug(), parse_slub_debug_flags(), kmem_cache_flags().
#include <mm/slub_debug.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include <kernel/core/early_param.h>
#include <kernel/core/printk.h>
#include <kernel/lib/errno.h>
#include <mm/page_debug.h>

namespace {

constexpr slab_flags_t DEFAULT_FLAGS =
    SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER;

struct letter {
    char name;
    slab_flags_t flag;
};
constexpr letter letters[] = {
    {'F', SLAB_CONSISTENCY_CHECKS}, {'Z', SLAB_RED_ZONE}, {'P', SLAB_POISON},
    {'U', SLAB_STORE_USER},         {'T', SLAB_TRACE},
};

constinit char slub_debug[256] = {};
constinit bool slub_debug_given = false;

/// What of `text` stands before `end`, or all; `text` loses both.
std::string_view cut(std::string_view &text, char end)
{
    const size_t at = text.find(end);
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return before;
}

/// The flag of a letter; nothing if there is none.
std::optional<slab_flags_t> flag_of(char name)
{
    const char upper = name >= 'a' && name <= 'z' ? static_cast<char>(name - 'a' + 'A') : name;
    for (const letter &l : letters)
        if (l.name == upper)
            return l.flag;
    return std::nullopt;
}

/// The flags that letters stand for, which are right.
slab_flags_t flags_of(std::string_view names)
{
    if (names.empty())
        return DEFAULT_FLAGS;
    slab_flags_t flags;
    if (names != "-")
        for (char name : names)
            flags |= *flag_of(name);
    return flags;
}

/// The first letter that is none, or '\0'.
char wrong_letter(std::string_view names)
{
    if (names == "-")
        return '\0';
    const auto *wrong =
        std::find_if(names.begin(), names.end(), [](char name) { return !flag_of(name); });
    return wrong == names.end() ? '\0' : *wrong;
}

bool matches(std::string_view pattern, std::string_view name)
{
    if (pattern.ends_with('*'))
        return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return name == pattern;
}

bool names_cache(std::string_view list, std::string_view name)
{
    while (!list.empty())
        if (matches(cut(list, ','), name))
            return true;
    return false;
}

int setup_slub_debug(const char *value)
{
    const std::string_view text = value ? value : "";
    if (text.size() >= sizeof slub_debug) {
        printk("slub_debug: %zu characters ignored: %zu are the limit\n", text.size(),
               sizeof slub_debug - 1);
        return -EINVAL;
    }
    for (std::string_view blocks = text; !blocks.empty();) {
        std::string_view block = cut(blocks, ';');
        if (const char wrong = wrong_letter(cut(block, ','))) {
            printk("slub_debug: \"slub_debug=%s\" ignored: '%c' is no option (use F, Z, P, U, T or "
                   "-)\n",
                   text.data(), wrong);
            return -EINVAL;
        }
    }
    *std::copy(text.begin(), text.end(), slub_debug) = '\0';
    slub_debug_given = true;
    return 0;
}
early_param("slub_debug", setup_slub_debug);

/// What slub_debug= asks for.
slab_flags_t asked_for(std::string_view name)
{
    std::optional<slab_flags_t> for_all;
    std::string_view blocks = slub_debug;
    do {
        std::string_view block = cut(blocks, ';');
        const bool has_list = block.find(',') != std::string_view::npos;
        const slab_flags_t flags = flags_of(cut(block, ','));
        if (has_list && names_cache(block, name))
            return flags;
        if (!has_list && !for_all)
            for_all = flags;
    } while (!blocks.empty());
    return for_all.value_or(slab_flags_t{});
}

} // namespace

slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name)
{
    if (slub_debug_given)
        flags |= asked_for(name);
    if (page_debug & PAGE_DEBUG_INIT_ALLOC)
        flags |= SLAB_INIT_ON_ALLOC;
    if (page_debug & PAGE_DEBUG_INIT_FREE)
        flags |= SLAB_INIT_ON_FREE;
    if (failslab_is_on())
        flags |= SLAB_FAILSLAB;
    return flags;
}
