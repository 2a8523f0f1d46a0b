// ARMv7-A: how this generation writes a PTE, and what head.S must know to switch its MMU on.
//
// TEX remap is on (SCTLR.TRE, with Linux's PRRR and NMRR from boot/head-v7.S), so {TEX[0],C,B}
// selects one of eight memory regions and the low three bits of Linux's memory type are exactly
// those. One core uses write-back without allocate on write, not shared; several cores use
// write-allocate, shared, and walk coherently. Which of the two it is, head.S decides.
// Linux: arch/arm/mm/proc-v7.S, proc-v7-2level.S.
#include <arch/arm/mm/proc-v7.h>

void cpu_v7_set_pte_ext(pte_t *ptep, pte_t pte, pte_ext ext)
{
    cpu_v7_set_pte_ext_inline(ptep, pte, ext,
                              walks_are_coherent() ? walks_read::cache : walks_read::memory);
}

namespace {

hw_attrs v7_region(memory_region region)
{
    const u8 s = is_smp() ? 1 : 0;
    const hw_attrs attrs[] = {
        {},                                 // strongly ordered
        {.tex = 1, .s = 1},                 // device
        {.b = 1, .s = s},                   // normal, not cached
        {.tex = s, .c = 1, .b = 1, .s = s}, // normal, cached; several cores: allocate on write
    };
    return attrs[static_cast<u8>(region)];
}

/// With TEX remap: the region that {TEX[0],C,B} selects (PRRR 0xff0a81a8, NMRR 0x40e040e0).
const char *v7_region_text(const hw_attrs &attrs)
{
    static constexpr const char *text[8] = {
        "strongly ordered", "normal, not cached", "write-through",   "write-back",
        "device",           "unused region 5",    "unused region 6", "write-back allocate",
    };
    return text[(attrs.tex & 1) << 2 | (attrs.c & 1) << 1 | (attrs.b & 1)];
}

constexpr descriptor_format V7_FORMAT = {
    .section = section_bits,
    .small_page = small_page_bits,
    .table = table_bits,
    .l1 = l1_kind_of,
    .l2 = l2_kind_of,
    .section_attrs = section_attrs_of,
    .page_attrs = page_attrs_of,
    .region_text = v7_region_text,
};

} // namespace

constinit const struct processor v7_processor = {
    .name = "ARMv7 Processor",
    .architecture = 7,
    .set_pte_ext = cpu_v7_set_pte_ext,
    .hw_pte = v7_hw_pte,
    .region = v7_region,
    .format = &V7_FORMAT,
    .features = CPU_HAS_XN | CPU_HAS_APX | CPU_HAS_TTBR1 | CPU_HAS_IFSR | CPU_HAS_ATS |
                CPU_HAS_LDREX | CPU_HAS_SUPERSECTIONS,
};

namespace {

constexpr u32 vector_prot(u32 mt)
{
    return L_PTE_KERNEL | L_PTE_RDONLY | mt;
}
constexpr u32 VECTOR_PTE_UP = vector_prot(L_PTE_MT_WRITEBACK);
constexpr u32 VECTOR_PTE_SMP = vector_prot(L_PTE_MT_WRITEALLOC | L_PTE_SHARED);
constexpr hw_attrs RAM_UP{.ap = 1, .tex = 0, .c = 1, .b = 1, .s = 0, .ng = 0, .xn = 0, .domain = 0};
constexpr hw_attrs RAM_SMP{
    .ap = 1, .tex = 1, .c = 1, .b = 1, .s = 1, .ng = 0, .xn = 0, .domain = 0};
constexpr hw_attrs IO{.ap = 1, .tex = 1, .c = 0, .b = 0, .s = 1, .ng = 0, .xn = 1, .domain = 0};

/// Walk attributes of TTBR0 and TTBR1 with the multiprocessing extensions (DDI 0406C B4.1.154).
struct ttbr {
    using irgn0 = field<6, 1>; // inner, with irgn1: 01 write-back allocate, 11 write-back
    using nos = field<5, 1>;
    using rgn = field<3, 2>; // outer
    using s = field<1, 1>;
    using irgn1 = field<0, 1>;
};
constexpr u32 TTB_UP = ttbr::irgn0::make(1) | ttbr::irgn1::make(1) | ttbr::rgn::make(3);
constexpr u32 TTB_SMP =
    ttbr::irgn0::make(1) | ttbr::nos::make(1) | ttbr::rgn::make(1) | ttbr::s::make(1);

// Linux's words on the same CPU.
static_assert(v7_hw_pte(pte_t(VECTOR_PTE_UP), pte_ext::global).raw() == 0x21e);
static_assert(v7_hw_pte(pte_t(VECTOR_PTE_SMP), pte_ext::global).raw() == 0x65e);
static_assert(TTB_UP == 0x59 && TTB_SMP == 0x6a);

} // namespace

#if !defined(LOWMEM_HOST)
extern "C" void __v7_quiesce();
extern "C" void __v7_setup();
#else
constexpr void (*__v7_quiesce)() = nullptr;
constexpr void (*__v7_setup)() = nullptr;
#endif

[[gnu::used, gnu::section(".proc.info.init")]] constinit const proc_info_list v7_ca9_proc_info = {
    .cpu_val = 0x410fc090, // Cortex-A9: implementer, architecture and part; any revision
    .cpu_mask = 0xff0ffff0,
    .section_up = section_bits(RAM_UP),
    .section_smp = section_bits(RAM_SMP),
    .io_section = section_bits(IO),
    .vector_hw_up = v7_hw_pte(pte_t(VECTOR_PTE_UP), pte_ext::global).raw(),
    .vector_hw_smp = v7_hw_pte(pte_t(VECTOR_PTE_SMP), pte_ext::global).raw(),
    .vector_pte_up = VECTOR_PTE_UP,
    .vector_pte_smp = VECTOR_PTE_SMP,
    .ttb_up = TTB_UP,
    .ttb_smp = TTB_SMP,
    .table_vectors = table_bits(DOMAIN_VECTORS),
    .quiesce = __v7_quiesce,
    .setup = __v7_setup,
    .proc = &v7_processor,
};
