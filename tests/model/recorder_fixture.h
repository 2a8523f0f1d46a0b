// What the recorder's tests stand on: a first level with 16 MB of RAM mapped, on which the kernel's
// primitives are called one by one.
#pragma once

#include <asm/barrier.h>
#include <asm/hw_tables.h>
#include <asm/maintenance.h>
#include <asm/memory.h>
#include <cstring>
#include <tests/host.h>
#include <tests/model/recorder.h>

namespace recorder_tests {

constexpr u32 MB = SZ_1M;
constexpr virt_addr_t L1 = PAGE_OFFSET + 0x4000;
constexpr virt_addr_t SECOND_L1 = PAGE_OFFSET + 0x8000;
constexpr virt_addr_t L2 = PAGE_OFFSET + 0x10000;
constexpr virt_addr_t WINDOW{0xf9000000};
constexpr u32 DEVICE = 0x11412; // section word: device, kernel rw, XN
constexpr u32 READ_ONLY = 0x8000;
constexpr u32 PAGE_RW = 0x453;

class Recorder : public ::testing::Test {
protected:
    explicit Recorder(u32 cores = 1, u32 architecture = 7)
        : events({cores, PAGE_OFFSET.raw() - PHYS_OFFSET.raw(), TASK_SIZE.raw(), architecture})
    {
    }
    void SetUp() override
    {
        for (const virt_addr_t table : {L1, SECOND_L1})
            for (u32 i = 0; i < 16; i++)
                word(table, PAGE_OFFSET + i * MB) = (PHYS_OFFSET.raw() + i * MB) | 0x0041e;
        events.adopt_first_level(L1);
        events.start();
    }
    static u32 &word(virt_addr_t table, virt_addr_t va)
    {
        return static_cast<u32 *>(to_ptr(table))[va.raw() >> 20];
    }
    /// A first-level store without, and with, its clean.
    static void store_only(virt_addr_t va, u32 value, virt_addr_t table = L1)
    {
        store_hw_pgd(reinterpret_cast<pmd_t *>(&word(table, va)), pmd_t(value));
    }
    static void store(virt_addr_t va, u32 value, virt_addr_t table = L1)
    {
        store_only(va, value, table);
        clean_line_pou(&word(table, va));
    }
    static hw_pte_t *entry(u32 index) { return static_cast<hw_pte_t *>(to_ptr(L2 + 2048)) + index; }
    static void store_page(u32 index, u32 value)
    {
        store_hw_pte(entry(index), hw_pte_t(value));
        clean_line_pou(entry(index));
    }
    static void flush(virt_addr_t va)
    {
        dsb();
        tlbi_mva(va);
        dsb();
        isb();
    }
    /// A page of second level, announced, visible, and linked at `va`.
    static void link_table(virt_addr_t va)
    {
        new_page();
        dsb();
        store(va, linear_pa(L2).raw() + 2048 + 1);
        dsb();
    }
    static void new_page()
    {
        note_new_table(to_ptr(L2), PAGE_SIZE);
        for (u32 i = 0; i < 512; i += 8)
            clean_line_pou(entry(i));
    }
    void expect_good()
    {
        events.end("test");
        EXPECT_EQ(events.take_errors(), "");
    }
    void expect_error(const char *text)
    {
        events.end("test");
        const std::string errors = events.take_errors();
        EXPECT_NE(errors.find(text), std::string::npos) << "said: " << errors;
    }

    model::recorder events;
};

class RecorderOnSeveralCores : public Recorder {
protected:
    RecorderOnSeveralCores() : Recorder(4) {}
};

} // namespace recorder_tests
