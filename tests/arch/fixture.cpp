// HOST ONLY: it makes a machine of its own to boot on.
//
// head.S and setup_arch in C++, from their description: see fixture.h.
#include <tests/arch/fixture.h>

#include <cstdio>
#include <cstring>
#include <new>

#include <arch/arm/mm/layout.h>
#include <tests/mm/page_fixture.h>

namespace {

constexpr u32 HEAD_MAPPED = SZ_16M;
constexpr u32 PRRR = 0xff0a81a8; // boot/head-v7.S
constexpr u32 NMRR = 0x40e040e0;

memblock_region memory_regions[64];
memblock_region reserved_regions[64];

void put_word(virt_addr_t va, u32 word)
{
    *static_cast<volatile u32 *>(to_ptr(va)) = word;
}

/// The kernel's variables as its image has them at the first line of C++.
void reset_variables() NO_THREAD_SAFETY_ANALYSIS
{
    reset_page_variables();
    kernel_memblock = memblock(memory_regions, reserved_regions, __va);
    memset(static_cast<void *>(mem_types), 0, sizeof mem_types);
    memset(static_cast<void *>(tables_aside), 0, sizeof tables_aside);
    page_table_bytes = 0;
    pkmap_page_table = nullptr;
    new (&pgd_lock) spinlock_t; // a panic may have left it taken
    init_mm = {static_cast<pgd_t *>(to_ptr(kernel_image.swapper)), nullptr};
    pgd_list = &init_mm;
}

} // namespace

booting_kernel::booting_kernel(const boot_params &params)
    : events({params.cores, PAGE_OFFSET.raw() - PHYS_OFFSET.raw(), TASK_SIZE.raw(),
              params.cpu->architecture}),
      params_(params)
{
    host_reset();
    processor = *params.cpu;
    cpu_facts.architecture = params.cpu->architecture;
    cpu_facts.smp = params.cores > 1;
    supersections_wanted = params.supersections;
    reset_variables();

    meminfo_reset(machine.ram);
    for (const bank_spec &bank : params.banks)
        (void) arm_add_memory(u64{PHYS_OFFSET.raw()} + bank.offset, bank.size,
                              {"fixture", "bank", ""});
    const phys_addr_t image_end = linear_pa(kernel_image.end);
    meminfo_require(PHYS_OFFSET.raw(), image_end.align_up(PGDIR_SIZE) - PHYS_OFFSET, "the image");
    const memory_layout layout = adjust_lowmem_bounds(
        meminfo, {.vmalloc_size = params.vmalloc_size, .static_maps_size = static_maps_size()});
    kernel_layout = {layout.lowmem_end, layout.vmalloc_start};
    high_memory = to_ptr(layout.high_memory);

    map_ram();
    for (int i = 0; i < meminfo.nr_banks; i++)
        memblock_add(meminfo.bank[i].start, meminfo.bank[i].size);
    memblock_reserve(PHYS_OFFSET, image_end - PHYS_OFFSET);
    const u32 first = meminfo.bank[0].size;
    const u32 mapped = first < HEAD_MAPPED ? first : HEAD_MAPPED;
    memblock_set_current_limit((PHYS_OFFSET + mapped).align_down(PGDIR_SIZE));

    write_head_tables();
    events.adopt_second_level(kernel_image.fixmap_table);
    events.adopt_first_level(kernel_image.swapper);
    events.start();
}

booting_kernel::~booting_kernel()
{
    events.stop();
}

/// RAM where the linear map will put it, and nothing between.
void booting_kernel::map_ram() const
{
    host_unmap(PAGE_OFFSET, VMALLOC_END - PAGE_OFFSET);
    for (int i = 0; i < meminfo.nr_banks; i++)
        if (const membank &bank = meminfo.bank[i]; !bank.highmem)
            host_map(linear_va(bank.start), bank.start, bank.size);
}

namespace {

/// The words of head.S (boot/README.md): RAM, the UART, the fixmap's table, the vectors' page.
struct head_words {
    u32 ram, io, link, vectors_pte, vectors;
};
constexpr head_words HEAD_V5{0x41e, 0x412, 0x71, 0x0cf, 0x55e};
constexpr head_words HEAD_V6{0x40e, 0x416, 0x61, 0x0cf, 0x21e};
constexpr head_words HEAD_V7_UP{0x40e, 0x11412, 0x61, 0x0cf, 0x21e};
constexpr head_words HEAD_V7_SMP{0x1140e, 0x11412, 0x61, 0x4df, 0x65e};

} // namespace

