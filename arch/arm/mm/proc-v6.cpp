// ARMv6 (ARM1176JZF-S): how this generation writes a PTE.
//
// Descriptors are ARMv7's (SCTLR.XP = 1: APX, XN, S, nG; no subpages), but {TEX,C,B} mean what the
// manual's fixed table says, without remap (ARM1176JZF-S TRM DDI 0301H, table 6-2). One core only.
// The kernel's first level is walked from memory (TTBR0 without cache attributes), so entries are
// cleaned to memory. Linux: arch/arm/mm/proc-v6.S, proc-macros.S.
#include <arch/arm/mm/proc-v6.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/pgtable.h>

namespace {

/// TEX, C, B by Linux memory type (DDI 0301H table 6-2).
struct tcb {
    u8 tex, c, b;
};
constexpr tcb STRONGLY_ORDERED{0, 0, 0};
constexpr tcb SHARED_DEVICE{0, 0, 1};
constexpr tcb WRITE_THROUGH{0, 1, 0};
constexpr tcb WRITE_BACK{0, 1, 1};
constexpr tcb UNCACHED{1, 0, 0};
constexpr tcb WRITE_ALLOCATE{1, 1, 1};
constexpr tcb PRIVATE_DEVICE{2, 0, 0};

constexpr tcb mt_table[16] = {
    /* UNCACHED      */ STRONGLY_ORDERED,
    /* BUFFERABLE    */ UNCACHED,
    /* WRITETHROUGH  */ WRITE_THROUGH,
    /* WRITEBACK     */ WRITE_BACK,
    /* DEV_SHARED    */ SHARED_DEVICE,
    /* 5             */ STRONGLY_ORDERED,
    /* MINICACHE     */ STRONGLY_ORDERED,
    /* WRITEALLOC    */ WRITE_ALLOCATE,
    /* 8             */ STRONGLY_ORDERED,
    /* DEV_WC        */ UNCACHED,
    /* 10            */ STRONGLY_ORDERED,
    /* DEV_CACHED    */ WRITE_BACK,
    /* DEV_NONSHARED */ PRIVATE_DEVICE,
    /* 13            */ STRONGLY_ORDERED,
    /* 14            */ STRONGLY_ORDERED,
    /* VECTORS       */ WRITE_BACK,
};

constexpr hw_pte_t make_hw_pte(pte_t pte, pte_ext ext)
{
    const u32 p = pte.raw();
    if (!linux_pte::present::get(p) || !linux_pte::young::get(p) || linux_pte::none::get(p))
        return hw_pte_t(0);
    const bool read_only = linux_pte::rdonly::get(p) || !linux_pte::dirty::get(p);
    const tcb memory = mt_table[linux_pte::mt::get(p)];
    const hw_attrs attrs{
        .ap = static_cast<u8>((read_only ? 4u : 0u) | (linux_pte::user::get(p) ? 2u : 0u) | 1u),
        .tex = memory.tex,
        .c = memory.c,
        .b = memory.b,
        .s = static_cast<u8>(linux_pte::shared::get(p)),
        .ng = static_cast<u8>(ext == pte_ext::not_global),
        .xn = static_cast<u8>(linux_pte::xn::get(p)),
        .domain = 0,
    };
    return hw_pte_t(small_page_desc::base::make(linux_pte::pfn::get(p)) | small_page_bits(attrs));
}

hw_attrs v6_region(memory_region region)
{
    static constexpr tcb regions[] = {
        STRONGLY_ORDERED, SHARED_DEVICE,
        UNCACHED,   // normal, not cached
        WRITE_BACK, // normal, cached
    };
    const tcb &memory = regions[static_cast<u8>(region)];
    return {.tex = memory.tex, .c = memory.c, .b = memory.b};
}

const char *v6_region_text(const hw_attrs &attrs)
{
    static constexpr const char *text[8] = {
        "strongly ordered",   "device",         "write-through",  "write-back",
        "normal, not cached", "reserved TEX 1", "reserved TEX 1", "write-back allocate",
    };
    if (attrs.tex >= 2)
        return attrs.tex == 2 && !attrs.c && !attrs.b ? "private device" : "inner/outer mixed";
    return text[attrs.tex << 2 | attrs.c << 1 | attrs.b];
}

constexpr descriptor_format V6_FORMAT = {
    .section = section_bits,
    .small_page = small_page_bits,
    .table = table_bits,
    .l1 = l1_kind_of,
    .l2 = l2_kind_of,
    .section_attrs = section_attrs_of,
    .page_attrs = page_attrs_of,
    .region_text = v6_region_text,
};

constexpr u32 VECTOR_PTE = L_PTE_KERNEL | L_PTE_RDONLY | L_PTE_MT_WRITEBACK;
constexpr hw_attrs RAM{.ap = 1, .tex = 0, .c = 1, .b = 1, .s = 0, .ng = 0, .xn = 0, .domain = 0};
constexpr hw_attrs IO{.ap = 1, .tex = 0, .c = 0, .b = 1, .s = 0, .ng = 0, .xn = 1, .domain = 0};
static_assert(make_hw_pte(pte_t(VECTOR_PTE), pte_ext::global).raw() == 0x21e);

} // namespace

hw_pte_t v6_hw_pte(pte_t pte, pte_ext ext)
{
    return make_hw_pte(pte, ext);
}

void cpu_v6_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    hw_pte_t *hw = hw_pte_of(ptep);
    store_linux_pte(ptep, pte);
    store_hw_pte(hw, make_hw_pte(pte, ext));
    clean_line_pou(hw);
}

constinit const struct processor v6_processor = {
    .name = "ARMv6-compatible processor",
    .architecture = 6,
    .set_pte_ext = cpu_v6_set_pte_ext,
    .hw_pte = v6_hw_pte,
    .region = v6_region,
    .format = &V6_FORMAT,
    .features = CPU_HAS_XN | CPU_HAS_APX | CPU_HAS_TTBR1 | CPU_HAS_IFSR | CPU_HAS_ATS |
                CPU_HAS_LDREX | CPU_HAS_SUPERSECTIONS,
};

#if !defined(LOWMEM_HOST)
extern "C" void __v6_quiesce();
extern "C" void __v6_setup();
#else
constexpr void (*__v6_quiesce)() = nullptr;
constexpr void (*__v6_setup)() = nullptr;
#endif

[[gnu::used,
  gnu::section(".proc.info.init")]] constinit const proc_info_list v6_arm1176_proc_info = {
    .cpu_val = 0x410fb760, // ARM1176: any revision
    .cpu_mask = 0xff0ffff0,
    .section_up = section_bits(RAM),
    .section_smp = section_bits(RAM),
    .io_section = section_bits(IO),
    .vector_hw_up = make_hw_pte(pte_t(VECTOR_PTE), pte_ext::global).raw(),
    .vector_hw_smp = make_hw_pte(pte_t(VECTOR_PTE), pte_ext::global).raw(),
    .vector_pte_up = VECTOR_PTE,
    .vector_pte_smp = VECTOR_PTE,
    .ttb_up = 0,
    .ttb_smp = 0,
    .table_vectors = table_bits(DOMAIN_VECTORS),
    .quiesce = __v6_quiesce,
    .setup = __v6_setup,
    .proc = &v6_processor,
};
