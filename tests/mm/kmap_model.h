// kmap and kmap_local_page, and a model that cannot be wrong: how often each page is held, and a
// stack for each CPU. Both are driven by the same string of operations, misuse included, and must
// agree after each: on addresses, and on what is read through them.
//
// For a test in both worlds and for a fuzzer on the host (which switches between four CPUs).
#pragma once

#include <algorithm>
#include <span>

#include <asm/highmem.h>
#include <asm/smp.h>
#include <kernel/core/printk.h>
#include <mm/highmem.h>

namespace kmap_model {

/// Bytes that decide; 0 when they have run out.
class source {
public:
    explicit source(std::span<const u8> bytes) : bytes_(bytes) {}
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    u32 byte()
    {
        if (bytes_.empty())
            return 0;
        const u32 first = bytes_[0];
        bytes_ = bytes_.subspan(1);
        return first;
    }
    u32 below(u32 limit) { return (byte() << 8 | byte()) % limit; }

private:
    std::span<const u8> bytes_;
};

class checker {
public:
    static constexpr u32 PAGES = 560; // more than the window has slots

    /// @param pages  PAGES high pages that nobody has mapped
    explicit checker(page *const *pages) : pages_(pages) {}

    /// Does one operation with both. @return nullptr, or what is wrong
    const char *step(source &from)
    {
        const u32 what = from.byte() % 16;
        const u32 i = from.below(PAGES);
        if (what < 6)
            return map(i);
        if (what < 9)
            return unmap(i);
        if (what < 11)
            return map_local(i);
        switch (what) {
        case 11:
        case 12:
            return depth() != 0 ? unmap_local(depth() - 1) : nullptr;
        case 13:
            return depth() != 0 ? unmap_local(i % depth()) : nullptr;
        case 14:
            if (i % 8 == 0)
                kmap_flush_unused();
            return nullptr;
        default:
#if defined(LOWMEM_HOST)
            // Where the cache knows addresses there is one CPU.
            if (!cache_knows_addresses())
                host_cpu = i % NR_CPUS;
#endif
            return nullptr;
        }
    }

    /// Gives all back. @return nullptr, or what is wrong then
    const char *release()
    {
        for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
#if defined(LOWMEM_HOST)
            host_cpu = cpu;
#endif
            while (depth() != 0)
                if (const char *problem = unmap_local(depth() - 1))
                    return problem;
        }
#if defined(LOWMEM_HOST)
        host_cpu = 0;
#endif
        for (u32 i = 0; i < PAGES; i++)
            while (users_[i] != 0)
                if (const char *problem = unmap(i))
                    return problem;
        if (verify_kmaps(console_printer) != 0)
            return "verify kmaps finds something";
        kmap_flush_unused();
        return verify_kmaps(console_printer) == 0 ? nullptr : "verify kmaps finds something";
    }

    /// Pages that were held by kmap() at once, at most.
    [[nodiscard]] u32 most() const
    {
        return most_;
    }

private:
    struct local_map {
        u32 page;
        volatile u32 *at;
    };

    [[nodiscard]] u32 &depth()
    {
        return depth_[raw_smp_processor_id()];
    }
    [[nodiscard]] local_map *stack()
    {
        return stack_[raw_smp_processor_id()];
    }
    /// Pages that some CPU has in a slot of its own: where the cache knows addresses such a mapping
    /// may share kmap's address, and holds it then.
    [[nodiscard]] bool is_local(u32 i)
    {
        const local_map *first = stack();
        return std::any_of(first, first + depth(), [i](const local_map &m) { return m.page == i; });
    }

    const char *use(volatile u32 *at, u32 i)
    {
        if (written_[i] && *at != values_[i])
            return "another value is read than was written";
        written_[i] = 1;
        *at = values_[i] = ++clock_;
        return nullptr;
    }
    const char *check(u32 i)
    {
        const bool shared = cache_knows_addresses() && is_local(i);
        const void *address = page_address(pages_[i]);
        if (users_[i] != 0 && !address)
            return "page_address() of a page that is held is nullptr";
        if (users_[i] == 0 && address && !shared)
            return "page_address() of a page that nobody holds";
        if (users_[i] != 0 && address != addresses_[i])
            return "a page that is held has moved";
        return kmap_local_held() == depth() ? nullptr : "another number of slots is held";
    }

    const char *map(u32 i)
    {
        // There, a page in a local slot may not be kmapped.
        if (cache_knows_addresses() && is_local(i))
            return nullptr;
        void *at = kmap(pages_[i]);
        if (!at) {
            // Local mappings may share slots of the window, and hold them.
            const u32 shared = cache_knows_addresses() ? depth() : 0;
            return held_ + shared >= LAST_PKMAP && users_[i] == 0 ? nullptr : "a slot was free";
        }
        addresses_[i] = at;
        held_ += users_[i]++ == 0;
        most_ = std::max(most_, held_);
        if (const char *problem = use(static_cast<volatile u32 *>(at), i))
            return problem;
        return check(i);
    }
    const char *unmap(u32 i)
    {
        if (users_[i] == 0 && cache_knows_addresses() && is_local(i))
            return nullptr; // it would take away what the local mapping holds
        kunmap(pages_[i]);  // refused if nobody holds it
        if (users_[i] != 0)
            held_ -= --users_[i] == 0;
        return check(i);
    }
    const char *map_local(u32 i)
    {
        auto *at = static_cast<volatile u32 *>(kmap_local_page(pages_[i]));
        if (depth() == KMAP_SLOTS)
            return at ? "a seventeenth slot" : nullptr;
        if (!at)
            return "a slot was free";
        stack()[depth()++] = {i, at};
        if (const char *problem = use(at, i))
            return problem;
        return check(i);
    }
    /// Unmaps what entry `n` of the stack has: refused if another address was mapped last.
    const char *unmap_local(u32 n)
    {
        const local_map &last = stack()[depth() - 1];
        const u32 i = last.page;
        const local_map &asked = stack()[n];
        const char *problem = use(asked.at, asked.page);
        kunmap_local(const_cast<const u32 *>(asked.at));
        if (asked.at == last.at)
            depth()--;
        return problem ? problem : check(i);
    }

    page *const *pages_;
    u16 users_[PAGES] = {};
    u32 values_[PAGES] = {};
    u8 written_[PAGES] = {};
    void *addresses_[PAGES] = {};
    local_map stack_[NR_CPUS][KMAP_SLOTS] = {};
    u32 depth_[NR_CPUS] = {};
    u32 held_ = 0, most_ = 0, clock_ = 0;
};

} // namespace kmap_model
