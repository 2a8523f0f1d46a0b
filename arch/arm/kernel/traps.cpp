// Exceptions: repaired, or reported as an oops.
//
//   vector stub (0xffff0000)  ->  entry_*  (SVC mode, pt_regs)  ->  do_exception
//       data abort at an instruction of __ex_table: go on at its fixup
//       anything else: oops
//
// An oops says what happened in words, the registers, the walk of the faulting address, and a
// backtrace. Then it goes where the console's expect-oops waits, or it ends the run. A fault
// while an oops is being printed halts at once, in as few words as possible.
// Linux: arch/arm/kernel/traps.c, process.c (__show_regs), arch/arm/mm/fault.c.
#include <arch/arm/kernel/semihosting.h>
#include <arch/arm/kernel/unwind.h>
#include <arch/arm/mm/fault.h>
#include <arch/arm/mm/walk.h>
#include <asm/cp15.h>
#include <asm/extable.h>
#include <asm/image.h>
#include <asm/mach.h>
#include <asm/proc-fns.h>
#include <asm/ptrace.h>
#include <asm/recover.h>
#include <kernel/core/panic.h>
#include <kernel/core/printk.h>
#include <kernel/core/reboot.h>
#include <kernel/lib/vsnprintf.h>

namespace {

constinit bool oops_in_progress = false;
constinit u32 oops_count = 0;

const char *mode_name(u32 cpsr)
{
    switch (cpsr & MODE_MASK) {
    case USR_MODE:
        return "USR";
    case FIQ_MODE:
        return "FIQ";
    case IRQ_MODE:
        return "IRQ";
    case SVC_MODE:
        return "SVC";
    case ABT_MODE:
        return "ABT";
    case UND_MODE:
        return "UND";
    case SYSTEM_MODE:
        return "SYS";
    default:
        return "???";
    }
}

void show_regs(const pt_regs &regs)
{
    printk("PC is at %pS\nLR is at %pS\n", reinterpret_cast<void *>(regs.pc),
           reinterpret_cast<void *>(regs.lr));
    printk("pc : %08x  lr : %08x  psr: %08x (%s mode, IRQs %s, FIQs %s, %s)\n", regs.pc, regs.lr,
           regs.cpsr, mode_name(regs.cpsr), regs.cpsr & 0x80 ? "off" : "on",
           regs.cpsr & 0x40 ? "off" : "on", regs.cpsr & 0x20 ? "Thumb" : "ARM");
    printk("sp : %08x  ip : %08x  fp : %08x\n", regs.sp, regs.r[12], regs.r[11]);
    printk("r10: %08x  r9 : %08x  r8 : %08x\n", regs.r[10], regs.r[9], regs.r[8]);
    printk("r7 : %08x  r6 : %08x  r5 : %08x  r4 : %08x\n", regs.r[7], regs.r[6], regs.r[5],
           regs.r[4]);
    printk("r3 : %08x  r2 : %08x  r1 : %08x  r0 : %08x\n", regs.r[3], regs.r[2], regs.r[1],
           regs.r[0]);
}

/// The stack ran into what lies below it, where rodata ends: rule 3 of the design makes it fault.
bool is_stack_overflow(const pt_regs &regs, virt_addr_t address)
{
    const virt_addr_t stack = kernel_image.stack;
    return (regs.cpsr & MODE_MASK) == SVC_MODE && address < stack && address >= stack - SZ_64K &&
           virt_addr_t(regs.sp) < stack + SZ_4K && virt_addr_t(regs.sp) >= stack - SZ_64K;
}

void show_backtrace(const pt_regs &regs)
{
    // Overflowed or not, only what lies in the boot stack is read.
    unwind_backtrace(regs.pc, regs.sp, regs.lr, regs.r[11], kernel_image.stack.raw(),
                     kernel_image.stack_end.raw(), console_printer);
}

/// What happened, in words, on one line; and the walk if the tables have to do with it.
struct oops_cause {
    const char *what;   ///< "data abort: section translation fault"
    const char *access; ///< "read", "write", "execute", or nullptr
    bool has_address;
    virt_addr_t address;
    bool walk;
    u32 status; ///< fault status register, if has_address
};

[[noreturn]] void die(const pt_regs &regs, const char *exception, const oops_cause &cause)
{
    if (oops_in_progress) {
        // printk may be what broke: straight to the UART, and no word more than needed.
        char text[160];
        const int length = kscnprintf(text, sizeof(text),
                                      "\nOops inside an oops: %s: %s at pc 0x%08x, address 0x%08x: "
                                      "halted\n",
                                      exception, cause.what, regs.pc, cause.address.raw());
        console_write(text, static_cast<size_t>(length));
        semihosting_exit(2);
    }
    oops_in_progress = true;
    printk("\nOops #%u: %s: %s", ++oops_count, exception, cause.what);
    if (cause.access)
        printk(", %s, %s", cause.access, (regs.cpsr & MODE_MASK) == USR_MODE ? "user" : "kernel");
    if (cause.has_address)
        printk(", at 0x%08x (status %#x)", cause.address.raw(), cause.status);
    printk("\n");
    if (cause.has_address && is_stack_overflow(regs, cause.address))
        printk("Stack overflow: sp 0x%08x, the boot stack is 0x%08x to 0x%08x\n", regs.sp,
               kernel_image.stack.raw(), kernel_image.stack_end.raw());
    if (cause.has_address)
        print_fault_place(console_printer, cause.address);
    show_regs(regs);
    if (cause.walk)
        print_walk(console_printer, live_mmu_registers(), cause.address);
    printk("Backtrace:\n");
    show_backtrace(regs);
    oops_in_progress = false;
    if (recovery_context *back = oops_recovery) {
        oops_recovery = nullptr;
        jump_recovery(back);
    }
    panic("oops, and nobody expected it");
}

[[noreturn]] void data_abort(const pt_regs &regs, u32 status, virt_addr_t address)
{
    // Without DFSR.WnR the instruction tells: loads have bit 20 set.
    bool write = fsr::wnr::get(status) != 0;
    u32 instruction = 0;
    if (!processor.has(CPU_HAS_IFSR) &&
        probe_kernel_read(virt_addr_t(regs.pc & ~3u), instruction) == 0)
        write = arm_instruction_writes(instruction);
    die(regs, "data abort",
        {fsr_text(status), write ? "write" : "read", true, address, fsr_is_mmu_fault(status),
         status});
}

[[noreturn]] void prefetch_abort(const pt_regs &regs)
{
    // ARMv5 says neither why nor where: the address is the instruction's own.
    if (!processor.has(CPU_HAS_IFSR))
        die(regs, "prefetch abort",
            {"no fault status on this CPU", "execute", true, virt_addr_t(regs.pc), true, 0});
    const u32 status = read_ifsr();
    // A breakpoint instruction also comes here, and IFAR then means nothing (B1.9.4).
    if (fsr::status(status) == 2)
        die(regs, "prefetch abort", {"breakpoint instruction", nullptr, false, {}, false, 0});
    const virt_addr_t address(read_ifar());
    die(regs, "prefetch abort",
        {fsr_text(status), "execute", true, address, fsr_is_mmu_fault(status), status});
}

constexpr u32 SVC_SEMIHOSTING = 0xef123456;

[[noreturn]] void unexpected_svc(const pt_regs &regs)
{
    u32 instruction = 0;
    if (probe_kernel_read(virt_addr_t(regs.pc & ~3u), instruction) == 0 &&
        instruction == SVC_SEMIHOSTING) {
        printk("no semihosting: the machine cannot be left from inside; halted\n");
        halt();
    }
    die(regs, "supervisor call", {"unexpected svc instruction", nullptr, false, {}, false, 0});
}

} // namespace

