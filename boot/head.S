@ From reset to the first line of C++.
@
@   _start            park secondary cores, save r1 and r2
@   running_where     are we where we were linked for?
@   lookup_processor  which CPU is this; quiesce it (caches cleaned and off, MMU off)
@   copy_loader_data  ATAGs or device tree to safety, before anything is written over them
@   decide_smp        one core or several: the memory attributes depend on it
@   create_tables     idmap_pgd, swapper_pg_dir and the fixmap's table
@   flight_check      walk them for the PC, the stack, the vectors, the UART; say what is missing
@   __turn_mmu_on     in .idmap.text: the one page that is mapped to itself
@   __mmap_switched   at PAGE_OFFSET: leave idmap_pgd, mode stacks, clear .bss, start_kernel
@
@ Entry as in the ARM Linux boot protocol: r0 = 0, r1 = machine number, r2 = ATAGs, device tree or
@ 0; MMU and caches off or on (identity-mapped then), any privileged mode but Hyp.
@ Everything up to __turn_mmu_on runs at physical addresses and touches no memory but the image's
@ first megabyte and the tables. Linux: arch/arm/kernel/head.S, head-common.S.
@
@ Registers kept throughout:
@   r7  boot clock at entry        r8  machine number (r1)      r9   loader's pointer (r2)
@   r10 physical proc_info record  r11 1 if several cores run   r6   MIDR

#include <asm/procinfo.h>
#include <boot/board.h>
#include <boot/loader_layout.h>

#define HEAD_SECTIONS 16                @ megabytes of RAM mapped here

    .syntax unified
    .arm

@ ISB before the instruction of that name: ARMv6 on, c7,c5,4. ARMv5: a CP15 read that is used and a
@ branch drain the pipeline (ARM926EJ-S TRM 2.3). r6 = MIDR; clobbers flags; \tmp = MIDR[19:16] << 16.
    .macro  instruction_barrier, tmp
    mrc     p15, 0, \tmp, c0, c0, 0
    mov     \tmp, \tmp
    sub     pc, pc, #4
    and     \tmp, r6, #0x000f0000
    cmp     \tmp, #0x000f0000
    mcreq   p15, 0, \tmp, c7, c5, 4
    .endm

    .section .head.start, "ax"
    .global _start
_start:
    msr     cpsr_c, #0xd3                       @ SVC, IRQ and FIQ masked
    mov     r8, r1
    mov     r9, r2
    mov     r7, #0
    @ Only ARMv7's MPIDR has bit 31; older cores answer with the MIDR here and run alone.
    mrc     p15, 0, r3, c0, c0, 5               @ MPIDR (DDI 0406C B4.1.106)
    tst     r3, #(1 << 31)
    beq     1f
    movs    r3, r3, lsl #8                      @ affinity fields [23:0] of core 0 are 0
    bne     park
1:
#ifdef BOOT_CLOCK_PHYS
    ldr     r7, =BOOT_CLOCK_PHYS
    ldr     r7, [r7]
#endif

running_where:
    adr     r0, _start
    ldr     r1, =PHYS(_start)
    cmp     r0, r1
    beq     lookup_processor
    mov     r4, r0
    mov     r5, r1
    adr     r0, text_runs_at
    bl      early_puts
    mov     r0, r4
    bl      early_puthex
    adr     r0, text_linked_for
    bl      early_puts
    mov     r0, r5
    bl      early_puthex
    b       newline_and_park

    .global lookup_processor
lookup_processor:
    mrc     p15, 0, r6, c0, c0, 0               @ MIDR
    .global processor_id_read                   @ tests change r6 here
processor_id_read:
    ldr     r10, =PHYS(__proc_info_begin)
    ldr     r3, =PHYS(__proc_info_end)
