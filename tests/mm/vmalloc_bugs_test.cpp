// What is said of areas: given back wrongly, asked for by an address, listed, verified.
#include <asm/mach.h>
#include <tests/mm/vmalloc_test.h>

using vmalloc_test::bytes;
using vmalloc_test::fill;
using vmalloc_test::is_filled;
using vmalloc_test::mapped;

namespace {

class VmallocBugs : public vmalloc_test::areas {};

[[gnu::noinline]] void *allocate_here(unsigned long size)
{
    void *p = vmalloc(size);
    asm volatile("" : "+r"(p)); // a call, and not the last thing done
    return p;
}

text_buffer<20000> text;

const char *info()
{
    text.clear();
    print_vmallocinfo(text.out());
    return text.c_str();
}
const char *told_of(const void *at)
{
    text.clear();
    print_vmalloc_of(text.out(), from_ptr(at));
    return text.c_str();
}

} // namespace

// ------------------------------------------------------------------ given back wrongly

TEST_F(VmallocBugs, FreeingTwiceIsReportedWithBothPlaces)
{
    void *const p = vmalloc(3 * PAGE_SIZE);
    vfree(p);
    vfree(p);
    EXPECT_REPORT("was freed before: vmalloc area 0x");
    vm_unmap_aliases();
    vfree(p);
    EXPECT_REPORT("is in no area (freed before?); by ");
}

TEST_F(VmallocBugs, AnInteriorAddressIsReportedWithItsArea)
{
    void *const p = vmalloc(3 * PAGE_SIZE);
    fill(p, 3, 1);
    vfree(bytes(p) + PAGE_SIZE);
    EXPECT_REPORT("is inside of vmalloc area 0x");
    vfree(bytes(p) + 4);
    EXPECT_REPORT("is inside of vmalloc area 0x");
    vfree(bytes(p) + 3 * PAGE_SIZE); // the guard page
    EXPECT_REPORT("is inside of vmalloc area 0x");
    EXPECT_TRUE(is_filled(p, 3, 1));
    vfree(p);
    EXPECT_NO_REPORT("BUG");
}

TEST_F(VmallocBugs, LowmemAndUnknownAddressesAreReported)
{
    void *const low = reinterpret_cast<void *>(__get_free_page(GFP_KERNEL));
    vfree(low);
    EXPECT_REPORT("is no vmalloc address, but lowmem or below; by ");
    free_page(reinterpret_cast<unsigned long>(low));
    vfree(to_ptr(VMALLOC_END + PAGE_SIZE));
    EXPECT_REPORT("BUG vfree: 0xff001000 is no vmalloc address; by ");
    vunmap(to_ptr(VMALLOC_END - SZ_1M));
    EXPECT_REPORT("is no area of this kind, it stays for ever: ioremap area 0xfef00000 size");
}

TEST_F(VmallocBugs, EachKindIsGivenBackByItsOwnFunction)
{
    void *const p = vmalloc(PAGE_SIZE);
    vunmap(p);
    EXPECT_REPORT("BUG vunmap: 0x");
    struct page *page = vmalloc_to_page(p);
    void *const q = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
    vfree(q);
    EXPECT_REPORT("is no area of this kind, vunmap() it: vmap area 0x");
    EXPECT_TRUE(mapped(p));
    EXPECT_TRUE(mapped(q));
    vunmap(q);
    vfree(p);
    EXPECT_NO_REPORT("BUG");
}

// ------------------------------------------------------------------ whose it is

TEST_F(VmallocBugs, AnAddressIsToldWithItsArea)
{
    vm_unmap_aliases();
    void *const p = allocate_here(4 * PAGE_SIZE);
    text_buffer<64> area;
    area.out().printf("vmalloc area 0x%08x size 16384 allocated by ", from_ptr(p).raw());
    const auto expect_told = [&](const void *at, const char *begin, const char *end) {
        const char *const told = told_of(at);
        EXPECT_EQ(strncmp(told, begin, strlen(begin)), 0) << told;
        EXPECT_TRUE(strstr(told, area.c_str())) << told;
        EXPECT_TRUE(strstr(told, end)) << told;
        EXPECT_TRUE(page_test::names_caller(told, "allocate_here",
                                            reinterpret_cast<const void *>(allocate_here)))
            << told;
    };
    expect_told(bytes(p) + 5, "in vmalloc area", "\n");
    expect_told(bytes(p) + 4 * PAGE_SIZE, "after vmalloc area", "\n");
    vfree(p);
    expect_told(bytes(p) + 5, "in vmalloc area", ", freed by ");
    EXPECT_STREQ(told_of(to_ptr(PAGE_OFFSET + SZ_16M)), "");
    EXPECT_STREQ(told_of(to_ptr(VMALLOC_END)), "");
    vm_unmap_aliases();
    void *const q = allocate_here(4 * PAGE_SIZE);
    EXPECT_TRUE(strstr(told_of(bytes(q) + 6 * PAGE_SIZE), "above vmalloc area 0x")) << text.c_str();
    vfree(q);
}

