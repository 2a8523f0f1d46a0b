// Faults on purpose, to see what the kernel says. Linux: drivers/misc/lkdtm.
#pragma once

#include <kernel/lib/printer.h>

/// Provokes the fault named `kind`.
/// @return  1 if there is no such kind, 2 if the fault did not happen, 3 if this CPU
///          cannot fault so; else it does not return
int provoke_crash(const char *kind);
/// Lists the kinds, one a line with what they do.
void list_crashes(const printer &out);
