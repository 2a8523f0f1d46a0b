// ptdump: all mappings, run by run.
//
// Neighbouring entries belong to one run when they are of one kind, have equal attributes in both
// views, and lead to neighbouring frames. Both views stand side by side: what the hardware checks,
// and what the Linux PTE wants (pages only; a section has no Linux PTE); then the area of the vmalloc
// range that it belongs to.
// Linux: arch/arm/mm/dump.c (ptdump).
#include <arch/arm/mm/walk.h>
#include <mm/vmalloc.h>

namespace {

const char *kind_text(walk_end end)
{
    switch (end) {
    case walk_end::section:
        return "section";
    case walk_end::supersection:
        return "supersec";
    case walk_end::large_page:
        return "large";
    case walk_end::small_page:
        return "page";
    case walk_end::l1_unreadable:
        return "bad L1";
    case walk_end::l2_unreadable:
        return "bad L2";
    default:
        return "fault";
    }
}

/// True if an entry is worth a line: mapped, a table that can't be read, or a Linux PTE that
/// waits behind a hardware fault (not young).
bool visible(const translation &t)
{
    return t.mapped() || t.end == walk_end::l1_unreadable || t.end == walk_end::l2_unreadable ||
           (t.has_linux_pte && t.linux_pte != 0);
}

constexpr u32 LINUX_FLAGS = ~linux_pte::pfn::mask;

bool continues(const translation &run, u64 bytes, const translation &t)
{
    return t.end == run.end && t.attrs == run.attrs && t.has_linux_pte == run.has_linux_pte &&
           (t.linux_pte & LINUX_FLAGS) == (run.linux_pte & LINUX_FLAGS) &&
           (!t.mapped() || t.pa - run.pa == bytes);
}

void print_run(const printer &out, const translation &run, u64 bytes)
{
    const u64 last = run.va.raw() + (bytes - 1);
    const bool megabytes = bytes % SZ_1M == 0;
    out.printf("0x%08x-0x%08llx %5llu%c ", run.va.raw(), last,
               megabytes ? bytes / SZ_1M : bytes / SZ_1K, megabytes ? 'M' : 'K');
    if (run.mapped())
        out.printf("0x%08x %-8s %s %-19s %c%c d%u", run.pa.raw(), kind_text(run.end),
                   access_text(run.attrs), region_text(run.attrs), run.attrs.s ? 'S' : '-',
                   run.attrs.ng ? 'n' : 'g', run.attrs.domain);
    else
        out.printf("%-10s %-8s %-35s", "-", kind_text(run.end), "");
    if (run.has_linux_pte) {
        const u32 p = run.linux_pte;
        out.printf(" | %c%c%c%c %s %s %s", p & L_PTE_PRESENT ? 'P' : '-',
                   p & L_PTE_YOUNG ? 'Y' : '-', p & L_PTE_DIRTY ? 'D' : '-',
                   p & L_PTE_USER ? 'U' : '-', p & L_PTE_RDONLY ? "ro" : "rw",
                   p & L_PTE_XN ? "NX" : "x ", linux_mt_text(p));
    } else {
        out.printf(" | -");
    }
    text_buffer<80> name;
    print_vm_area_name(name.out(), run.va);
    if (!name.view().empty())
        out.printf(" | %s", name.c_str());
    out.printf("\n");
}

} // namespace

u32 print_tables(const printer &out, const mmu_registers &regs, virt_addr_t start, virt_addr_t end)
{
    out.printf("%-21s %6s %-10s %-8s %-8s %-19s %-5s | %s\n", "address", "size", "physical", "kind",
               "access", "memory (hardware)", "S G d", "Linux PTE");
    u32 runs = 0;
    translation run{};
    u64 bytes = 0; // of the open run, up to 4 GB; 0: none is open
    u64 va = start.raw();
    while (va <= end.raw()) {
        const translation t = translate(regs, virt_addr_t(static_cast<u32>(va)));
        // To the end of what this one word decides.
        const u32 step = t.size() - (static_cast<u32>(va) & (t.size() - 1));
        if (bytes != 0 && (!visible(t) || !continues(run, bytes, t))) {
            print_run(out, run, bytes);
            bytes = 0;
        }
        if (visible(t)) {
            if (bytes == 0) {
                run = t;
                runs++;
            }
            bytes += step;
        }
        va += step;
    }
    if (bytes != 0)
        print_run(out, run, bytes);
    return runs;
}
