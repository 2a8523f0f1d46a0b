// What tests of vmalloc have in common: see vmalloc_test.h.
#include <tests/mm/vmalloc_test.h>

#include <mm/vmalloc_internal.h>

namespace vmalloc_test {

area_counts count_areas()
{
    area_counts counts;
    const spin_guard guard(vmap_space.lock);
    vmap_space.areas.for_each([&](const vmap_area &area) {
        counts.used += area.state == area_state::used;
        counts.lazy += area.state == area_state::lazy;
    });
    return counts;
}

namespace {

constexpr u32 WORDS = PAGE_SIZE / sizeof(u32);

} // namespace

void fill(void *at, u32 pages, u32 pattern)
{
    auto *word = static_cast<u32 *>(at);
    for (u32 i = 0; i < pages; i++, word += WORDS) {
        word[0] = pattern + i;
        word[WORDS - 1] = ~(pattern + i);
    }
}

bool is_filled(const void *at, u32 pages, u32 pattern)
{
    const auto *word = static_cast<const u32 *>(at);
    for (u32 i = 0; i < pages; i++, word += WORDS)
        if (word[0] != pattern + i || word[WORDS - 1] != ~(pattern + i))
            return false;
    return true;
}

} // namespace vmalloc_test