/// What boot/head.S says it maps.
void booting_kernel::write_head_tables() const
{
    const head_words &words = format() == model::format::v5   ? HEAD_V5
                              : format() == model::format::v6 ? HEAD_V6
                              : params_.cores > 1             ? HEAD_V7_SMP
                                                              : HEAD_V7_UP;
    const auto l1 = [](virt_addr_t va) { return kernel_image.swapper + (va.raw() >> 20) * 4; };
    for (u32 offset = 0; offset < HEAD_MAPPED; offset += SZ_1M)
        put_word(l1(PAGE_OFFSET + offset), (PHYS_OFFSET.raw() + offset) | words.ram);
    put_word(l1(VMALLOC_END - SZ_1M), 0x10000000 | words.io); // the UART's megabyte
    const virt_addr_t table = kernel_image.fixmap_table;
    const u32 link = linear_pa(table).raw() + 2048;
    put_word(l1(virt_addr_t(0xffe00000)), link | words.link);
    put_word(l1(virt_addr_t(0xfff00000)), (link + 1024) | words.link);
    const u32 vectors = linear_pa(kernel_image.vectors).raw();
    put_word(table + 0x1f0 * 4, vectors | words.vectors_pte);
    put_word(table + 2048 + 0x1f0 * 4, vectors | words.vectors);
}

u32 bootmem_pages_taken()
{
    u32 pages = 0;
    contig_page_data.bdata->for_each_run([&](pfn_t, u32 count, bootmem_data::state state) {
        pages += state == bootmem_data::state::taken ? count : 0;
    });
    return pages;
}

void exhaust_bootmem()
{
    while (__alloc_bootmem_raw(PAGE_SIZE, PAGE_SIZE, 0))
        ;
}

bool bootmem_has_given(phys_addr_t pa)
{
    return contig_page_data.bdata->is_taken(PFN_DOWN(pa));
}

void booting_kernel::run_paging_init()
{
    paging_init(machine);
    events.end("paging_init");
}

// ---- What the machine sees ----

std::optional<u32> booting_kernel::read_ram(const void *self, u32 pa)
{
    const auto *kernel = static_cast<const booting_kernel *>(self);
    const u32 offset = pa - PHYS_OFFSET.raw();
    for (const bank_spec &bank : kernel->params_.banks)
        if (offset - bank.offset < bank.size && offset < kernel->lowmem_bytes())
            return *static_cast<volatile u32 *>(to_ptr(PAGE_OFFSET + offset));
    return std::nullopt;
}

model::registers booting_kernel::registers_of(const mm_struct &mm) const
{
    const u32 ttbr = linear_pa(from_ptr(mm.pgd)).raw() | (params_.cores > 1 ? 0x6a : 0x59);
    constexpr u32 sctlr[] = {0x0005307d, 0x00c5387d, 0x10c5387d}; // S = R = 0; XP; TRE
    return {.sctlr = sctlr[static_cast<u8>(format())],
            .ttbr0 = ttbr,
            .ttbr1 = ttbr,
            .ttbcr = 0,
            .dacr = 0x41,
            .prrr = PRRR,
            .nmrr = NMRR,
            .id_mmfr0 = 0x00100103};
}

model::format booting_kernel::format() const
{
    return static_cast<model::format>(params_.cpu->architecture - 5);
}

model::mapping booting_kernel::walk(const mm_struct &mm, virt_addr_t va) const
{
    return model::walk(format(), registers_of(mm), {read_ram, this}, va.raw());
}

std::string booting_kernel::rights(virt_addr_t va) const
{
    using namespace model;
    const model::registers regs = registers_of(init_mm);
    const mapping m = walk(va);
    std::string text;
    for (const mode who : {mode::privileged, mode::user}) {
        for (const model::access what :
             {model::access::read, model::access::write, model::access::execute})
            text += check(format(), regs, m, what, who) == fault::none
                        ? "rwx"[static_cast<int>(what)]
                        : '-';
        text += who == mode::privileged ? "/" : "";
    }
    return text;
}

u32 booting_kernel::l1_word(virt_addr_t va) const
{
    return pmd_off(init_mm.pgd, va)->raw();
}

// ---- What it should see ----

/// By the design's address map: VMALLOC_END - vmalloc= - 8 MB at most.
u32 booting_kernel::lowmem_bytes() const
{
    return 0xff000000 - params_.vmalloc_size - (8u << 20) - PAGE_OFFSET.raw();
}

