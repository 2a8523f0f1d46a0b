// Watches the table code at work and knows what an ARMv7-A machine may not be shown.
//
//   store    the word is in the data cache; every CPU may still walk the old one
//   clean    one core: the word is where the walker looks (needed there, an error on several)
//   DSB      the word is visible to walkers; what they had cached before is now old
//   TLBI     old entries that it covers are going (only those whose new word was visible)
//   BPIALL   and what branch predictors learnt through them
//   DSB      they are gone
//   ISB      and the next instruction knows
//
// From the events of <asm/observe.h> it keeps a copy of every table, the words that walkers may
// not see yet (lines.h), and the mappings that a TLB may still hold (tlb.h). The rules:
//
//   break    a valid entry becomes another place, size or memory type only after fault, DSB, TLBI
//            and DSB, in every set of tables (B3.10.1)
//   flush    what changed its rights or went away is flushed before the operation ends; if it was
//            executable, branch predictors too
//   publish  what was stored is visible before the operation ends, and a table before its link
//   clean    one core: cleaned before the DSB, and nothing else is; several cores: no cleans
//   cache    before ARMv7: the lines of a page leave the cache before the page leaves its address, and
//            before it gets a second one (dcache.h)
//   reach    the entry stored to, or cleaned, is itself mapped at that moment, and if it was made
//            just now, a DSB and an ISB came since
//   copies   a supersection is sixteen equal words: none is valid beside a valid word that differs,
//            and when the operation ends all sixteen are there (B3.5.1)
//   agree    all sets of tables say the same of the kernel's part when the operation ends
//   copy     at the end the tables hold what the events said, and nothing else
//
// A broken rule is a line in errors(). Sections are those of DDI 0406C.b.
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <asm/observe.h>
#include <tests/model/dcache.h>
#include <tests/model/lines.h>
#include <tests/model/tlb.h>
#include <tests/model/walker.h>

namespace model {

class recorder {
public:
    struct machine {
        u32 cores;         // 1, or more
        u32 linear_offset; // lowmem: virtual minus physical address
        u32 kernel_start;  // first virtual address of the kernel's part of a set of tables
        u32 architecture = 7;
        [[nodiscard]] cpu_profile profile() const { return {architecture, cores}; }
    };
    explicit recorder(const machine &m)
        : machine_(m), lines_(m.profile()), tlb_(m.profile()), dcache_(m.profile())
    {
    }
    ~recorder() { stop(); }
    recorder(const recorder &) = delete;
    recorder &operator=(const recorder &) = delete;

    /// Tables that were there before: 16 KB of first level, or a page of second level that a
    /// first level refers to. The first of the first levels is the one that the CPU runs on.
    void adopt_first_level(virt_addr_t table);
    void adopt_second_level(virt_addr_t table);
    /// No CPU walks this first level any more.
    void forget_first_level(virt_addr_t table);

    /// Listens to this thread's events until stop().
    void start();
    void stop();
    /// What an operation owes must be paid now. `what` names it in the errors.
    void end_operation(const char *what);
    /// The same, and the tables in memory are compared with the copy.
    void end(const char *what);

    [[nodiscard]] const std::vector<std::string> &errors() const { return errors_; }
    /// The errors as one text, forgotten thereby: "" is what a test wants to see.
    [[nodiscard]] std::string take_errors();
    [[nodiscard]] u32 count(hw_event event) const { return counts_[static_cast<u8>(event)]; }
    void forget_counts() { counts_ = {}; }

private:
    static constexpr u32 PAGE_WORDS = 1024;
    static constexpr u32 L1_BYTES = 16384;
    using page_copy = std::array<u32, PAGE_WORDS>;

    /// A first-level word that points to a second level.
    struct link {
        u32 l1;       // the first-level table
        u32 megabyte; // the address it translates
        auto operator<=>(const link &) const = default;
    };
    /// A mapping of the CPU's own tables that it may not use yet.
    struct fresh {
        mapping is;
        u8 visible; // a DSB came since; an ISB must still come
    };

    static void on_event(hw_event event, virt_addr_t va, u32 value);
    void handle(hw_event event, u32 va, u32 value);
    void store_first_level(u32 at, u32 value);
    void store_second_level(u32 at, u32 value);
    void new_table(u32 at, u32 bytes);
    void clean(u32 at);
    tlb::reach reach_of(const char *operation, u32 va, u32 broadcast);
    void data_barrier();
    void instruction_barrier();

    void read_table(u32 at, u32 bytes);
    u32 *word_of(u32 at);
    void relink(u32 l1, u32 megabyte, u32 before, u32 after);
    void check_link(u32 at, u32 word);
    void check_reach(u32 at, const char *doing);
    void check_agreement(const char *what);
    void check_beside(u32 l1, u32 megabyte);
    void check_copies(const char *what);
    void replaced(u32 l1, const std::vector<mapping> &before, const std::vector<mapping> &after);
    void check_make(u32 l1, const mapping &made);
    void check_cache(const std::vector<mapping> &before, const std::vector<mapping> &after);
    [[nodiscard]] mapping walk_of(u32 l1, u32 va) const;
    [[nodiscard]] std::vector<mapping> leaves(u32 l1, u32 megabyte) const;
    static std::optional<u32> read_copy(const void *self, u32 pa);
    [[gnu::format(printf, 2, 3)]] void error(const char *format, ...);

    machine machine_;
    std::unordered_map<u32, page_copy> copy_; // by page
    std::vector<u32> first_levels_;           // the CPU's own first
    std::map<u32, std::vector<link>> links_;  // by physical address of the second level
    lines lines_;
    tlb tlb_;
    dcache dcache_;
    std::vector<fresh> fresh_;
    std::array<u32, 16> counts_{};
    std::vector<std::string> errors_;
};

} // namespace model
