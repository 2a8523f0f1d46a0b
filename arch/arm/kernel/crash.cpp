// Faults on purpose, to see what the kernel says: one function for each way the CPU can object.
//
// Where a fault needs a mapping that the kernel never makes (another domain, a table in the void),
// one is made in the scratch slot of the vmalloc range, below the static maps, and forgotten.
// Linux: drivers/misc/lkdtm.
#include <arch/arm/kernel/crash.h>
#include <arch/arm/mm/mm.h>
#include <asm/barrier.h>
#include <asm/image.h>
#include <asm/proc-fns.h>
#include <asm/tlbflush.h>
#include <cstring>
#include <kernel/core/printk.h>
#include <mm/highmem.h>
#include <mm/vmalloc.h>

namespace {

volatile u32 *word_at(virt_addr_t va)
{
    return static_cast<volatile u32 *>(to_ptr(va));
}

virt_addr_t scratch()
{
    return VMALLOC_END - static_maps_size() - PGDIR_SIZE;
}

/// Puts first-level words into both halves of the scratch slot.
void map_scratch(u32 word)
{
    set_pmd_run(init_mm, scratch(), 2, pmd_t(word), 0);
    flush_tlb_kernel_range(scratch(), scratch() + PGDIR_SIZE, SECTION_SIZE);
}

void map_scratch_page(pte_t pte, u32 domain)
{
    alignas(PAGE_SIZE) static pte_t table[PAGE_SIZE / sizeof(pte_t)];
    clear_table(table);
    set_pte_ext(&table[0], pte, pte_ext::global);
    dsb();
    map_scratch((__pa(table) + PTE_HWTABLE_OFF).raw() | processor.format->table(domain));
}

void branch_to(virt_addr_t va)
{
    reinterpret_cast<void (*)()>(to_ptr(va))();
}

// A page of zeroes below the user's first page is never mapped: the pointer everybody gets wrong.
void read_null()
{
    (void) *word_at(virt_addr_t(0));
}
void write_null()
{
    *word_at(virt_addr_t(0)) = 1;
}
void jump_null()
{
    branch_to(virt_addr_t(0));
}

void read_page()
{
    (void) *word_at(FIXADDR_START);
}
void kmap_unmapped()
{
    // The slot does not care whether its page has another address.
    void *const at = kmap_local_high(virt_to_page(to_ptr(kernel_image.data)));
    kunmap_local(at);
    (void) *word_at(from_ptr(at));
}
void vmalloc_guard()
{
    void *const p = vmalloc(4 * PAGE_SIZE);
    (void) *word_at(from_ptr(p) + 4 * PAGE_SIZE);
}
void vmalloc_freed()
{
    // Never touched before, so that no TLB knows it: the area is lazy, and may be known for a while.
    void *const p = vmalloc(4 * PAGE_SIZE);
    vfree(p);
    (void) *word_at(from_ptr(p));
}
void write_text()
{
    *word_at(kernel_image.text + SZ_4K) = 0;
}
void write_rodata()
{
    *word_at(kernel_image.rodata) = 0;
}
void write_vectors()
{
    *word_at(VECTORS_BASE) = 0;
}
void execute_data()
{
    branch_to(kernel_image.data + SZ_16M / 1024);
}

void section_domain()
{
    map_scratch(PHYS_OFFSET.raw() |
                (mem_types[MT_MEMORY_RW].prot_sect & ~section_desc::domain::mask) |
                section_desc::domain::make(DOMAIN_USER));
    (void) *word_at(scratch());
}
void page_domain()
{
    map_scratch_page(pfn_pte(PFN_DOWN(PHYS_OFFSET), mem_types[MT_MEMORY_RW].prot_pte), DOMAIN_USER);
    (void) *word_at(scratch());
}
void not_young()
{
    const pgprot_t prot(mem_types[MT_MEMORY_RW].prot_pte.raw() & ~L_PTE_YOUNG);
    map_scratch_page(pfn_pte(PFN_DOWN(PHYS_OFFSET), prot), DOMAIN_KERNEL);
    (void) *word_at(scratch());
}
void not_dirty()
{
    const pgprot_t prot(mem_types[MT_MEMORY_RW].prot_pte.raw() & ~L_PTE_DIRTY);
    map_scratch_page(pfn_pte(PFN_DOWN(PHYS_OFFSET), prot), DOMAIN_KERNEL);
    *word_at(scratch()) = 0;
}
void walk_abort()
{
    // Behind the window where RAM can be: the walk itself aborts.
    map_scratch((machine.ram.start + machine.ram.size).raw() |
                processor.format->table(DOMAIN_KERNEL));
    (void) *word_at(scratch());
}
void alignment()
{
    // LDM must be aligned whatever SCTLR.A says (DDI 0406C A3.2.1); ARMv5 runs with A set.
    asm volatile("ldmia %0, {r2, r3}" ::"r"(kernel_image.data.raw() + 1) : "r2", "r3");
}
void undefined()
{
    asm volatile(".inst 0xe7f000f0");
}
void breakpoint()
{
    asm volatile("bkpt 0");
}
void svc()
{
    asm volatile("svc 0" ::: "lr");
}
/// Clears mask bits of the CPSR (I 0x80, F 0x40), in a way that every generation knows.
void open_mask(u32 bits)
{
    u32 cpsr;
    asm volatile("mrs %0, cpsr\n\tbic %0, %0, %1\n\tmsr cpsr_c, %0\n\tnop\n\tnop"
                 : "=&r"(cpsr)
                 : "r"(bits)
                 : "memory");
}
void irq()
{
    machine.provoke_interrupt(interrupt_line::irq);
    open_mask(0x80);
}
void fiq()
{
    machine.provoke_interrupt(interrupt_line::fiq);
    open_mask(0x40);
}
void reset()
{
    branch_to(VECTORS_BASE);
}
void reserved()
{
    branch_to(VECTORS_BASE + 0x14);
}

/// Deep enough to run out of any stack; the compiler must not know.
constinit volatile u32 recursion_limit = ~0u;
[[gnu::noinline]] u32 recurse(u32 depth)
{
    volatile u32 frame[64];
    frame[depth % 64] = depth;
    return depth == recursion_limit ? 0 : recurse(depth + 1) + frame[depth % 64];
}
void stack_overflow()
{
    recurse(0);
}

/// A handler that meets a bad stack: the first fault finds no room for its registers.
void bad_stack()
{
    asm volatile("mov sp, %0\n\tpush {r0}" ::"r"(FIXADDR_START.raw() + 0x100) : "memory");
}

/// Something that printk calls is broken, and a fault comes: the oops itself faults.
void nested()
{
    printk_set_tap([](const char *, size_t) { read_null(); });
    undefined();
}

struct crash {
    const char *kind;
    void (*provoke)();
    const char *what;
    u32 needs = 0; ///< CPU_HAS_*: without them the fault cannot happen
};

constexpr crash crashes[] = {
    {"read-null", read_null, "reads address 0: section translation fault, read"},
    {"write-null", write_null, "writes address 0: section translation fault, write"},
    {"jump-null", jump_null, "calls address 0: prefetch abort"},
    {"read-page", read_page, "reads an empty fixmap slot: page translation fault"},
    {"kmap-unmapped", kmap_unmapped,
     "reads a kmap slot that it has given back: page translation fault"},
    {"vmalloc-guard", vmalloc_guard, "reads behind an area of vmalloc: page translation fault"},
    {"vmalloc-freed", vmalloc_freed, "reads an area after vfree(): page translation fault"},
    {"write-text", write_text, "writes the kernel's text: section permission fault", CPU_HAS_APX},
    {"write-rodata", write_rodata, "writes read-only data: section permission fault", CPU_HAS_APX},
    {"write-vectors", write_vectors, "writes the vectors page: page permission fault", CPU_HAS_APX},
    {"execute-data", execute_data, "calls into .data: section permission fault, execute",
     CPU_HAS_XN},
    {"section-domain", section_domain,
     "reads a section of the user's domain: section domain fault"},
    {"page-domain", page_domain, "reads a page of the user's domain: page domain fault"},
    {"not-young", not_young, "reads a page whose Linux PTE is not young: page translation fault"},
    {"not-dirty", not_dirty, "writes a page whose Linux PTE is not dirty: page permission fault",
     CPU_HAS_APX},
    {"walk-abort", walk_abort,
     "a second-level table where no memory is: external abort on the walk"},
    {"alignment", alignment, "LDM of an odd address: alignment fault"},
    {"undefined", undefined, "executes an instruction that no CPU knows"},
    {"breakpoint", breakpoint, "executes BKPT with no debugger: prefetch abort, debug event"},
    {"svc", svc, "executes SVC 0 in the kernel"},
    {"irq", irq, "an interrupt that nobody asked for, with the mask open"},
    {"fiq", fiq, "the same as a fast interrupt"},
    {"reset", reset, "jumps to the reset vector"},
    {"reserved", reserved, "jumps to the reserved vector"},
    {"stack-overflow", stack_overflow, "recurses until the boot stack ends", CPU_HAS_APX},
    {"nested", nested, "a fault while an oops is printed: ends the run at once"},
    {"bad-stack", bad_stack, "pushes on a stack that is not mapped"},
};

} // namespace

int provoke_crash(const char *kind)
{
    for (const crash &c : crashes) {
        if (strcmp(c.kind, kind) == 0) {
            if (!processor.has(c.needs))
                return 3;
            c.provoke();
            return 2;
        }
    }
    return 1;
}

void list_crashes(const printer &out)
{
    for (const crash &c : crashes)
        out.printf("%-15s %s\n", c.kind, c.what);
}
