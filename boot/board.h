// What assembly must know of the board before C++ runs: its UART, where RAM can be, a clock.
//
// For boot/head.S and the board's file in arch/arm/mach, which asserts that both agree.
#pragma once

/* Where a linked address lies in memory; for code that runs before the MMU. */
#define PHYS(sym) ((sym) -CONFIG_PAGE_OFFSET + CONFIG_PHYS_OFFSET)

#define DACR_AT_BOOT                                                                               \
    0x41 /* domains 0 (kernel) and 3 (vectors) are clients: <asm/pgtable-hwdef.h> */
#define FDT_MAGIC_LE 0xedfe0dd0 /* 0xd00dfeed as a little-endian load sees it */
#define ATAG_CORE 0x54410001

/* TTBCR.N: 3G keeps one table as Linux does; else the hardware splits at PAGE_OFFSET. */
#if CONFIG_PAGE_OFFSET == 0x80000000
#define CONFIG_TTBCR_N 1
#elif CONFIG_PAGE_OFFSET == 0x40000000
#define CONFIG_TTBCR_N 2
#else
#define CONFIG_TTBCR_N 0
#endif

#if defined(CONFIG_BOARD_VEXPRESS_A9)
#define RAM_WINDOW_SIZE 0x40000000
#define UART_PHYS 0x10009000       /* PL011 */
#define UART_VIRT 0xfef09000       /* the first static map, just below VMALLOC_END */
#define UART_DATA 0x00             /* UARTDR */
#define UART_STATUS 0x18           /* UARTFR */
#define UART_STATUS_FULL (1 << 5)  /* UARTFR.TXFF */
#define BOOT_CLOCK_PHYS 0x1000005c /* SYS_24MHZ */
#elif defined(CONFIG_BOARD_VERSATILEPB)
#define RAM_WINDOW_SIZE 0x10000000
#define UART_PHYS 0x101f1000 /* PL011 */
#define UART_VIRT 0xfeff1000 /* the first static map, just below VMALLOC_END */
#define UART_DATA 0x00
#define UART_STATUS 0x18
#define UART_STATUS_FULL (1 << 5)
#define BOOT_CLOCK_PHYS 0x1000005c /* SYS_24MHZ */
#define BOOT_CLOCK_VIRT 0xfee0005c /* the second static map */
#else
#error "no board"
#endif
