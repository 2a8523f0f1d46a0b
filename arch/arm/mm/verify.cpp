// Do the kernel's page tables say what the design says?
//
// Every entry of the 4 GB is walked once as the hardware would, and judged by where it stands.
// Linux: CONFIG_DEBUG_WX (ptdump_check_wx) checks one of these rules.
#include <arch/arm/mm/mmu.h>
#include <arch/arm/mm/verify.h>
#include <asm/image.h>
#include <asm/proc-fns.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>

namespace {

/// A page of lowmem that debug_guardpage_minorder= keeps unmapped.
bool is_guard_page(virt_addr_t va)
{
    const pfn_t pfn = PFN_DOWN(linear_pa(va));
    return pfn_valid(pfn.raw()) && pfn_to_page(pfn)->flags & PG_guard;
}

class table_judge {
public:
    table_judge(const printer &out, const mmu_registers &regs) : out_(out), regs_(regs) {}

    u32 judge_everything()
    {
        for (u64 va = 0; va < u64{1} << 32;) {
            const translation t = translate(regs_, virt_addr_t(static_cast<u32>(va)));
            judge(t);
            va += t.size() - (static_cast<u32>(va) & (t.size() - 1));
        }
        return problems_;
    }
    u32 judge_pgds() EXCLUDES(pgd_lock)
    {
        spin_guard guard(pgd_lock);
        for (const mm_struct *mm = pgd_list; mm != &init_mm; mm = mm->next)
            judge_pgd(*mm);
        return problems_;
    }

private:
    void complain(virt_addr_t va, const char *what)
    {
        // One rotten table makes thousands; the first ones tell.
        if (++problems_ <= 16)
            out_.printf("verify tables: 0x%08x: %s\n", va.raw(), what);
    }

    void judge(const translation &t)
    {
        if (t.end == walk_end::l1_unreadable || t.end == walk_end::l2_unreadable) {
            complain(t.va, "a table outside mapped RAM");
            return;
        }
        const bool lowmem = t.va >= PAGE_OFFSET && t.va < from_ptr(high_memory);
        if (t.has_linux_pte)
            judge_pair(t);
        if (!t.mapped()) {
            if (lowmem && memblock_is_memory(linear_pa(t.va)) && !is_guard_page(t.va))
                complain(t.va, "lowmem that is not mapped");
            return;
        }
        if (t.end == walk_end::supersection && translate(regs_, next_copy(t.va)).l1 != t.l1)
            complain(t.va, "a supersection whose sixteen words differ");
        if (t.va < TASK_SIZE)
            complain(t.va, "mapped in the user's half");
        if (processor.has(CPU_HAS_XN) && t.attrs.writable() && !t.attrs.xn)
            complain(t.va, "writable and executable");
        if (t.va >= TASK_SIZE && t.attrs.user())
            complain(t.va, "the kernel's, and open to users");
        if (lowmem)
            judge_lowmem(t);
        else if (memblock_is_memory(t.pa) && t.pa < kernel_layout.lowmem_limit &&
                 !same_type(t.attrs))
            complain(t.va, "RAM with another memory type than lowmem's");
        if (t.va == VECTORS_BASE && t.pa != linear_pa(kernel_image.vectors))
            complain(t.va, "not the vectors page");
    }

    /// The next megabyte of the same 16 MB, and after the last the first: if each word of a
    /// supersection is equal to the next, all are.
    static virt_addr_t next_copy(virt_addr_t va)
    {
        const virt_addr_t start = va.align_down(SUPERSECTION_SIZE);
        return start + (va - start + SECTION_SIZE) % SUPERSECTION_SIZE;
    }

    /// What set_pte_ext would make of the Linux PTE is what must stand there. Kernel pages are
    /// global; a user's are not.
    void judge_pair(const translation &t)
    {
        const pte_t pte(t.linux_pte);
        const pte_ext ext = t.va < TASK_SIZE ? pte_ext::not_global : pte_ext::global;
        if (processor.hw_pte(pte, ext) != hw_pte_t(t.l2))
            complain(t.va, "the hardware PTE is not what the Linux PTE asks for");
    }

    void judge_lowmem(const translation &t)
    {
        if (t.pa != linear_pa(t.va))
            complain(t.va, "lowmem not at its fixed distance");
        if (!same_type(t.attrs))
            complain(t.va, "lowmem with another memory type");
        // Without these bits the rule is that users have no access, and that is judged above.
        if (!processor.has(CPU_HAS_XN | CPU_HAS_APX))
            return;
        const bool text = t.va >= kernel_image.text && t.va < kernel_image.rodata;
        const bool rodata = t.va >= kernel_image.rodata && t.va < kernel_image.stack;
        if (text && (t.attrs.writable() || t.attrs.xn))
            complain(t.va, "text that is writable or not executable");
        if (rodata && (t.attrs.writable() || !t.attrs.xn))
            complain(t.va, "rodata that is writable or executable");
    }

    static bool same_type(const hw_attrs &attrs)
    {
        const hw_attrs ram = processor.format->section_attrs(mem_types[MT_MEMORY_RW].prot_sect);
        return attrs.tex == ram.tex && attrs.c == ram.c && attrs.b == ram.b && attrs.s == ram.s;
    }

    void judge_pgd(const mm_struct &mm) REQUIRES(pgd_lock)
    {
        for (u32 mb = TASK_SIZE.raw() >> SECTION_SHIFT; mb < PTRS_PER_L1; mb++) {
            const virt_addr_t va(mb << SECTION_SHIFT);
            const pmd_t ours = *pmd_off(init_mm.pgd, va);
            const pmd_t theirs = *pmd_off(mm.pgd, va);
            // From fault to table may come lazily, by a fault; all else must be there.
            if (theirs != ours && !(pmd_none(theirs) && pmd_table(ours)))
                complain(va, "another pgd has another first-level entry");
        }
    }

    const printer &out_;
    const mmu_registers &regs_;
    u32 problems_ = 0;
};

} // namespace

u32 verify_tables(const printer &out)
{
    const mmu_registers regs = live_mmu_registers();
    table_judge judge(out, regs);
    judge.judge_everything();
    return judge.judge_pgds();
}