booting_kernel::expectation booting_kernel::expected(u32 va) const
{
    const u32 offset = va - PAGE_OFFSET.raw();
    if (va >= PAGE_OFFSET.raw() && offset < lowmem_bytes()) {
        for (const bank_spec &bank : params_.banks) {
            if (offset - bank.offset >= bank.size)
                continue;
            const u32 pa = PHYS_OFFSET.raw() + offset;
            if (format() == model::format::v5)
                return {1, pa, 1, 0, 0, 0}; // nothing can be forbidden to the kernel
            if (va < kernel_image.text.raw() || va >= kernel_image.stack.raw())
                return {1, pa, 1, 1, 0, 0};                           // data: rw, never executed
            return {1, pa, 5, va >= kernel_image.rodata.raw(), 0, 0}; // text: r-x, rodata: r--
        }
    }
    const bool v5 = format() == model::format::v5;
    if (va == 0xffff0000)
        return {1, linear_pa(kernel_image.vectors).raw(), v5 ? u8{1} : u8{5}, 0, 3, 0};
    for (u32 i = 0; i < machine.nr_io_map; i++)
        if (va - machine.io_map[i].va.raw() < SZ_1M)
            return {1, PFN_PHYS(machine.io_map[i].pfn).raw() + (va - machine.io_map[i].va.raw()),
                    1, v5 ? u8{0} : u8{1},
                    0, 1};
    return {};
}

void booting_kernel::compare_page(u32 va, std::string &differences) const
{
    using namespace model;
    const expectation want = expected(va);
    const mapping m = walk(virt_addr_t(va));
    expectation got{};
    // ARMv5 has no device memory: what is neither cached nor buffered comes nearest.
    const bool v5 = format() == model::format::v5;
    const memory_type device_type = v5 ? memory_type::strongly_ordered : memory_type::device;
    if (m.mapped())
        got = {
            1, static_cast<u32>(m.pa) + (va - m.va), m.ap, m.xn, m.domain, m.type == device_type};
    const bool smp = params_.cores > 1;
    const caching cached = smp ? caching::write_back_allocate : caching::write_back;
    const bool memory_right =
        !m.mapped() || (want.device ? v5 || m.shareable != 0
                                    : m.type == memory_type::normal && m.inner == cached &&
                                          m.outer == cached && m.shareable == smp);
    const translation t = translate(live_mmu_registers(), virt_addr_t(va));
    const bool agree = t.mapped() == m.mapped() &&
                       (!m.mapped() || (t.pa.raw() == got.pa && t.attrs.ap == m.ap &&
                                        t.attrs.xn == m.xn && t.attrs.domain == m.domain));
    if (got == want && memory_right && agree && m.ng == 0)
        return;
    if (differences.size() > 1000)
        return;
    char line[160];
    snprintf(line, sizeof line,
             "0x%08x: %s 0x%08x ap %u xn %u, expected %s 0x%08x ap %u xn %u%s%s\n", va,
             got.mapped ? "maps" : "no map", got.pa, got.ap, got.xn,
             want.mapped ? "map of" : "no map", want.pa, want.ap, want.xn,
             memory_right ? "" : ", memory type", agree ? "" : ", translate() disagrees");
    differences += line;
}

/// Does something begin or end inside this megabyte?
bool booting_kernel::border_in(u32 megabyte) const
{
    if (megabyte == 0xfff00000)
        return true;
    for (const bank_spec &bank : params_.banks)
        for (const u32 border : {bank.offset, bank.offset + bank.size})
            if (border % SZ_1M != 0 && megabyte == PAGE_OFFSET.raw() + border / SZ_1M * SZ_1M)
                return true;
    return false;
}

std::string booting_kernel::compare(u32 step_inside) const
{
    std::string text;
    for (u64 megabyte = 0; megabyte < u64{1} << 32; megabyte += SZ_1M) {
        const u32 at = static_cast<u32>(megabyte);
        const u32 step = border_in(at) ? PAGE_SIZE : step_inside;
        for (u32 offset = 0; offset < SZ_1M; offset += step)
            compare_page(at + offset, text);
    }
    return text;
}

std::string booting_kernel::differences() const
{
    return compare(SZ_1M - PAGE_SIZE);
}

std::string booting_kernel::all_differences() const
{
    return compare(PAGE_SIZE);
}
