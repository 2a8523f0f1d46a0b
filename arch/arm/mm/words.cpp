// Attributes of a mapping, in words.
//
// DDI 0406C B3.7.1 (access permissions, table B3-8). What TEX, C and B mean is the processor's.
#include <arch/arm/mm/walk.h>
#include <asm/proc-fns.h>

const char *access_text(const hw_attrs &attrs)
{
    // By AP[2:0], then XN.
    static constexpr const char *text[8][2] = {
        {"--/-- X ", "--/-- XN"}, {"rw/-- X ", "rw/-- XN"}, {"rw/r- X ", "rw/r- XN"},
        {"rw/rw X ", "rw/rw XN"}, {"res/er X", "res/erXN"}, {"r-/-- X ", "r-/-- XN"},
        {"r-/r- X ", "r-/r- XN"}, {"r-/r- X ", "r-/r- XN"},
    };
    return text[attrs.ap & 7][attrs.xn & 1];
}

const char *region_text(const hw_attrs &attrs)
{
    return processor.format->region_text(attrs);
}

const char *linux_mt_text(u32 linux_pte)
{
    static constexpr const char *text[16] = {
        "UNCACHED",      "BUFFERABLE", "WRITETHROUGH", "WRITEBACK", "DEV_SHARED", "MT5",
        "MINICACHE",     "WRITEALLOC", "MT8",          "DEV_WC",    "MT10",       "DEV_CACHED",
        "DEV_NONSHARED", "MT13",       "MT14",         "VECTORS",
    };
    return text[linux_pte::mt::get(linux_pte)];
}
