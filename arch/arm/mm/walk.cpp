// A table walk in software. See walk.h; the steps are those of DDI 0406C B3.5.4, figure B3-11.
#include <arch/arm/mm/walk.h>
#include <asm/extable.h>
#include <asm/proc-fns.h>
#include <kernel/lib/errno.h>
#include <mm/memblock.h>

namespace {

/// TTBCR.N and its meaning (B3.5.5): addresses with any of the top N bits set go to TTBR1.
struct ttbcr {
    using n = field<0, 3>;
    using pd0 = field<4, 1>;
    using pd1 = field<5, 1>;
};

/// Reads a word of a table, if it lies in RAM that is mapped at its fixed place.
int read_table(phys_addr_t pa, u32 &word)
{
    if (!memblock_is_memory(pa) || pa >= memblock_get_current_limit())
        return -EFAULT;
    return probe_kernel_read(linear_va(pa), word);
}

void end_at(translation &t, walk_end end, u32 word, u32 size, const hw_attrs &attrs)
{
    t.end = end;
    t.attrs = attrs;
    t.pa = phys_addr_t((word & ~(size - 1)) | (t.va.raw() & (size - 1)));
}

} // namespace

u32 translation::size() const
{
    switch (end) {
    case walk_end::small_page:
    case walk_end::large_page:
    case walk_end::l2_fault:
        return PAGE_SIZE;
    default:
        return SECTION_SIZE;
    }
}

translation translate(const mmu_registers &regs, virt_addr_t va)
{
    translation t{};
    t.va = va;
    const u32 n = ttbcr::n::get(regs.ttbcr);
    t.ttbr = n != 0 && (va.raw() >> (32 - n)) != 0 ? 1 : 0;
    // TTBR0's table shrinks with N; TTBR1's is always 16 KB.
    const u32 base_mask = t.ttbr ? ~0x3fffu : ~((0x4000u >> n) - 1);
    const u32 base = (t.ttbr ? regs.ttbr1 : regs.ttbr0) & base_mask;
    t.l1_at = phys_addr_t(base + (va.raw() >> SECTION_SHIFT) * 4);
    t.end = walk_end::l1_off;
    if (t.ttbr ? ttbcr::pd1::get(regs.ttbcr) : ttbcr::pd0::get(regs.ttbcr))
        return t;
    t.end = walk_end::l1_unreadable;
    if (read_table(t.l1_at, t.l1) != 0)
        return t;
    const u32 domain = table_desc::domain::get(t.l1);
    const descriptor_format &format = *processor.format;
    switch (format.l1(t.l1)) {
    case l1_kind::fault:
    case l1_kind::reserved:
        t.end = walk_end::l1_fault;
        return t;
    case l1_kind::section:
        end_at(t, walk_end::section, t.l1, SECTION_SIZE, format.section_attrs(t.l1));
        return t;
    case l1_kind::supersection:
        end_at(t, walk_end::supersection, t.l1, SUPERSECTION_SIZE, format.section_attrs(t.l1));
        return t;
    case l1_kind::table:
        break;
    }
    t.attrs.domain = static_cast<u8>(domain);
    t.l2_at = phys_addr_t((t.l1 & table_desc::base::mask) | ((va.raw() >> PAGE_SHIFT) & 0xff) * 4);
    if (read_table(t.l2_at, t.l2) != 0) {
        t.end = walk_end::l2_unreadable;
        return t;
    }
    // Ours and Linux's tables stand in the upper half of their page, below them the Linux PTEs.
    if (t.l2_at.raw() & PTE_HWTABLE_OFF)
        t.has_linux_pte = read_table(t.l2_at - PTE_HWTABLE_OFF, t.linux_pte) == 0;
    switch (format.l2(t.l2)) {
    case l2_kind::fault:
        t.end = walk_end::l2_fault;
        break;
    case l2_kind::large:
        end_at(t, walk_end::large_page, t.l2, LARGE_PAGE_SIZE, format.page_attrs(t.l2, va));
        break;
    case l2_kind::small:
        end_at(t, walk_end::small_page, t.l2, PAGE_SIZE, format.page_attrs(t.l2, va));
        break;
    }
    t.attrs.domain = static_cast<u8>(domain); // pages have the domain of their table
    return t;
}

