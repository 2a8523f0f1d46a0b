// The record by which head.S recognises a CPU, and the words it needs before any C++ runs.
//
// One record a processor in the section .proc.info.init; proc-v7.cpp and its sisters make them
// from the same encoders that create_mapping uses. Offsets are known to boot/head.S by the
// PROCINFO_* defines. Linux: asm/procinfo.h (struct proc_info_list).
#pragma once

#define PROCINFO_CPU_VAL 0
#define PROCINFO_CPU_MASK 4
#define PROCINFO_SECTION_UP 8
#define PROCINFO_SECTION_SMP 12
#define PROCINFO_IO_SECTION 16
#define PROCINFO_VECTOR_HW_UP 20
#define PROCINFO_VECTOR_HW_SMP 24
#define PROCINFO_VECTOR_PTE_UP 28
#define PROCINFO_VECTOR_PTE_SMP 32
#define PROCINFO_TTB_UP 36
#define PROCINFO_TTB_SMP 40
#define PROCINFO_TABLE_VECTORS 44
#define PROCINFO_QUIESCE 48
#define PROCINFO_SETUP 52
#define PROCINFO_SIZE 60

#if !defined(__ASSEMBLER__)
#include <cstddef>

#include <asm/proc-fns.h>

struct proc_info_list {
    u32 cpu_val; ///< MIDR & cpu_mask of the CPUs meant
    u32 cpu_mask;
    u32 section_up;   ///< section word for RAM, all rights, final memory type: one core
    u32 section_smp;  ///< ... several cores
    u32 io_section;   ///< section word for the UART's megabyte
    u32 vector_hw_up; ///< hardware small page word of the vectors page
    u32 vector_hw_smp;
    u32 vector_pte_up; ///< Linux PTE of the vectors page
    u32 vector_pte_smp;
    u32 ttb_up; ///< walk attributes in TTBR0 and TTBR1 (DDI 0406C B4.1.154)
    u32 ttb_smp;
    u32 table_vectors; ///< first-level table word for the megabytes of fixmap and vectors
    void (*quiesce)(); ///< assembly, MMU state unknown: caches cleaned and off, MMU off
    void (*setup)();   ///< assembly, MMU off: readies the CPU, returns SCTLR in r0
    const struct processor *proc;
};

#if !defined(LOWMEM_HOST)
static_assert(offsetof(proc_info_list, io_section) == PROCINFO_IO_SECTION);
static_assert(offsetof(proc_info_list, vector_pte_smp) == PROCINFO_VECTOR_PTE_SMP);
static_assert(offsetof(proc_info_list, ttb_smp) == PROCINFO_TTB_SMP);
static_assert(offsetof(proc_info_list, table_vectors) == PROCINFO_TABLE_VECTORS);
static_assert(offsetof(proc_info_list, quiesce) == PROCINFO_QUIESCE);
static_assert(offsetof(proc_info_list, setup) == PROCINFO_SETUP);
static_assert(sizeof(proc_info_list) == PROCINFO_SIZE);
#endif
#endif
