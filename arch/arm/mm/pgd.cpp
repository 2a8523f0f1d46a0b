// First-level tables: the one writer, and the list of all of them.
//
// Every set of tables is on pgd_list under pgd_lock. A kernel mapping that is made of first-level
// words (a section, or the step from section to table) must be the same in each of them, so the
// writer goes through the list; init_mm, on which the kernel runs, is written last, so that the
// memory of the other tables stays reachable until then.
//
// A run is written in one loop and ended by one DSB. On a machine whose walks do not see the data
// cache each line of the run is cleaned first (rule 5). Linux: arch/arm/mm/pgd.c, mmu.c.
#include <cstring>

#include <arch/arm/mm/mmu.h>
#include <asm/barrier.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/proc-fns.h>

constinit mm_struct init_mm = {};
constinit spinlock_t pgd_lock;
constinit mm_struct *pgd_list = &init_mm;

namespace {

constexpr u32 CACHE_LINE = 32; // smallest of the CPUs we know; a larger one is cleaned twice

void clean_for_walker(const void *start, u32 bytes)
{
    if (walks_are_coherent())
        return;
    const virt_addr_t end = from_ptr(start) + bytes;
    for (virt_addr_t va = from_ptr(start).align_down(CACHE_LINE); va < end; va += CACHE_LINE)
        clean_line_pou(to_ptr(va));
}

/// Eight entries without a loop: boot clears and fills thousands. Returns the next word.
u32 write_eight(pmd_t *entry, u32 word, u32 step)
{
    const auto write = [&](pmd_t *one) {
        store_hw_pgd(one, pmd_t(word));
        word += step;
    };
    write(entry);
    write(entry + 1);
    write(entry + 2);
    write(entry + 3);
    write(entry + 4);
    write(entry + 5);
    write(entry + 6);
    write(entry + 7);
    return word;
}

void write_run(pgd_t *pgd, virt_addr_t va, u32 count, u32 word, u32 step)
{
    pmd_t *const first = pmd_off(pgd, va);
    pmd_t *entry = first;
    u32 left = count;
    for (; left >= 8; left -= 8, entry += 8)
        word = write_eight(entry, word, step);
    for (; left > 0; left--, entry++, word += step)
        store_hw_pgd(entry, pmd_t(word));
    clean_for_walker(first, count * sizeof(pmd_t));
}

/// Copies the kernel's part of the first level into a table that no CPU walks yet.
void copy_kernel_half(pgd_t *to, const pgd_t *from)
{
    const u32 first = TASK_SIZE.raw() >> PGDIR_SHIFT;
    memset(static_cast<void *>(to), 0, first * sizeof(pgd_t));
    memcpy(static_cast<void *>(to + first), from + first, (PTRS_PER_PGD - first) * sizeof(pgd_t));
    note_new_table(to, PTRS_PER_PGD * sizeof(pgd_t));
    clean_for_walker(to, PTRS_PER_PGD * sizeof(pgd_t));
    dsb();
}

} // namespace

void pgd_list_add(mm_struct &mm)
{
    spin_guard guard(pgd_lock);
    copy_kernel_half(mm.pgd, init_mm.pgd);
    mm.next = pgd_list;
    pgd_list = &mm;
}

void pgd_list_del(mm_struct &mm)
{
    spin_guard guard(pgd_lock);
    for (mm_struct **link = &pgd_list; *link != &init_mm; link = &(*link)->next) {
        if (*link == &mm) {
            *link = mm.next;
            return;
        }
    }
}

void set_pmd_run(mm_struct &mm, virt_addr_t va, u32 count, pmd_t first, u32 step)
{
    write_run(mm.pgd, va, count, first.raw(), step);
    dsb();
}

void set_pmd_run_everywhere(virt_addr_t va, u32 count, pmd_t first, u32 step)
{
    for (mm_struct *mm = pgd_list; mm != nullptr; mm = mm->next)
        write_run(mm->pgd, va, count, first.raw(), step);
    dsb();
}

void __pmd_populate(virt_addr_t va, phys_addr_t table, u32 prot)
{
    const pmd_t first((table + PTE_HWTABLE_OFF).raw() | prot);
    set_pmd_run_everywhere(va.align_down(PGDIR_SIZE), 2, first, 256 * sizeof(hw_pte_t));
}

void clear_table(pte_t *table)
{
    clear_page(table);
    note_new_table(table, PAGE_SIZE);
    clean_for_walker(hw_pte_of(table), PAGE_SIZE - PTE_HWTABLE_OFF);
    dsb();
}
