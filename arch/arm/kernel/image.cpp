// The linker's symbols, read here and nowhere else.
//
// linker/kernel.ld defines them. Tests on the host hand down an image of their own.
#include <asm/image.h>
#include <asm/pgtable-types.h>

extern "C" char _head[], _stext[], _etext[], _sinittext[], _einittext[], __start_rodata[],
    __end_rodata[], boot_stack[], boot_stack_top[], _sdata[], _edata[], __init_begin[],
    __init_end[], __bss_start[], __bss_stop[], _end[], __vectors_start[];
/// The kernel's page tables, where head.S filled them. Linux: swapper_pg_dir, idmap_pgd, bm_pte.
extern "C" pgd_t swapper_pg_dir[PTRS_PER_PGD], idmap_pgd[PTRS_PER_PGD];
extern "C" pte_t bm_pte[PTRS_PER_PTE];

constinit struct image kernel_image = {};

/// Reads the linker's symbols into kernel_image. Called first of all by start_kernel.
void read_linker_symbols()
{
    kernel_image = {
        .head = from_ptr(_head),
        .text = from_ptr(_stext),
        .etext = from_ptr(_etext),
        .init_text = from_ptr(_sinittext),
        .init_text_end = from_ptr(_einittext),
        .rodata = from_ptr(__start_rodata),
        .rodata_end = from_ptr(__end_rodata),
        .stack = from_ptr(boot_stack),
        .stack_end = from_ptr(boot_stack_top),
        .data = from_ptr(_sdata),
        .edata = from_ptr(_edata),
        .init_data = from_ptr(__init_begin),
        .init_data_end = from_ptr(__init_end),
        .bss = from_ptr(__bss_start),
        .bss_end = from_ptr(__bss_stop),
        .end = from_ptr(_end),
        .vectors = from_ptr(__vectors_start),
        .swapper = from_ptr(swapper_pg_dir),
        .idmap = from_ptr(idmap_pgd),
        .fixmap_table = from_ptr(bm_pte),
    };
}
