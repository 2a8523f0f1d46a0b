// The page allocator watched by somebody who cannot be wrong: random calls of its face, from
// several CPUs, each answer checked.
//
// The model keeps, for each frame, which live allocation it belongs to, and writes a stamp into
// every page that is out, so that two owners of one page are found even if no structure shows it.
// After each call: verify_pages, and all counts. A refusal must have a reason: the zones of the
// mask are searched frame by frame for a block that could have been given. At the end all is given
// back, and the zones must be as whole as they were.
// For host tests and for the fuzzer; knows nothing of GoogleTest.
#pragma once

#include <mm/page_isolation.h>
#include <mm/page_verify.h>
#include <mm/vmstat.h>
#include <tests/mm/buddy_model.h>
#include <tests/mm/page_fixture.h>
#include <tests/mm/page_model_rules.h>

namespace page_model {

using buddy_model::source;

constexpr u32 LIVE_MAX = 500; ///< allocations at once

class checker {
public:
    checker() : free_at_first_(nr_free_pages())
    {
        for (u32 &owner : owner_)
            owner = 0;
        print_buddyinfo(first_.out());
    }

    /// Does one operation. @return nullptr, or what is wrong
    const char *step(source &from)
    {
        const char *problem = do_step(from);
        return problem ? problem : counts();
    }
    /// Gives all back.
    const char *free_all()
    {
        while (live_ != 0)
            if (const char *problem = give_back(live_ - 1, 0))
                return problem;
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
            host_cpu = cpu;
            drain_local_pages();
        }
        host_cpu = 0;
        text_buffer<1024> last;
        print_buddyinfo(last.out());
        if (last.view() != first_.view())
            return "the zones are not as whole as they were";
        return counts();
    }
    /// What verify_pages said, if it did.
    [[nodiscard]] const char *details() const { return said_.c_str(); }

private:
    const char *do_step(source &from)
    {
        const u32 what = from.byte();
        switch (what % 16) {
        case 0:
        case 1:
            return allocate(from, from.byte() % 4);
        case 2:
            return allocate(from, from.byte() % 16);
        case 3:
        case 4:
        case 5:
            return live_ != 0 ? give_back(from.below(live_), what) : nullptr;
        case 6:
            return take_reference(from);
        case 7:
            return split(from);
        case 8:
            return allocate_exact(from);
        case 9:
            return allocate_range(from);
        case 10:
            drain_local_pages();
            return nullptr;
        case 11:
            host_cpu = from.byte() % NR_CPUS;
            return nullptr;
        case 12:
            return allocate_in_bulk(from);
        case 13:
            return allocate_many(from);
        case 14:
            return give_back_many(from);
        default:
            return allocate_address(from);
        }
    }

    // ---- what came ----

    /// A new allocation: whole, nobody else's, of one zone that the mask allows, in the state that
    /// it should have.
    const char *came(const allocation &a, gfp_t gfp)
    {
        if (live_ == LIVE_MAX)
            return "the model is full";
        const zone *z = page_zone(a.first);
        if (z->index > gfp_zone(gfp))
            return "the block is of a zone that the mask does not allow";
        const bool single = a.what != kind::block && a.what != kind::compound;
        for (u32 i = 0; i < a.pages; i++) {
            const page *p = a.first + i;
            if (page_zone(p) != z || !z->holds(page_pfn(p)))
                return "the block is not inside one zone";
            if (owner_[frame(p)] != 0)
                return "a page was handed out twice";
            owner_[frame(p)] = live_ + 1;
            if (page_count(p) != (single || i == 0))
                return "a page's reference count is wrong";
        }
        if (!single && (frame(a.first) % a.pages != 0 || 1u << compound_order(a.first) != a.pages))
            return "a block is not aligned, or has another order";
        if (a.what == kind::compound && (compound_head(a.first + a.pages - 1) != a.first ||
                                         PageCompound(a.first) != (a.pages > 1)))
            return "a compound block does not know its head";
        if (const char *problem = gfp & __GFP_ZERO ? check_zeroes(a) : nullptr)
            return problem;
        stamp(a);
        live_pages_ += a.pages;
        allocations_[live_++] = a;
        return nullptr;
    }
    /// The allocation is no more: its number is given to the last one.
    const char *goes(u32 number)
    {
        const allocation a = allocations_[number];
        if (const char *problem = check_stamp(a))
            return problem;
        live_pages_ -= a.pages;
        const allocation &last = allocations_[--live_];
        for (u32 i = 0; i < last.pages; i++)
            owner_[frame(last.first + i)] = number + 1;
        for (u32 i = 0; i < a.pages; i++)
            owner_[frame(a.first + i)] = 0;
        allocations_[number] = last;
        return nullptr;
    }

