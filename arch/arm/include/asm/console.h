// The board's console, beside what <kernel/core/printk.h> already asks for.
#pragma once

/// Readies the receiving side, so that console_read() can sleep until a character comes. Needs
/// the static device maps. Context: boot, after paging_init.
void console_init();
