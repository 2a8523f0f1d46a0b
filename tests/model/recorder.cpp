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

constexpr u32 PAGE = 4096;

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
    case hw_event::tlbi_mva:
        invalidate(va, PAGE, value);
        break;
    case hw_event::tlbi_all:
        invalidate(0, 0, value);
        break;
    case hw_event::dsb:
        data_barrier();
        break;
    case hw_event::isb:
        instruction_barrier();
        break;
    default: // bpi_all, dmb: nothing here depends on them
        break;
    }
}

// ---- Maintenance ----

void recorder::clean(u32 at)
{
    check_reach(at, "line cleaned");
    if (machine_.cores > 1)
        error("0x%08x cleaned: walks are coherent on several cores", at);
    const u32 line = at & ~(LINE - 1);
    bool needed = false;
    for (auto word = unseen_.lower_bound(line); word != unseen_.end() && word->first < line + LINE;
         ++word) {
        needed |= word->second == 0;
        word->second = 1;
    }
    if (machine_.cores == 1 && !needed)
        error("0x%08x cleaned: nothing was stored in its line", at);
}

void recorder::invalidate(u32 va, u32 size, u32 broadcast)
{
    if (machine_.cores > 1 && !broadcast) {
        error("TLBI of this core alone (0x%08x): the others keep their entries", va);
        return;
    }
    for (stale &old : stale_)
        if (old.stage == stale::stage::visible && (size == 0 || va - old.was.va < old.was.size))
            old.stage = stale::stage::invalidated;
}

void recorder::data_barrier()
{
    if (machine_.cores == 1)
        for (const auto &[at, cleaned] : unseen_)
            if (!cleaned) {
                error("0x%08x: not cleaned at the DSB, the walker may not see it", at);
                break;
            }
    unseen_.clear();
    if (std::erase_if(stale_,
                      [](const stale &old) { return old.stage == stale::stage::invalidated; }) > 0)
        isb_owed_ = 1;
    for (stale &old : stale_)
        old.stage = stale::stage::visible;
    for (fresh &made : fresh_)
        made.visible = 1;
}

void recorder::instruction_barrier()
{
    isb_owed_ = 0;
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
    if (!unseen_.empty())
        error("%s: %zu words stored without a DSB after, first 0x%08x", what, unseen_.size(),
              unseen_.begin()->first);
    if (!stale_.empty())
        error("%s: %zu old mappings not flushed, first 0x%08x (%u bytes)", what, stale_.size(),
              stale_.front().was.va, stale_.front().was.size);
    if (isb_owed_ || !fresh_.empty())
        error("%s: no ISB after the last DSB", what);
    check_agreement(what);
    unseen_.clear();
    stale_.clear();
    fresh_.clear();
    isb_owed_ = 0;
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
