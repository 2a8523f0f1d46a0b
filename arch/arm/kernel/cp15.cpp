// What the running CPU's registers say, and the stopping of other cores.
#include <arch/arm/mm/mm.h>
#include <arch/arm/mm/walk.h>
#include <asm/cp15.h>
#include <asm/recover.h>

mmu_registers live_mmu_registers()
{
    return {read_sctlr(), read_ttbr0(), read_ttbr1(), read_ttbcr(), read_dacr()};
}

// The other cores are parked in head.S with their MMU off: they neither walk nor cache anything.
void stop_other_cpus() {}
void start_other_cpus() {}

constinit recovery_context *oops_recovery = nullptr;
