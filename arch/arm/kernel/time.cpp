// The counter that measures, from the board. Linux: arch/arm/kernel/time.c.
#include <asm/mach.h>
#include <kernel/core/ticks.h>

u32 bench_ticks()
{
    return machine.bench_clock();
}

u32 bench_ticks_hz()
{
    return machine.bench_clock_hz;
}