/// Every exception comes here, in SVC mode with interrupts off.
///
/// @param regs    of the interrupted code; what is written there is in force on return
/// Returns only when the exception was repaired. Linux: do_DataAbort() and its neighbours.
extern "C" void do_exception(pt_regs *regs, exception_vector vector)
{
    switch (vector) {
    case exception_vector::data_abort: {
        const u32 status = read_dfsr();
        const virt_addr_t address(read_dfar());
        if (const u32 fixup = search_exception_table(regs->pc)) {
            regs->pc = fixup;
            return;
        }
        data_abort(*regs, status, address);
    }
    case exception_vector::prefetch_abort:
        prefetch_abort(*regs);
    case exception_vector::svc:
        unexpected_svc(*regs);
    case exception_vector::undefined:
        die(*regs, "undefined instruction",
            {"the CPU knows no such instruction", nullptr, false, {}, false, 0});
    case exception_vector::irq:
        machine.quiet_interrupt();
        die(*regs, "unexpected interrupt", {"IRQ", nullptr, false, {}, false, 0});
    case exception_vector::fiq:
        machine.quiet_interrupt();
        die(*regs, "unexpected interrupt", {"FIQ", nullptr, false, {}, false, 0});
    case exception_vector::reset:
        die(*regs, "reset vector", {"a jump to the reset vector", nullptr, false, {}, false, 0});
    case exception_vector::reserved:
        die(*regs, "reserved vector", {"no exception uses it", nullptr, false, {}, false, 0});
    }
}
