// Tests of vmalloc in both worlds: on the host each has a machine of its own with fresh areas; on the
// target they share the kernel's. At the end of each test nothing of it is left, and areas, slabs
// and pages verify.
#pragma once

#include <mm/vmalloc.h>
#include <tests/mm/slab_test.h>

#if defined(LOWMEM_HOST)
#include <arch/arm/mm/vmap.h>
#endif

namespace vmalloc_test {

/// Areas in use, and lazy ones.
struct area_counts {
    u32 used = 0, lazy = 0;
};
area_counts count_areas();

class areas : public slab_test::slabs {
protected:
    void SetUp() override
    {
        slabs::SetUp();
#if defined(LOWMEM_HOST)
        vmalloc_areas_init();
#endif
        used_before_ = count_areas().used;
    }
    void TearDown() override
    {
        EXPECT_EQ(count_areas().used, used_before_);
        vm_unmap_aliases();
        EXPECT_EQ(count_areas().lazy, 0u);
        EXPECT_EQ(verify_vmalloc(console_printer), 0u);
        slabs::TearDown();
    }

private:
    u32 used_before_ = 0;
};

/// Is something mapped there?
inline bool mapped(const void *at)
{
    return vmalloc_to_page(at) != nullptr;
}
inline const char *bytes(const void *p)
{
    return static_cast<const char *>(p);
}
/// Writes a pattern of its own into each page, and reads it.
void fill(void *at, u32 pages, u32 pattern);
[[nodiscard]] bool is_filled(const void *at, u32 pages, u32 pattern);

} // namespace vmalloc_test
