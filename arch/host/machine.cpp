// The host machine: one reservation, one file, one signal handler.
//
//   process        [host_base ................................................ + 4 GB)
//                        | PAGE_OFFSET          | vmalloc, kmap, fixmap
//                        v one mapping          v one mapping for each run of frames
//   RAM (memfd)    [ frame | frame | ... 1 GB, sparse: untouched frames cost nothing )
//
// The reservation is 8 GB without access, so that a multiple of 4 GB lies within; its unused ends
// are given back. Accesses to it fault; the handler asks whether the thread is inside
// host_attempt() and jumps back there if so. A fault that nobody waits for gets one line here and
// is then repeated under the handler that was there before ours (a sanitizer's, or none).
//
// The reservation is made by a constructor, before those of C++ and before main, because to_ptr()
// must work from the first use on. The handler is set by the first attempt or reset only: a
// libFuzzer harness, which uses neither, keeps libFuzzer's.
#include <arch/host/machine.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <arch/host/console.h>
#include <kernel/core/panic.h>

constinit char *host_base = nullptr;

namespace {

constexpr size_t MACHINE_SIZE = size_t{1} << 32;

int ram_fd = -1;

/// One call of host_attempt() in progress on this thread; the innermost comes first.
struct attempt {
    sigjmp_buf back;
    host_outcome outcome;
    attempt *outer;
};
thread_local attempt *innermost = nullptr;

struct sigaction handler_before;

void check_range(const char *who, virt_addr_t va, u32 size)
{
    if (size == 0 || size % PAGE_SIZE != 0 || !va.is_aligned(PAGE_SIZE))
        host_die("%s(0x%08x, %u bytes): not whole pages", who, va.raw(), size);
    if (u64{va.raw()} + size > MACHINE_SIZE)
        host_die("%s(0x%08x, %u bytes): runs past 4 GB", who, va.raw(), size);
}

/// Maps without access and without memory behind it; `flags` adds MAP_FIXED or nothing.
void *map_nothing(void *where, size_t size, int flags)
{
    return mmap(where, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

[[gnu::constructor(101)]] void reserve_machine()
{
    void *place = map_nothing(nullptr, 2 * MACHINE_SIZE, 0);
    if (place == MAP_FAILED)
        host_die("no 8 GB of address space to reserve: %s", strerror(errno));
    char *start = static_cast<char *>(place);
    size_t head = -reinterpret_cast<size_t>(start) % MACHINE_SIZE;
    host_base = start + head;
    if (head != 0)
        munmap(start, head);
    munmap(host_base + MACHINE_SIZE, MACHINE_SIZE - head);

    ram_fd = memfd_create("lowmem RAM", MFD_CLOEXEC);
    if (ram_fd < 0 || ftruncate(ram_fd, HOST_RAM_SIZE) != 0)
        host_die("no file in memory for RAM: %s", strerror(errno));
}

/// True and `va` set if `p` points into the machine.
std::optional<virt_addr_t> machine_address(const void *p)
{
    size_t offset = static_cast<const char *>(p) - host_base;
    if (offset >= MACHINE_SIZE)
        return std::nullopt;
    return from_ptr(p);
}

host_access access_of(const void *context)
{
#if defined(__x86_64__)
    constexpr greg_t WRITE = 2; // the page fault's error code, bit 1
    const auto *machine = static_cast<const ucontext_t *>(context);
    return (machine->uc_mcontext.gregs[REG_ERR] & WRITE) != 0 ? host_access::write
                                                              : host_access::read;
#else
    (void) context;
    return host_access::read;
#endif
}

void on_fault(int, siginfo_t *info, void *context)
{
    std::optional<virt_addr_t> va = machine_address(info->si_addr);
    if (va && innermost != nullptr) {
        innermost->outcome = {host_end::fault, *va, access_of(context)};
        siglongjmp(innermost->back, 1);
    }
    if (va) {
        char line[80];
        int length = snprintf(line, sizeof line, "host machine: %s 0x%08x, which is not mapped\n",
                              access_of(context) == host_access::write ? "write to" : "read from",
                              va->raw());
        if (write(STDERR_FILENO, line, length) < 0)
            _exit(1);
    }
    sigaction(SIGSEGV, &handler_before, nullptr);
}

void catch_faults()
{
    [[maybe_unused]] static const bool once = [] {
        struct sigaction action = {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaction(SIGSEGV, &action, &handler_before);
        return true;
    }();
}

} // namespace

void host_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("host machine: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

void host_map(virt_addr_t va, phys_addr_t pa, u32 size)
{
    check_range("host_map", va, size);
    u32 offset = pa - PHYS_OFFSET;
    if (!pa.is_aligned(PAGE_SIZE) || offset >= HOST_RAM_SIZE || HOST_RAM_SIZE - offset < size)
        host_die("host_map(0x%08x, pa 0x%08x, %u bytes): not whole frames of RAM", va.raw(),
                 pa.raw(), size);
    void *place = mmap(to_ptr(va), size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram_fd,
                       static_cast<off_t>(offset));
    if (place == MAP_FAILED)
        host_die("host_map(0x%08x, %u bytes): %s (a process has 65530 mappings)", va.raw(), size,
                 strerror(errno));
}

void host_unmap(virt_addr_t va, u32 size)
{
    check_range("host_unmap", va, size);
    if (map_nothing(to_ptr(va), size, MAP_FIXED) == MAP_FAILED)
        host_die("host_unmap(0x%08x, %u bytes): %s", va.raw(), size, strerror(errno));
}

void host_reset()
{
    catch_faults();
    if (map_nothing(host_base, MACHINE_SIZE, MAP_FIXED) == MAP_FAILED)
        host_die("no reset of the mappings: %s", strerror(errno));
    if (fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, HOST_RAM_SIZE) != 0)
        host_die("no reset of RAM: %s", strerror(errno));
    host_map(PAGE_OFFSET, PHYS_OFFSET, HOST_LOWMEM_SIZE);
    host_board_reset();
}

host_outcome host_attempt(void (*body)(void *context), void *context)
{
    catch_faults();
    attempt here;
    here.outcome = {host_end::finished, virt_addr_t(0), host_access::read};
    here.outer = innermost;
    innermost = &here;
    if (sigsetjmp(here.back, 1) == 0)
        body(context);
    innermost = here.outer;
    return here.outcome;
}

void machine_panic_stop()
{
    if (innermost != nullptr) {
        innermost->outcome.end = host_end::panic;
        siglongjmp(innermost->back, 1);
    }
    host_console_show_last();
    host_die("panic outside of any EXPECT_PANIC");
}