1:  cmp     r10, r3
    bhs     unsupported_cpu
    ldr     r0, [r10, #PROCINFO_CPU_VAL]
    ldr     r1, [r10, #PROCINFO_CPU_MASK]
    and     r1, r1, r6
    cmp     r0, r1
    addne   r10, r10, #PROCINFO_SIZE
    bne     1b
    ldr     r0, [r10, #PROCINFO_QUIESCE]
    bl      call_phys
    b       copy_loader_data

unsupported_cpu:
    adr     r0, text_unsupported
    bl      early_puts
    mov     r0, r6
    bl      early_puthex
    .global newline_and_park
newline_and_park:
    mov     r0, #'\n'
    bl      early_putc
    .global park
park:                                           @ secondary cores and dead ends: for ever
#if __ARM_ARCH >= 7
    wfi
#else
    mov     r0, #0
    mcr     p15, 0, r0, c7, c0, 4               @ wait for interrupt
#endif
    b       park

@ Calls the function whose linked address is in r0 at its physical address.
call_phys:
    ldr     r1, =(CONFIG_PAGE_OFFSET - CONFIG_PHYS_OFFSET)
    sub     r0, r0, r1
    bx      r0

    .ltorg
text_runs_at:       .asciz "head.S: running at "
    .align 2
text_linked_for:    .asciz ", linked for "
    .align 2
text_unsupported:   .asciz "head.S: unsupported CPU, MIDR "
    .align 2

@ ---------------------------------------------------------------------------------------------
@ Loader data. At most LOADER_DATA_MAX bytes, with every read inside the board's RAM window.
@ The contents are judged in C++ (boot/atags.cpp, boot/fdt.cpp), on the copy.
@   r4 source   r5 kind   r12 length   r3 struct loader_data
copy_loader_data:
    ldr     r3, =PHYS(__loader_data)
    str     r8, [r3, #LOADER_DATA_MACHINE]
    str     r9, [r3, #LOADER_DATA_POINTER]
    mov     r12, #0
    movs    r4, r9
    bne     1f
    @ No pointer: QEMU leaves a device tree at the base of RAM when it boots an ELF with -dtb.
    ldr     r4, =CONFIG_PHYS_OFFSET
    ldr     r0, [r4]
    ldr     r1, =FDT_MAGIC_LE
    cmp     r0, r1
    movne   r5, #LOADER_KIND_NONE
    bne     copied
1:  ldr     r0, =CONFIG_PHYS_OFFSET
    sub     r1, r4, r0                          @ offset into the RAM window
    ldr     r2, =(RAM_WINDOW_SIZE - 8)
    cmp     r1, r2
    movhi   r5, #LOADER_KIND_BAD_POINTER
    bhi     copied
    tst     r4, #3
    movne   r5, #LOADER_KIND_BAD_POINTER
    bne     copied
    add     r2, r2, #8
    sub     r2, r2, r1                          @ bytes from here to the end of the window
    ldr     r0, [r4]
    ldr     r1, =FDT_MAGIC_LE
    cmp     r0, r1
    beq     device_tree
    ldr     r0, [r4, #4]
    ldr     r1, =ATAG_CORE
    cmp     r0, r1
    movne   r5, #LOADER_KIND_BAD_MAGIC
    bne     copied

    @ ATAGs: add up the sizes (in words) until a size of 0, a size that cannot be, or the limit.
    mov     r5, #LOADER_KIND_ATAGS
    cmp     r2, #LOADER_DATA_MAX
    movhi   r2, #LOADER_DATA_MAX
1:  ldr     r0, [r4, r12]
    cmp     r0, #0
    addeq   r12, r12, #8                        @ ATAG_NONE belongs to the list
    beq     copy
    cmp     r0, #2
    addlo   r12, r12, #8                        @ the reader says what is wrong with it
    blo     copy
    cmp     r0, #(LOADER_DATA_MAX / 4)
    addhi   r12, r12, #8
    bhi     copy
    add     r1, r12, r0, lsl #2
    add     r0, r1, #8
    cmp     r0, r2
    movhi   r12, r2
    bhi     copy
    mov     r12, r1
    b       1b

device_tree:
    mov     r5, #LOADER_KIND_FDT
    ldr     r12, [r4, #4]                       @ totalsize, big-endian
    eor     r1, r12, r12, ror #16               @ byte swap without REV (ARMv5)
    bic     r1, r1, #0x00ff0000
    mov     r12, r12, ror #8
    eor     r12, r12, r1, lsr #8
    cmp     r12, #LOADER_DATA_MAX
    cmpls   r12, r2
    movhi   r5, #LOADER_KIND_TOO_LONG
    bhi     copied

copy:                                           @ r12 bytes, a whole number of words, forwards
    cmp     r12, r2
    movhi   r12, r2
    add     r1, r3, #LOADER_DATA_BYTES
    mov     r2, r12
1:  subs    r2, r2, #4
    ldrpl   r0, [r4], #4
    strpl   r0, [r1], #4
    bpl     1b
    adds    r2, r2, #4                          @ an odd tail of a device tree
    ldrne   r0, [r4]
    strne   r0, [r1]
copied:
    str     r5, [r3, #LOADER_DATA_KIND]
    str     r12, [r3, #LOADER_DATA_LENGTH]

@ ---------------------------------------------------------------------------------------------
@ Several cores? The U bit of MPIDR says "uniprocessor", but a Cortex-A9 MPCore with one core says
@ U = 0 too: there the SCU knows (Cortex-A9 MPCore TRM 2.2.2; CBAR: DDI 0388 4.3.28).
decide_smp:
    mov     r11, #0
    mrc     p15, 0, r0, c0, c0, 5
    mov     r1, r0, lsr #30
    cmp     r1, #2                              @ bits[31:30] = 0b10: multiprocessor
    bne     1f
    mov     r11, #1
    ldr     r1, =0xff0ffff0
    and     r1, r1, r6
    ldr     r0, =0x410fc090
    cmp     r0, r1
    bne     1f
    mrc     p15, 4, r0, c15, c0, 0              @ CBAR: base of the private peripherals
    cmp     r0, #0
    beq     1f
    ldr     r0, [r0, #4]                        @ SCU configuration register, [1:0] = cores - 1
    ands    r0, r0, #3
    moveq   r11, #0
1:

@ ---------------------------------------------------------------------------------------------
@ Tables. The image's first 16 MB at PAGE_OFFSET with the final memory type and every right
@ (map_lowmem takes rights away), the UART, and the slot of fixmap and vectors. idmap_pgd is the
@ same plus the megabyte of __turn_mmu_on mapped to itself.
create_tables:
    ldr     r0, =PHYS(swapper_pg_dir)
    ldr     r1, =PHYS(bm_pte + 4096)            @ swapper, idmap_pgd, bm_pte: one after the other
    mov     r2, #0
    mov     r3, #0
    mov     r4, #0
    mov     r5, #0
1:  stmia   r0!, {r2, r3, r4, r5}
    cmp     r0, r1
    blo     1b

    cmp     r11, #0
    ldreq   r5, [r10, #PROCINFO_SECTION_UP]
    ldrne   r5, [r10, #PROCINFO_SECTION_SMP]
    ldr     r0, =PHYS(swapper_pg_dir)
    bl      kernel_half
    ldr     r0, =PHYS(idmap_pgd)
    bl      kernel_half
    ldr     r1, =PHYS(__turn_mmu_on)
    mov     r1, r1, lsr #20
    orr     r2, r5, r1, lsl #20
    str     r2, [r0, r1, lsl #2]                @ the identity, in idmap_pgd alone

    @ The vectors page: Linux's PTE and the hardware's, in the table of the last slot.
    ldr     r0, =PHYS(bm_pte)
    ldr     r1, =PHYS(__vectors_start)
    cmp     r11, #0
    ldreq   r2, [r10, #PROCINFO_VECTOR_HW_UP]
    ldrne   r2, [r10, #PROCINFO_VECTOR_HW_SMP]
    ldreq   r3, [r10, #PROCINFO_VECTOR_PTE_UP]
    ldrne   r3, [r10, #PROCINFO_VECTOR_PTE_SMP]
    orr     r2, r2, r1
    orr     r3, r3, r1
    str     r3, [r0, #(0x1f0 * 4)]              @ VECTORS_BASE is page 0x1f0 of its slot
    add     r0, r0, #2048
    str     r2, [r0, #(0x1f0 * 4)]
    b       flight_check

@ r0 = table (kept), r5 = section word of RAM. Clobbers r1-r4.
kernel_half:
    ldr     r1, =(CONFIG_PAGE_OFFSET >> 20)
    add     r1, r0, r1, lsl #2
    ldr     r2, =CONFIG_PHYS_OFFSET
    orr     r2, r2, r5
    mov     r3, #HEAD_SECTIONS
1:  str     r2, [r1], #4
    add     r2, r2, #(1 << 20)
    subs    r3, r3, #1
    bne     1b
    ldr     r1, =(UART_VIRT >> 20)
    ldr     r2, =(UART_PHYS & 0xfff00000)
    ldr     r3, [r10, #PROCINFO_IO_SECTION]
    orr     r2, r2, r3
    str     r2, [r0, r1, lsl #2]
#ifdef BOOT_CLOCK_VIRT
    ldr     r1, =(BOOT_CLOCK_VIRT >> 20)        @ where it is not in the UART's megabyte
    ldr     r2, =(BOOT_CLOCK_PHYS & 0xfff00000)
    orr     r2, r2, r3
    str     r2, [r0, r1, lsl #2]
#endif
    ldr     r1, =(0xffe00000 >> 20)
    add     r1, r0, r1, lsl #2
    ldr     r2, =(PHYS(bm_pte) + 2048)
    ldr     r3, [r10, #PROCINFO_TABLE_VECTORS]
    orr     r2, r2, r3
    str     r2, [r1], #4
    add     r2, r2, #1024
    str     r2, [r1]
    bx      lr

@ ---------------------------------------------------------------------------------------------
@ flight_check (boot/flight-check.S) comes back here when all is mapped.
    .global fly
fly:
    cmp     r11, #0
    ldreq   r4, [r10, #PROCINFO_TTB_UP]
    ldrne   r4, [r10, #PROCINFO_TTB_SMP]
    ldr     r5, =PHYS(swapper_pg_dir)
    orr     r5, r5, r4                          @ what TTBR1 is, where there is one
    ldr     r0, [r10, #PROCINFO_SETUP]
    bl      call_phys                           @ r0 = SCTLR to write; keeps r4-r11
    ldr     r1, =PHYS(idmap_pgd)
    orr     r1, r1, r4
    ldr     lr, =__mmap_switched
    ldr     r3, =PHYS(__turn_mmu_on)
    bx      r3

@ ---------------------------------------------------------------------------------------------
@ The one piece of code that is mapped to itself. r0 = SCTLR, r1 = TTBR0. (TTBCR and TTBR1, where
@ they exist, are the processor's setup function's.)
    .section .idmap.text, "ax"
    .global __turn_mmu_on
__turn_mmu_on:
    mcr     p15, 0, r1, c2, c0, 0               @ TTBR0
    ldr     r2, =DACR_AT_BOOT
    mcr     p15, 0, r2, c3, c0, 0               @ DACR
    instruction_barrier r2
    mcr     p15, 0, r0, c1, c0, 0               @ SCTLR: the MMU is on
    instruction_barrier r2
    bx      lr                                  @ to __mmap_switched, at PAGE_OFFSET
    .ltorg

@ ---------------------------------------------------------------------------------------------
    .text
    .global __mmap_switched
__mmap_switched:
    @ Leave idmap_pgd. Its entries for the kernel half are the same words; the identity's may be
    @ in the TLB still: drop all.
    mcr     p15, 0, r5, c2, c0, 0               @ TTBR0 = swapper_pg_dir
    mov     r0, #0
    instruction_barrier r1
    mcr     p15, 0, r0, c8, c7, 0               @ TLBIALL
    and     r1, r6, #0x000f0000
    cmp     r1, #0x000f0000
    mcreq   p15, 0, r0, c7, c5, 6               @ BPIALL, from ARMv6 on
    mcr     p15, 0, r0, c7, c10, 4              @ DSB
    instruction_barrier r1

#if CONFIG_TTBCR_N
    cmp     r1, #0x000f0000                     @ ARMv5 has one table
    bne     1f
    @ Only now may the hardware split TTBR0 from TTBR1 (DDI 0406C B3.5.5): idmap_pgd's identity may
    @ lie in what is TTBR1's half from here on. Both lead to swapper_pg_dir until tasks exist.
    mov     r1, #CONFIG_TTBCR_N
    mcr     p15, 0, r1, c2, c0, 2               @ TTBCR
    instruction_barrier r1
    mcr     p15, 0, r0, c8, c7, 0               @ TLBIALL
    mcr     p15, 0, r0, c7, c10, 4              @ DSB
    instruction_barrier r1
1:
#endif

    @ A stack for each mode (IRQ, FIQ, abort, undefined), then SVC for good.
    msr     cpsr_c, #0xd2
    ldr     sp, =irq_stack_top
    msr     cpsr_c, #0xd1
    ldr     sp, =fiq_stack_top
    msr     cpsr_c, #0xd7
    ldr     sp, =abt_stack_top
    msr     cpsr_c, #0xdb
    ldr     sp, =und_stack_top
    msr     cpsr_c, #0xd3
    ldr     sp, =boot_stack_top

    ldr     r0, =__bss_start                    @ tables and loader's copy are not in .bss
    ldr     r1, =__bss_stop
    mov     r2, #0
    mov     r3, #0
1:  cmp     r0, r1
    stmialo r0!, {r2, r3}
    blo     1b

    ldr     r0, =cpu_facts
    stmia   r0, {r6, r11}                       @ midr, smp
    str     r7, [r0, #8]                        @ ticks
    ldr     r0, =(CONFIG_PAGE_OFFSET - CONFIG_PHYS_OFFSET)
    add     r0, r0, r10                         @ the proc_info record
    mov     fp, #0                              @ the backtrace ends here
    mov     lr, #0
    b       start_kernel
