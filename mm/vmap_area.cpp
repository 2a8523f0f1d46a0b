// Areas of the address space: see the picture in vmap_area.h.
#include <mm/vmap_area.h>

#include <algorithm>

void vmap_areas::init(u32 first, u32 pages, vmap_area **table, vmap_area *whole)
{
    *this = vmap_areas();
    first_ = first;
    pages_ = pages;
    table_ = table;
    for (list_head &bin : bins_)
        INIT_LIST_HEAD(&bin);
    INIT_LIST_HEAD(&ends_.order);
    whole->first = first;
    whole->pages = pages;
    list_add(&whole->order, &ends_.order);
    put_in_bin(whole);
}

// ------------------------------------------------------------------ bins

inline void vmap_areas::put_in_bin(vmap_area *area)
{
    const u32 bin = area_bins::bin_of(area->pages);
    area->state = area_state::free;
    area->bin = static_cast<u8>(bin);
    list_add(&area->list, &bins_[bin]);
    bins_used_[bin / 32] |= word_bit(bin % 32);
}

inline void vmap_areas::take_from_bin(vmap_area *area)
{
    list_head *const bin = &bins_[area->bin];
    list_del(&area->list);
    if (list_empty(bin))
        bins_used_[area->bin / 32] &= ~word_bit(area->bin % 32);
}

/// A free area has other bounds from now on. Mostly it stays in its bin.
inline void vmap_areas::resize(vmap_area *area, u32 first, u32 pages)
{
    area->first = first;
    area->pages = pages;
    if (area_bins::bin_of(pages) == area->bin)
        return;
    take_from_bin(area);
    put_in_bin(area);
}

inline vmap_area *vmap_areas::in_sure_bin(u32 pages) const
{
    const u32 lowest = area_bins::sure_bin(pages);
    u32 word = lowest / 32;
    u32 bins = bins_used_[word] & ~0u >> lowest % 32;
    while (bins == 0) {
        if (++word == area_bins::COUNT / 32)
            return nullptr;
        bins = bins_used_[word];
    }
    return list_entry<&vmap_area::list>(bins_[word * 32 + first_in_word(bins)].next);
}

u32 vmap_areas::place_in(const vmap_area &area, const area_request &want)
{
    const u32 lowest = std::max(area.first, want.lowest);
    const u32 end = std::min(area.end(), want.end);
    const u32 first = (lowest + want.align - 1) & ~(want.align - 1);
    // Page numbers have 20 bits, so none of this overflows but the alignment, to a small number.
    return first >= lowest && first < end && end - first >= want.pages ? first : NOWHERE;
}

vmap_area *vmap_areas::in_any_bin(const area_request &want) const
{
    for (u32 bin = area_bins::bin_of(want.pages); bin < area_bins::COUNT; bin++)
        for (list_head *at = bins_[bin].next; at != &bins_[bin]; at = at->next)
            if (vmap_area *area = list_entry<&vmap_area::list>(at);
                place_in(*area, want) != NOWHERE)
                return area;
    return nullptr;
}

// ------------------------------------------------------------------ taking and giving back

inline vmap_area *vmap_areas::make_used(vmap_area *area, u32 first, u32 pages)
{
    area->first = first;
    area->pages = pages;
    area->state = area_state::used;
    table_[first - first_] = area;
    return area;
}

/// Makes [first, first + pages) of the free area a used one.
vmap_area *vmap_areas::cut(vmap_area *from, u32 first, u32 pages)
{
    const u32 before = first - from->first;
    const u32 behind = from->end() - (first + pages);
    if (before == 0 && behind == 0) {
        take_from_bin(from);
        return make_used(from, first, pages);
    }
    vmap_area *const area = make_used(unstock(), first, pages);
    if (before == 0) {
        list_add_tail(&area->order, &from->order);
        resize(from, area->end(), behind);
        return area;
    }
    list_add(&area->order, &from->order);
    if (behind != 0) {
        vmap_area *const rest = unstock();
        rest->first = area->end();
        rest->pages = behind;
        list_add(&rest->order, &area->order);
        put_in_bin(rest);
    }
    resize(from, from->first, before);
    return area;
}

