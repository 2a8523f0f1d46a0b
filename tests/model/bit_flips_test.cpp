// HOST ONLY: the host alone has the processors of all generations
//
// Every word that the encoders make, with each of its 32 bits wrong in turn: the model's walker must
// notice (another place, size, memory type, right, tag, or a fault), or the bit is in the list below,
// with the manual's reason why it means nothing. The list is tested too: a listed bit that has an
// effect fails as well.
#include <array>
#include <cstdio>
#include <set>

#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/proc-v5.h>
#include <arch/arm/mm/proc-v6.h>
#include <arch/arm/mm/proc-v7.h>
#include <asm/proc-fns.h>
#include <tests/host.h>
#include <tests/model/formats.h>

namespace {

using namespace model;

enum class kind : u8 { table, section, supersection, small, large, tiny };
constexpr u32 IN_TABLE = 1 << 0, IN_SECTION = 1 << 1, IN_SUPER = 1 << 2, IN_LARGE = 1 << 4;
constexpr u32 IN_SMALL = 1 << 3, IN_TINY = 1 << 5;
constexpr u32 V5 = 1 << 0, V6 = 1 << 1, V7 = 1 << 2;

/// For which memory types a bit has no effect.
constexpr u32 SO = 1 << 0, DEVICE = 1 << 1, ANY = 0xf;

struct without_effect {
    u32 formats, kinds, types, bits;
    const char *why;
    u32 where = 0; // only in words that have all of these
};
constexpr without_effect LIST[] = {
    // DDI 0198D 3.2, tables 3-2 to 3-7
    {V5, IN_TABLE, ANY, 0x020c, "should be zero"},
    {V5, IN_TABLE | IN_SECTION, ANY, 0x0010,
     "must be one; what a zero does is not said, QEMU ignores it"},
    {V5, IN_SECTION, ANY, 0xff200, "should be zero"},
    {V5, IN_LARGE, ANY, 0xf000, "should be zero"},
    {V5, IN_TINY, ANY, 0x03c0, "should be zero"},
    // DDI 0406C B3.5.1, DDI 0301H 6.11
    {V6 | V7, IN_TABLE | IN_SECTION | IN_SUPER, ANY, 0x200,
     "IMPLEMENTATION DEFINED (P: parity or ECC)"},
    {V6 | V7, IN_TABLE, ANY, 0x8, "NS: which physical space a Secure walk reads; QEMU has one"},
    {V6 | V7, IN_SECTION | IN_SUPER, ANY, 0x80000, "NS, likewise"},
    {V6 | V7, IN_TABLE, ANY, 0x10, "should be zero"},
    {V6 | V7, IN_TABLE, ANY, 0x4, "PXN, which ARMv6 and the A9 do not have (ID_MMFR0.VMSA 3)"},
    {V6, IN_SUPER, ANY, 0xf00000, "PA[35:32]: an ARM1176's addresses have 32 bits"},
    {V6, IN_SUPER, ANY, 0x1e0, "PA[39:36], likewise; a supersection is in domain 0"},
    {V6 | V7, IN_LARGE, ANY, 0x1c0, "should be zero"},
    // DDI 0406C B3.8.3
    {V7, IN_SECTION | IN_SUPER | IN_LARGE, ANY, 0x6000, "TEX[2:1]: the system's, with TEX remap"},
    {V7, IN_SMALL, ANY, 0x180, "TEX[2:1]: the system's, with TEX remap"},
    // DDI 0406C table B3-8
    {V6 | V7, IN_SMALL, ANY, 0x10, "AP = 110 is an older spelling of 111", 0x220},
    // S where the type decides: strongly ordered is always shared, ARMv6's device as TEX, C, B say
    {V6 | V7, IN_SECTION | IN_SUPER, SO, 0x10000, "strongly ordered memory is always shared"},
    {V6 | V7, IN_SMALL | IN_LARGE, SO, 0x400, "strongly ordered memory is always shared"},
    {V6, IN_SECTION | IN_SUPER, DEVICE, 0x10000, "shared or not by TEX, C, B"},
    {V6, IN_SMALL | IN_LARGE, DEVICE, 0x400, "shared or not by TEX, C, B"},
};

/// A first level of one word all over, and a second level likewise; no memory elsewhere.
struct uniform_tables {
    u32 l1, l2;
    u32 l2_bytes = 0x400; // a coarse table; a fine one has four times that
    static std::optional<u32> read(const void *context, u32 pa)
    {
        const auto *self = static_cast<const uniform_tables *>(context);
        if (pa - 0x40004000 < 0x4000)
            return self->l1;
        if (pa - 0x40008000 < self->l2_bytes)
            return self->l2;
        return std::nullopt;
    }
};

/// All that a program could notice of one address.
struct effect {
    u32 why, va, size;
    u64 pa;
    u32 type, inner, outer, shareable, ng, rights;
    auto operator<=>(const effect &) const = default;
};
/// One for each quarter of the entry: ARMv5 has rights for each.
using effects = std::array<effect, 4>;

class flipper {
public:
    explicit flipper(format f) : format_(f) {}

