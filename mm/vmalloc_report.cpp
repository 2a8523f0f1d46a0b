// What there is to tell of areas: /proc/vmallocinfo, whose an address is, what was freed wrongly,
// and whether all of it is true. Nothing here is on a fast path. Linux: mm/vmalloc.c (s_show).
#include <mm/vmalloc_internal.h>

#include <kernel/core/printk.h>
#include <mm/memory_model.h>

namespace {

/// Who gives back areas of a kind.
const char *undone_by(unsigned long flags)
{
    if (flags & VM_ARM_STATIC_MAPPING)
        return "it stays for ever";
    if (flags & (VM_ALLOC | VM_MAP_PUT_PAGES))
        return "vfree() it";
    return flags & VM_MAP ? "vunmap() it" : "iounmap() it";
}
const char *kind_of(unsigned long flags)
{
    if (flags & VM_ALLOC)
        return "vmalloc";
    if (flags & VM_MAP)
        return "vmap";
    return flags & VM_IOREMAP ? "ioremap" : "reserved";
}

/// "vmalloc area 0xf8801000 size 16384 allocated by worker+0x1c"
void print_area(const printer &out, const vmap_area &area)
{
    const vm_struct &vm = *vm_of(&area);
    out.printf("%s area 0x%08x size %lu allocated by %pS", kind_of(vm.flags), area.start_va().raw(),
               get_vm_area_size(&vm), vm.caller);
    if (area.state != area_state::used)
        out.printf(", freed by %pS", vm.freed_by);
}

/// First address behind what an area maps: its guard page's.
virt_addr_t guard_of(const vmap_area &area)
{
    return area.start_va() + static_cast<u32>(get_vm_area_size(vm_of(&area)));
}

} // namespace

void report_bad_area(const char *who, const void *addr, const void *caller)
{
    text_buffer<400> what;
    const printer out = what.out();
    {
        const spin_guard guard(vmap_space.lock);
        const virt_addr_t va = from_ptr(addr);
        const vmap_area *const area = vmap_space.areas.containing(page_number(addr));
        if (!area) {
            out.printf("is no vmalloc address%s",
                       va < vmap_space.start ? ", but lowmem or below" : "");
        } else if (area->state == area_state::free) {
            out.printf("is in no area (freed before?)");
        } else {
            const bool begins = va == area->start_va();
            if (!begins)
                out.printf("is inside of ");
            else if (area->state != area_state::used)
                out.printf("was freed before: ");
            else
                out.printf("is no area of this kind, %s: ", undone_by(vm_of(area)->flags));
            print_area(out, *area);
        }
    }
    printk("BUG %s: 0x%08x %s; by %pS\n", who, from_ptr(addr).raw(), what.c_str(), caller);
}

void report_no_space(unsigned long size, const void *caller)
{
    vmap_areas::free_pages free;
    {
        const spin_guard guard(vmap_space.lock);
        free = vmap_space.areas.count_free();
    }
    printk("vmalloc: no address space for %lu bytes and a guard page (free %uK, largest gap %uK; "
           "vmalloc= makes more), wanted by %pS\n",
           size, free.all * (PAGE_SIZE / SZ_1K), free.largest * (PAGE_SIZE / SZ_1K), caller);
}

// ------------------------------------------------------------------ whose is it?

/// An oops may have come while the lock was held: the areas are read as they are.
void print_vmalloc_of(const printer &out, virt_addr_t va) NO_THREAD_SAFETY_ANALYSIS
{
    const vmap_areas &areas = vmap_space.areas;
    const vmap_area *area = areas.containing(va.raw() >> PAGE_SHIFT);
    if (!area)
        return;
    const char *where = "in ";
    if (area->state == area_state::free) {
        area = areas.below(area);
        if (!area) {
            out.printf("in no vmalloc area, below all of them\n");
            return;
        }
        where = "in no vmalloc area, above ";
    } else if (va >= guard_of(*area)) {
        where = "after ";
    }
    out.write(where);
    print_area(out, *area);
    out.write("\n");
}