    // ---- operations ----

    static gfp_t choose_mask(source &from)
    {
        const u32 byte = from.byte();
        gfp_t gfp = masks[byte % 32 < MASKS ? byte % 32 : byte % 8] | __GFP_NOWARN;
        return byte & 0x80 ? gfp | __GFP_ZERO : gfp;
    }
    const char *allocate(source &from, unsigned order)
    {
        gfp_t gfp = choose_mask(from);
        if (order >= 2 && from.byte() % 2 == 0)
            gfp |= __GFP_COMP;
        return allocate_block(gfp, order);
    }
    const char *allocate_block(gfp_t gfp, unsigned order)
    {
        if (live_ == LIVE_MAX)
            return nullptr;
        const usable_pages before = usable_now();
        page *p = alloc_pages(gfp, order);
        if (!p)
            return why_none(gfp, order);
        if (is_refused(gfp))
            return "a mask that contradicts itself was not refused";
        const zone &z = *page_zone(p);
        if (order != 0 && before.of[z.index] < must_stay(z, gfp) + (1u << order))
            return "the zone had less than its watermark, and gave a block";
        return came({p, 1u << order, 1, gfp & __GFP_COMP ? kind::compound : kind::block}, gfp);
    }
    const char *allocate_address(source &from)
    {
        gfp_t gfp = choose_mask(from);
        const unsigned order = from.byte() % 3;
        if (live_ == LIVE_MAX)
            return nullptr;
        const unsigned long addr = __get_free_pages(gfp, order);
        if (addr == 0)
            return gfp & __GFP_HIGHMEM ? nullptr : why_none(gfp, order);
        return came({virt_to_page(reinterpret_cast<void *>(addr)), 1u << order, 1, kind::block},
                    gfp);
    }
    const char *allocate_exact(source &from)
    {
        const gfp_t gfp = choose_mask(from) & ~__GFP_HIGHMEM;
        const u32 pages = 1 + from.below(300);
        if (live_ == LIVE_MAX)
            return nullptr;
        void *area = alloc_pages_exact(pages * PAGE_SIZE - 1, gfp);
        if (!area) {
            unsigned order = 0;
            while (1u << order < pages)
                order++;
            return why_none(gfp, order);
        }
        return came({virt_to_page(area), pages, 1, kind::exact}, gfp);
    }
    const char *allocate_range(source &from)
    {
        const u32 first = from.below(FRAMES);
        const u32 pages = from.byte() % 4 == 0 ? from.below(1500) : from.below(80);
        const gfp_t gfp = from.byte() % 2 != 0 ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;
        if (live_ == LIVE_MAX)
            return nullptr;
        const unsigned long start = (PHYS_PFN_OFFSET + first).raw(), end = start + pages;
        const int error = alloc_contig_range(start, end, MIGRATE_MOVABLE, gfp);
        if (error == 0)
            return came({page_at(first), pages, 1, kind::range}, gfp | __GFP_HIGHMEM);
        for (zone &z : contig_page_data.node_zones)
            if (pages != 0 && z.holds(pfn_t(static_cast<u32>(start))) &&
                z.holds(pfn_t(static_cast<u32>(end) - 1)))
                return why_busy(z, pfn_t(static_cast<u32>(start)), pages);
        return nullptr;
    }
    const char *allocate_in_bulk(source &from)
    {
        const gfp_t gfp = choose_mask(from);
        const u32 count = std::min(1u + from.byte() % 70, LIVE_MAX - live_);
        page *pages[70];
        const u32 got = alloc_pages_bulk(gfp, count, pages);
        for (u32 i = 0; i < got; i++)
            if (const char *problem = came({pages[i], 1, 1, kind::block}, gfp))
                return problem;
        return got < count ? why_none(gfp, 0) : nullptr;
    }
    const char *allocate_many(source &from)
    {
        const gfp_t gfp = choose_mask(from) & ~__GFP_ZERO;
        const unsigned order = from.byte() % MAX_ORDER;
        for (u32 i = 0; i < 64; i++) {
            const u32 live_before = live_;
            if (const char *problem = allocate_block(gfp, order))
                return problem;
            if (live_ == live_before)
                break;
        }
        return nullptr;
    }