    /// Flips each bit of `word`, which stands in a table of its kind.
    void flip_all(u32 word, kind k)
    {
        if (!seen_.insert({static_cast<u32>(k), word}).second)
            return;
        const effects right = effects_of(word, k);
        ASSERT_EQ(right[0].why, 0u) << std::hex << word;
        for (u32 bit = 0; bit < 32; bit++) {
            const bool noticed = effects_of(word ^ 1u << bit, k) != right;
            const char *why = excuse(word, k, static_cast<memory_type>(right[0].type), bit);
            EXPECT_TRUE(noticed || why) << name(word, k, bit) << ": nobody notices";
            EXPECT_FALSE(noticed && why) << name(word, k, bit) << " has an effect, though: " << why;
            (noticed ? noticed_ : excused_)++;
        }
    }
    [[nodiscard]] u32 noticed() const { return noticed_; }
    [[nodiscard]] u32 excused() const { return excused_; }

private:
    static std::string name(u32 word, kind k, u32 bit)
    {
        static constexpr const char *kinds[] = {"table",      "section",    "supersection",
                                                "small page", "large page", "tiny page"};
        char text[64];
        snprintf(text, sizeof text, "%s 0x%08x, bit %u", kinds[static_cast<u8>(k)], word, bit);
        return text;
    }
    const char *excuse(u32 word, kind k, memory_type type, u32 bit) const
    {
        for (const without_effect &row : LIST)
            if ((row.formats >> static_cast<u8>(format_) & 1) &&
                (row.kinds >> static_cast<u8>(k) & 1) && (row.types >> static_cast<u8>(type) & 1) &&
                (row.bits >> bit & 1) && (word & row.where) == row.where)
                return row.why;
        return nullptr;
    }

    [[nodiscard]] uniform_tables tables_with(u32 word, kind k) const
    {
        const u32 link = format_ == format::v5 ? 0x40008011 : 0x40008001;
        switch (k) {
        case kind::table:
            return {word, format_ == format::v5 ? 0x12345552u : 0x12345012u};
        case kind::section:
        case kind::supersection:
            return {word, 0};
        case kind::tiny:
            return {0x40008013, word, 0x1000};
        default:
            return {link, word};
        }
    }
    [[nodiscard]] static u32 quarter_of(kind k)
    {
        switch (k) {
        case kind::small:
            return 1 << 10;
        case kind::large:
            return 1 << 14;
        case kind::tiny:
            return 1 << 8;
        default:
            return 1 << 18;
        }
    }
    [[nodiscard]] effects effects_of(u32 word, kind k) const
    {
        // Kernel and vectors are clients, as this kernel has it: all other domains are closed.
        registers regs{.sctlr = format_ == format::v7 ? 0x10c5387du : 0x00c5307du,
                       .ttbr0 = 0x40004000,
                       .ttbr1 = 0,
                       .ttbcr = 0,
                       .dacr = 0x41,
                       .prrr = 0xff0a81a8,
                       .nmrr = 0x40e040e0,
                       .id_mmfr0 = 0x00100103};
        const uniform_tables tables = tables_with(word, k);
        effects all{};
        for (u32 i = 0; i < 4; i++) {
            const mapping m = walk(format_, regs, {uniform_tables::read, &tables},
                                   0x70000000 + i * quarter_of(k));
            all[i] = {static_cast<u32>(m.why),
                      m.va,
                      m.size,
                      m.pa,
                      static_cast<u32>(m.type),
                      static_cast<u32>(m.inner),
                      static_cast<u32>(m.outer),
                      m.shareable,
                      m.ng,
                      0};
            u32 shift = 0;
            for (const mode who : {mode::privileged, mode::user})
                for (const model::access what :
                     {model::access::read, model::access::write, model::access::execute}) {
                    const fault f = check(format_, regs, m, what, who);
                    all[i].rights |= static_cast<u32>(f) << shift;
                    shift += 5;
                }
        }
        return all;
    }

