// HOST ONLY: the events it listens to exist on the host alone.
//
// The recorder's events: maintenance, barriers, and what must be paid when an operation ends.
// The rules are in recorder.h.
#include <tests/model/recorder.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <asm/world.h>

namespace model {

namespace {

constinit thread_local recorder *listening = nullptr;

} // namespace

void recorder::on_event(hw_event event, virt_addr_t va, u32 value)
{
    listening->handle(event, va.raw(), value);
}

void recorder::start()
{
    listening = this;
    current_hw_observer = on_event;
}

void recorder::stop()
{
    if (listening != this)
        return;
    listening = nullptr;
    current_hw_observer = nullptr;
}

void recorder::error(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const bool again = !errors_.empty() && errors_.back() == text;
    if (!again && errors_.size() < 8) // the first ones say it
        errors_.emplace_back(text);
}

std::string recorder::take_errors()
{
    std::string all;
    for (const std::string &line : errors_)
        all += line + "\n";
    errors_.clear();
    return all;
}

void recorder::handle(hw_event event, u32 va, u32 value)
{
    counts_[static_cast<u8>(event)]++;
    switch (event) {
    case hw_event::store_pgd:
        store_first_level(va, value);
        break;
    case hw_event::store_pte:
        store_second_level(va, value);
        break;
    case hw_event::store_linux_pte:
        check_reach(va, "Linux PTE stored");
        if (u32 *word = word_of(va))
            *word = value;
        break;
    case hw_event::new_table:
        new_table(va, value);
        break;
    case hw_event::clean_line:
        clean(va);
        break;
    case hw_event::flush_line:
        check_reach(va, "line flushed");
        dcache_.flush(va);
        break;
    case hw_event::tlbi_mva:
        tlb_.invalidate(va, reach_of("TLBI", va, value));
        break;
    case hw_event::tlbi_all:
        tlb_.invalidate_all(reach_of("TLBI", va, value));
        break;
    case hw_event::bpi_all:
        tlb_.invalidate_branches(reach_of("BPIALL", va, value));
        break;
    case hw_event::dsb:
        data_barrier();
        break;
    case hw_event::isb:
        instruction_barrier();
        break;
    default: // dmb: nothing here depends on it
        break;
    }
}

// ---- Maintenance ----

void recorder::clean(u32 at)
{
    check_reach(at, "line cleaned");
    const bool needed = lines_.clean(at);
    if (machine_.profile().walks_see_cache())
        error("0x%08x cleaned: walks are coherent on several cores", at);
    else if (!needed)
        error("0x%08x cleaned: nothing was stored in its line", at);
}

tlb::reach recorder::reach_of(const char *operation, u32 va, u32 broadcast)
{
    if (machine_.cores > 1 && !broadcast)
        error("%s of this core alone (0x%08x): the others keep their entries", operation, va);
    if (machine_.cores == 1 && broadcast)
        error("%s broadcast (0x%08x) on one core, which may have no such operation", operation, va);
    return broadcast ? tlb::reach::all_cores : tlb::reach::this_core;
}

void recorder::data_barrier()
{
    if (const std::optional<u32> at = lines_.barrier())
        error("0x%08x: not cleaned at the DSB, the walker may not see it", *at);
    tlb_.barrier();
    for (fresh &made : fresh_)
        made.visible = 1;
    if (!machine_.profile().has_isb())
        fresh_.clear();
}

void recorder::instruction_barrier()
{
    tlb_.instruction_barrier();
    std::erase_if(fresh_, [](const fresh &made) { return made.visible != 0; });
}

// ---- The end of an operation ----

void recorder::check_agreement(const char *what)
{
    const u32 own = first_levels_.front();
    for (const u32 other : first_levels_)
        for (u32 i = machine_.kernel_start >> 20; i < L1_BYTES / 4; i++)
            if (*word_of(own + i * 4) != *word_of(other + i * 4)) {
                error("%s: at 0x%03x00000 the tables at 0x%08x differ from the CPU's own", what, i,
                      other);
                break;
            }
}

void recorder::end_operation(const char *what)
{
    if (const std::optional<u32> first = lines_.first_unseen())
        error("%s: %zu words stored without a DSB after, first 0x%08x", what, lines_.unseen(),
              *first);
    const std::vector<mapping> stale = tlb_.stale();
    const std::vector<mapping> predicted = tlb_.predicted();
    if (!stale.empty())
        error("%s: %zu old mappings not flushed, first 0x%08x (%u bytes)", what, stale.size(),
              stale.front().va, stale.front().size);
    else if (!predicted.empty())
        error("%s: %zu old mappings were executable, and branch predictors not invalidated after "
              "their flush, first 0x%08x (%u bytes)",
              what, predicted.size(), predicted.front().va, predicted.front().size);
    if (tlb_.owes_isb() || !fresh_.empty())
        error("%s: no ISB after the last DSB", what);
    check_agreement(what);
    check_copies(what);
    lines_.forget();
    tlb_.forget();
    fresh_.clear();
}

void recorder::end(const char *what)
{
    end_operation(what);
    for (const auto &[page, words] : copy_)
        for (u32 i = 0; i < PAGE_WORDS; i++) {
            u32 now = 0;
            memcpy(&now, to_ptr(virt_addr_t(page + i * 4)), sizeof now);
            if (now != words[i]) {
                error("%s: table word 0x%08x holds 0x%08x, but 0x%08x was stored", what,
                      page + i * 4, now, words[i]);
                break;
            }
        }
}

} // namespace model
