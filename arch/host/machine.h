// The machine that a Linux process stands in for: 4 GB of addresses, a gigabyte of RAM, faults.
//
// Machine address va is host_base + va (asm/world.h). RAM is one sparse file in memory that
// stands for the board's physical addresses [PHYS_OFFSET, PHYS_OFFSET + HOST_RAM_SIZE); mapping
// frames means mapping pieces of that file, so that two mappings of a frame really share it and
// what is unmapped really faults. Tests start on a machine fresh from host_reset().
#pragma once

#include <optional>

#include <asm/memory.h>

constexpr u32 HOST_RAM_SIZE = SZ_1G;
/// Lowmem as host_reset() leaves it: what the default command line gives the board with 1 GB.
constexpr u32 HOST_LOWMEM_SIZE = 896 * SZ_1M;

/// Maps the frames [pa, pa + size) at [va, va + size), readable and writable, in place of
/// whatever was mapped there.
///
/// @param va, pa, size  bytes, multiples of PAGE_SIZE; the frames must be RAM
/// Ends the process with one line on bad arguments, or when the process has no mapping left
/// (Linux allows 65530: map a run of frames with one call). TLB, caches: none.
/// Context: any thread; two threads must not change the same addresses at once.
void host_map(virt_addr_t va, phys_addr_t pa, u32 size);

/// Makes [va, va + size) inaccessible, mapped or not. Arguments and failures as host_map().
void host_unmap(virt_addr_t va, u32 size);

/// A machine as if just switched on: RAM all zero, nothing mapped but the first
/// HOST_LOWMEM_SIZE bytes of RAM at PAGE_OFFSET; one Cortex-A9 and a plausible kernel image. The
/// kernel's own variables (init_mm, memblock, ...) are as the test before left them.
///
/// Ends the process if Linux refuses. Context: no other thread uses the machine. About 10 us
/// plus the time to give back what was touched.
void host_reset();

/// The part of host_reset() that is no memory: one Cortex-A9, an image, UP (board.cpp).
void host_board_reset();

/// Ends the process with one line on standard error.
[[noreturn, gnu::format(printf, 1, 2)]] void host_die(const char *format, ...);

enum class host_end { finished, fault, panic };
enum class host_access { read, write };

/// How an attempt ended; `va` and `access` have a meaning after a fault.
struct host_outcome {
    host_end end;
    virt_addr_t va;
    host_access access;
};

/// Runs body(context) and comes back even if it touches an inaccessible address of the machine
/// or panics; then the rest of the body is left as longjmp leaves it: no destructor runs, locks
/// stay taken. Attempts nest; each thread has its own. Faults elsewhere in the process are not
/// caught: they end it as usual, with the sanitizer's report if there is one.
host_outcome host_attempt(void (*body)(void *context), void *context);

template <class Body>
host_outcome host_attempt(Body &&body)
{
    return host_attempt([](void *context) { (*static_cast<Body *>(context))(); }, &body);
}
