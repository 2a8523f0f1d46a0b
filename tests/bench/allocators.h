// What is measured: allocators behind one face, blocks of 2^order pages.
//
//   take(order)         a block, or NONE
//   give(block, order)  frees it
//   engine              mm/buddy.h alone: frames are numbers, one migrate type, no checks
//   zones               the kernel's alloc_pages() and __free_pages(), with every check (pages.h)
//   c_library           aligned_alloc() and free(), of whatever library is loaded
//   nothing             no allocator: what the work costs around it
//
// None is a copy of what it stands for: calls into it are real calls.
#pragma once

#include <cstdlib>
#include <vector>

#include <mm/buddy.h>

constexpr u32 MEASURED_PAGES = 65536; ///< 256 MB of 4 KB

template <unsigned MaxOrder>
class engine {
public:
    static constexpr const char *name = "mm/buddy.h";
    static constexpr u32 NONE = buddy<MaxOrder>::NONE;

    explicit engine(u32 frames) : memory_(buddy<MaxOrder>::bytes_needed(frames) / sizeof(u32) + 1)
    {
        buddy_.init(memory_.data(), frames);
        buddy_.free_range(0, frames);
    }
    [[nodiscard]] u32 take(unsigned order)
    {
        return buddy_.rmqueue_smallest(order, MIGRATE_MOVABLE);
    }
    void give(u32 frame, unsigned order) { buddy_.free_one_page(frame, order); }
    [[nodiscard]] int largest() { return buddy_.largest(MIGRATE_MOVABLE); }

    /// Blocks of the highest order if all frames are in such, else 0.
    [[nodiscard]] u32 whole_blocks() const
    {
        u32 whole = 0;
        u32 smaller = 0;
        buddy_.for_each_free(
            [&](u32, unsigned order, migratetype) { (order == MaxOrder ? whole : smaller)++; });
        return smaller == 0 && !buddy_.verify() ? whole : 0;
    }

private:
    std::vector<u32> memory_;
    buddy<MaxOrder> buddy_;
};

struct c_library {
    static constexpr size_t page_size = 4096;
    static constexpr void *NONE = nullptr;

    [[nodiscard]] void *take(unsigned order)
    {
        void *block = std::aligned_alloc(page_size, page_size << order);
        asm volatile("" : "+r"(block)); // else the compiler would leave out a pair that nobody uses
        return block;
    }
    void give(void *block, unsigned) { std::free(block); }
};

struct nothing {
    static constexpr u32 NONE = ~0u;

    [[nodiscard]] u32 take(unsigned order)
    {
        u32 block = order;
        asm volatile("" : "+r"(block));
        return block;
    }
    void give(u32 block, unsigned) { asm volatile("" ::"r"(block)); }
};
