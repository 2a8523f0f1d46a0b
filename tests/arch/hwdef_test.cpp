// Descriptors: each field is where the manual's figures have it, and nothing else moves.
#include <asm/pgtable-hwdef.h>
#include <tests/test.h>

namespace {

/// One attribute and the bits that it is in each descriptor (DDI 0406C figures B3-4, B3-5).
struct placed {
    const char *name;
    hw_attrs attrs;
    u32 section, small, large;
};
constexpr placed fields[] = {
    {"AP[0]",
     {.ap = 1, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     1u << 10,
     1u << 4,
     1u << 4},
    {"AP[1]",
     {.ap = 2, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     1u << 11,
     1u << 5,
     1u << 5},
    {"AP[2]",
     {.ap = 4, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     1u << 15,
     1u << 9,
     1u << 9},
    {"TEX",
     {.ap = 0, .tex = 7, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     7u << 12,
     7u << 6,
     7u << 12},
    {"C",
     {.ap = 0, .tex = 0, .c = 1, .b = 0, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     1u << 3,
     1u << 3,
     1u << 3},
    {"B",
     {.ap = 0, .tex = 0, .c = 0, .b = 1, .s = 0, .ng = 0, .xn = 0, .domain = 0},
     1u << 2,
     1u << 2,
     1u << 2},
    {"S",
     {.ap = 0, .tex = 0, .c = 0, .b = 0, .s = 1, .ng = 0, .xn = 0, .domain = 0},
     1u << 16,
     1u << 10,
     1u << 10},
    {"nG",
     {.ap = 0, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 1, .xn = 0, .domain = 0},
     1u << 17,
     1u << 11,
     1u << 11},
    {"XN",
     {.ap = 0, .tex = 0, .c = 0, .b = 0, .s = 0, .ng = 0, .xn = 1, .domain = 0},
     1u << 4,
     1u << 0,
     1u << 15},
};

} // namespace

TEST(HwDef, EachAttributeHasItsBits)
{
    for (const placed &f : fields) {
        SCOPED_TRACE(f.name);
        EXPECT_EQ(section_bits(f.attrs), f.section | 2);
        EXPECT_EQ(supersection_bits(f.attrs), f.section | 0x40002);
        EXPECT_EQ(small_page_bits(f.attrs), f.small | 2);
        EXPECT_EQ(encode_attrs<large_page_desc>(f.attrs), f.large);
        EXPECT_TRUE(decode_attrs<section_desc>(f.section, 0) == f.attrs);
        EXPECT_TRUE(section_attrs_of(supersection_bits(f.attrs)) == f.attrs);
        EXPECT_TRUE(decode_attrs<small_page_desc>(f.small, 0) == f.attrs);
        EXPECT_TRUE(decode_attrs<large_page_desc>(f.large, 0) == f.attrs);
    }
}

TEST(HwDef, DomainsAreOfTheFirstLevel)
{
    for (u32 domain = 0; domain < 16; domain++) {
        hw_attrs attrs{};
        attrs.domain = static_cast<u8>(domain);
        EXPECT_EQ(section_bits(attrs), domain << 5 | 2);
        EXPECT_EQ(table_bits(domain), domain << 5 | 1);
        EXPECT_EQ(small_page_bits(attrs), 2u);
    }
}

TEST(HwDef, AFirstLevelWordsKindIsInBits0And1And18)
{
    for (const u32 other : {0u, 0xfffbfffcu}) {
        EXPECT_TRUE(l1_kind_of(other | 0) == l1_kind::fault);
        EXPECT_TRUE(l1_kind_of(other | 1) == l1_kind::table);
        EXPECT_TRUE(l1_kind_of(other | 2) == l1_kind::section);
        EXPECT_TRUE(l1_kind_of(other | 3) == l1_kind::reserved);
        EXPECT_TRUE(l1_kind_of(other | 0x40000) == l1_kind::fault);
        EXPECT_TRUE(l1_kind_of(other | 0x40001) == l1_kind::table);
        EXPECT_TRUE(l1_kind_of(other | 0x40002) == l1_kind::supersection);
        EXPECT_TRUE(l1_kind_of(other | 0x40003) == l1_kind::reserved);
    }
}

TEST(HwDef, ASecondLevelWordsKindIsInBits0And1)
{
    for (const u32 other : {0u, 0xfffffffcu}) {
        EXPECT_TRUE(l2_kind_of(other | 0) == l2_kind::fault);
        EXPECT_TRUE(l2_kind_of(other | 1) == l2_kind::large);
        EXPECT_TRUE(l2_kind_of(other | 2) == l2_kind::small);
        EXPECT_TRUE(l2_kind_of(other | 3) == l2_kind::small) << "bit 0 is XN";
    }
}

TEST(HwDef, RightsFollowTableB3_8)
{
    struct {
        u8 ap;
        bool writable, user;
    } const rows[] = {{0, false, false}, {1, true, false},  {2, true, true},  {3, true, true},
                      {4, false, false}, {5, false, false}, {6, false, true}, {7, false, true}};
    for (const auto &row : rows) {
        hw_attrs attrs{};
        attrs.ap = row.ap;
        SCOPED_TRACE(row.ap);
        EXPECT_EQ(attrs.writable(), row.writable);
        EXPECT_EQ(attrs.user(), row.user);
    }
}

TEST(HwDef, KernelAndVectorsAreClientsAndTheUserIsShutOut)
{
    EXPECT_EQ(DACR_INIT, 0x41u);
}
