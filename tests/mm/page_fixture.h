// The way from banks of RAM to a page allocator that works, on the host's machine: what head.S,
// setup_arch and mm_init do between reset and "Memory: ...", for any banks.
//
//     page_machine machine({{0, 64 * SZ_1M}});                        64 MB, all lowmem
//     page_machine machine({{0, 32 * SZ_1M}, {SZ_1G / 2, 8 * SZ_1M}}, {.lowmem_size = 32 * SZ_1M,
//                           .parameters = "movablecore=4M"});         a hole, HIGHMEM and MOVABLE
//     struct page *p = alloc_pages(GFP_KERNEL, 3);
//
// Making one resets the machine and every variable of the kernel that boot sets, so each test
// begins on a fresh one; two at a time make no sense. The thread that makes it is CPU 0; others set
// host_cpu. Knows nothing of GoogleTest: fuzzers and benches use it too (they compile
// tests/mm/page_fixture.cpp and link lowmem_host). Which memory model it has is the build's choice
// (LOWMEM_SPARSEMEM). On the target tests run on the live allocator instead.
#pragma once

#include <initializer_list>

#include <mm/bootmem.h>
#include <mm/mm_init.h>
#include <mm/page_alloc.h>

/// A bank of RAM: bytes, counted from PHYS_OFFSET; whole pages, within the first gigabyte. The first
/// one holds the image (4 MB).
struct page_machine_bank {
    u32 offset, size;
};

struct page_machine_options {
    u32 lowmem_size = 896 * SZ_1M; ///< at most; 32 MB to 900 MB, whole megabytes
    const char *parameters = "";   ///< early parameters: "movablecore=4M page_poison=1"
    /// Called between setup_arch and mm_init: bootmem works, nothing is handed over yet.
    void (*before_mem_init)() = nullptr;
};

class page_machine {
public:
    explicit page_machine(std::initializer_list<page_machine_bank> banks,
                          const page_machine_options &options = {});
    page_machine(const page_machine &) = delete;
    page_machine &operator=(const page_machine &) = delete;
};

/// Every variable that the way from banks to pages sets, as the image has it at the first line of
/// C++. Part of page_machine; for fixtures that go the way themselves.
void reset_page_variables();
