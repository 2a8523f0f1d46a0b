// ARMv5 (ARM926EJ-S): how this generation writes a PTE.
//
// No execute never, no kernel read-only, no shareable bit, no TTBR1, no ASID: AP has two bits, C and
// B four memory types (ARM926EJ-S TRM DDI 0198, table 4-4). A small page has rights for each
// kilobyte; all four are written alike. The cache is virtual: entries are cleaned to memory, and
// whoever unmaps must clean the page's lines first. Linux: arch/arm/mm/proc-arm926.S.
#include <arch/arm/mm/proc-v5.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/pgtable.h>

namespace {

/// C, B by Linux memory type: 00 strongly ordered, 01 buffered, 10 write-through, 11 write-back.
constexpr u8 mt_table[16] = {
    /* UNCACHED */ 0,
    /* BUFFERABLE */ 1,
    /* WRITETHROUGH */ 2,
    /* WRITEBACK */ 3,
    /* DEV_SHARED */ 0,
    /* 5 */ 0,
    /* MINICACHE */ 0,
    /* WRITEALLOC */ 3,
    /* 8 */ 0,
    /* DEV_WC */ 1,
    /* 10 */ 0,
    /* DEV_CACHED */ 3,
    /* DEV_NONSHARED */ 0,
    /* 13 */ 0,
    /* 14 */ 0,
    /* VECTORS */ 3,
};

/// AP of ARMv5 with SCTLR.S = SCTLR.R = 0: 01 kernel rw, 10 and user ro, 11 and user rw.
constexpr u32 v5_ap(const hw_attrs &a)
{
    return a.ap & 3;
}

constexpr u32 v5_section_bits(const hw_attrs &a)
{
    using desc = v5_section_desc;
    return desc::ap::make(v5_ap(a)) | desc::domain::make(a.domain) | desc::one::make(1) |
           desc::c::make(a.c) | desc::b::make(a.b) | desc::type::make(2);
}

constexpr u32 v5_small_page_bits(const hw_attrs &a)
{
    using desc = v5_small_page_desc;
    const u32 ap = v5_ap(a);
    return desc::ap3::make(ap) | desc::ap2::make(ap) | desc::ap1::make(ap) | desc::ap0::make(ap) |
           desc::c::make(a.c) | desc::b::make(a.b) | desc::type::make(2);
}

constexpr u32 v5_table_bits(u32 domain)
{
    return v5_table_desc::domain::make(domain) | v5_table_desc::one::make(1) |
           v5_table_desc::type::make(1);
}

/// Type 3 is a fine table, which this kernel never makes.
constexpr l1_kind v5_l1_kind(u32 word)
{
    constexpr l1_kind kinds[4] = {l1_kind::fault, l1_kind::table, l1_kind::section,
                                  l1_kind::reserved};
    return kinds[v5_section_desc::type::get(word)];
}
/// Type 3 is a tiny page, which only a fine table can hold.
constexpr l2_kind v5_l2_kind(u32 word)
{
    constexpr l2_kind kinds[4] = {l2_kind::fault, l2_kind::large, l2_kind::small, l2_kind::fault};
    return kinds[v5_small_page_desc::type::get(word)];
}

constexpr hw_attrs v5_section_attrs(u32 word)
{
    using desc = v5_section_desc;
    return {.ap = static_cast<u8>(desc::ap::get(word)),
            .c = static_cast<u8>(desc::c::get(word)),
            .b = static_cast<u8>(desc::b::get(word)),
            .domain = static_cast<u8>(desc::domain::get(word))};
}

/// The quarter of the page (small: 1 KB each, large: 16 KB each) that holds `va` decides.
constexpr hw_attrs v5_page_attrs(u32 word, virt_addr_t va)
{
    const u32 shift = v5_l2_kind(word) == l2_kind::large ? 14 : 10;
    return {.ap = static_cast<u8>(v5_small_page_desc::ap_of(word, (va.raw() >> shift) & 3)),
            .c = static_cast<u8>(v5_small_page_desc::c::get(word)),
            .b = static_cast<u8>(v5_small_page_desc::b::get(word))};
}

const char *v5_region_text(const hw_attrs &attrs)
{
    static constexpr const char *text[4] = {"strongly ordered", "buffered, not cached",
                                            "write-through", "write-back"};
    return text[attrs.c << 1 | attrs.b];
}

hw_attrs v5_region(memory_region region)
{
    static constexpr hw_attrs attrs[] = {
        {},               // strongly ordered
        {},               // device: no type of its own
        {.b = 1},         // normal, not cached
        {.c = 1, .b = 1}, // normal, cached
    };
    return attrs[static_cast<u8>(region)];
}

constexpr hw_pte_t make_hw_pte(pte_t pte)
{
    const u32 p = pte.raw();
    if (!linux_pte::present::get(p) || !linux_pte::young::get(p) || linux_pte::none::get(p))
        return hw_pte_t(0);
    const bool read_only = linux_pte::rdonly::get(p) || !linux_pte::dirty::get(p);
    const u8 cb = mt_table[linux_pte::mt::get(p)];
    const u8 ap = linux_pte::user::get(p) ? (read_only ? 2 : 3) : 1;
    const hw_attrs attrs{.ap = ap, .c = static_cast<u8>(cb >> 1), .b = static_cast<u8>(cb & 1)};
    return hw_pte_t(v5_small_page_desc::base::make(linux_pte::pfn::get(p)) |
                    v5_small_page_bits(attrs));
}

constexpr descriptor_format V5_FORMAT = {
    .section = v5_section_bits,
    .small_page = v5_small_page_bits,
    .table = v5_table_bits,
    .l1 = v5_l1_kind,
    .l2 = v5_l2_kind,
    .section_attrs = v5_section_attrs,
    .page_attrs = v5_page_attrs,
    .region_text = v5_region_text,
};

constexpr u32 VECTOR_PTE = L_PTE_KERNEL | L_PTE_RDONLY | L_PTE_MT_WRITEBACK;
constexpr hw_attrs RAM{.ap = 1, .tex = 0, .c = 1, .b = 1, .s = 0, .ng = 0, .xn = 0, .domain = 0};
constexpr hw_attrs IO{.ap = 1, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0};

static_assert(v5_section_attrs(v5_section_bits(RAM)) == RAM);
static_assert(v5_page_attrs(v5_small_page_bits(RAM), virt_addr_t(0xc00)) == RAM);
static_assert(v5_section_bits(RAM) == 0x41e && v5_table_bits(0) == 0x11);
static_assert(make_hw_pte(pte_t(VECTOR_PTE)).raw() == 0x55e);

} // namespace

