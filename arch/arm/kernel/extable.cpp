// The table of instructions that may fault, and a first user of it.
//
// Linux: arch/arm/mm/extable.c, mm/maccess.c.
#include <asm/extable.h>
#include <asm/world.h>
#include <kernel/lib/errno.h>

extern "C" const exception_table_entry __start___ex_table[], __stop___ex_table[];

u32 search_exception_table(u32 pc)
{
    for (const exception_table_entry *e = __start___ex_table; e != __stop___ex_table; e++)
        if (e->insn == pc)
            return e->fixup;
    return 0;
}

int probe_kernel_read(virt_addr_t va, u32 &value)
{
    int error = -EFAULT;
    u32 word = 0;
    asm volatile("1: ldr %1, [%2]\n"
                 "   mov %0, #0\n"
                 "2:\n"
                 "   .pushsection __ex_table, \"a\"\n"
                 "   .align 2\n"
                 "   .word 1b, 2b\n"
                 "   .popsection"
                 : "+r"(error), "+r"(word)
                 : "r"(to_ptr(va))
                 : "memory");
    if (error == 0)
        value = word;
    return error;
}
