// Where the kernel's image lies: the linker's symbols, read in one place and handed down.
//
// Tests hand down an image of their own.
#pragma once

#include <asm/memory.h>
#include <asm/pgtable-types.h>

/// Virtual addresses; each part begins on 1 MB of its own (rule 3 of the design).
struct image {
    virt_addr_t head;                     ///< first byte of head.S (RAM + TEXT_OFFSET)
    virt_addr_t text, etext;              ///< _stext, _etext: includes .init.text and the vectors
    virt_addr_t init_text, init_text_end; ///< inside text
    virt_addr_t rodata, rodata_end;
    virt_addr_t stack, stack_end;         ///< boot stack: first in the writable part
    virt_addr_t data, edata;              ///< whole writable part without .bss
    virt_addr_t init_data, init_data_end; ///< inside data
    virt_addr_t bss, bss_end;
    virt_addr_t end;                          ///< _end
    virt_addr_t vectors;                      ///< the vectors page inside text
    virt_addr_t swapper, idmap, fixmap_table; ///< the tables in the first megabyte
};

/// The image of the running kernel (the target's linker symbols, or a test's).
extern struct image kernel_image;
