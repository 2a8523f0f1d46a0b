// HOST ONLY: it reads a file.
//
// ptwalk: reads the page tables out of a dump of physical memory and says what they map.
#include <tests/model/ptwalk.h>

#include <array>
#include <charconv>
#include <fstream>
#include <unordered_map>

#include <tests/model/audit.h>

namespace {

constexpr const char *HELP =
    R"(usage: ptwalk DUMP --ttbr0 ADDR [options]

Walks the ARM short-descriptor page tables in DUMP, a raw copy of physical memory, as the manual
says a CPU does; prints runs of equal mappings and complains about what looks wrong.

  --ttbr0 X      translation table base register 0 (its attribute bits are ignored)
  --ttbr1 X      register 1, if TTBCR.N is not 0
  --ttbcr X      TTBCR (default 0: TTBR0 translates everything)
  --base X       physical address of the first byte of DUMP (default 0)
  --format F     v5 (ARM926), v6 (ARM11, SCTLR.XP = 1) or v7 (default)
  --dacr X       DACR (default 0x55555555: every domain is checked)
  --sctlr X      SCTLR: TRE and AFE for v7, XP, AFE, R and S for v6, R and S for v5
                 (default: v7 with TEX remap, v6 with XP = 1, nothing else set)
  --prrr X       PRRR (default: Linux's 0xff0a81a8)
  --nmrr X       NMRR (default: Linux's 0x40e040e0)
  --mmfr0 X      ID_MMFR0, which says whether there is PXN (default 0: no)
  --help         this text

Numbers are decimal, or hexadecimal with 0x. Exit status: 0 nothing to complain about, 1 complaints,
2 bad use. The columns: addresses, frame, size, entries, kernel/user rights, memory type, nG, domain.
)";

/// A file as physical memory, read a page at a time and kept.
class dump_file {
public:
    bool open(const std::string &name, u32 base)
    {
        base_ = base;
        file_.open(name, std::ios::binary);
        file_.seekg(0, std::ios::end);
        const std::streamoff end = file_.tellg();
        if (!file_ || end < 0)
            return false;
        size_ = static_cast<u64>(end);
        return true;
    }
    [[nodiscard]] u64 size() const { return size_; }
    [[nodiscard]] model::memory_view view() const { return {read, this}; }

private:
    static constexpr u32 PAGE = 4096;
    using page = std::array<unsigned char, PAGE>;

    static std::optional<u32> read(const void *context, u32 pa)
    {
        const auto *self = static_cast<const dump_file *>(context);
        const u64 at = u64{pa} - self->base_;
        if (pa < self->base_ || at + 4 > self->size_)
            return std::nullopt;
        const page &bytes = self->page_at(at / PAGE);
        const unsigned char *b = &bytes[at % PAGE & ~3u]; // little-endian, whoever runs this
        return b[0] | b[1] << 8u | b[2] << 16u | static_cast<u32>(b[3]) << 24;
    }
    const page &page_at(u64 number) const
    {
        const auto [at, fresh] = pages_.try_emplace(number);
        if (fresh) {
            file_.clear();
            file_.seekg(static_cast<std::streamoff>(number * PAGE));
            file_.read(reinterpret_cast<char *>(at->second.data()), PAGE); // the last may be short
        }
        return at->second;
    }

    mutable std::ifstream file_;
    mutable std::unordered_map<u64, page> pages_;
    u32 base_ = 0;
    u64 size_ = 0;
};

struct request {
    std::string dump;
    std::optional<u32> ttbr0, ttbr1, ttbcr, base, dacr, sctlr, prrr, nmrr, mmfr0;
    std::optional<model::format> format;
    bool help = false;
};

std::optional<u32> number(std::string_view text)
{
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    u32 value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
        return std::nullopt;
    return value;
}

/// Fills `r`; returns what is wrong, "" if nothing.
std::string parse(const std::vector<std::string_view> &arguments, request &r)
{
    const std::pair<std::string_view, std::optional<u32> *> numbers[] = {
        {"--ttbr0", &r.ttbr0}, {"--ttbr1", &r.ttbr1}, {"--ttbcr", &r.ttbcr},
        {"--base", &r.base},   {"--dacr", &r.dacr},   {"--sctlr", &r.sctlr},
        {"--prrr", &r.prrr},   {"--nmrr", &r.nmrr},   {"--mmfr0", &r.mmfr0}};
    for (size_t i = 0; i < arguments.size(); i++) {
        const std::string name(arguments[i]);
        if (name == "--help") {
            r.help = true;
            return "";
        }
        if (!name.starts_with("-")) {
            if (!r.dump.empty())
                return "two dumps: \"" + r.dump + "\" and \"" + name + "\"";
            r.dump = name;
            continue;
        }
        std::optional<u32> *value = nullptr;
        for (const auto &[option, to] : numbers)
            if (option == name)
                value = to;
        if (!value && name != "--format")
            return "unknown option \"" + name + "\"";
        if (++i == arguments.size())
            return name + " needs a value";
        const std::string text(arguments[i]);
        if (value) {
            *value = number(text);
            if (!*value)
                return name + " \"" + text + "\": not a number of 32 bits";
        } else if (text == "v5" || text == "v6" || text == "v7") {
            r.format = static_cast<model::format>(text[1] - '5');
        } else {
            return "--format \"" + text + "\": use v5, v6 or v7";
        }
    }
    return "";
}

/// What does not go together in `r`; "" if all does.
std::string contradiction(const request &r)
{
    const model::format f = r.format.value_or(model::format::v7);
    const u32 ttbcr = r.ttbcr.value_or(0);
    if (r.dump.empty())
        return "no DUMP given";
    if (!r.ttbr0)
        return "--ttbr0 is missing";
    if (f == model::format::v5 && (r.ttbr1 || r.ttbcr))
        return "ARMv5 has neither TTBR1 nor TTBCR";
    if (ttbcr >> 31)
        return "TTBCR.EAE is set: long descriptors are not modelled";
    if ((ttbcr & 7) != 0 && !r.ttbr1)
        return "TTBCR.N is not 0: --ttbr1 is missing";
    if (f == model::format::v6 && r.sctlr && (*r.sctlr & 1u << 23) == 0)
        return "SCTLR.XP is 0: such tables have ARMv5's format, use --format v5";
    return "";
}

model::registers registers_of(const request &r, model::format f)
{
    constexpr u32 usual[] = {0x1, 0x00800001, 0x10000001}; // M, XP, TRE
    return {.sctlr = r.sctlr.value_or(usual[static_cast<u8>(f)]),
            .ttbr0 = *r.ttbr0,
            .ttbr1 = r.ttbr1.value_or(0),
            .ttbcr = r.ttbcr.value_or(0),
            .dacr = r.dacr.value_or(0x55555555),
            .prrr = r.prrr.value_or(0xff0a81a8),
            .nmrr = r.nmrr.value_or(0x40e040e0),
            .id_mmfr0 = r.mmfr0.value_or(0)};
}

} // namespace

ptwalk_outcome ptwalk(const std::vector<std::string_view> &arguments)
{
    const auto bad = [](const std::string &why) {
        return ptwalk_outcome{2, "", "ptwalk: " + why + " (see ptwalk --help)\n"};
    };
    request r;
    if (const std::string why = parse(arguments, r); !why.empty())
        return bad(why);
    if (r.help)
        return {0, HELP, ""};
    if (const std::string why = contradiction(r); !why.empty())
        return bad(why);
    dump_file dump;
    if (!dump.open(r.dump, r.base.value_or(0)))
        return bad("\"" + r.dump + "\" cannot be read");
    if (dump.size() < 4)
        return bad("\"" + r.dump + "\" is empty");

    const model::format f = r.format.value_or(model::format::v7);
    const model::registers regs = registers_of(r, f);
    const model::audit_result found = model::audit(f, regs, dump.view());
    ptwalk_outcome outcome{found.complaints.empty() ? 0 : 1, "", ""};
    for (const model::run &one : found.runs)
        outcome.out += text_of(one, regs) + "\n";
    for (const std::string &complaint : found.complaints)
        outcome.out += complaint + "\n";
    outcome.out += std::to_string(found.runs.size()) + " runs, " +
                   std::to_string(found.complaints.size()) + " complaints\n";
    return outcome;
}