    const char *take_reference(source &from)
    {
        if (live_ == 0)
            return nullptr;
        allocation &a = allocations_[from.below(live_)];
        if (a.what != kind::block && a.what != kind::compound)
            return nullptr;
        get_page(a.first + (a.what == kind::compound ? from.byte() % a.pages : 0));
        a.references++;
        return page_count(a.first) == static_cast<int>(a.references) ? nullptr
                                                                     : "a reference was lost";
    }
    const char *split(source &from)
    {
        if (live_ == 0)
            return nullptr;
        allocation &a = allocations_[from.below(live_)];
        if (a.what != kind::block || a.references != 1)
            return nullptr;
        split_page(a.first, compound_order(a.first));
        a.what = kind::singles;
        return nullptr;
    }
    const char *give_back(u32 number, u32 how)
    {
        allocation &a = allocations_[number];
        if (a.references > 1) {
            put_page(a.first + (a.what == kind::compound ? how / 16 % a.pages : 0));
            a.references--;
            return page_count(a.first) == static_cast<int>(a.references) ? nullptr
                                                                         : "one put, not one less";
        }
        const allocation old = a;
        if (const char *problem = goes(number))
            return problem;
        switch (old.what) {
        case kind::range:
            free_contig_range(page_to_pfn(old.first), old.pages);
            break;
        case kind::exact:
            free_pages_exact(page_address(old.first), old.pages * PAGE_SIZE);
            break;
        case kind::singles:
            for (u32 i = 0; i < old.pages; i++)
                __free_page(old.first + i);
            break;
        default:
            if (how & 0x80 && !PageHighMem(old.first))
                free_pages(reinterpret_cast<unsigned long>(page_address(old.first)),
                           compound_order(old.first));
            else if (how & 0x40)
                put_page(old.first);
            else
                __free_pages(old.first, compound_order(old.first));
        }
        return nullptr;
    }
    const char *give_back_many(source &from)
    {
        const u32 each = 1 + from.byte() % 4;
        for (u32 number = live_; number-- != 0;)
            if (number % each == 0)
                if (const char *problem = give_back(number, from.byte()))
                    return problem;
        return nullptr;
    }

    // ---- after each ----

    const char *counts()
    {
        said_.clear();
        if (verify_pages(said_.out()) != 0)
            return "verify_pages found something";
        if (nr_free_pages() + live_pages_ != free_at_first_)
            return "the count of free pages is wrong";
        for (zone &z : contig_page_data.node_zones) {
            const spin_irq_guard guard(z.lock);
            if (z.quarantined != 0)
                return "a page is in quarantine";
            for (const per_cpu_pages &pcp : z.pageset) {
                u32 listed = 0;
                for (const pcp_list &list : pcp.lists)
                    listed += list.count();
                if (listed > (z.index >= ZONE_HIGHMEM ? 128u : 512u))
                    return "a CPU keeps more pages than it may";
            }
        }
        return nullptr;
    }

    allocation allocations_[LIVE_MAX] = {};
    u32 live_ = 0;
    u32 live_pages_ = 0;
    u32 owner_[FRAMES];
    unsigned long free_at_first_;
    text_buffer<1024> first_;
    text_buffer<2048> said_;
};

/// A machine that fits FRAMES, one of four: lowmem of one and two zones, high memory, MOVABLE.
struct machine_of {
    u32 low, high;
    const char *parameters;
};
constexpr machine_of machines[] = {
    {18 * SZ_1M, 2 * SZ_1M, ""},
    {20 * SZ_1M, 2 * SZ_1M, "movablecore=1M"},
    {12 * SZ_1M, 1 * SZ_1M, ""},
    {17 * SZ_1M, 0, "min_free_kbytes=256"},
};

/// Boots a machine and does what the bytes say; the first one chooses the machine.
/// @return nullptr, or what is wrong; `step` tells in which step
inline const char *run(std::span<const u8> bytes, checker *&place, u32 &step)
{
    source from(bytes);
    const machine_of &chosen = machines[from.byte() % 4];
    [[maybe_unused]] const page_machine machine =
        chosen.high != 0
            ? page_machine({{0, chosen.low}, {32 * SZ_1M, chosen.high}},
                           {.lowmem_size = 32 * SZ_1M, .parameters = chosen.parameters})
            : page_machine({{0, chosen.low}},
                           {.lowmem_size = 32 * SZ_1M, .parameters = chosen.parameters});
    alignas(checker) static u8 memory[sizeof(checker)];
    place = new (memory) checker;
    const char *problem = nullptr;
    for (step = 0; !from.empty() && !problem; step++)
        problem = place->step(from);
    host_cpu = 0;
    return problem ? problem : place->free_all();
}

} // namespace page_model
