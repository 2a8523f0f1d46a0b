// HOST ONLY: it collects in the standard library's containers.
//
// All 4 GB through the walker, a word's worth at a time: what one word decides is asked for by
// itself, so that a damaged copy among the 16 of a large page is seen.
#include <tests/model/audit.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <map>

namespace model {

namespace {

std::string line(const char *format, ...) __attribute__((format(printf, 1, 2)));
std::string line(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

const char *caching_text(caching c)
{
    static constexpr const char *text[4] = {"not cached", "write-back allocate", "write-through",
                                            "write-back"};
    return text[static_cast<u8>(c)];
}

std::string memory_text(const mapping &m)
{
    switch (m.type) {
    case memory_type::strongly_ordered:
        return "strongly ordered";
    case memory_type::device:
        return m.shareable ? "device, shared" : "device";
    case memory_type::normal:
        break;
    case memory_type::reserved:
        return "reserved type";
    }
    std::string text = caching_text(m.inner);
    if (m.outer != m.inner)
        text += std::string("/") + caching_text(m.outer);
    return m.shareable ? text + ", shared" : text;
}

bool same_type(const mapping &a, const mapping &b)
{
    return a.type == b.type && a.inner == b.inner && a.outer == b.outer &&
           a.shareable == b.shareable;
}

const char *kind_text(const mapping &m)
{
    if (m.level == 1)
        return m.size == 1u << 24 ? "supersection" : "section";
    if (m.size >= 1u << 14)
        return m.size == 1u << 16 ? "large page" : "large page/4";
    return m.size == 1u << 12 ? "small page" : "page of 1 KB";
}

class auditor {
public:
    auditor(format f, const registers &regs, const memory_view &memory)
        : format_(f), regs_(regs), memory_(memory)
    {
    }
    audit_result take()
    {
        for (u64 va = 0; va < u64{1} << 32;)
            va += step(static_cast<u32>(va));
        say_domains();
        compare_frames();
        return std::move(result_);
    }

private:
    /// Remembers where a read failed: that is the table that lies outside.
    static std::optional<u32> read(const void *context, u32 pa)
    {
        const auto *self = static_cast<const auditor *>(context);
        const std::optional<u32> word = self->memory_.read(self->memory_.context, pa);
        if (!word)
            self->failed_ = pa;
        return word;
    }
    mapping walk_to(u32 va) { return walk(format_, regs_, {read, this}, va); }

    void complain(std::string text) { result_.complaints.push_back(std::move(text)); }

    u32 rights(const mapping &m, mode who) const
    {
        const auto may = [&](access what) {
            return check(format_, regs_, m, what, who) == fault::none ? 1u : 0u;
        };
        return may(access::read) << 2 | may(access::write) << 1 | may(access::execute);
    }

    /// What the word for `va` decides; returns how far that reaches, in bytes.
    u32 step(u32 va)
    {
        const mapping m = walk_to(va);
        const u32 most = m.level == 1 ? 1u << 20 : format_ == format::v5 ? 1u << 10 : 1u << 12;
        const u32 unit = std::min(m.size, most);
        if (m.level == 2 || m.mapped())
            note_domain(va, m);
        if (m.mapped())
            add(va, unit, m);
        else if (m.why == fault::l1_external)
            outside(failed_ & 0xffffc000, va, "first-level");
        else if (m.why == fault::l2_external)
            outside(failed_ & 0xfffffc00, va, "second-level");
        return unit;
    }

    void outside(u32 table, u32 va, const char *what)
    {
        if (outside_.emplace(table, va).second)
            complain(line("outside: the %s table at 0x%08x, for 0x%08x, is not in the dump", what,
                          table, va));
    }

    void add(u32 va, u32 unit, const mapping &m)
    {
        if (unit < m.size && va != m.va && !walk_to(m.va).same(m))
            complain(line("copies: %s at 0x%08x: the word for 0x%08x differs from the first",
                          kind_text(m), m.va, va));
        const u32 kernel = rights(m, mode::privileged), user = rights(m, mode::user);
        const u64 pa = m.pa + (va - m.va);
        if (!result_.runs.empty()) {
            run &last = result_.runs.back();
            if (last.end() == va && last.pa + last.size == pa && alike(last.first, m)) {
                last.entries += va == m.va;
                last.size += unit;
                return;
            }
        }
        result_.runs.push_back({m, va, unit, pa, 1, kernel, user});
        judge(result_.runs.back());
    }

    static bool alike(const mapping &a, const mapping &b)
    {
        return a.size == b.size && a.level == b.level && a.ap == b.ap && a.xn == b.xn &&
               a.domain == b.domain && a.tex == b.tex && a.c == b.c && a.b == b.b && a.s == b.s &&
               a.ng == b.ng;
    }

    void judge(const run &r)
    {
        if (format_ != format::v5 && ((r.kernel & 3) == 3 || (r.user & 3) == 3))
            complain(line("W+X: 0x%08x is writable and executable", r.va));
        if (r.first.type == memory_type::reserved)
            complain(line("reserved: 0x%08x: TEX %u C %u B %u", r.va, r.first.tex, r.first.c,
                          r.first.b));
        if (r.first.ap == 4)
            complain(line("reserved: 0x%08x: AP[2:0] = 100", r.va));
    }

    // ---- Domains ----

    struct in_domain {
        u32 first, megabytes, last;
    };
    void note_domain(u32 va, const mapping &m)
    {
        const auto [at, fresh] = domains_.try_emplace(m.domain, in_domain{va, 1, va >> 20});
        if (!fresh && at->second.last != va >> 20) {
            at->second.last = va >> 20;
            at->second.megabytes++;
        }
    }
    void say_domains()
    {
        static constexpr const char *text[4] = {"closed", "client", "reserved", "manager"};
        for (const auto &[domain, where] : domains_)
            if (const u32 is = regs_.dacr >> (2 * domain) & 3; is != 1)
                complain(line("domain: %u is %s in DACR, and 0x%08x and %u MB in all are in it",
                              domain, text[is], where.first, where.megabytes));
    }

    // ---- Frames that are mapped more than once ----

    /// Runs by physical address; of those before that reach into this one, it is enough to keep,
    /// for each memory type and set of rights, the one that reaches farthest.
    void compare_frames()
    {
        std::vector<const run *> by_frame;
        for (const run &r : result_.runs)
            by_frame.push_back(&r);
        std::stable_sort(by_frame.begin(), by_frame.end(),
                         [](const run *a, const run *b) { return a->pa < b->pa; });
        std::map<u32, const run *> reaching;
        for (const run *r : by_frame) {
            for (const auto &[key, other] : reaching)
                if (other->pa + other->size > r->pa)
                    compare(*other, *r);
            const run *&farthest = reaching[key_of(*r)];
            if (!farthest || farthest->pa + farthest->size < r->pa + r->size)
                farthest = r;
        }
    }
    static u32 key_of(const run &r)
    {
        const mapping &m = r.first;
        return static_cast<u32>(m.type) | static_cast<u32>(m.inner) << 2 |
               static_cast<u32>(m.outer) << 4 | m.shareable << 6u | r.kernel << 8 | r.user << 12;
    }
    void compare(const run &a, const run &b)
    {
        if (!same_type(a.first, b.first))
            complain(line("alias: frame 0x%08llx: %s at 0x%08x, %s at 0x%08x",
                          static_cast<unsigned long long>(b.pa), memory_text(a.first).c_str(),
                          static_cast<u32>(a.va + (b.pa - a.pa)), memory_text(b.first).c_str(),
                          b.va));
        const u32 a_rights = a.kernel | a.user, b_rights = b.kernel | b.user;
        const bool once = (a_rights & 3) != 3 && (b_rights & 3) != 3; // else said already
        if (format_ != format::v5 && once && ((a_rights | b_rights) & 3) == 3) {
            const u32 a_va = static_cast<u32>(a.va + (b.pa - a.pa));
            complain(line("W+X: frame 0x%08llx is writable at 0x%08x and executable at 0x%08x",
                          static_cast<unsigned long long>(b.pa), a_rights & 2 ? a_va : b.va,
                          a_rights & 2 ? b.va : a_va));
        }
    }

    format format_;
    const registers &regs_;
    memory_view memory_;
    mutable u32 failed_ = 0;
    audit_result result_;
    std::map<u32, u32> outside_; // table, first address that needs it
    std::map<u32, in_domain> domains_;
};

std::string rwx(u32 rights)
{
    return {rights & 4 ? 'r' : '-', rights & 2 ? 'w' : '-', rights & 1 ? 'x' : '-'};
}

} // namespace

audit_result audit(format f, const registers &regs, const memory_view &memory)
{
    return auditor(f, regs, memory).take();
}

std::string text_of(const run &r, const registers &regs)
{
    static constexpr const char *domain[4] = {"closed", "client", "reserved", "manager"};
    return line("0x%08x-0x%08x  0x%08llx  %7llu kB  %5u %-12s  %s/%s  %-28s  %s  domain %2u %s",
                r.va, static_cast<u32>(r.end() - 1), static_cast<unsigned long long>(r.pa),
                static_cast<unsigned long long>(r.size >> 10), r.entries, kind_text(r.first),
                rwx(r.kernel).c_str(), rwx(r.user).c_str(), memory_text(r.first).c_str(),
                r.first.ng ? "nG" : "  ", r.first.domain,
                domain[regs.dacr >> (2 * r.first.domain) & 3]);
}

} // namespace model