TEST_F(VmallocBugs, VmallocinfoHasLinuxsColumns)
{
    vm_unmap_aliases();
    void *const p = vmalloc(4 * PAGE_SIZE), *const q = vmalloc_user(PAGE_SIZE);
    struct page *page = vmalloc_to_page(p);
    void *const r = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
    const auto expect_line = [](const void *at, u32 bytes, const char *end) {
        text_buffer<64> begin;
        begin.out().printf("0x%08x-0x%08x %7u ", from_ptr(at).raw(), from_ptr(at).raw() + bytes,
                           bytes);
        const char *line = strstr(info(), begin.c_str());
        ASSERT_NE(line, nullptr) << text.c_str();
        const char *const tail = strstr(line, end);
        ASSERT_NE(tail, nullptr) << text.c_str();
        EXPECT_EQ(memchr(line, '\n', static_cast<size_t>(tail - line)), nullptr) << text.c_str();
    };
    expect_line(p, 5 * PAGE_SIZE, " pages=4 vmalloc\n");
    expect_line(q, 2 * PAGE_SIZE, " pages=1 vmalloc user\n");
    expect_line(r, 2 * PAGE_SIZE, " vmap\n");
    text_buffer<64> uart; // the first static map, wherever the board has it
    uart.out().printf(" phys=0x%08x ioremap\n", PFN_PHYS(::machine.io_map[0].pfn).raw());
    expect_line(to_ptr(VMALLOC_END - SZ_1M), SZ_1M, uart.c_str());
    constexpr u32 many = PAGE_SIZE / sizeof(void *) + 1; // pointers need more than a page
    void *const t = vmalloc(many * PAGE_SIZE);
    if (t) // there may be too little memory
        expect_line(t, (many + 1) * PAGE_SIZE, " vmalloc vpages\n");
    vfree(t);
    vunmap(r);
    expect_line(r, 2 * PAGE_SIZE, " unpurged vm_area\n");
    vfree(q);
    vfree(p);
}

TEST_F(VmallocBugs, AnAreaHasANameForPtdump)
{
    void *const p = vmalloc(PAGE_SIZE);
    const auto name_of = [](virt_addr_t va) {
        text.clear();
        print_vm_area_name(text.out(), va);
        return text.c_str();
    };
    EXPECT_EQ(strncmp(name_of(from_ptr(p)), "vmalloc, ", 9), 0);
    EXPECT_TRUE(strstr(name_of(VMALLOC_END - SZ_1M), "ioremap (static), "));
    vfree(p);
    vm_unmap_aliases();
    EXPECT_STREQ(name_of(from_ptr(p)), "");
    EXPECT_STREQ(name_of(PAGE_OFFSET), "");
}

TEST_F(VmallocBugs, VerifyFindsWhatIsNotTrue)
{
    void *const p = vmalloc(2 * PAGE_SIZE);
    vm_struct *const area = find_vm_area(p);
    std::swap(area->pages[0], area->pages[1]);
    text.clear();
    EXPECT_EQ(verify_vmalloc(text.out()), 2u);
    EXPECT_TRUE(text.contains(" instead of "));
    std::swap(area->pages[0], area->pages[1]);
    area->size += PAGE_SIZE;
    text.clear();
    EXPECT_EQ(verify_vmalloc(text.out()), 1u);
    EXPECT_TRUE(text.contains("is not mapped, but in use"));
    area->size -= 2 * PAGE_SIZE;
    EXPECT_EQ(verify_vmalloc(text.out()), 1u);
    EXPECT_TRUE(text.contains("is mapped, but not in use"));
    area->size += PAGE_SIZE;
    area->area.bin = 0;
    const area_state state = area->area.state;
    area->area.state = area_state::border;
    text.clear();
    EXPECT_EQ(verify_vmalloc(text.out()), 1u);
    EXPECT_TRUE(text.contains("vmalloc: an area has no state"));
    area->area.state = state;
    vfree(p);
}