hw_pte_t v5_hw_pte(pte_t pte, pte_ext)
{
    return make_hw_pte(pte);
}

void cpu_arm926_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext)
{
    hw_pte_t *hw = hw_pte_of(ptep);
    store_linux_pte(ptep, pte);
    store_hw_pte(hw, make_hw_pte(pte));
    clean_line_pou(hw);
}

constinit const struct processor arm926_processor = {
    .name = "ARM926EJ-S",
    .architecture = 5,
    .set_pte_ext = cpu_arm926_set_pte_ext,
    .hw_pte = v5_hw_pte,
    .region = v5_region,
    .format = &V5_FORMAT,
    .features = 0,
};

#if !defined(LOWMEM_HOST)
extern "C" void __arm926_quiesce();
extern "C" void __arm926_setup();
#else
constexpr void (*__arm926_quiesce)() = nullptr;
constexpr void (*__arm926_setup)() = nullptr;
#endif

[[gnu::used, gnu::section(".proc.info.init")]] constinit const proc_info_list arm926_proc_info = {
    .cpu_val = 0x41069260, // ARM926EJ-S: any revision
    .cpu_mask = 0xff0ffff0,
    .section_up = v5_section_bits(RAM),
    .section_smp = v5_section_bits(RAM),
    .io_section = v5_section_bits(IO),
    .vector_hw_up = make_hw_pte(pte_t(VECTOR_PTE)).raw(),
    .vector_hw_smp = make_hw_pte(pte_t(VECTOR_PTE)).raw(),
    .vector_pte_up = VECTOR_PTE,
    .vector_pte_smp = VECTOR_PTE,
    .ttb_up = 0,
    .ttb_smp = 0,
    .table_vectors = v5_table_bits(DOMAIN_VECTORS),
    .quiesce = __arm926_quiesce,
    .setup = __arm926_setup,
    .proc = &arm926_processor,
};