    format format_;
    std::set<std::pair<u32, u32>> seen_;
    u32 noticed_ = 0, excused_ = 0;
};

struct machine_kind {
    const struct processor *cpu;
    u32 smp;
};

class BitFlips : public ::testing::TestWithParam<machine_kind> {
protected:
    void TearDown() override { supersections_wanted = false; }
    void SetUp() override
    {
        host_reset();
        processor = *GetParam().cpu;
        cpu_facts.smp = GetParam().smp;
        supersections_wanted = true;
        build_mem_type_table();
    }
    [[nodiscard]] static format which()
    {
        return static_cast<format>(GetParam().cpu->architecture - 5);
    }
};
INSTANTIATE_TEST_SUITE_P(
    Cpu, BitFlips,
    ::testing::Values(machine_kind{&arm926_processor, 0}, machine_kind{&v6_processor, 0},
                      machine_kind{&v7_processor, 0}, machine_kind{&v7_processor, 1}),
    [](const auto &info) {
        return "V" + std::to_string(info.param.cpu->architecture) + (info.param.smp ? "Smp" : "");
    });

} // namespace

TEST_P(BitFlips, AreNoticedInEverySectionSupersectionPageAndTableWord)
{
    flipper flips(which());
    for (const mem_type &type : mem_types) {
        if (type.prot_sect)
            flips.flip_all(0x6a500000 | type.prot_sect, kind::section);
        if (type.prot_super)
            flips.flip_all(0x6a000000 | type.prot_super, kind::supersection);
        flips.flip_all(0x40008000 | type.prot_l1, kind::table);
        const pte_t pte = pfn_pte(pfn_t(0x6a5a5), type.prot_pte);
        flips.flip_all(processor.hw_pte(pte, pte_ext::global).raw(), kind::small);
        flips.flip_all(processor.hw_pte(pte, pte_ext::not_global).raw(), kind::small);
    }
    EXPECT_GT(flips.noticed(), 4 * flips.excused()) << "most bits mean something";
}

TEST_P(BitFlips, AreNoticedInUsersPages)
{
    flipper flips(which());
    for (const u32 rights : {L_PTE_USER, L_PTE_USER | L_PTE_DIRTY, L_PTE_USER | L_PTE_XN}) {
        const pte_t pte = pfn_pte(
            pfn_t(0x6a5a5), pgprot_t(L_PTE_PRESENT | L_PTE_YOUNG | L_PTE_MT_WRITEBACK | rights));
        flips.flip_all(processor.hw_pte(pte, pte_ext::not_global).raw(), kind::small);
    }
}

TEST_P(BitFlips, AreNoticedInKindsThatTheKernelDoesNotMakeYet)
{
    flipper flips(which());
    if (which() == format::v5) {
        flips.flip_all(0x6a5a0000 | 0x55d, kind::large);
        flips.flip_all(0x6a5a0000 | 0xaad, kind::large); // user read-only
        flips.flip_all(0x6a5a0400 | 0x01f, kind::tiny);
        return;
    }
    flips.flip_all(0x6a5a0000 | 0x01d, kind::large);
    flips.flip_all(0x6a5a0000 | 0x965d, kind::large); // XN, TEX 001, S, APX
}