vmap_area *vmap_areas::alloc(const area_request &want)
{
    if (want.pages > pages_)
        return nullptr;
    if (want.lowest <= first_ && want.end >= first_ + pages_) {
        // In so many pages there is an aligned place wherever they begin.
        if (vmap_area *from = in_sure_bin(want.pages + want.align - 1))
            return cut(from, (from->first + want.align - 1) & ~(want.align - 1), want.pages);
    }
    vmap_area *const from = in_any_bin(want);
    return from ? cut(from, place_in(*from, want), want.pages) : nullptr;
}

void vmap_areas::release(vmap_area *area)
{
    table_[area->first - first_] = nullptr;
    vmap_area *const below = at_order(area->order.prev);
    vmap_area *const above = at_order(area->order.next);
    if (above->state == area_state::free) {
        if (below->state == area_state::free) {
            take_from_bin(below);
            list_del(&below->order);
            resize(above, below->first, below->pages + area->pages + above->pages);
            stock(below);
        } else {
            resize(above, area->first, area->pages + above->pages);
        }
    } else if (below->state == area_state::free) {
        resize(below, below->first, below->pages + area->pages);
    } else {
        put_in_bin(area);
        return;
    }
    list_del(&area->order);
    stock(area);
}

// ------------------------------------------------------------------ questions

vmap_area *vmap_areas::containing(u32 page) const
{
    if (page - first_ >= pages_)
        return nullptr;
    u32 at = page - first_;
    while (at != 0 && !table_[at])
        at--;
    vmap_area *area = table_[at] ? table_[at] : at_order(ends_.order.next);
    while (area->end() <= page) // it was the last one in use below: the next is free
        area = at_order(area->order.next);
    return area;
}

vmap_area *vmap_areas::below(const vmap_area *area) const
{
    for (list_head *at = area->order.prev; at != &ends_.order; at = at->prev)
        if (at_order(at)->state != area_state::free)
            return at_order(at);
    return nullptr;
}

vmap_areas::free_pages vmap_areas::count_free() const
{
    free_pages count{0, 0};
    for_each([&](const vmap_area &area) {
        if (area.state != area_state::free)
            return;
        count.all += area.pages;
        count.largest = std::max(count.largest, area.pages);
    });
    return count;
}

// ------------------------------------------------------------------ invariants

/// What must be so of one area, whatever the others are.
const char *vmap_areas::verify_area(const vmap_area &area) const
{
    if (area.pages == 0 || area.first - first_ >= pages_)
        return "an area is empty, or outside of the range";
    const vmap_area *const listed = table_[area.first - first_];
    if (area.state == area_state::border)
        return "an area has no state";
    if (area.state != area_state::free)
        return listed == &area ? nullptr : "the table does not lead to an area in use";
    if (listed)
        return "the table leads to a free area";
    if (area.bin != area_bins::bin_of(area.pages))
        return "a free area is in the wrong bin";
    if (at_order(area.order.next)->state == area_state::free)
        return "two free areas side by side";
    return nullptr;
}

const char *vmap_areas::verify() const
{
    const char *problem = nullptr;
    u32 next = first_, free = 0, in_use = 0, lazy = 0;
    for_each([&](const vmap_area &area) {
        if (!problem)
            problem = verify_area(area);
        if (!problem && area.first != next)
            problem = "areas overlap, or leave a gap";
        next = area.end();
        free += area.state == area_state::free;
        in_use += area.state != area_state::free;
        lazy += area.state == area_state::lazy ? area.pages : 0;
    });
    if (problem)
        return problem;
    if (next != first_ + pages_)
        return "areas do not reach the end of the range";
    if (lazy != lazy_pages_)
        return "lazy pages are counted wrong";
    u32 binned = 0;
    for (u32 bin = 0; bin < area_bins::COUNT; bin++) {
        const bool bit = bins_used_[bin / 32] & word_bit(bin % 32);
        if (bit == list_empty(&bins_[bin]))
            return "a bin's bit is wrong";
        for (list_head *at = bins_[bin].next; at != &bins_[bin]; at = at->next) {
            const vmap_area *const area = list_entry<&vmap_area::list>(at);
            if (area->bin != bin || area->state != area_state::free)
                return "a bin holds what does not belong there";
            binned++;
        }
    }
    if (binned != free)
        return "free areas and the bins' differ in number";
    const auto known = std::count_if(table_, table_ + pages_, [](const vmap_area *a) { return a; });
    return static_cast<u32>(known) == in_use ? nullptr : "the table knows what is no area";
}