void print_vm_area_name(const printer &out, virt_addr_t va) NO_THREAD_SAFETY_ANALYSIS
{
    const vmap_area *const area = vmap_space.areas.containing(va.raw() >> PAGE_SHIFT);
    if (!area || area->state == area_state::free)
        return;
    const vm_struct &vm = *vm_of(area);
    out.printf("%s%s, %pS", kind_of(vm.flags), vm.flags & VM_ARM_STATIC_MAPPING ? " (static)" : "",
               vm.caller);
}

/// Linux: s_show().
void print_vmallocinfo(const printer &out)
{
    const spin_guard guard(vmap_space.lock);
    vmap_space.areas.for_each([&](const vmap_area &area) {
        if (area.state == area_state::free)
            return;
        const vm_struct &vm = *vm_of(&area);
        out.printf("0x%08x-0x%08x %7u", area.start_va().raw(), area.end_va().raw(),
                   area.pages * PAGE_SIZE);
        if (area.state != area_state::used) {
            out.printf(" unpurged vm_area\n");
            return;
        }
        out.printf(" %pS", vm.caller);
        if (vm.nr_pages != 0)
            out.printf(" pages=%u", vm.nr_pages);
        if (vm.flags & VM_IOREMAP)
            out.printf(" phys=0x%08x ioremap", vm.phys_addr.raw());
        if (vm.flags & VM_ALLOC)
            out.printf(" vmalloc");
        if (vm.flags & VM_MAP)
            out.printf(" vmap");
        if (vm.flags & VM_USERMAP)
            out.printf(" user");
        if (vm.pages && is_vmalloc_addr(vm.pages))
            out.printf(" vpages");
        out.printf("\n");
    });
}

// ------------------------------------------------------------------ is all of it true?

namespace {

/// Counts what is wrong with the pages of areas.
class mapping_check {
public:
    explicit mapping_check(const printer &out) : out_(out) {}
    u32 wrong = 0;

    void area(const vmap_area &area)
    {
        const vm_struct &vm = *vm_of(&area);
        u32 mapped = 0; // pages from the first on that should be
        if (area.state == area_state::used) {
            if (!(vm.flags & (VM_ALLOC | VM_MAP)))
                return; // whoever maps devices there checks them
            mapped = static_cast<u32>(get_vm_area_size(&vm) >> PAGE_SHIFT);
        }
        for (u32 i = 0; i < area.pages; i++)
            page(area.start_va() + i * PAGE_SIZE, i < mapped,
                 i < vm_pages(area) ? vm.pages[i] : nullptr);
    }

private:
    static u32 vm_pages(const vmap_area &area)
    {
        return area.state == area_state::used && vm_of(&area)->pages ? vm_of(&area)->nr_pages : 0;
    }
    void page(virt_addr_t va, u32 wanted, const struct page *owned)
    {
        const pte_t *const pte = lookup_kernel_pte(va);
        const u32 present = pte && pte_present(*pte);
        if (present != wanted) {
            out_.printf("vmalloc: 0x%08x is %s\n", va.raw(),
                        wanted ? "not mapped, but in use" : "mapped, but not in use");
            wrong++;
        } else if (owned && pte_pfn(*pte) != page_pfn(owned)) {
            out_.printf("vmalloc: 0x%08x maps frame %#x instead of %#x\n", va.raw(),
                        pte_pfn(*pte).raw(), page_pfn(owned).raw());
            wrong++;
        }
    }
    const printer &out_;
};

} // namespace

u32 verify_vmalloc(const printer &out)
{
    const spin_guard guard(vmap_space.lock);
    if (const char *problem = vmap_space.areas.verify()) {
        out.printf("vmalloc: %s\n", problem);
        return 1;
    }
    mapping_check check(out);
    vmap_space.areas.for_each([&](const vmap_area &area) {
        if (area.state != area_state::going)
            check.area(area);
    });
    return check.wrong;
}
