// A kernel as head.S and setup_arch leave it, on the host's machine: with RAM, banks, tables of
// 16 MB of sections, and the recorder listening. Then paging_init can be run, and be judged by
// the model's walker against what a reader of the design would expect, page by page.
//
//     booting_kernel kernel({.banks = {{0, 64 * SZ_1M}}, .cores = 4});
//     kernel.run_paging_init();
//     EXPECT_EQ(kernel.differences(), "");
//     EXPECT_EQ(kernel.events.take_errors(), "");
//
// Lowmem that is no bank is unmapped in the process, so that table code that strays into a hole
// faults. Everything that paging_init and its neighbours keep in variables is reset. Words of
// head.S and of Linux are written as numbers here: they are what the code is measured against.
#pragma once

#include <string>
#include <vector>

#include <arch/arm/kernel/meminfo.h>
#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/proc-v7.h>
#include <arch/arm/mm/walk.h>
#include <asm/proc-fns.h>
#include <mm/bootmem.h>
#include <mm/memblock.h>
#include <tests/host.h>
#include <tests/model/formats.h>
#include <tests/model/recorder.h>

/// A bank of RAM: bytes, counted from PHYS_OFFSET.
struct bank_spec {
    u32 offset, size;
};

struct boot_params {
    std::vector<bank_spec> banks = {{0, SZ_1G}};
    u32 cores = 1;
    u32 vmalloc_size = VMALLOC_DEFAULT;          // bytes, whole megabytes
    const struct processor *cpu = &v7_processor; // whose tables the kernel makes
    bool supersections = false;                  // where the CPU has them
};

/// After paging_init lowmem is bootmem's: the pages that it has given away or never had.
[[nodiscard]] u32 bootmem_pages_taken();
/// Takes all that it has left.
void exhaust_bootmem();
/// Has it given this page away?
[[nodiscard]] bool bootmem_has_given(phys_addr_t pa);

class booting_kernel {
public:
    explicit booting_kernel(const boot_params &params = {});
    ~booting_kernel();
    booting_kernel(const booting_kernel &) = delete;
    booting_kernel &operator=(const booting_kernel &) = delete;

    /// paging_init(), and the recorder's accounts closed.
    void run_paging_init();

    /// What the machine does with `va`, says the model: by the kernel's tables, or by `mm`'s.
    [[nodiscard]] model::mapping walk(virt_addr_t va) const { return walk(init_mm, va); }
    [[nodiscard]] model::mapping walk(const mm_struct &mm, virt_addr_t va) const;
    /// Which accesses pass, as "rwx" for the kernel and for the user: "rw-/---".
    [[nodiscard]] std::string rights(virt_addr_t va) const;
    [[nodiscard]] model::registers registers_of(const mm_struct &mm) const;
    /// Which of the model's walkers the tables are for.
    [[nodiscard]] model::format format() const;

    /// What the first-level word of `va` is, and where.
    [[nodiscard]] u32 l1_word(virt_addr_t va) const;

    /// Where the tables differ from what the design says, page by page; "" if nowhere. Looks at
    /// the first and last page of each megabyte, and at all pages of those in which something
    /// begins or ends; translate() is asked the same and must agree.
    [[nodiscard]] std::string differences() const;
    /// The same for all pages of all 4096 MB.
    [[nodiscard]] std::string all_differences() const;

    model::recorder events;

private:
    /// What one page should be.
    struct expectation {
        u8 mapped;
        u32 pa;
        u8 ap, xn, domain;
        u8 device;
        auto operator<=>(const expectation &) const = default;
    };

    void write_head_tables() const;
    void map_ram() const;
    [[nodiscard]] expectation expected(u32 va) const;
    [[nodiscard]] bool border_in(u32 megabyte) const;
    void compare_page(u32 va, std::string &differences) const;
    [[nodiscard]] std::string compare(u32 step_inside) const;
    [[nodiscard]] u32 lowmem_bytes() const;
    static std::optional<u32> read_ram(const void *self, u32 pa);

    boot_params params_;
};