namespace {

const char *domain_text(u32 dacr, u32 domain)
{
    static constexpr const char *text[4] = {"no access", "client", "reserved", "manager"};
    return text[(dacr >> (2 * domain)) & 3];
}

void print_attrs(const printer &out, const translation &t)
{
    const hw_attrs &a = t.attrs;
    out.printf("    AP=%u%u%u XN=%u: kernel/user %s;  TEX=%u%u%u C=%u B=%u: %s;  S=%u: %s;  "
               "nG=%u: %s\n",
               a.ap >> 2, (a.ap >> 1) & 1, a.ap & 1, a.xn, access_text(a), a.tex >> 2,
               (a.tex >> 1) & 1, a.tex & 1, a.c, a.b, region_text(a), a.s,
               a.s ? "shareable" : "not shareable", a.ng, a.ng ? "one ASID's" : "global");
}

void print_linux_pte(const printer &out, const translation &t)
{
    const u32 p = t.linux_pte;
    out.printf("  Linux PTE at 0x%08x = 0x%08x: ", (t.l2_at - PTE_HWTABLE_OFF).raw(), p);
    if (p == 0) {
        out.printf("none\n");
        return;
    }
    out.printf("pfn %#x%s%s%s%s%s%s%s%s, %s\n", linux_pte::pfn::get(p),
               p & L_PTE_PRESENT ? " PRESENT" : "", p & L_PTE_YOUNG ? " YOUNG" : "",
               p & L_PTE_DIRTY ? " DIRTY" : "", p & L_PTE_RDONLY ? " RDONLY" : "",
               p & L_PTE_USER ? " USER" : "", p & L_PTE_XN ? " XN" : "",
               p & L_PTE_SHARED ? " SHARED" : "", p & L_PTE_NONE ? " NONE" : "", linux_mt_text(p));
}

const char *l1_text(const translation &t)
{
    switch (processor.format->l1(t.l1)) {
    case l1_kind::table:
        return "table";
    case l1_kind::section:
        return "section";
    case l1_kind::supersection:
        return "supersection";
    case l1_kind::reserved:
        return "reserved type, a fault";
    default:
        return "fault: nothing mapped in this megabyte";
    }
}

} // namespace

void print_walk(const printer &out, const mmu_registers &regs, virt_addr_t va)
{
    const translation t = translate(regs, va);
    const u32 ttb = t.ttbr ? regs.ttbr1 : regs.ttbr0;
    out.printf("walk of 0x%08x\n", va.raw());
    out.printf("  TTBCR = 0x%08x: N=%u, so TTBR%u = 0x%08x translates it\n", regs.ttbcr,
               ttbcr::n::get(regs.ttbcr), t.ttbr, ttb);
    if (t.end == walk_end::l1_off) {
        out.printf("  walks through TTBR%u are switched off: TTBCR.PD%u = 1\n  => not mapped\n",
                   t.ttbr, t.ttbr);
        return;
    }
    if (t.end == walk_end::l1_unreadable) {
        out.printf("  first-level word at 0x%08x: not in mapped RAM, not read\n", t.l1_at.raw());
        return;
    }
    out.printf("  L1[0x%03x] at 0x%08x = 0x%08x: %s", va.raw() >> SECTION_SHIFT, t.l1_at.raw(),
               t.l1, l1_text(t));
    if (t.end != walk_end::l1_fault)
        out.printf(", domain %u: %s", t.attrs.domain, domain_text(regs.dacr, t.attrs.domain));
    out.printf("\n");
    if (t.end == walk_end::l2_unreadable) {
        out.printf("  second-level word at 0x%08x: not in mapped RAM, not read\n", t.l2_at.raw());
        return;
    }
    if (processor.format->l1(t.l1) == l1_kind::table) {
        out.printf("  L2[0x%02x] at 0x%08x = 0x%08x: %s\n", (va.raw() >> PAGE_SHIFT) & 0xff,
                   t.l2_at.raw(), t.l2,
                   t.end == walk_end::l2_fault     ? "fault: nothing mapped in this page"
                   : t.end == walk_end::large_page ? "large page"
                                                   : "small page");
        if (t.has_linux_pte)
            print_linux_pte(out, t);
    }
    if (!t.mapped()) {
        out.printf("  => not mapped\n");
        return;
    }
    print_attrs(out, t);
    out.printf("  => 0x%08x\n", t.pa.raw());
}
